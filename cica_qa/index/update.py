"""Some documents of an index added, replaced or deleted, all others kept as they are."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from cica_qa.arabic.lemmas import load_analyzer
from cica_qa.arabic.normalize import Normalizer
from cica_qa.errors import DocumentError, IndexBusyError
from cica_qa.index.build import publish
from cica_qa.index.generation import Manifest, open_generation
from cica_qa.index.inputs import validate
from cica_qa.index.match import require_match
from cica_qa.index.store import DiskStore
from cica_qa.protocols import Encoder
from cica_qa.settings import Settings
from cica_qa.types import Document, IndexInfo

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
) -> IndexInfo:
    """Add documents, or put them in the place of those with their ids; publish the index.

    New ones come last, in their order. Where there is no index it is made. Changes that run at
    the same time wait for each other, ``wait`` seconds at most. Raises ``DocumentError``,
    ``IndexBusyError`` or another ``IndexStoreError``; the index is then as it was.
    """
    given = list(documents)
    if given:
        validate(given)

    def choose(kept: dict[str, Document]) -> Sequence[Document]:
        return list((kept | {document.doc_id: document for document in given}).values())

    return _change(choose, index_dir, encoder, settings, wait)


def delete_documents(
    index_dir: Path,
    doc_ids: Iterable[str],
    encoder: Encoder,
    settings: Settings,
    *,
    wait: float = WAIT,
) -> IndexInfo:
    """Delete the documents of these ids (or of this one id) and publish the index.

    Raises ``DocumentError`` for ids that are not there and for the last document, and
    ``IndexStoreError``; the index is then as it was. Waits as ``add_documents`` does.
    """
    gone = dict.fromkeys([doc_ids] if isinstance(doc_ids, str) else doc_ids)
    open_generation(index_dir)  # where there is none, none is made

    def choose(kept: dict[str, Document]) -> Sequence[Document]:
        if unknown := [doc_id for doc_id in gone if doc_id not in kept]:
            raise DocumentError(
                f"the index in {index_dir} has no document {', '.join(map(repr, unknown))}. "
                "Nothing was deleted; give ids that it has.",
                arabic="لا توجد وثيقة بهذا المعرّف، ولم يُحذف شيء.",
            )
        left = [document for doc_id, document in kept.items() if doc_id not in gone]
        if not left:
            raise DocumentError(
                f"the index in {index_dir} would be left without a document. "
                "Nothing was deleted; add another document first.",
                arabic="لا يمكن حذف آخر وثيقة. أضف وثيقة أخرى أولًا.",
            )
        return left

    return _change(choose, index_dir, encoder, settings, wait)


def _change(
    choose: Callable[[dict[str, Document]], Sequence[Document]],
    index_dir: Path,
    encoder: Encoder,
    settings: Settings,
    wait: float,
) -> IndexInfo:
    """Publish what ``choose`` makes of the documents by id, read while no other change can be."""
    normalizer, analyzer = Normalizer(), load_analyzer(settings)

    def of_previous(before: DiskStore | None, manifest: Manifest | None) -> Sequence[Document]:
        if before is None or manifest is None:
            return choose({})
        require_match(index_dir, manifest, encoder, normalizer, analyzer)
        return choose({doc_id: before.document(doc_id) for doc_id in before.document_ids})

    end = time.monotonic() + wait
    while True:
        try:
            return publish(of_previous, index_dir, encoder, settings)
        except IndexBusyError as error:
            if time.monotonic() >= end:
                raise IndexBusyError(
                    f"another build of {index_dir} was still running after {wait:g} s. "
                    "Try again when it is done."
                ) from error
        time.sleep(_PAUSE)
