"""The models that turn text into vectors and read answers, and the runtime they share."""
