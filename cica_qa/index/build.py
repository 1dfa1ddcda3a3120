"""From documents to a published generation, encoding only what is new."""

from __future__ import annotations

import contextlib
import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from cica_qa.arabic.analyze import Analyzer
from cica_qa.arabic.lemmas import load_analyzer
from cica_qa.arabic.normalize import Normalizer
from cica_qa.documents.chunk import chunker_fingerprint
from cica_qa.documents.load import Loaded
from cica_qa.errors import IndexDamagedError, IndexMissingError, IndexOutdatedError
from cica_qa.index.dense import kind_for
from cica_qa.index.generation import Generation, network_documents
from cica_qa.index.inputs import Sources, collect, validate, wanted_of, with_kept
from cica_qa.index.layout import Layout
from cica_qa.index.make import Maker
from cica_qa.index.manifest import FORMAT_VERSION, Manifest
from cica_qa.index.migrate import open_index
from cica_qa.index.plan import Wanted, plan
from cica_qa.index.publish import build_lock, write_generation
from cica_qa.index.segment import Segment
from cica_qa.index.store import DiskStore, counts_of
from cica_qa.index.words import PassageWords
from cica_qa.models.encoder import load_encoder
from cica_qa.protocols import Encoder, Progress
from cica_qa.reports import IndexInfo
from cica_qa.settings import Settings
from cica_qa.version import __version__

_log = logging.getLogger(__name__)
METRIC = "cosine"
Choose = Callable[[DiskStore | None, Manifest | None], Wanted]
"""Given the index as it is, if there is one, returns what it is to hold."""


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

    def choose(before: DiskStore | None, _: Manifest | None) -> Wanted:
        documents = with_kept(loaded, before)  # what came over the network, too
        validate(documents)
        return wanted_of(documents, before)

    info = publish(choose, index_dir, encoder, settings, progress, mend=True)
    return replace(info, skipped={**loaded.skipped, **loaded.unreadable}, files=tuple(loaded.files))


def publish(
    choose: Choose,
    index_dir: Path,
    encoder: Encoder,
    settings: Settings,
    progress: Progress | None = None,
    *,
    mend: bool = False,
    at_once: float = math.inf,
    sent: Callable[[frozenset[str]], frozenset[str]] = lambda before: before,
) -> IndexInfo:
    """Publish an index of what ``choose`` returns. It is called under the lock.

    Segments are merged where they are many, up to ``at_once`` rows. To ``mend`` is to make a
    damaged or outdated index from nothing. ``sent`` returns the ids of the documents that came
    over the network, given those of the index as it is. Raises ``DocumentError``,
    ``IndexStoreError`` and what ``choose`` raises; the index is then as it was.
    """
    normalizer, analyzer = Normalizer(), load_analyzer(settings)
    manifest = _manifest(encoder, normalizer, analyzer, settings)
    with contextlib.suppress(IndexMissingError, IndexDamagedError, IndexOutdatedError):
        open_index(index_dir, check="sizes")  # an older format is brought to this one
    with build_lock(index_dir):
        previous, generation = _previous(index_dir, mend)
        before = generation.manifest if generation else None
        wanted = choose(previous, before)
        network = sent(previous.network if previous else frozenset())
        ids = [doc_id for part in wanted.ids(previous) for doc_id in part]
        manifest = replace(manifest, network=[doc_id for doc_id in ids if doc_id in network])
        if previous and generation and _same(wanted, previous, generation.manifest, manifest):
            return _info(generation.manifest, wanted, previous, generation.name)
        maker = Maker(
            encoder,
            normalizer,
            analyzer,
            settings,
            progress,
            *_reusable(previous, before, manifest),
        )
        base, now = previous, wanted
        if previous and before and not _goes_on(previous, before, manifest, maker.with_words):
            base, now = None, wanted.anew(previous)
        encoded, parts = 0, []
        if now.fresh:
            fresh, encoded = maker.segment(now.fresh)
            parts = [fresh]
        other = bool(before and before.vector_index != manifest.vector_index)
        made = plan(now, base, sum(len(one.rows) for one in parts), at_once, whole=other)
        if progress:
            progress("write", 0, 1)
        kept = [base.segments[at] for at in made.kept] if base else []
        parts = [*(base.segments[at] for at in made.merged), *parts] if base else parts
        as_it_is = not made.merged and np.array_equal(made.order, np.arange(len(now.fresh)))
        new = parts if as_it_is else [Segment.merged(parts, made.order, settings.vector_index)]
        listed = [before.segments[at] for at in made.kept] if before else []
        layout = Layout(made.runs, [one.texts.first_passages for one in (*kept, *new)])
        counts = counts_of([*kept, *new], layout)
        manifest = replace(manifest, counts=counts, runs=made.runs, segments=listed)
        written = [(one.describe(), one.writer()) for one in new]
        name = write_generation(index_dir, manifest, *written)
        if progress:
            progress("write", 1, 1)
    return _info(manifest, wanted, previous, name, encoded)


