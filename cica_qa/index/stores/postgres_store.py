"""The passage store of one generation of a collection in PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cica_qa.filters import Filter
from cica_qa.index.axes import WordAxes
from cica_qa.index.bm25 import K1, B, inverse_frequencies
from cica_qa.index.entries import read_document, read_passage
from cica_qa.index.manifest import Manifest
from cica_qa.index.postings import Terms
from cica_qa.index.stores.postgres_connection import Connections
from cica_qa.index.stores.postgres_rows import child_terms, passage_words
from cica_qa.index.stores.postgres_schema import SHIFT
from cica_qa.index.stores.postgres_scope import Visible, digest_of, signed_key
from cica_qa.index.stores.postgres_texts import PassageCache, StoredWords
from cica_qa.protocols import Scope, Vectors
from cica_qa.types import Document, Passage

_GRAPH_LIMIT = 400  # rows: ``hnsw.ef_search``
_ROUNDING = 1e-5
"""How much the server's cosines may differ from those computed here."""
_MORE = 16
_KEPT_DOCUMENTS = 64
_Keys = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Contents:
    """The content of a generation that is read when a store is opened.

    ``averages`` are the mean numbers of terms per passage, by field.
    """

    manifest: Manifest
    visible: Visible
    averages: Mapping[str, float]
    axes: WordAxes | None
    words: StoredWords


