"""The documents of a build: collecting, completing from the previous index and validating them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from cica_qa.documents.load import LoadedDocuments, load_paths
from cica_qa.errors import DocumentError
from cica_qa.index.entries import digest_of_entry, document_entry
from cica_qa.index.plan import IndexTarget
from cica_qa.index.store import DiskStore
from cica_qa.protocols import PassageStore
from cica_qa.types import Document

Sources = str | Path | Iterable[Document | str | Path]
"""What can be indexed: documents, files, and folders of files."""


def collect(documents: Sources) -> LoadedDocuments:
    """Return the given documents, reading those that are given as paths."""
    if isinstance(documents, str | Path):
        return load_paths([documents])
    given = list(documents)
    loaded = LoadedDocuments([item for item in given if isinstance(item, Document)])
    paths = [item for item in given if not isinstance(item, Document)]
    if paths:
        read = load_paths(paths)
        loaded.documents += read.documents
        loaded.skipped, loaded.unreadable, loaded.files = read.skipped, read.unreadable, read.files
    return loaded


def with_kept(loaded: LoadedDocuments, previous: PassageStore | None) -> list[Document]:
    """Return the loaded documents and those that the index keeps, in the index's order.

    The index keeps documents that can no longer be read, and documents that were added over the
    network, which take precedence over files with the same id.
    """
    place = {doc_id: at for at, doc_id in enumerate(previous.document_ids)} if previous else {}
    lost = tuple(loaded.unreadable)
    inside = tuple(f"{path}/" for path in lost)  # for files that hold several documents
    kept = [
        previous.document(doc_id)
        for doc_id in place
        if previous and (doc_id in previous.network or doc_id in lost or doc_id.startswith(inside))
    ]
    if not kept:
        return loaded.documents
    names = {document.doc_id for document in kept}
    documents = [*(one for one in loaded.documents if one.doc_id not in names), *kept]
    return sorted(documents, key=lambda document: place.get(document.doc_id, len(place)))


def target_of(documents: Sequence[Document], previous: DiskStore | None) -> IndexTarget:
    """Return the target of a build of ``documents``, reusing unchanged ones of the index."""
    ids = previous.document_ids if previous else ()
    place = {doc_id: at for at, doc_id in enumerate(ids)}
    fresh: list[Document] = []
    order = []
    for document in documents:
        at = place.get(document.doc_id)
        if previous and at is not None and previous.digest(at) == document_hash(document):
            order.append(at)
        else:
            order.append(len(ids) + len(fresh))
            fresh.append(document)
    return IndexTarget(fresh, np.array(order, np.int64))


def validate(documents: Sequence[Document]) -> None:
    """Raise ``DocumentError`` if these documents cannot be indexed."""
    seen: set[str] = set()
    if not documents:
        raise DocumentError("there is no document to index. Give at least one that has text.")
    for document in documents:
        if not document.doc_id or document.doc_id in seen:
            raise DocumentError(
                f"the document id {document.doc_id!r} is empty or used twice. "
                "Give each document an id of its own."
            )
        seen.add(document.doc_id)
        if not any(character.isalnum() for character in document.text):
            raise DocumentError(f"the document {document.doc_id!r} is empty. Leave it out.")
        for name, value in document_entry(document).items():
            if name not in ("blocks", "pages"):
                _require_text(document.doc_id, name, value)
        _require_inside(document)


def _require_inside(document: Document) -> None:
    """Raise ``DocumentError`` for overlapping spans, or spans outside the text."""
    size = len(document.text)
    for name, spans in (("blocks", document.blocks), ("pages", document.pages)):
        end = 0
        for one in spans:
            if not end <= one.start <= one.end <= size:
                raise DocumentError(
                    f"the {name} of document {document.doc_id!r} are not in order inside its text "
                    f"({one.start}:{one.end} of {size}). Give spans that do not overlap."
                )
            end = one.end
    for page in document.pages:
        _require_text(document.doc_id, "label of a page", page.label)


def _require_text(doc_id: str, name: str, value: object) -> None:
    if isinstance(value, dict):
        for key, entry in value.items():
            _require_text(doc_id, name, key)
            _require_text(doc_id, f"{name} {key!r}", entry)
        return
    if not isinstance(value, str):
        raise DocumentError(f"the {name} of document {doc_id!r} is {value!r}; make it a string.")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise DocumentError(
            f"the {name} of document {doc_id!r} has a lone surrogate at character {error.start}. "
            "Rename the file, or decode the source again with its right encoding."
        ) from error


def document_hash(document: Document) -> str:
    """Return a SHA-256 that changes with any part of a document."""
    return digest_of_entry(document_entry(document))
