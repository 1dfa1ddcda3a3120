"""Engines that keep an index beyond one machine, chosen by its address."""
