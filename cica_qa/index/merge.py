"""Segments merged beside everything else, so that no change has to wait for it.

The segments that are merged never change, so the new one is written without the index's lock; only
to publish it takes that. What was deleted meanwhile is left out of the runs. Killed at any moment,
it leaves a file that the next change removes.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from cica_qa.errors import IndexBusyError, IndexStoreError
from cica_qa.index.generation import open_generation
from cica_qa.index.layout import expanded, runs_of
from cica_qa.index.manifest import Manifest
from cica_qa.index.plan import Wanted, plan, to_merge
from cica_qa.index.publish import build_lock, merging, prepared, write_generation
from cica_qa.index.ragged import Places
from cica_qa.index.segment import Segment
from cica_qa.index.store import DiskStore

_log = logging.getLogger(__name__)
_WAIT, _PAUSE = 300.0, 0.05  # seconds


def merge_later(index_dir: Path) -> threading.Thread | None:
    """Start to merge the segments of an index in a thread of its own, if there are too many.

    The process may end before it is done: it is begun again after the next change.
    """
    if not is_due(open_generation(index_dir, check="sizes").manifest):
        return None
    thread = threading.Thread(target=_quietly, args=(index_dir,), name="merge", daemon=True)
    thread.start()
    return thread


def is_due(manifest: Manifest) -> bool:
    """Return whether there are segments to merge, as far as their sizes tell."""
    sizes = [int(one["counts"]["vectors"]) for one in manifest.segments]
    many = to_merge({at: (size, size) for at, size in enumerate(sizes)}, 0, math.inf)
    return bool(many) or sum(sizes) > 2 * manifest.counts["vectors"]


def merge(index_dir: Path) -> bool:
    """Merge segments where there are many, or mostly deleted; return whether there were.

    Where another merge is at work, there are none. Raises ``IndexStoreError``; the index is then
    as it was.
    """
    with merging(index_dir) as free:
        if not free:
            return False
        store, generation = DiskStore.load(index_dir, check="all")
        manifest = generation.manifest
        made = plan(Wanted((), np.arange(store.layout.documents)), store, 0, math.inf)
        if not made.merged:
            return False
        parts = {str(manifest.segments[at]["folder"]): store.segments[at] for at in made.merged}
        segment = Segment.merged(list(parts.values()), made.order, manifest.vector_index)
        numbers = _numbers(parts, made.order)
        with prepared(index_dir, segment.describe(), segment.writer()) as ready:
            _publish(index_dir, numbers, ready)
    return True


def _numbers(parts: Mapping[str, Segment], order: Places) -> dict[str, Places]:
    """The number in the merged segment of each document of its parts, by their folders."""
    sizes = [len(one.texts.ids) for one in parts.values()]
    numbers = np.full(sum(sizes), -1, np.int64)
    numbers[order] = np.arange(len(order))
    return dict(zip(parts, np.split(numbers, np.cumsum(sizes)[:-1]), strict=True))


def _publish(
    index_dir: Path, numbers: Mapping[str, Places], ready: tuple[Mapping[str, Any], Path]
) -> None:
    """Put a merged segment in the place of its parts, in the index as it is by now."""
    end = time.monotonic() + _WAIT
    while True:
        try:
            with build_lock(index_dir):
                manifest = open_generation(index_dir, check="sizes").manifest
                # Parts that are deleted by now, or merged with a change, are no longer there.
                if any(one["folder"] in numbers for one in manifest.segments):
                    write_generation(index_dir, _with_merged(manifest, numbers), ready)
                return  # else the index was made anew meanwhile
        except IndexBusyError:
            if time.monotonic() >= end:
                raise
        time.sleep(_PAUSE)


def _with_merged(manifest: Manifest, numbers: Mapping[str, Places]) -> Manifest:
    """The manifest with a new segment, its last, in the place of its parts."""
    kept = [one for one in manifest.segments if one["folder"] not in numbers]
    places = {one["folder"]: at for at, one in enumerate(kept)}
    segment, number = expanded(manifest.runs)
    moved = np.empty_like(segment)
    for at, one in enumerate(manifest.segments):
        own = segment == at
        moved[own] = places.get(one["folder"], len(kept))
        if one["folder"] in numbers:
            number[own] = numbers[one["folder"]][number[own]]
    return replace(manifest, runs=runs_of(moved, number), segments=kept)


def _quietly(index_dir: Path) -> None:
    try:
        while merge(index_dir):
            pass
    except (IndexStoreError, OSError) as error:
        _log.warning("the segments of %s were not merged: %s", index_dir, error)
