"""Indexes: building, storing, updating and searching them."""