def _previous(index_dir: Path, mend: bool) -> tuple[DiskStore, Generation] | tuple[None, None]:
    """The published index, if there is one; None for one that is to be mended."""
    try:
        return DiskStore.load(index_dir, locked=True)
    except IndexMissingError:
        return None, None
    except (IndexDamagedError, IndexOutdatedError) as error:
        if not mend:
            raise
        if sent := network_documents(index_dir):
            many = "1 document" if len(sent) == 1 else f"{len(sent)} documents"
            raise type(error)(
                f"{error}. It is not made from nothing, since it holds {many} that came over the "
                "network: bring it back from a backup, or delete its folder to give them up"
            ) from error
        _log.warning("%s; making it from nothing", error)
        return None, None


def _same(wanted: Wanted, previous: DiskStore, before: Manifest, now: Manifest) -> bool:
    """Whether an index is already what it is to be."""
    order = np.arange(previous.layout.documents)
    same_way = before.vector_index == now.vector_index and before.same_way(now)
    same_way = same_way and set(before.network) == set(now.network)
    return same_way and not wanted.fresh and np.array_equal(wanted.order, order)


def _goes_on(previous: DiskStore, before: Manifest, now: Manifest, with_words: bool) -> bool:
    """Whether the segments of an index are of use as they are."""
    if not before.same_way(now) or previous.with_words != with_words:
        return False
    if before.vector_index == now.vector_index:
        return True
    rounded = any(one.dense.kind == "graph" for one in previous.segments)
    return not rounded or kind_for(before.counts["vectors"], now.vector_index) == "graph"


def _reusable(
    previous: DiskStore | None, before: Manifest | None, now: Manifest
) -> tuple[Sequence[Segment], Sequence[PassageWords]]:
    """The segments that have vectors of the same texts, and those vectors of the same words."""
    if previous is None or before is None or not before.same_vectors(now):
        return (), ()
    if before.analyzer_fingerprint != now.analyzer_fingerprint:
        return previous.segments, ()
    words = [one.words for one in previous.segments if one.words is not None]
    return previous.segments, words


def _manifest(
    encoder: Encoder,
    normalizer: Normalizer,
    analyzer: Analyzer,
    settings: Settings,
) -> Manifest:
    """The recipe of the index to build; what it comes to hold is known later."""
    return Manifest(
        format_version=FORMAT_VERSION,
        package_version=__version__,
        created=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        model_id=encoder.model_id,
        model_fingerprint=encoder.fingerprint,
        dimension=encoder.dimension,
        metric=METRIC,
        normalizer_fingerprint=normalizer.fingerprint,
        chunker_fingerprint=chunker_fingerprint(settings.passage_chars, settings.window_words),
        analyzer_fingerprint=analyzer.fingerprint,
        vector_index=settings.vector_index,
        counts={},
        runs=(),
        segments=(),
    )


def _info(
    manifest: Manifest,
    wanted: Wanted,
    previous: DiskStore | None,
    generation: str,
    encoded: int | None = None,
) -> IndexInfo:
    """What a build did; where it published nothing, nothing is ``encoded`` (None)."""
    counts = manifest.counts
    before = previous.document_ids if previous else ()
    kept, fresh = wanted.ids(previous)
    known, now = frozenset(before), {*kept, *fresh}
    return IndexInfo(
        generation=generation,
        documents=counts["documents"],
        passages=counts["passages"],
        vectors=counts["vectors"],
        encoded=encoded or 0,
        added=tuple(doc_id for doc_id in fresh if doc_id not in known),
        changed=tuple(doc_id for doc_id in fresh if doc_id in known),
        removed=tuple(doc_id for doc_id in before if doc_id not in now),
        unchanged=tuple(kept),
        published=encoded is not None,
        network=tuple(manifest.network),
    )
