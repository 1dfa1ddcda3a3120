"""From documents to a published generation, encoding only what is new."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import cica_qa
from cica_qa.arabic.normalize import Normalizer
from cica_qa.documents.chunk import chunk, chunker_fingerprint, windows, without_bullet
from cica_qa.documents.load import Loaded, load_paths
from cica_qa.encoders import load_encoder
from cica_qa.errors import DocumentError, IndexDamagedError, IndexMissingError
from cica_qa.index.dense import DenseIndex
from cica_qa.index.generation import (
    FORMAT_VERSION,
    Generation,
    Manifest,
    build_lock,
    write_generation,
)
from cica_qa.index.store import ROW, DiskStore, document_entry
from cica_qa.protocols import Encoder, Progress, Vectors
from cica_qa.settings import Settings
from cica_qa.types import Document, IndexInfo, Passage

_log = logging.getLogger(__name__)
METRIC = "cosine"


def build_index(
    documents: str | Path | Iterable[Document | str | Path],
    index_dir: str | Path,
    *,
    settings: Settings | None = None,
    progress: Progress | None = None,
) -> IndexInfo:
    """Bring the index in ``index_dir`` in line with ``documents`` and publish it.

    ``documents`` is a path, or an iterable of paths or of ``Document``. Vectors of unchanged
    text are reused; where nothing changed, nothing is published. Raises ``DocumentError``,
    ``ModelError`` or ``IndexStoreError``; an index published before is then unchanged.
    """
    settings = settings or Settings()
    loaded = _collect(documents)
    return update_index(loaded, Path(index_dir), load_encoder(settings), settings, progress)


def update_index(
    loaded: Loaded,
    index_dir: Path,
    encoder: Encoder,
    settings: Settings,
    progress: Progress | None = None,
) -> IndexInfo:
    """Do what ``build_index`` does, with documents and an encoder that are already loaded."""
    normalizer = Normalizer()
    with build_lock(index_dir):
        previous, generation = _previous(index_dir)
        documents = _with_kept(loaded, previous)
        _validate(documents)
        manifest = _manifest(documents, encoder, normalizer, settings)
        before = generation.manifest if generation else None
        known = before.documents if before else {}
        if generation and before and before.same_recipe(manifest):
            return _info(loaded, before, known, generation.name, encoded=0, published=False)
        reusable = previous if before and _same_vectors(before, manifest) else None
        vectors = _Vectors(encoder, normalizer, reusable)
        store = _assemble(documents, settings, vectors, progress)
        counts = {"documents": len(documents), "passages": len(store), "vectors": len(store.dense)}
        manifest = replace(manifest, counts=counts)
        if progress:
            progress("write", 0, 1)
        name = write_generation(index_dir, manifest, store.files())
        if progress:
            progress("write", 1, 1)
    return _info(loaded, manifest, known, name, encoded=vectors.encoded, published=True)


def row_texts(passage: Passage, window_words: int) -> list[str]:
    """Return the texts encoded for a passage: one for each sentence, then the windows.

    List items and windows carry their innermost heading, without which they say little;
    sentences stand alone, since headings have many words in common.
    """
    heading = passage.headings[-1] if passage.headings else ""
    own = {(span.start, span.end) for span in passage.sentences}
    wider = [w for w in windows(passage, window_words) if (w.start, w.end) not in own]
    alone = [(span, span.kind == "item") for span in passage.sentences]
    texts = []
    for span, headed in (*alone, *((window, True) for window in wider)):
        text = without_bullet(passage.slice(span.start, span.end))
        texts.append(f"{heading}: {text}" if heading and headed else text)
    return texts


def _collect(documents: str | Path | Iterable[Document | str | Path]) -> Loaded:
    if isinstance(documents, str | Path):
        return load_paths([documents])
    given = list(documents)
    loaded = Loaded([item for item in given if isinstance(item, Document)])
    paths = [item for item in given if not isinstance(item, Document)]
    if paths:
        read = load_paths(paths)
        loaded.documents += read.documents
        loaded.skipped, loaded.unreadable = read.skipped, read.unreadable
    return loaded


def _previous(index_dir: Path) -> tuple[DiskStore | None, Generation | None]:
    """The published index, if it is there and whole; a damaged one is made anew."""
    try:
        return DiskStore.load(index_dir)
    except IndexMissingError:
        return None, None
    except IndexDamagedError as error:
        _log.warning("%s; making it from nothing", error)
        return None, None


def _with_kept(loaded: Loaded, previous: DiskStore | None) -> list[Document]:
    """What was indexed before and cannot be read now is kept, as it was and where it was."""
    place = {doc_id: at for at, doc_id in enumerate(previous.document_ids)} if previous else {}
    kept = [previous.document(lost) for lost in loaded.unreadable if previous and lost in place]
    if not kept:
        return loaded.documents
    documents = [*loaded.documents, *kept]
    return sorted(documents, key=lambda document: place.get(document.doc_id, len(place)))


def _validate(documents: Sequence[Document]) -> None:
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
            _require_text(document.doc_id, name, value)


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


def _manifest(
    documents: Sequence[Document], encoder: Encoder, normalizer: Normalizer, settings: Settings
) -> Manifest:
    """The recipe of the index to build; counts and files are known later."""
    return Manifest(
        format_version=FORMAT_VERSION,
        package_version=cica_qa.__version__,
        created=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        model_id=encoder.model_id,
        model_fingerprint=encoder.fingerprint,
        dimension=encoder.dimension,
        metric=METRIC,
        normalizer_fingerprint=normalizer.fingerprint,
        chunker_fingerprint=chunker_fingerprint(settings.passage_chars, settings.window_words),
        documents={document.doc_id: _document_hash(document) for document in documents},
        counts={},
        files={},
    )


def _document_hash(document: Document) -> str:
    entry = json.dumps(document_entry(document), sort_keys=True)
    return hashlib.sha256(entry.encode()).hexdigest()


def _assemble(
    documents: Sequence[Document],
    settings: Settings,
    vectors: _Vectors,
    progress: Progress | None,
) -> DiskStore:
    passages: list[Passage] = []
    texts: list[str] = []
    owners: list[int] = []
    for done, document in enumerate(documents, 1):
        for passage in chunk(document, settings.passage_chars):
            rows = row_texts(passage, settings.window_words)
            owners += [len(passages)] * len(rows)
            texts += rows
            passages.append(passage)
        if progress:
            progress("read", done, len(documents))
    matrix, digests = vectors.of(texts, progress)
    rows_table = np.empty(len(texts), ROW)
    rows_table["passage"] = owners
    rows_table["digest"] = digests
    return DiskStore(documents, passages, rows_table, DenseIndex.from_vectors(matrix))


class _Vectors:
    """Gives texts their vectors: from the index before where it has them, else encoded."""

    def __init__(
        self, encoder: Encoder, normalizer: Normalizer, reusable: DiskStore | None
    ) -> None:
        self._encoder = encoder
        self._normalizer = normalizer
        self._reusable = reusable
        self.encoded = 0

    def of(
        self, texts: Sequence[str], progress: Progress | None
    ) -> tuple[Vectors, NDArray[np.void]]:
        """Return the vectors, shape ``(len(texts), dimension)``, and the texts' digests."""
        folded = [self._normalizer(text) for text in texts]
        digests = [hashlib.blake2b(text.encode(), digest_size=16).digest() for text in folded]
        known = self._known()
        matrix = np.empty((len(texts), self._encoder.dimension), np.float32)
        new: dict[bytes, str] = {}
        for row, digest in enumerate(digests):
            if digest in known:
                matrix[row] = known[digest]
            else:
                new[digest] = folded[row]
        self.encoded = len(new)
        advance = (lambda done: progress("encode", done, len(new))) if progress else None
        fresh = self._encoder.encode_passages(list(new.values()), advance)
        position = {digest: at for at, digest in enumerate(new)}
        for row, digest in enumerate(digests):
            if digest in position:
                matrix[row] = fresh[position[digest]]
        return matrix, np.frombuffer(b"".join(digests), "V16")

    def _known(self) -> dict[bytes, Vectors]:
        if self._reusable is None:
            return {}
        digests = self._reusable.rows["digest"]
        stored = self._reusable.dense.vectors(0, len(digests))
        return {digest.tobytes(): vector for digest, vector in zip(digests, stored, strict=True)}


def _same_vectors(before: Manifest, now: Manifest) -> bool:
    """Whether the same text would get the same vector now as then."""
    return (before.model_fingerprint, before.normalizer_fingerprint, before.dimension) == (
        now.model_fingerprint,
        now.normalizer_fingerprint,
        now.dimension,
    )


def _info(
    loaded: Loaded,
    manifest: Manifest,
    before: Mapping[str, str],
    generation: str,
    *,
    encoded: int,
    published: bool,
) -> IndexInfo:
    now = manifest.documents
    same = {doc_id for doc_id in now if before.get(doc_id) == now[doc_id]}
    return IndexInfo(
        generation=generation,
        documents=manifest.counts["documents"],
        passages=manifest.counts["passages"],
        vectors=manifest.counts["vectors"],
        encoded=encoded,
        added=tuple(doc_id for doc_id in now if doc_id not in before),
        changed=tuple(doc_id for doc_id in now if doc_id in before and doc_id not in same),
        removed=tuple(doc_id for doc_id in before if doc_id not in now),
        unchanged=tuple(doc_id for doc_id in now if doc_id in same),
        skipped={**loaded.skipped, **loaded.unreadable},
        published=published,
    )
