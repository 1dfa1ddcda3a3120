"""The manifest of a generation: its content and how it was built."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from cica_qa.index.dense import DenseChoice
from cica_qa.index.layout import DocumentRun

FORMAT_VERSION = 6


@dataclass(frozen=True, slots=True)
class Manifest:
    """The content of a generation and the way it was built.

    ``vector_index`` is the setting. Each of ``segments`` names the folder of the generation that
    wrote it, and describes its content, its vector search, and the size and checksums of its
    file. ``runs`` are the documents in order (``index/layout.py``); ``counts`` are their numbers
    of documents, passages and vectors. ``network`` are the ids of documents that were added over
    the network, which builds from folders keep.
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
    vector_index: DenseChoice
    counts: Mapping[str, int]
    runs: Sequence[DocumentRun]
    segments: Sequence[Mapping[str, Any]]
    network: Sequence[str] = field(default_factory=list)

    @property
    def dense(self) -> list[Mapping[str, Any]]:
        """The vector search of each segment: its kind, parameters and recall."""
        return [one["dense"] for one in self.segments]

    def same_way(self, other: Manifest) -> bool:
        """Return whether both turn a document into the same passages, terms and vectors."""
        ignored = {"package_version", "created", "vector_index", "counts", "runs", "segments"}
        names = (f.name for f in fields(self) if f.name not in ignored | {"network"})
        return all(getattr(self, name) == getattr(other, name) for name in names)

    def same_vectors(self, other: Manifest) -> bool:
        """Return whether both turn a text into the same vector."""
        names = "model_fingerprint", "normalizer_fingerprint", "dimension"
        return all(getattr(self, name) == getattr(other, name) for name in names)
