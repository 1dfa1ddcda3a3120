"""One change of a collection in PostgreSQL, written and published in one transaction."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import psycopg

from cica_qa.arabic.analyze import Analyzer
from cica_qa.arabic.normalize import Normalizer
from cica_qa.filters import date_of, number_of
from cica_qa.index.entries import document_entry, line_of, read_document, read_passage
from cica_qa.index.fields import without_folders
from cica_qa.index.inputs import document_hash
from cica_qa.index.manifest import Manifest
from cica_qa.index.segment import Segment
from cica_qa.index.stores.postgres_connection import Connection, Row
from cica_qa.index.stores.postgres_rows import COLUMNS, TYPES, sent_vectors, written
from cica_qa.index.stores.postgres_schema import (
    GRAPH,
    GRAPH_ROWS,
    PURGED_AFTER,
    SHIFT,
    TABLES,
    VERSION,
)
from cica_qa.index.stores.postgres_scope import clean, digest_of
from cica_qa.index.stores.postgres_texts import TOTAL
from cica_qa.index.texts import lexical_text
from cica_qa.index.vocabulary import Vocabulary
from cica_qa.types import Document

_LONGEST = 200  # characters of the longest word in the vocabulary
_COPIED = {
    "passages": (COLUMNS, TYPES),
    "vectors": (("position", "number", "vector"), ("int8", "int2", "bytea")),
    "postings": (("term", "position", "times", "length"), ("int8", "int8", "int4", "int4")),
    "documents": (
        ("key", "doc_id", "ordinal", "digest", "network", "passages", "vectors", "entry"),
        ("int8", "text", "int8", "text", "bool", "int4", "int4", "text"),
    ),
    "fields": (
        ("key", "value", "number", "moment", "document"),
        ("text", "text", "float8", "int8", "int8"),
    ),
}


@dataclass
class PostgresChange:
    """A change in progress, on a connection in a transaction.

    The search path of ``connection`` begins with the schema to write to.
    """

    connection: Connection
    generation: int
    next_key: int
    counts: Counter[str] = field(default_factory=Counter)
    lengths: Counter[str] = field(default_factory=Counter)
    names: Counter[tuple[str, str]] = field(default_factory=Counter)

    def create(self, dimension: int) -> None:
        """Create the tables."""
        self._run(TABLES.replace("{dimension}", str(dimension)))

    def add(self, segment: Segment, documents: Sequence[tuple[Document, int, bool]]) -> None:
        """Write documents, each with its ordinal and whether it came over the network."""
        first = self.next_key
        self.next_key += len(documents)
        bounds = segment.texts.first_passages.tolist()
        rows = [segment.first_rows[at] for at in bounds]
        entries = []
        for at, (document, ordinal, network) in enumerate(documents):
            passages, vectors = bounds[at + 1] - bounds[at], int(rows[at + 1] - rows[at])
            entry = line_of(document_entry(document)).decode()
            head = (first + at, clean(document.doc_id), ordinal, document_hash(document), network)
            entries.append((*head, passages, vectors, entry))
        self._copy("documents", entries)
        self._copy(
            "fields",
            (row for at, (one, *_) in enumerate(documents) for row in _fields(one, first + at)),
        )
        positions = [
            (first + at << SHIFT) + number
            for at in range(len(documents))
            for number in range(bounds[at + 1] - bounds[at])
        ]
        self._copy("passages", (written(segment, at, p) for at, p in enumerate(positions)))
        self._copy("vectors", _vectors(segment, positions))
        self._copy("postings", _postings(segment, positions))
        self.counts.update(
            documents=len(documents), passages=len(positions), vectors=len(segment.rows)
        )
        totals = segment.lexical.lengths.sum(axis=1, dtype=np.int64).tolist()
        self.lengths.update(dict(zip(segment.lexical.fields, totals, strict=True)))
        self._count(segment.vocabulary, len(positions), 1)

    def last_ordinal(self) -> int:
        """Return the ordinal of the last document."""
        ((last,),) = self._run("SELECT coalesce(max(ordinal), -1) FROM documents").fetchall()
        return int(last)

    def retire(
        self, doc_ids: Iterable[str], analysis: tuple[Normalizer, Analyzer]
    ) -> dict[str, int]:
        """Retire documents, and return the ordinal that each had."""
        ((names,),) = self._run("SELECT fields FROM manifest").fetchall()
        retired = self._run(
            "UPDATE documents SET retired = %(generation)s, retired_at = now() "
            "WHERE md5(doc_id) = ANY(%(ids)s) AND retired IS NULL "
            "RETURNING key, doc_id, ordinal, passages, vectors, entry",
            {"generation": self.generation, "ids": [digest_of(one) for one in doc_ids]},
        ).fetchall()
        normalizer, analyzer = analysis
        for key, _, _, passages, vectors, entry in retired:
            self.counts.update(documents=-1, passages=-passages, vectors=-vectors)
            document = read_document(json.loads(entry))
            rows = self._run(
                "SELECT entry, lengths FROM passages WHERE position BETWEEN %s AND %s",
                [key << SHIFT, (key + 1 << SHIFT) - 1],
            ).fetchall()
            texts = [lexical_text(read_passage(json.loads(one), document)) for one, _ in rows]
            words = Vocabulary.from_words([analyzer.words(normalizer(text)) for text in texts])
            self._count(words, len(texts), -1)
            for _, lengths in rows:
                own = np.frombuffer(lengths, "<i4").tolist()
                self.lengths.subtract(dict(zip(names, own, strict=True)))
        return {doc_id: ordinal for _, doc_id, ordinal, *_ in retired}

    def order(self, doc_ids: Sequence[str]) -> None:
        """Set the order of all documents."""
        self._run(
            "UPDATE documents SET ordinal = place FROM unnest(%(ids)s::text[], %(places)s::bigint[]"
            ") AS wanted (id, place) WHERE doc_id = id AND retired IS NULL AND ordinal <> place",
            {"ids": [clean(one) for one in doc_ids], "places": list(range(len(doc_ids)))},
        )

    def mark_network(self, doc_ids: Iterable[str], network: bool) -> None:
        """Record which of the unchanged documents were added over the network."""
        self._run(
            "UPDATE documents SET network = %s "
            "WHERE md5(doc_id) = ANY(%s) AND retired IS NULL AND network <> %s",
            [network, [digest_of(one) for one in doc_ids], network],
        )

    def publish(self, manifest: Manifest, before: Manifest | None, axes: bytes | None) -> Manifest:
        """Write the new generation, which is visible once the transaction ends."""
        self._write_words()
        self._purge()
        counts = {
            name: (before.counts[name] if before else 0) + self.counts[name]
            for name in ("documents", "passages", "vectors")
        }
        now = replace(manifest, counts=counts)
        content = json.dumps(asdict(now), ensure_ascii=False)
        if counts["vectors"] >= GRAPH_ROWS:
            self._run(GRAPH)
        if before is None:
            self._run(
                "INSERT INTO manifest "
                "(version, generation, next_key, fields, lengths, content, axes) "
                "VALUES (%s, %s, %s, %s, %s, %s, %s)",
                [
                    VERSION,
                    self.generation,
                    self.next_key,
                    list(self.lengths),
                    list(self.lengths.values()),
                    content,
                    axes,
                ],
            )
        else:
            self._run(
                "UPDATE manifest SET generation = %(generation)s, next_key = %(next_key)s, "
                "content = %(content)s, lengths = (SELECT array_agg(had + coalesce(more, 0) "
                "ORDER BY place) FROM unnest(fields, lengths) WITH ORDINALITY AS "
                "known (name, had, place) LEFT JOIN unnest(%(names)s::text[], %(more)s::bigint[]) "
                "AS changed (field, more) ON field = name)",
                {
                    "generation": self.generation,
                    "next_key": self.next_key,
                    "content": content,
                    "names": list(self.lengths),
                    "more": list(self.lengths.values()),
                },
            )
        return now

    def _run(self, query: str, parameters: Any = None) -> psycopg.Cursor[Row]:
        return self.connection.execute(query.encode(), parameters)

    def _copy(self, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
        columns, types = _COPIED[table]
        command = f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT BINARY)"
        with self.connection.cursor().copy(command.encode()) as copy:
            copy.set_types(types)
            for row in rows:
                copy.write_row(row)

    def _count(self, words: Vocabulary, passages: int, sign: int) -> None:
        names, forms = words.of(np.arange(passages))
        for (name, form), count in [
            *(((name, TOTAL), count) for name, count in names.items()),
            *forms.items(),
        ]:
            if len(name) <= _LONGEST and len(form) <= _LONGEST:
                self.names[name, form] += sign * count

    def _write_words(self) -> None:
        changed = sorted((one, count) for one, count in self.names.items() if count)
        self._run(
            "INSERT INTO words SELECT *, %(generation)s FROM "
            "unnest(%(names)s::text[], %(forms)s::text[], %(counts)s::int[]) "
            "ON CONFLICT (name, form) DO UPDATE SET "
            "passages = words.passages + excluded.passages, changed = excluded.changed",
            {
                "generation": self.generation,
                "names": [name for (name, _), _ in changed],
                "forms": [form for (_, form), _ in changed],
                "counts": [count for _, count in changed],
            },
        )

    def _purge(self) -> None:
        """Drop rows that were retired long ago."""
        keys = [
            key
            for (key,) in self._run(
                f"DELETE FROM documents WHERE retired_at < now() - interval '{PURGED_AFTER}' "
                "RETURNING key"
            )
        ]
        for key in keys:
            inside = "position BETWEEN %(first)s AND %(last)s"
            bounds = {"first": key << SHIFT, "last": (key + 1 << SHIFT) - 1}
            rows = self._run(
                f"SELECT position, keys FROM passages WHERE {inside}", bounds
            ).fetchall()
            terms = [(term, at) for at, own in rows for term in np.frombuffer(own, "<i8").tolist()]
            self._run(
                "DELETE FROM postings USING unnest(%(terms)s::bigint[], %(at)s::bigint[]) "
                "AS gone (key, place) WHERE term = key AND position = place",
                {"terms": [term for term, _ in terms], "at": [at for _, at in terms]},
            )
            self._run(f"DELETE FROM passages WHERE {inside}", bounds)
            self._run(f"DELETE FROM vectors WHERE {inside}", bounds)
            self._run("DELETE FROM fields WHERE document = %s", [key])


def _vectors(segment: Segment, positions: Sequence[int]) -> Iterator[tuple[Any, ...]]:
    starts = segment.first_rows.tolist()
    for at, position in enumerate(positions):
        vectors = segment.dense.vectors(starts[at], starts[at + 1] - starts[at])
        yield from ((position, number, one) for number, one in enumerate(sent_vectors(vectors)))


def _postings(segment: Segment, positions: Sequence[int]) -> Iterator[tuple[int, int, int, int]]:
    lexical = segment.lexical
    for at, position in enumerate(positions):
        keys, times, fields = lexical.terms_of(at)
        lengths = lexical.lengths[fields, at].tolist()
        for key, count, length in zip(
            keys.astype(np.int64).tolist(), times.tolist(), lengths, strict=True
        ):
            yield key, position, count, length


def _fields(document: Document, key: int) -> Iterator[tuple[Any, ...]]:
    """Return the values by which a document is filtered, as in ``MetadataColumns``."""
    own: Mapping[str, str] = {
        **document.metadata,
        "title": document.title,
        "doc_id": document.doc_id,
    }
    values = [(name, value) for name, value in own.items() if name != "source"]
    values += [("source", one) for one in {document.source, without_folders(document.source)}]
    for name, value in values:
        moment = date_of(value)
        yield clean(name), clean(value), number_of(value), moment and moment[0], key
