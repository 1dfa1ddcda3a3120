"""Building and publishing an index, encoding only what is new."""

from __future__ import annotations

import contextlib
import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from cica_qa.arabic.analyze import Analyzer
from cica_qa.arabic.lemmas import load_analyzer
from cica_qa.arabic.normalize import Normalizer
from cica_qa.documents.chunk import chunker_fingerprint
from cica_qa.documents.load import LoadedDocuments
from cica_qa.errors import IndexDamagedError, IndexMissingError, IndexOutdatedError
from cica_qa.index.dense import kind_for
from cica_qa.index.generation import Generation, network_documents
from cica_qa.index.inputs import Sources, collect, target_of, validate, with_kept
from cica_qa.index.layout import Layout
from cica_qa.index.location import Address, Location, located
from cica_qa.index.manifest import FORMAT_VERSION, Manifest
from cica_qa.index.migrate import open_index
from cica_qa.index.plan import IndexTarget, plan_segments
from cica_qa.index.publish import build_lock, write_generation
from cica_qa.index.segment import Segment
from cica_qa.index.segment_builder import SegmentBuilder
from cica_qa.index.store import DiskStore, counts_of
from cica_qa.index.stores.engine import engine_at
from cica_qa.index.words import PassageWords
from cica_qa.models.encoder import load_encoder
from cica_qa.protocols import Encoder, Progress
from cica_qa.reports import IndexInfo
from cica_qa.settings import Settings
from cica_qa.version import __version__

_log = logging.getLogger(__name__)
METRIC = "cosine"


@dataclass(frozen=True)
class Change:
    """What to make of an index, decided from its state under the build lock.

    ``target`` returns the documents it should contain, given the published index and its
    manifest, if there is one. ``network`` returns the ids of the documents that were added over
    the network, given those of the published index.
    """

    target: Callable[[DiskStore | None, Manifest | None], IndexTarget]
    network: Callable[[frozenset[str]], frozenset[str]] = lambda previous: previous


def build_index(
    documents: Sources,
    index_dir: str | Path,
    *,
    settings: Settings | None = None,
    progress: Progress | None = None,
) -> IndexInfo:
    """Make the index in ``index_dir`` contain exactly ``documents`` and publish it.

    ``documents`` is a path, or an iterable of paths or of ``Document``. Unchanged documents are
    kept as they are, and in changed ones the vectors of unchanged text are reused. If nothing
    changed, nothing is published. Raises ``DocumentError``, ``ModelError`` or
    ``IndexStoreError``; a published index is then unchanged.
    """
    settings = settings or Settings()
    loaded = collect(documents)
    return update_index(loaded, located(index_dir), load_encoder(settings), settings, progress)


def update_index(
    loaded: LoadedDocuments,
    index_dir: Location,
    encoder: Encoder,
    settings: Settings,
    progress: Progress | None = None,
) -> IndexInfo:
    """Do the same as ``build_index``, with documents and an encoder that are already loaded."""
    if isinstance(index_dir, Address):
        return engine_at(index_dir).update(loaded, encoder, settings, progress)

    def target(previous: DiskStore | None, _: Manifest | None) -> IndexTarget:
        documents = with_kept(loaded, previous)
        validate(documents)
        return target_of(documents, previous)

    info = publish(Change(target), index_dir, encoder, settings, progress, mend=True)
    return replace(info, skipped={**loaded.skipped, **loaded.unreadable}, files=tuple(loaded.files))


