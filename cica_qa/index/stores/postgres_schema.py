"""The tables of a collection in PostgreSQL.

Each collection has its own schema, ``cica_qa_<collection>``, so that its vectors have their own
graph, its statistics are exact, and the database can protect it by GRANT.

A document that is changed or deleted is only marked with the generation that ``retired`` it; its
rows are dropped later, so that searches that have already started still see them. New versions have
higher keys: a generation consists of all keys below its ``next_key``, except those retired by then.
A passage's position is its document's key, shifted by ``SHIFT``, plus its number in the document.
"""

from __future__ import annotations

VERSION = 1
"""The version of the tables."""
SHIFT = 20
PURGED_AFTER = "10 minutes"
"""How long retired rows are kept for searches in progress."""
GRAPH_ROWS = 20_000
"""The number of vectors from which a graph is used; fewer are compared one by one."""

TABLES = """
CREATE TABLE manifest (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    version int NOT NULL,
    generation bigint NOT NULL,
    next_key bigint NOT NULL,
    fields text[] NOT NULL,
    lengths bigint[] NOT NULL,
    content text NOT NULL,
    axes bytea
);
CREATE TABLE documents (
    key bigint PRIMARY KEY,
    doc_id text NOT NULL,
    ordinal bigint NOT NULL,
    digest text NOT NULL,
    network boolean NOT NULL,
    passages int NOT NULL,
    vectors int NOT NULL,
    retired bigint,
    retired_at timestamptz,
    entry text NOT NULL
);
CREATE UNIQUE INDEX documents_published ON documents (md5(doc_id)) WHERE retired IS NULL;
CREATE INDEX documents_doc_id ON documents (md5(doc_id));
CREATE INDEX documents_retired ON documents (retired) WHERE retired IS NOT NULL;
CREATE INDEX documents_ordinal ON documents (ordinal);
CREATE INDEX documents_network ON documents (key) WHERE network;
CREATE TABLE fields (
    key text NOT NULL,
    value text NOT NULL,
    number double precision,
    moment bigint,
    document bigint NOT NULL
);
CREATE INDEX fields_value ON fields (key, md5(value));
CREATE INDEX fields_number ON fields (key, number) WHERE number IS NOT NULL;
CREATE INDEX fields_moment ON fields (key, moment) WHERE moment IS NOT NULL;
CREATE INDEX fields_document ON fields (document);
CREATE TABLE passages (
    position bigint PRIMARY KEY,
    entry text NOT NULL,
    lengths bytea NOT NULL,
    keys bytea NOT NULL,
    times bytea NOT NULL,
    child_counts bytea NOT NULL,
    child_keys bytea NOT NULL,
    words bytea,
    word_places bytea
);
CREATE TABLE vectors (
    position bigint NOT NULL,
    number smallint NOT NULL,
    vector vector({dimension}) NOT NULL,
    PRIMARY KEY (position, number)
);
CREATE TABLE postings (
    term bigint NOT NULL,
    position bigint NOT NULL,
    times int NOT NULL,
    length int NOT NULL,
    PRIMARY KEY (term, position) INCLUDE (times, length)
);
CREATE TABLE words (
    name text NOT NULL,
    form text NOT NULL,
    passages int NOT NULL,
    changed bigint NOT NULL,
    PRIMARY KEY (name, form)
);
CREATE INDEX words_changed ON words (changed)
"""
GRAPH = (
    "CREATE INDEX IF NOT EXISTS vectors_graph ON vectors "
    "USING hnsw (vector vector_ip_ops) WITH (m = 24, ef_construction = 100)"
)
NAMES = ("manifest", "documents", "fields", "passages", "vectors", "postings", "words")
