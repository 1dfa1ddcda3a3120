"""The fit of the weights that choose answers, leaving out each source in turn."""
