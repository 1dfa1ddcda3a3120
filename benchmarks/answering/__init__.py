"""How answers are chosen: the fit of its weights, each source left out in turn."""