def publish(
    change: Change,
    index_dir: Path,
    encoder: Encoder,
    settings: Settings,
    progress: Progress | None = None,
    *,
    mend: bool = False,
    max_merged: float = math.inf,
) -> IndexInfo:
    """Apply a change to an index and publish the result.

    Segments are merged if there are too many, up to ``max_merged`` rows. ``mend`` rebuilds a
    damaged or outdated index from scratch. Raises ``DocumentError``, ``IndexStoreError`` and
    whatever ``change`` raises; the index is then unchanged.
    """
    normalizer, analyzer = Normalizer(), load_analyzer(settings)
    manifest = manifest_of(encoder, normalizer, analyzer, settings)
    with contextlib.suppress(IndexMissingError, IndexDamagedError, IndexOutdatedError):
        open_index(index_dir, check="sizes")  # migrates an older format
    with build_lock(index_dir):
        previous, generation = _previous(index_dir, mend)
        before = generation.manifest if generation else None
        target = change.target(previous, before)
        network = change.network(previous.network if previous else frozenset())
        ids = [doc_id for part in target.ids(previous) for doc_id in part]
        manifest = replace(manifest, network=[doc_id for doc_id in ids if doc_id in network])
        if previous and generation and _unchanged(target, previous, generation.manifest, manifest):
            return _info(generation.manifest, target, previous, generation.name)
        builder = SegmentBuilder(
            encoder,
            normalizer,
            analyzer,
            settings,
            progress,
            *_stored_vectors(previous, before, manifest),
        )
        base, now = previous, target
        if previous and before and not _reusable(previous, before, manifest, builder.with_words):
            base, now = None, target.all_fresh(previous)
        encoded, parts = 0, []
        if now.fresh:
            fresh, encoded = builder.segment(now.fresh)
            parts = [fresh]
        rows = sum(len(one.rows) for one in parts)
        merge_all = bool(before and before.vector_index != manifest.vector_index)
        plan = plan_segments(now, base, rows, max_merged, merge_all=merge_all)
        if progress:
            progress("write", 0, 1)
        kept = [base.segments[at] for at in plan.kept] if base else []
        parts = [*(base.segments[at] for at in plan.merged), *parts] if base else parts
        in_order = not plan.merged and np.array_equal(plan.order, np.arange(len(now.fresh)))
        new = parts if in_order else [Segment.merged(parts, plan.order, settings.vector_index)]
        listed = [before.segments[at] for at in plan.kept] if before else []
        layout = Layout(plan.runs, [one.texts.first_passages for one in (*kept, *new)])
        counts = counts_of([*kept, *new], layout)
        manifest = replace(manifest, counts=counts, runs=plan.runs, segments=listed)
        written = [(one.describe(), one.writer()) for one in new]
        name = write_generation(index_dir, manifest, *written)
        if progress:
            progress("write", 1, 1)
    return _info(manifest, target, previous, name, encoded)


def _previous(index_dir: Path, mend: bool) -> tuple[DiskStore, Generation] | tuple[None, None]:
    """Return the published index; None if there is none or ``mend`` has to rebuild it."""
    try:
        return DiskStore.load(index_dir, locked=True)
    except IndexMissingError:
        return None, None
    except (IndexDamagedError, IndexOutdatedError) as error:
        if not mend:
            raise
        if network := network_documents(index_dir):
            many = "1 document" if len(network) == 1 else f"{len(network)} documents"
            raise type(error)(
                f"{error}. It is not made from nothing, since it holds {many} that came over the "
                "network: bring it back from a backup, or delete its folder to give them up"
            ) from error
        _log.warning("%s; making it from nothing", error)
        return None, None


def _unchanged(target: IndexTarget, previous: DiskStore, before: Manifest, now: Manifest) -> bool:
    """Return whether an index already is what it should become."""
    order = np.arange(previous.layout.documents)
    same_way = before.vector_index == now.vector_index and before.same_way(now)
    same_way = same_way and set(before.network) == set(now.network)
    return same_way and not target.fresh and np.array_equal(target.order, order)


def _reusable(previous: DiskStore, before: Manifest, now: Manifest, with_words: bool) -> bool:
    """Return whether the new index can contain segments of the previous one."""
    if not before.same_way(now) or previous.with_words != with_words:
        return False
    if before.vector_index == now.vector_index:
        return True
    rounded = any(one.dense.kind == "graph" for one in previous.segments)
    return not rounded or kind_for(before.counts["vectors"], now.vector_index) == "graph"


def _stored_vectors(
    previous: DiskStore | None, before: Manifest | None, now: Manifest
) -> tuple[Sequence[Segment], Sequence[PassageWords]]:
    """Return the segments whose vectors can be reused, and the word vectors that can be."""
    if previous is None or before is None or not before.same_vectors(now):
        return (), ()
    if before.analyzer_fingerprint != now.analyzer_fingerprint:
        return previous.segments, ()
    words = [one.words for one in previous.segments if one.words is not None]
    return previous.segments, words


def manifest_of(
    encoder: Encoder,
    normalizer: Normalizer,
    analyzer: Analyzer,
    settings: Settings,
) -> Manifest:
    """Return the manifest of the index to build, without its content."""
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
    target: IndexTarget,
    previous: DiskStore | None,
    generation: str,
    encoded: int | None = None,
) -> IndexInfo:
    """Return the report of a build; ``encoded`` is None if nothing was published."""
    counts = manifest.counts
    before = previous.document_ids if previous else ()
    kept, fresh = target.ids(previous)
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
