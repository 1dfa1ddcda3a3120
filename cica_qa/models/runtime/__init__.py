"""The runtime that compiles networks for this processor, caches and runs them."""