class PostgresStore:
    """Searches in the server and scores the candidates here, as the store on disk does.

    Immutable; safe to share between threads. Every method raises ``IndexUnavailableError`` if the
    server cannot be reached.
    """

    def __init__(
        self, connections: Connections, contents: Contents, passages: PassageCache
    ) -> None:
        self._connections = connections
        self._contents = contents
        self.manifest, self.visible = contents.manifest, contents.visible
        self._passages = passages
        self._known_frequencies: dict[int, int] = {}
        self._document_at = lru_cache(_KEPT_DOCUMENTS)(self._read_document)

    def __len__(self) -> int:
        return self.manifest.counts["passages"]

    @cached_property
    def document_ids(self) -> tuple[str, ...]:
        """The ids of all documents, in the order in which they were indexed."""
        return self.documents_of()

    @cached_property
    def network(self) -> frozenset[str]:
        """The ids of the documents that were added over the network."""
        condition, parameters = self.visible.documents()
        query = f"SELECT doc_id FROM documents WHERE network AND {condition}"
        return frozenset(doc_id for (doc_id,) in self._connections.rows(query, parameters))

    def digests(self, doc_ids: Iterable[str]) -> dict[str, str]:
        """Return the ``document_hash`` of each of the documents that exist."""
        condition, parameters = self.visible.chosen(doc_ids, None, self._connections)
        query = f"SELECT doc_id, digest FROM documents WHERE {condition}"
        return dict(self._connections.rows(query, parameters))

    @property
    def with_words(self) -> bool:
        """Whether there are word vectors."""
        return self._contents.axes is not None

    def documents_of(
        self, documents: Collection[str] | None = None, where: Filter | None = None
    ) -> tuple[str, ...]:
        """Return the ids of the ``documents`` (by default all) that match ``where``, in order."""
        condition, parameters = self.visible.chosen(documents, where, self._connections)
        rows = self._connections.rows(
            f"SELECT doc_id FROM documents WHERE {condition} ORDER BY ordinal", parameters
        )
        return tuple(doc_id for (doc_id,) in rows)

    def document(self, doc_id: str) -> Document:
        """Return the document with this id. Raises ``KeyError`` if there is none."""
        return self._document_at(self._found(doc_id)[0])

    def passages_of(self, doc_id: str) -> range:
        """Return the positions of a document's passages; empty if it is unknown."""
        try:
            key, count = self._found(doc_id)
        except KeyError:
            return range(0)
        return range(key << SHIFT, (key << SHIFT) + count)

    def passage(self, index: int) -> Passage:
        """Return the passage at a position. Raises ``KeyError`` if there is none."""
        (row,) = self._passages.rows(np.array([index]))
        return read_passage(dict(row.entry), self._document_at(index >> SHIFT))

    def search_dense(
        self, vectors: Vectors, k: int, scope: Scope | None = None
    ) -> list[list[tuple[int, float]]]:
        """Return up to ``k`` passages for each of ``vectors``, with their best cosines."""
        condition, parameters = self.visible.scoped("position", scope, self._connections)
        return [self._nearest(one, k, scope, condition, parameters) for one in vectors]

    def _nearest(
        self,
        vector: Vectors,
        k: int,
        scope: Scope | None,
        condition: str,
        parameters: Mapping[str, Any],
    ) -> list[tuple[int, float]]:
        if k < 1:
            return []
        limit = 4 * k + _MORE  # a relevant passage has two or three near rows
        while True:
            graph = scope is None and limit <= _GRAPH_LIMIT
            nearness = "(vector <#> %(vector)s::vector)"
            nearness += "" if graph else " + 0"  # which no index has
            rows = self._connections.rows(
                f"SELECT position, {nearness} FROM vectors WHERE {condition} "
                f"ORDER BY {nearness} LIMIT %(limit)s",
                {**parameters, "vector": _as_text(vector), "limit": limit},
            )
            best: dict[int, float] = {}
            for position, distance in rows:
                best.setdefault(position, -distance)
            if len(best) >= k + 1 or len(rows) < limit:
                break
            limit *= 4
        near = list(best.items())
        least = near[min(k, len(near)) - 1][1] - _ROUNDING if near else 0.0
        return self._best(vector, [position for position, cosine in near if cosine >= least], k)

    def _best(self, vector: Vectors, positions: Sequence[int], k: int) -> list[tuple[int, float]]:
        rows = self._passages.rows(np.array(positions, np.int64))
        cosines = [float(np.vecdot(row.vectors, vector).max()) for row in rows]
        return sorted(zip(positions, cosines, strict=True), key=lambda one: (-one[1], one[0]))[:k]

    def search_terms(
        self, terms: Terms, k: int, scope: Scope | None = None
    ) -> list[tuple[int, float]]:
        """Return up to ``k`` passages with their BM25 scores, best first."""
        condition, parameters = self.visible.scoped("position", scope, self._connections)
        keys, weights, averages = self._weighted(terms)
        if k < 1 or not len(keys):
            return []
        rows = self._connections.rows(
            "SELECT position, sum(weight * (times / (times + "
            f"{K1} * (1 - {B} + {B} * length / average))))::real AS score "
            "FROM unnest(%(keys)s::bigint[], %(weights)s::float8[], %(averages)s::float8[]) "
            "AS asked (term, weight, average) JOIN postings USING (term) "
            f"WHERE {condition} GROUP BY position ORDER BY score DESC, position LIMIT %(k)s",
            {
                **parameters,
                "keys": keys.tolist(),
                "weights": weights.tolist(),
                "averages": averages.tolist(),
                "k": k,
            },
        )
        return [(position, score) for position, score in rows]

    def term_scores(self, terms: Terms, positions: NDArray[np.int64]) -> Vectors:
        """Return the BM25 scores of the passages at ``positions``."""
        keys, weights, averages = self._weighted(terms)
        numbers = np.array(
            [at for at, name in enumerate(self._contents.averages) for _ in {*terms.get(name, ())}],
            np.int64,
        )
        unsigned = keys.astype(np.uint64)
        scores = np.zeros(len(positions), np.float32)
        for at, row in enumerate(self._passages.rows(positions)):
            norms = K1 * (1 - B + B * row.lengths[numbers] / averages)
            scores[at] = row.score(unsigned, weights, norms)
        return scores

    def _weighted(self, terms: Terms) -> tuple[_Keys, NDArray[np.float64], NDArray[np.float64]]:
        """Return the keys of the distinct terms, their weights, and their fields' mean lengths."""
        keys: list[int] = []
        given: list[int] = []
        averages: list[float] = []
        for name, average in self._contents.averages.items():
            own = list(terms.get(name, ()))
            for term in dict.fromkeys(own):
                keys.append(signed_key(name, term))
                given.append(own.count(term))
                averages.append(average)
        counts = np.array(self._frequencies(keys), np.int64)
        weights = np.array(given) * inverse_frequencies(counts, len(self))
        return np.array(keys, np.int64), weights, np.array(averages)

    def passage_frequencies(self, field: str, terms: Sequence[str]) -> list[int]:
        """Return the number of passages with each of ``terms`` in ``field``."""
        return self._frequencies([signed_key(field, term) for term in terms])

    def _frequencies(self, keys: Sequence[int]) -> list[int]:
        known = self._known_frequencies
        if unknown := [key for key in dict.fromkeys(keys) if key not in known]:
            condition, parameters = self.visible.passages("position")
            rows = self._connections.rows(
                "SELECT term, count(*) FROM postings WHERE term = ANY(%(keys)s) "
                f"AND {condition} GROUP BY term",
                parameters | {"keys": unknown},
            )
            known |= dict.fromkeys(unknown, 0) | dict(rows)
        return [known[key] for key in keys]

    def passages_with(
        self, field: str, term: str, k: int, scope: Scope | None = None
    ) -> NDArray[np.int64]:
        """Return the positions of the first ``k`` passages with ``term``, ascending."""
        condition, parameters = self.visible.scoped("position", scope, self._connections)
        rows = self._connections.rows(
            f"SELECT position FROM postings WHERE term = %(term)s AND {condition} "
            "ORDER BY position LIMIT %(k)s",
            parameters | {"term": signed_key(field, term), "k": max(k, 0)},
        )
        return np.array([position for (position,) in rows], np.int64)

    def children(
        self, vector: Vectors, positions: NDArray[np.int64], weights: Mapping[str, float]
    ) -> tuple[Vectors, Vectors, NDArray[np.int64]]:
        """Return the cosine of all rows of the given passages, and the weight of their terms."""
        rows = self._passages.rows(positions)
        if not rows:
            return np.empty(0, np.float32), np.empty(0, np.float32), np.empty(0, np.int64)
        cosines = [np.vecdot(row.vectors, vector) for row in rows]
        ends = np.cumsum([len(own) for own in cosines], dtype=np.int64)
        covered = child_terms(rows).coverage(np.arange(int(ends[-1])), weights)
        return np.concatenate(cosines), covered, np.append(0, ends[:-1])

    def holds(
        self, field: str, terms: Sequence[str], positions: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Return which passages contain which terms, shape ``(len(positions), len(terms))``."""
        keys = np.array([signed_key(field, term) for term in terms], np.int64).astype(np.uint64)
        held = [np.isin(keys, row.keys) for row in self._passages.rows(positions)]
        return np.array(held, np.bool_).reshape(len(positions), len(terms))

    def word_similarities(
        self, words: Vectors, positions: NDArray[np.int64]
    ) -> tuple[Vectors, NDArray[np.int64]] | None:
        """Return the cosine of each word with the nearest word of each passage, and their words."""
        axes = self._contents.axes
        if axes is None:
            return None
        own = passage_words(self._passages.rows(positions), axes)
        everything = np.arange(len(positions))
        return own.similarities(axes.project(words), everything), own.counts(everything)

    def word_matches(
        self, words: Vectors, position: int
    ) -> tuple[Vectors, NDArray[np.int32]] | None:
        """Return the cosine of each word of a passage with each of ``words``, and their places."""
        axes = self._contents.axes
        if axes is None:
            return None
        own = passage_words(self._passages.rows(np.array([position])), axes)
        return own.matches(axes.project(words), 0)

    def vocabulary(self) -> Mapping[str, int]:
        """Return the folded words of all passages, with the number of passages for each."""
        return self._contents.words.counts

    def spellings(self) -> Mapping[str, Sequence[str]]:
        """Return the spellings of each folded word, unless its only one is the folded word."""
        return self._contents.words.spellings

    def _found(self, doc_id: str) -> tuple[int, int]:
        """Return a document's key and its number of passages. Raises ``KeyError``."""
        condition, parameters = self.visible.documents()
        rows = self._connections.rows(
            f"SELECT key, passages FROM documents WHERE md5(doc_id) = %(id)s AND {condition}",
            parameters | {"id": digest_of(doc_id)},
        )
        if not rows:
            raise KeyError(doc_id)
        key, count = rows[0]
        return key, count

    def _read_document(self, key: int) -> Document:
        rows = self._connections.rows(
            "SELECT entry FROM documents WHERE key = %(key)s", {"key": key}
        )
        if not rows:
            raise KeyError(key)
        return read_document(json.loads(rows[0][0]))


def _as_text(vector: Vectors) -> str:
    return f"[{','.join(map(str, vector.tolist()))}]"
