"""What of an index the next one has as it is, and what is to be worked out anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cica_qa.index.cut import Cut
from cica_qa.index.dense import Kind, kind_for
from cica_qa.index.generation import Manifest
from cica_qa.index.ragged import Places, joined, picked
from cica_qa.index.store import DiskStore
from cica_qa.types import Document, Passage


@dataclass(frozen=True)
class Plan:
    """The passages of an index to be made.

    Those of documents that did not change are in ``kept``, all others in ``cut``. ``order`` has
    an entry for each passage: those of ``kept`` count on to those of ``cut``. ``reusable`` is the
    index before where its vectors are of use.
    """

    kept: DiskStore | None
    cut: Sequence[Cut]
    order: Places
    reusable: DiskStore | None

    def kind(self, manifest: Manifest) -> Kind:
        """Return how its vectors are best searched, or as the manifest says."""
        return kind_for(len(self.row_order), manifest.vector_index)

    @property
    def fresh(self) -> list[Passage]:
        """The passages that are not kept."""
        return [one.passage for one in self.cut]

    @property
    def row_order(self) -> Places:
        """``order`` for the rows of the passages."""
        return self._rows[1]

    @property
    def owners(self) -> Places:
        """The position of the passage of each row."""
        return np.repeat(np.arange(len(self.order)), np.diff(self._rows[0]))

    @cached_property
    def _rows(self) -> tuple[Places, Places]:
        starts = np.cumsum([0, *(len(one.rows) for one in self.cut)])
        return picked(joined(self.kept.first_rows, starts) if self.kept else starts, self.order)

    @property
    def passages(self) -> Iterator[Passage]:
        """All passages in their order."""
        kept, size = self.kept, len(self.kept or ())
        for at in self.order.tolist():
            yield kept.passage(at) if kept and at < size else self.cut[at - size].passage

    @property
    def gone(self) -> Iterator[Passage]:
        """The passages of ``kept`` that are not in the index any more."""
        if self.kept:
            size = len(self.kept)
            for at in np.setdiff1d(np.arange(size), self.order).tolist():
                yield self.kept.passage(at)


def plan(
    documents: Sequence[Document],
    previous: DiskStore | None,
    before: Manifest | None,
    manifest: Manifest,
    cut_up: Callable[[Sequence[Document]], Sequence[Cut]],
    *,
    with_words: bool,
) -> Plan:
    """Return what to make of ``documents``, given the index before, if there is one.

    ``with_words`` says whether it is to have the vectors of words.
    """
    reusable = previous if before and _same_vectors(before, manifest) else None
    usable = reusable and before and (reusable.words is not None) == with_words
    same = _unchanged(before, manifest) if before and usable else frozenset()
    cut = cut_up([document for document in documents if document.doc_id not in same])
    runs = reusable.passages_of_each() if reusable and same else {}
    runs = {doc_id: run for doc_id, run in runs.items() if doc_id in same}
    kept = reusable if runs else None
    made = Plan(kept, cut, _order(documents, runs, cut, len(kept or ())), reusable)
    if reusable and (reusable.dense.kind, made.kind(manifest)) == ("graph", "exact"):
        # A graph keeps its vectors rounded.
        return plan(documents, None, None, manifest, cut_up, with_words=with_words)
    return made


def _unchanged(before: Manifest, now: Manifest) -> frozenset[str]:
    """The ids of the documents of which the same passages would be made now as then."""
    if not before.same_way(now):
        return frozenset()
    return frozenset(i for i, digest in now.documents.items() if before.documents.get(i) == digest)


def _order(
    documents: Sequence[Document], runs: Mapping[str, range], cut: Sequence[Cut], at: int
) -> Places:
    sizes: dict[str, int] = {}
    for one in cut:
        sizes[one.passage.doc_id] = sizes.get(one.passage.doc_id, 0) + 1
    order: list[int] = []
    for document in documents:
        size = sizes.get(document.doc_id, 0)
        order += runs.get(document.doc_id, range(at, at + size))
        at += size
    return np.array(order, np.int64)


def _same_vectors(before: Manifest, now: Manifest) -> bool:
    """Whether the same text would get the same vector now as then."""
    return (before.model_fingerprint, before.normalizer_fingerprint, before.dimension) == (
        now.model_fingerprint,
        now.normalizer_fingerprint,
        now.dimension,
    )
