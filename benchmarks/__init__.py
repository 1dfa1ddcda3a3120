"""Measurements behind the defaults; `make bench` runs them all."""
