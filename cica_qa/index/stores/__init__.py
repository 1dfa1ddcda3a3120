"""Engines that store indexes beyond one machine, chosen by the address."""
