"""Training the reader: ``python -m benchmarks.training --help``."""
