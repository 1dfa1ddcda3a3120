"""Some documents of an index added, replaced or deleted, all others kept as they are."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import TypeVar

import numpy as np

from cica_qa.arabic.lemmas import load_analyzer
from cica_qa.arabic.normalize import Normalizer
from cica_qa.errors import DocumentError, IndexBusyError, LastDocumentError
from cica_qa.index.build import publish
from cica_qa.index.inputs import document_hash, validate, wanted_of
from cica_qa.index.manifest import Manifest
from cica_qa.index.match import require_match
from cica_qa.index.merge import merge_later
from cica_qa.index.migrate import open_index
from cica_qa.index.plan import AT_ONCE, Wanted
from cica_qa.index.publish import build_lock, unpublish
from cica_qa.index.store import DiskStore
from cica_qa.protocols import Encoder, Progress
from cica_qa.reports import IndexInfo
from cica_qa.settings import Settings
from cica_qa.types import Document

_T = TypeVar("_T")
WAIT = 300.0
"""Seconds that a change waits for those before it."""
_PAUSE = 0.05  # seconds between two looks


def add_documents(
    index_dir: Path,
    documents: Iterable[Document],
    encoder: Encoder,
    settings: Settings,
    *,
    wait: float = WAIT,
    over_network: bool | Collection[str] = False,
    progress: Progress | None = None,
) -> IndexInfo:
    """Add documents, or put them in the place of those with their ids; publish the index.

    New ones come last, in their order. Those that came ``over_network``, all or those of these
    ids, are kept by builds from folders. Where there is no index it is made. Changes that run at
    the same time wait for each other, ``wait`` seconds at most. Raises ``DocumentError``,
    ``IndexBusyError`` or another ``IndexStoreError``; the index is then as it was.
    """
    given = list(documents)
    if given:
        validate(given)

    def choose(before: DiskStore | None) -> Wanted:
        if before is None:
            validate(given)
            return wanted_of(given, None)
        size = before.layout.documents
        fresh: list[Document] = []
        order = np.arange(size)
        for document in given:
            at = before.find(document.doc_id)
            if at is not None and before.digest(at) == document_hash(document):
                continue
            if at is None:
                order = np.append(order, size + len(fresh))
            else:
                order[at] = size + len(fresh)
            fresh.append(document)
        return Wanted(fresh, order)

    ids = frozenset(document.doc_id for document in given)
    if isinstance(over_network, bool):
        came = ids if over_network else frozenset()
    else:
        came = ids.intersection(over_network)

    def sent(before: frozenset[str]) -> frozenset[str]:
        return (before - ids) | came

    return _change(choose, index_dir, encoder, settings, wait, sent, progress)


def delete_documents(
    index_dir: Path,
    doc_ids: Iterable[str],
    encoder: Encoder,
    settings: Settings,
    *,
    wait: float = WAIT,
) -> IndexInfo:
    """Delete the documents of these ids (or of this one id) and publish the index.

    Raises ``DocumentError`` for ids that are not there, ``LastDocumentError`` where no document
    would be left, and ``IndexStoreError``; the index is then as it was. Waits as ``add_documents``
    does.
    """
    gone = dict.fromkeys([doc_ids] if isinstance(doc_ids, str) else doc_ids)
    open_index(index_dir)  # where there is none, none is made

    def choose(before: DiskStore | None) -> Wanted:
        places = [before.find(doc_id) if before else None for doc_id in gone]
        unknown = [doc_id for doc_id, at in zip(gone, places, strict=True) if at is None]
        if unknown:
            raise DocumentError(
                f"the index has no document {', '.join(map(repr, unknown))}. "
                "Nothing was deleted; give ids that it has.",
                arabic="لا توجد وثيقة بهذا المعرّف، ولم يُحذف شيء.",
            )
        size = before.layout.documents if before else 0
        left = np.setdiff1d(np.arange(size), np.array(places, np.int64))
        if not len(left):
            raise LastDocumentError(
                "the index would be left without a document. "
                "Nothing was deleted; add another document first."
            )
        return Wanted((), left)

    return _change(choose, index_dir, encoder, settings, wait)


def empty_index(index_dir: Path, doc_ids: Iterable[str], *, wait: float = WAIT) -> bool:
    """Leave an index without a document, as if none had been made; return whether that was done.

    It is not where the index has other documents than ``doc_ids``: one may have been added
    meanwhile. Waits as ``add_documents`` does. Raises ``IndexStoreError``.
    """
    gone = set(doc_ids)

    def change() -> bool:
        with build_lock(index_dir):
            if not gone.issuperset(DiskStore.load(index_dir)[0].document_ids):
                return False
            unpublish(index_dir)
            return True

    return _when_free(index_dir, wait, change)


def _change(
    choose: Callable[[DiskStore | None], Wanted],
    index_dir: Path,
    encoder: Encoder,
    settings: Settings,
    wait: float,
    sent: Callable[[frozenset[str]], frozenset[str]] = lambda before: before,
    progress: Progress | None = None,
) -> IndexInfo:
    """Publish what ``choose`` makes of the index, read while no other change can be."""
    normalizer, analyzer = Normalizer(), load_analyzer(settings)

    def of_previous(before: DiskStore | None, manifest: Manifest | None) -> Wanted:
        if manifest is not None:
            require_match(index_dir, manifest, encoder, normalizer, analyzer)
        return choose(before)

    info = _when_free(
        index_dir,
        wait,
        lambda: publish(
            of_previous, index_dir, encoder, settings, progress, at_once=AT_ONCE, sent=sent
        ),
    )
    merge_later(index_dir)
    return info


def _when_free(index_dir: Path, wait: float, change: Callable[[], _T]) -> _T:
    """Return what ``change`` returns, tried until no other build runs.

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
