"""The interface of engines, and the engine for an address."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Sequence
from functools import cache
from typing import Protocol

from cica_qa.documents.load import LoadedDocuments
from cica_qa.index.location import Address
from cica_qa.index.manifest import Manifest
from cica_qa.protocols import Encoder, PassageStore, Progress
from cica_qa.reports import IndexInfo
from cica_qa.settings import Settings
from cica_qa.types import Document


class Engine(Protocol):
    """Stores one collection. Safe to share between threads.

    Every method raises ``IndexUnavailableError`` if the engine cannot be reached.
    """

    def manifest(self) -> Manifest:
        """Return the published manifest. Raises ``IndexMissingError`` or ``IndexVersionError``."""

    def signature(self) -> Hashable:
        """Return a cheap value that changes with every publication."""

    def open(self) -> tuple[PassageStore, Manifest]:
        """Return the published index and its manifest. Raises what ``manifest`` raises."""

    def update(
        self,
        loaded: LoadedDocuments,
        encoder: Encoder,
        settings: Settings,
        progress: Progress | None,
    ) -> IndexInfo:
        """Make the collection contain exactly these documents, as ``build_index`` does."""

    def add(
        self,
        documents: Sequence[Document],
        encoder: Encoder,
        settings: Settings,
        *,
        wait: float,
        over_network: bool | Collection[str],
        progress: Progress | None,
    ) -> IndexInfo:
        """Add documents, as ``add_documents`` does."""

    def delete(
        self, doc_ids: Iterable[str], encoder: Encoder, settings: Settings, *, wait: float
    ) -> IndexInfo:
        """Delete documents, as ``delete_documents`` does."""

    def empty(self, doc_ids: Iterable[str], *, wait: float) -> bool:
        """Unpublish the collection, as ``empty_index`` does."""


@cache
def engine_at(address: Address) -> Engine:
    """Return the engine for an address, the same one each time.

    Raises ``SettingsError`` if its client is not installed.
    """
    from cica_qa.index.stores.postgres import PostgresEngine

    return PostgresEngine(address)
