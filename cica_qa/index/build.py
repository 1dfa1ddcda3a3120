"""From documents to a published generation, encoding only what is new."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import cica_qa
from cica_qa.arabic.analyze import Analyzer
from cica_qa.arabic.lemmas import load_analyzer
from cica_qa.arabic.normalize import Normalizer
from cica_qa.documents.chunk import chunker_fingerprint
from cica_qa.documents.load import Loaded
from cica_qa.errors import IndexDamagedError, IndexMissingError, IndexOutdatedError
from cica_qa.index.children import ChildTerms
from cica_qa.index.cut import cut_up
from cica_qa.index.dense import DenseIndex, Kind
from cica_qa.index.files import ROW, FileParts, generation_files
from cica_qa.index.generation import (
    FORMAT_VERSION,
    Generation,
    Manifest,
    build_lock,
    write_generation,
)
from cica_qa.index.inputs import Sources, collect, document_hash, validate, with_kept
from cica_qa.index.lexical import TITLE, LexicalIndex
from cica_qa.index.plan import Plan, plan
from cica_qa.index.store import DiskStore
from cica_qa.index.texts import NUMBERED, lexical_terms, lexical_text, word_places
from cica_qa.index.vectors import VectorSource, read_passages
from cica_qa.index.vocabulary import Vocabulary
from cica_qa.index.words import PassageWords
from cica_qa.models.cache import cache_root
from cica_qa.models.encoder import load_encoder
from cica_qa.protocols import Encoder, Progress, Vectors, WordEncoder
from cica_qa.settings import Settings
from cica_qa.types import Document, IndexInfo, Passage

_log = logging.getLogger(__name__)
METRIC = "cosine"
Choose = Callable[[DiskStore | None, Manifest | None], Sequence[Document]]
"""Given the index as it is, if there is one, returns the documents that it is to hold."""


def build_index(
    documents: Sources,
    index_dir: str | Path,
    *,
    settings: Settings | None = None,
    progress: Progress | None = None,
) -> IndexInfo:
    """Bring the index in ``index_dir`` in line with ``documents`` and publish it.

    ``documents`` is a path, or an iterable of paths or of ``Document``. Documents that did not
    change are not read again, and vectors of unchanged text in others are reused; where nothing
    changed, nothing is published. Raises ``DocumentError``,
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

    def choose(before: DiskStore | None, _: Manifest | None) -> Sequence[Document]:
        return with_kept(loaded, before)

    info = publish(choose, index_dir, encoder, settings, progress, mend=True)
    return replace(info, skipped={**loaded.skipped, **loaded.unreadable})


def publish(
    choose: Choose,
    index_dir: Path,
    encoder: Encoder,
    settings: Settings,
    progress: Progress | None = None,
    *,
    mend: bool = False,
) -> IndexInfo:
    """Publish an index of the documents that ``choose`` returns. It is called under the lock.

    To ``mend`` is to make a damaged or outdated index from nothing. Raises ``DocumentError``,
    ``IndexStoreError`` and what ``choose`` raises; the index is then as it was.
    """
    normalizer, analyzer = Normalizer(), load_analyzer(settings)
    with build_lock(index_dir):
        previous, generation = _previous(index_dir, mend)
        before = generation.manifest if generation else None
        documents = choose(previous, before)
        validate(documents)
        manifest = _manifest(documents, encoder, normalizer, analyzer, settings)
        known = before.documents if before else {}
        if generation and before and before.same_recipe(manifest):
            return _info(before, known, generation.name, encoded=0, published=False)
        known_words = isinstance(encoder, WordEncoder) and bool(encoder.vocabulary)
        cut = partial(cut_up, settings=settings, normalizer=normalizer, progress=progress)
        made = plan(documents, previous, before, manifest, cut, with_words=known_words)
        same_words = _same_words(before, manifest, made.reusable)
        cache = cache_root(settings.cache_dir)
        words, read = _words(made, encoder, normalizer, same_words, cache, progress)
        vectors = VectorSource(encoder, made.reusable, read)
        rows, dense = _dense(made, made.kind(manifest), vectors, words is not None, progress)
        if progress:
            progress("write", 0, 1)
        parts = _parts(documents, made, words, normalizer, analyzer)
        passages = list(made.passages)
        files = generation_files(documents, passages, rows, dense, *parts)
        counts = {"documents": len(documents), "passages": len(passages), "vectors": len(dense)}
        manifest = replace(manifest, counts=counts, dense=dense.describe())
        name = write_generation(index_dir, manifest, files)
        if progress:
            progress("write", 1, 1)
    return _info(manifest, known, name, encoded=vectors.encoded, published=True)


