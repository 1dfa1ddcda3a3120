"""Publishing of the target documents of a collection in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cica_qa.errors import IndexWriteError
from cica_qa.index.manifest import Manifest
from cica_qa.index.segment import Segment
from cica_qa.index.segment_builder import SegmentBuilder
from cica_qa.index.stores.postgres_connection import Connection
from cica_qa.index.stores.postgres_store import PostgresStore
from cica_qa.index.stores.postgres_writer import PostgresChange
from cica_qa.types import Document

_BATCH = 256
"""The number of documents that are encoded before they are sent."""
_TIDY = 1000
"""The number of new passages from which the server is told to analyse its tables again."""


@dataclass(frozen=True, slots=True)
class Target:
    """The target of a change: the ids of all documents, and those that are new or changed.

    ``network`` are the ids of documents added over the network. Unless ``ordered``, documents
    that stay keep their places, and new ones come last.
    """

    doc_ids: Sequence[str]
    fresh: Mapping[str, Document]
    network: frozenset[str]
    ordered: bool = False

    def is_met_by(self, store: PostgresStore) -> bool:
        """Return whether a collection already is like this."""
        before = store.document_ids
        same = before == tuple(self.doc_ids) if self.ordered else {*before} == {*self.doc_ids}
        return same and not self.fresh and self.network == store.network


@dataclass(frozen=True, slots=True)
class Publication:
    """Writes a collection and publishes it in one transaction.

    ``store`` is the published collection, if any. With ``anew``, everything is rebuilt next to it
    and replaces it at the end.
    """

    connection: Connection
    schema: str
    builder: SegmentBuilder
    recipe: Manifest
    store: PostgresStore | None
    anew: bool

    def apply(self, target: Target) -> tuple[Manifest, int, int]:
        """Return the manifest then published, its generation, and how many texts were encoded."""
        with self.connection.transaction():
            visible = self.store.visible if self.store else None
            change = PostgresChange(
                self.connection,
                visible.generation + 1 if visible else 1,
                visible.next_key if visible else 0,
            )
            ordinals = self._begin(change, target)
            encoded = 0
            axes: bytes | None = None
            for segment, documents, count in self._segments(target):
                placed = [
                    (one, ordinals[one.doc_id], one.doc_id in target.network) for one in documents
                ]
                change.add(segment, placed)
                words = segment.words
                axes = None if words is None else words.axes.stored.astype("<f4").tobytes()
                encoded += count
            if self.store and not self.anew:
                change.mark_network(target.network - self.store.network, True)
                change.mark_network(self.store.network - target.network, False)
                if target.ordered:
                    change.order(target.doc_ids)
            before = self.store.manifest if self.store and not self.anew else None
            manifest = change.publish(self.recipe, before, axes)
            if self.anew:
                self._run(f"DROP SCHEMA IF EXISTS {self.schema} CASCADE")
                self._run(f"ALTER SCHEMA {self.schema}_new RENAME TO {self.schema}")
        if change.counts["passages"] >= _TIDY:
            self._run("VACUUM (ANALYZE) postings, vectors, passages, documents, fields")
        return manifest, change.generation, encoded

    def _begin(self, change: PostgresChange, target: Target) -> dict[str, int]:
        """Create the tables, or retire documents; return the ordinals of the new ones."""
        places = {doc_id: at for at, doc_id in enumerate(target.doc_ids)}
        if self.anew or self.store is None:
            self._create(change)
            return places
        there = set(self.store.document_ids)
        gone = [doc_id for doc_id in there if doc_id not in places or doc_id in target.fresh]
        analysis = self.builder.normalizer, self.builder.analyzer
        ordinals = change.retire(gone, analysis)
        last = change.last_ordinal()
        new = [doc_id for doc_id in target.fresh if doc_id not in there]
        return ordinals | {doc_id: last + 1 + at for at, doc_id in enumerate(new)}

    def _create(self, change: PostgresChange) -> None:
        strangers = self.connection.execute(
            "SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace "
            "WHERE nspname = %s AND relname <> ALL(ARRAY['manifest']) LIMIT 1",
            [self.schema],
        ).fetchall()
        if strangers and self.store is None:
            raise IndexWriteError(
                f"the schema {self.schema!r} is not an index: it holds {strangers[0][0]!r}. "
                "Name another collection: ?collection=NAME at the end of the address."
            )
        self._run("CREATE EXTENSION IF NOT EXISTS vector")
        self._run(f"DROP SCHEMA IF EXISTS {self.schema}_new CASCADE")
        self._run(f"CREATE SCHEMA {self.schema}_new")
        self._run(
            f"SELECT set_config('search_path', '{self.schema}_new, ' || "
            "current_setting('search_path'), true)"
        )
        change.create(self.recipe.dimension)

    def _segments(self, target: Target) -> Iterator[tuple[Segment, Sequence[Document], int]]:
        """Yield the segments to write, encoded batch by batch."""
        ids = [one for one in target.doc_ids if self.anew or one in target.fresh]
        for start in range(0, len(ids), _BATCH):
            some = ids[start : start + _BATCH]
            documents = [target.fresh.get(one) or self._stored(one) for one in some]
            segment, encoded = self.builder.segment(documents)
            yield segment, documents, encoded

    def _stored(self, doc_id: str) -> Document:
        if self.store is None:
            raise KeyError(doc_id)
        return self.store.document(doc_id)

    def _run(self, query: str) -> None:
        self.connection.execute(query.encode())
