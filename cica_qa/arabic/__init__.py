"""The Arabic language, independent of indexes and answers."""
