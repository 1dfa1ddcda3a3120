"""From documents to a published generation, encoding only what is new."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import cica_qa
from cica_qa.arabic.analyze import STEMS, Analyzer
from cica_qa.arabic.lemmas import load_analyzer
from cica_qa.arabic.normalize import Normalizer
from cica_qa.documents.chunk import chunk, chunker_fingerprint, windows, without_bullet
from cica_qa.documents.load import Loaded
from cica_qa.encoders import load_encoder
from cica_qa.errors import IndexDamagedError, IndexMissingError, IndexOutdatedError
from cica_qa.index.children import ChildTerms
from cica_qa.index.dense import DenseIndex, kind_for
from cica_qa.index.files import ROW, FileParts, generation_files
from cica_qa.index.generation import (
    FORMAT_VERSION,
    Generation,
    Manifest,
    build_lock,
    write_generation,
)
from cica_qa.index.inputs import collect, document_hash, validate, with_kept
from cica_qa.index.lexical import TITLE, LexicalIndex
from cica_qa.index.store import DiskStore
from cica_qa.index.vectors import VectorSource, passage_words
from cica_qa.index.vocabulary import Vocabulary
from cica_qa.index.words import PassageWords
from cica_qa.protocols import Encoder, Progress, WordEncoder
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
    loaded = collect(documents)
    return update_index(loaded, Path(index_dir), load_encoder(settings), settings, progress)


def update_index(
    loaded: Loaded,
    index_dir: Path,
    encoder: Encoder,
    settings: Settings,
    progress: Progress | None = None,
) -> IndexInfo:
    """Do what ``build_index`` does, with documents and an encoder that are already loaded."""
    normalizer, analyzer = Normalizer(), load_analyzer(settings)
    with build_lock(index_dir):
        previous, generation = _previous(index_dir)
        documents = with_kept(loaded, previous)
        validate(documents)
        manifest = _manifest(documents, encoder, normalizer, analyzer, settings)
        before = generation.manifest if generation else None
        known = before.documents if before else {}
        if generation and before and before.same_recipe(manifest):
            return _info(loaded, before, known, generation.name, encoded=0, published=False)
        reusable = previous if before and _same_vectors(before, manifest) else None
        vectors = VectorSource(encoder, normalizer, reusable)
        cut = _cut(documents, settings, progress)
        rows, dense = _dense(cut, settings, vectors, progress)
        words = _words(cut, encoder, normalizer, _same_words(before, manifest, reusable), progress)
        if progress:
            progress("write", 0, 1)
        passages = [passage for passage, _ in cut]
        parts: list[FileParts] = [
            _lexical(documents, passages, normalizer, analyzer),
            _child_terms(cut, normalizer, analyzer),
            _vocabulary(passages, normalizer, analyzer),
        ]
        if words:
            parts.append(words)
        files = generation_files(documents, passages, rows, dense, *parts)
        counts = {"documents": len(documents), "passages": len(cut), "vectors": len(dense)}
        manifest = replace(manifest, counts=counts, dense=dense.describe())
        name = write_generation(index_dir, manifest, files)
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


def lexical_text(passage: Passage) -> str:
    """Return the text whose words find a passage: its own, under all its headings."""
    missing = [heading for heading in passage.headings if heading not in passage.text]
    return "\n".join([*missing, passage.text])


def lexical_terms(
    passage: Passage, title: str, normalizer: Normalizer, analyzer: Analyzer
) -> dict[str, list[str]]:
    """Return the terms of a passage by field, and those of its document's title.

    The title has a field of its own, so that a search may give it the weight it deserves: it
    says which document is meant, and is the same in all of the document's passages.
    """
    text = normalizer(lexical_text(passage))
    title_terms = analyzer.passage_terms(normalizer(title))[STEMS]
    return {**analyzer.passage_terms(text), TITLE: title_terms}


def _previous(index_dir: Path) -> tuple[DiskStore | None, Generation | None]:
    """The published index, if it is there and whole; a damaged or outdated one is made anew."""
    try:
        return DiskStore.load(index_dir, check="all")
    except IndexMissingError:
        return None, None
    except (IndexDamagedError, IndexOutdatedError) as error:
        _log.warning("%s; making it from nothing", error)
        return None, None


def _manifest(
    documents: Sequence[Document],
    encoder: Encoder,
    normalizer: Normalizer,
    analyzer: Analyzer,
    settings: Settings,
) -> Manifest:
    """The recipe of the index to build; what it comes to hold is known later."""
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
        analyzer_fingerprint=analyzer.fingerprint,
        vector_index=settings.vector_index,
        dense={},
        documents={document.doc_id: document_hash(document) for document in documents},
        counts={},
        files={},
    )


def _cut(
    documents: Sequence[Document], settings: Settings, progress: Progress | None
) -> list[tuple[Passage, list[str]]]:
    """All passages, each with the texts to encode for it."""
    cut: list[tuple[Passage, list[str]]] = []
    for done, document in enumerate(documents, 1):
        passages = chunk(document, settings.passage_chars)
        cut += [(passage, row_texts(passage, settings.window_words)) for passage in passages]
        if progress:
            progress("read", done, len(documents))
    return cut


def _dense(
    cut: Sequence[tuple[Passage, list[str]]],
    settings: Settings,
    vectors: VectorSource,
    progress: Progress | None,
) -> tuple[NDArray[np.void], DenseIndex]:
    texts = [text for _, rows in cut for text in rows]
    kind = kind_for(len(texts), settings.vector_index)
    matrix, digests = vectors.of(texts, kind, progress)
    rows = np.empty(len(texts), ROW)
    rows["passage"] = np.repeat(np.arange(len(cut)), [len(texts) for _, texts in cut])
    rows["digest"] = digests
    return rows, DenseIndex.from_vectors(matrix, kind)


def _lexical(
    documents: Sequence[Document],
    passages: Sequence[Passage],
    normalizer: Normalizer,
    analyzer: Analyzer,
) -> LexicalIndex:
    titles = {document.doc_id: document.title for document in documents}
    terms = (lexical_terms(p, titles[p.doc_id], normalizer, analyzer) for p in passages)
    return LexicalIndex.from_terms(terms, (*analyzer.fields, TITLE))


def _vocabulary(
    passages: Sequence[Passage], normalizer: Normalizer, analyzer: Analyzer
) -> Vocabulary:
    texts = (normalizer(lexical_text(passage)) for passage in passages)
    return Vocabulary.from_words(analyzer.words(text) for text in texts)


def _child_terms(
    cut: Sequence[tuple[Passage, list[str]]], normalizer: Normalizer, analyzer: Analyzer
) -> ChildTerms:
    texts = (normalizer(text) for _, rows in cut for text in rows)
    return ChildTerms.from_terms(analyzer.passage_terms(text)[STEMS] for text in texts)


def _words(
    cut: Sequence[tuple[Passage, list[str]]],
    encoder: Encoder,
    normalizer: Normalizer,
    before: PassageWords | None,
    progress: Progress | None,
) -> PassageWords | None:
    """The vectors of the passages' words, where the encoder gives them."""
    if not isinstance(encoder, WordEncoder) or not encoder.vocabulary:
        return None
    texts = [normalizer(lexical_text(passage)) for passage, _ in cut]
    return passage_words(texts, encoder, before, progress)


def _same_vectors(before: Manifest, now: Manifest) -> bool:
    """Whether the same text would get the same vector now as then."""
    return (before.model_fingerprint, before.normalizer_fingerprint, before.dimension) == (
        now.model_fingerprint,
        now.normalizer_fingerprint,
        now.dimension,
    )


def _same_words(
    before: Manifest | None, now: Manifest, reusable: DiskStore | None
) -> PassageWords | None:
    """The words of the index before, where the same of them would be chosen now as then."""
    same = before and before.analyzer_fingerprint == now.analyzer_fingerprint
    return reusable.words if reusable and same else None


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
