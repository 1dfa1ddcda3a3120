"""Adding, replacing and deleting documents of an index; all others stay unchanged."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import TypeVar

import numpy as np

from cica_qa.arabic.lemmas import load_analyzer
from cica_qa.arabic.normalize import Normalizer
from cica_qa.errors import IndexBusyError
from cica_qa.index.build import Change, publish
from cica_qa.index.inputs import document_hash, target_of, validate
from cica_qa.index.location import Address, Location
from cica_qa.index.manifest import Manifest
from cica_qa.index.match import require_match
from cica_qa.index.merge import merge_later
from cica_qa.index.migrate import open_index
from cica_qa.index.plan import AT_ONCE, IndexTarget
from cica_qa.index.problems import last_document, unknown_documents
from cica_qa.index.publish import build_lock, unpublish
from cica_qa.index.store import DiskStore
from cica_qa.index.stores.engine import engine_at
from cica_qa.protocols import Encoder, Progress
from cica_qa.reports import IndexInfo
from cica_qa.settings import Settings
from cica_qa.types import Document

_T = TypeVar("_T")
WAIT = 300.0
"""Seconds that a change waits for others to finish, by default."""
_PAUSE = 0.05  # seconds between two attempts


def add_documents(
    index_dir: Location,
    documents: Iterable[Document],
    encoder: Encoder,
    settings: Settings,
    *,
    wait: float = WAIT,
    over_network: bool | Collection[str] = False,
    progress: Progress | None = None,
) -> IndexInfo:
    """Add documents, replacing those with the same ids, and publish the index.

    New documents come last, in their order. Documents that came ``over_network`` (all, or those
    with the given ids) are kept by builds from folders. If there is no index, it is created.
    Concurrent changes wait for each other, for at most ``wait`` seconds. Raises
    ``DocumentError``, ``IndexBusyError`` or another ``IndexStoreError``; the index is then
    unchanged.
    """
    given = list(documents)
    if given:
        validate(given)
    if isinstance(index_dir, Address):
        return engine_at(index_dir).add(
            given, encoder, settings, wait=wait, over_network=over_network, progress=progress
        )

    def target(previous: DiskStore | None) -> IndexTarget:
        if previous is None:
            validate(given)
            return target_of(given, None)
        size = previous.layout.documents
        fresh: list[Document] = []
        order = np.arange(size)
        for document in given:
            at = previous.find(document.doc_id)
            if at is not None and previous.digest(at) == document_hash(document):
                continue
            if at is None:
                order = np.append(order, size + len(fresh))
            else:
                order[at] = size + len(fresh)
            fresh.append(document)
        return IndexTarget(fresh, order)

    ids = frozenset(document.doc_id for document in given)
    if isinstance(over_network, bool):
        came = ids if over_network else frozenset()
    else:
        came = ids.intersection(over_network)

    def network(previous: frozenset[str]) -> frozenset[str]:
        return (previous - ids) | came

    return _change(target, index_dir, encoder, settings, wait, network, progress)


def delete_documents(
    index_dir: Location,
    doc_ids: Iterable[str],
    encoder: Encoder,
    settings: Settings,
    *,
    wait: float = WAIT,
) -> IndexInfo:
    """Delete the documents with these ids (or with this one id) and publish the index.

    Waits as ``add_documents`` does. Raises ``DocumentError`` if an id is unknown,
    ``LastDocumentError`` if no document would be left, or ``IndexStoreError``; the index is then
    unchanged.
    """
    if isinstance(index_dir, Address):
        return engine_at(index_dir).delete(doc_ids, encoder, settings, wait=wait)
    gone = dict.fromkeys([doc_ids] if isinstance(doc_ids, str) else doc_ids)
    open_index(index_dir)  # raises if there is no index, before the lock would create the folder

    def target(previous: DiskStore | None) -> IndexTarget:
        places = [previous.find(doc_id) if previous else None for doc_id in gone]
        unknown = [doc_id for doc_id, at in zip(gone, places, strict=True) if at is None]
        if unknown:
            raise unknown_documents(unknown)
        size = previous.layout.documents if previous else 0
        left = np.setdiff1d(np.arange(size), np.array(places, np.int64))
        if not len(left):
            raise last_document()
        return IndexTarget((), left)

    return _change(target, index_dir, encoder, settings, wait)


def empty_index(index_dir: Location, doc_ids: Iterable[str], *, wait: float = WAIT) -> bool:
    """Unpublish an index that has no documents other than ``doc_ids``; return whether it was done.

    It is not done if the index has any other document, which may have been added meanwhile. Waits
    as ``add_documents`` does. Raises ``IndexStoreError``.
    """
    if isinstance(index_dir, Address):
        return engine_at(index_dir).empty(doc_ids, wait=wait)
    gone = set(doc_ids)

    def change() -> bool:
        with build_lock(index_dir):
            if not gone.issuperset(DiskStore.load(index_dir)[0].document_ids):
                return False
            unpublish(index_dir)
            return True

    return _when_free(index_dir, wait, change)


def _change(
    target: Callable[[DiskStore | None], IndexTarget],
    index_dir: Path,
    encoder: Encoder,
    settings: Settings,
    wait: float,
    network: Callable[[frozenset[str]], frozenset[str]] = lambda previous: previous,
    progress: Progress | None = None,
) -> IndexInfo:
    """Publish the ``target`` of the index, which is read while no other change can run."""
    normalizer, analyzer = Normalizer(), load_analyzer(settings)

    def matching_target(previous: DiskStore | None, manifest: Manifest | None) -> IndexTarget:
        if manifest is not None:
            require_match(index_dir, manifest, encoder, normalizer, analyzer)
        return target(previous)

    change = Change(matching_target, network)
    info = _when_free(
        index_dir,
        wait,
        lambda: publish(change, index_dir, encoder, settings, progress, max_merged=AT_ONCE),
    )
    merge_later(index_dir)
    return info


def _when_free(index_dir: Path, wait: float, change: Callable[[], _T]) -> _T:
    """Return the result of ``change``, retrying while another build is running.

    Raises ``IndexBusyError`` after ``wait`` seconds.
    """
    end = time.monotonic() + wait
    while True:
        try:
            return change()
        except IndexBusyError as error:
            if time.monotonic() >= end:
                raise IndexBusyError(
                    f"another build of {index_dir} was still running after {wait:g} s. "
                    "Try again when it is done."
                ) from error
        time.sleep(_PAUSE)
