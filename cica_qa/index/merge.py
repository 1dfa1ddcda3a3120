"""Merging of segments in the background, so that no change has to wait for it.

Segments never change, so the merged one is written without the build lock, which is only taken to
publish it. Documents deleted meanwhile are left out of the runs. A merge that is killed leaves a
file that the next change removes.
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
from cica_qa.index.plan import IndexTarget, plan_segments, to_merge
from cica_qa.index.publish import build_lock, merge_lock, staged_segment, write_generation
from cica_qa.index.ragged import Indices
from cica_qa.index.segment import Segment
from cica_qa.index.store import DiskStore

_log = logging.getLogger(__name__)
_WAIT, _PAUSE = 300.0, 0.05  # seconds


def merge_later(index_dir: Path) -> threading.Thread | None:
    """Start merging the segments of an index in a thread of its own, if there are too many.

    If the process ends first, the merge starts again after the next change.
    """
    if not is_due(open_generation(index_dir, check="sizes").manifest):
        return None
    thread = threading.Thread(target=_quietly, args=(index_dir,), name="merge", daemon=True)
    thread.start()
    return thread


def is_due(manifest: Manifest) -> bool:
    """Return whether there are segments to merge, judging by their sizes."""
    sizes = [int(one["counts"]["vectors"]) for one in manifest.segments]
    many = to_merge({at: (size, size) for at, size in enumerate(sizes)}, 0, math.inf)
    return bool(many) or sum(sizes) > 2 * manifest.counts["vectors"]


def merge_segments(index_dir: Path) -> bool:
    """Merge segments that are too many or mostly deleted; return whether any were merged.

    Does nothing while another merge is running. Raises ``IndexStoreError``; the index is then
    unchanged.
    """
    with merge_lock(index_dir) as free:
        if not free:
            return False
        store, generation = DiskStore.load(index_dir, check="all")
        manifest = generation.manifest
        target = IndexTarget((), np.arange(store.layout.documents))
        plan = plan_segments(target, store, 0, math.inf)
        if not plan.merged:
            return False
        parts = {str(manifest.segments[at]["folder"]): store.segments[at] for at in plan.merged}
        segment = Segment.merged(list(parts.values()), plan.order, manifest.vector_index)
        numbers = _numbers(parts, plan.order)
        with staged_segment(index_dir, segment.describe(), segment.writer()) as ready:
            _publish(index_dir, numbers, ready)
    return True


def _numbers(parts: Mapping[str, Segment], order: Indices) -> dict[str, Indices]:
    """Return, by folder of a part, the number of each of its documents in the merged segment."""
    sizes = [len(one.texts.ids) for one in parts.values()]
    numbers = np.full(sum(sizes), -1, np.int64)
    numbers[order] = np.arange(len(order))
    return dict(zip(parts, np.split(numbers, np.cumsum(sizes)[:-1]), strict=True))


def _publish(
    index_dir: Path, numbers: Mapping[str, Indices], ready: tuple[Mapping[str, Any], Path]
) -> None:
    """Replace the parts with the merged segment in the index as it is by now."""
    end = time.monotonic() + _WAIT
    while True:
        try:
            with build_lock(index_dir):
                manifest = open_generation(index_dir, check="sizes").manifest
                # Parts deleted meanwhile, or merged by a change, are gone from the manifest.
                if any(one["folder"] in numbers for one in manifest.segments):
                    write_generation(index_dir, _with_merged(manifest, numbers), ready)
                return  # if no part is left, the index was rebuilt meanwhile
        except IndexBusyError:
            if time.monotonic() >= end:
                raise
        time.sleep(_PAUSE)


def _with_merged(manifest: Manifest, numbers: Mapping[str, Indices]) -> Manifest:
    """Return the manifest with the parts replaced by a new segment, the last one."""
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
        while merge_segments(index_dir):
            pass
    except (IndexStoreError, OSError) as error:
        _log.warning("the segments of %s were not merged: %s", index_dir, error)
