"""The trained reader: where in a text the answer to a question stands, and whether it does."""
