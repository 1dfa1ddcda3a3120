"""The retriever as a part of other frameworks, each an extra of its own."""
