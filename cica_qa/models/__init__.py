"""The encoder that turns text into vectors, the reader of answers, and their runtime."""
