"""Opening of an index in a folder or in an engine."""

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
    """Return the manifest of the published index. Raises ``IndexStoreError``."""
    if isinstance(index, Address):
        return engine_at(index).manifest()
    return open_index(index, check).manifest


def open_store(index: Location, check: Check = "samples") -> tuple[PassageStore, Manifest]:
    """Return the published index and its manifest. Raises ``IndexStoreError``."""
    if isinstance(index, Address):
        return engine_at(index).open()
    store, generation = DiskStore.load(index, check)
    return store, generation.manifest


def signature(index: Location) -> Hashable:
    """Return a cheap value that changes whenever a generation is published.

    Raises ``IndexUnavailableError`` if an engine cannot be reached.
    """
    return engine_at(index).signature() if isinstance(index, Address) else pointer_signature(index)