def _previous(index_dir: Path, mend: bool) -> tuple[DiskStore, Generation] | tuple[None, None]:
    """The published index, if there is one; None for one that is to be mended."""
    try:
        return DiskStore.load(index_dir, check="all")
    except IndexMissingError:
        return None, None
    except (IndexDamagedError, IndexOutdatedError) as error:
        if not mend:
            raise
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


def _words(
    made: Plan,
    encoder: Encoder,
    normalizer: Normalizer,
    before: PassageWords | None,
    cache: Path,
    progress: Progress | None,
) -> tuple[PassageWords | None, Mapping[bytes, Vectors]]:
    """The vectors of new passages' words, where the encoder gives them; and ``read_passages``."""
    if not isinstance(encoder, WordEncoder) or not encoder.vocabulary:
        return None, {}
    places = (word_places(passage, normalizer) for passage in made.fresh)
    readings = [one.readings for one in made.cut]
    return read_passages(readings, encoder, before, places, cache, progress)


def _dense(
    made: Plan, kind: Kind, vectors: VectorSource, in_context: bool, progress: Progress | None
) -> tuple[NDArray[np.void], DenseIndex]:
    texts = [text for one in made.cut for text in one.rows]
    keys = [key for one in made.cut for key in one.keys] if in_context else texts
    matrix, digests = vectors.of(texts, keys, progress)
    if made.kept:
        kept = made.kept.dense.vectors(0, len(made.kept.rows))
        matrix = np.concatenate([kept, matrix])
        digests = np.concatenate([made.kept.rows["digest"], digests])
    rows = np.empty(len(made.row_order), ROW)
    rows["passage"] = made.owners
    rows["digest"] = digests[made.row_order]
    return rows, DenseIndex.from_vectors(matrix[made.row_order], kind)


def _parts(
    documents: Sequence[Document],
    made: Plan,
    words: PassageWords | None,
    normalizer: Normalizer,
    analyzer: Analyzer,
) -> list[FileParts]:
    """The terms and words of all passages: those of new ones are put to those that are kept."""
    by_id = {document.doc_id: document for document in documents}
    terms = (lexical_terms(p, by_id[p.doc_id], normalizer, analyzer) for p in made.fresh)
    lexical = LexicalIndex.from_terms(terms, (*analyzer.fields, TITLE, NUMBERED))
    rows = (text for one in made.cut for text in one.rows)
    children = ChildTerms.from_terms(map(analyzer.passage_stems, rows))

    def spelt(passages: Iterable[Passage]) -> Iterator[Sequence[str]]:
        return (analyzer.words(normalizer(lexical_text(passage))) for passage in passages)

    kept = made.kept
    if kept is None:
        parts: list[FileParts] = [lexical, children, Vocabulary.from_words(spelt(made.fresh))]
        return parts if words is None else [*parts, words]
    parts = [
        lexical.after(kept.lexical, made.order),
        children.after(kept.child_terms, made.row_order),
        kept.words_counted.changed(spelt(made.gone), spelt(made.fresh)),
    ]
    if words is None or kept.words is None:
        return parts
    return [*parts, words.after(kept.words, made.order)]


def _same_words(
    before: Manifest | None, now: Manifest, reusable: DiskStore | None
) -> PassageWords | None:
    """The words of the index before, where the same of them would be chosen now as then."""
    same = before and before.analyzer_fingerprint == now.analyzer_fingerprint
    return reusable.words if reusable and same else None


def _info(
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
        published=published,
    )
