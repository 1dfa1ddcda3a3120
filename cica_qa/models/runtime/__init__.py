"""Compiling networks for this processor, keeping them and running them."""
