"""What a generation holds and how it was made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from cica_qa.index.dense import Wanted
from cica_qa.index.layout import Run

FORMAT_VERSION = 6


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation holds and how it was made.

    ``vector_index`` is what the settings asked for. Each of ``segments`` says in which
    generation's folder it lies (``folder``), what it holds, how its vectors are searched, and
    the size and the checksums of its file. ``runs`` are the documents in their order
    (``index/layout.py``); ``counts`` say how many documents, passages and vectors those have.
    ``network`` are the ids of the documents that came over the network: builds from folders keep
    them.
    """

    format_version: int
    package_version: str
    created: str
    model_id: str
    model_fingerprint: str
    dimension: int
    metric: str
    normalizer_fingerprint: str
    chunker_fingerprint: str
    analyzer_fingerprint: str
    vector_index: Wanted
    counts: Mapping[str, int]
    runs: Sequence[Run]
    segments: Sequence[Mapping[str, Any]]
    network: Sequence[str] = field(default_factory=list)

    @property
    def dense(self) -> list[Mapping[str, Any]]:
        """How the vectors of each segment are searched: the kind, its parameters and recall."""
        return [one["dense"] for one in self.segments]

    def same_way(self, other: Manifest) -> bool:
        """Whether both make the same passages, terms and vectors of the same document."""
        ignored = {"package_version", "created", "vector_index", "counts", "runs", "segments"}
        names = (f.name for f in fields(self) if f.name not in ignored | {"network"})
        return all(getattr(self, name) == getattr(other, name) for name in names)

    def same_vectors(self, other: Manifest) -> bool:
        """Whether both make the same vector of the same text."""
        names = "model_fingerprint", "normalizer_fingerprint", "dimension"
        return all(getattr(self, name) == getattr(other, name) for name in names)
