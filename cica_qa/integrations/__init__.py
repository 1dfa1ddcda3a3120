"""Retrievers for other frameworks, each installed by an extra of its own."""
