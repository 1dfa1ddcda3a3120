"""An index opened where it is kept, in a folder or in an engine."""

from __future__ import annotations

from collections.abc import Hashable

from cica_qa.index.checksums import Check
from cica_qa.index.generation import pointer_signature
from cica_qa.index.location import Address, Location
from cica_qa.index.manifest import Manifest
from cica_qa.index.migrate import open_index
from cica_qa.index.store import DiskStore
from cica_qa.index.stores.engine import engine_at
from cica_qa.protocols import PassageStore


def require_index(index: Location, check: Check = "samples") -> Manifest:
    """Return the manifest of what is published. Raises ``IndexStoreError`` where that is faulty."""
    if isinstance(index, Address):
        return engine_at(index).manifest()
    return open_index(index, check).manifest


def open_store(index: Location, check: Check = "samples") -> tuple[PassageStore, Manifest]:
    """Return what is published. Raises ``IndexStoreError``."""
    if isinstance(index, Address):
        return engine_at(index).open()
    store, generation = DiskStore.load(index, check)
    return store, generation.manifest


def signature(index: Location) -> Hashable:
    """Return something cheap to compare that changes when a generation is published.

    Raises ``IndexUnavailableError`` for an engine that cannot be reached.
    """
    return engine_at(index).signature() if isinstance(index, Address) else pointer_signature(index)
