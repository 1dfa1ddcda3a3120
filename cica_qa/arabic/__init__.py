"""The Arabic language: nothing here knows about indexes or answers."""
