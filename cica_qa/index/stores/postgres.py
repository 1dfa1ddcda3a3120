"""A collection in PostgreSQL with pgvector: ``postgresql://…?collection=name``."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from cica_qa.arabic.lemmas import load_analyzer
from cica_qa.arabic.normalize import Normalizer
from cica_qa.documents.load import LoadedDocuments
from cica_qa.errors import (
    IndexBusyError,
    IndexMissingError,
    IndexOutdatedError,
    IndexVersionError,
)
from cica_qa.index.axes import WordAxes
from cica_qa.index.build import manifest_of
from cica_qa.index.inputs import document_hash, validate, with_kept
from cica_qa.index.location import Address
from cica_qa.index.manifest import Manifest
from cica_qa.index.match import require_match
from cica_qa.index.problems import last_document, unknown_documents
from cica_qa.index.segment_builder import SegmentBuilder
from cica_qa.index.stores.postgres_connection import Connection, Connections
from cica_qa.index.stores.postgres_publish import Publication, Target
from cica_qa.index.stores.postgres_schema import VERSION
from cica_qa.index.stores.postgres_scope import Visible
from cica_qa.index.stores.postgres_store import Contents, PostgresStore
from cica_qa.index.stores.postgres_texts import PassageCache, StoredWords
from cica_qa.protocols import Encoder, Progress
from cica_qa.reports import IndexInfo
from cica_qa.settings import Settings
from cica_qa.types import Document

_PAUSE = 0.05  # seconds between two attempts to lock


class PostgresEngine:
    """Reads and changes one collection. Safe to share between threads."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._connections = Connections(address)
        self._passages = PassageCache(self._connections)
        self._words: tuple[int, StoredWords] = -1, StoredWords({}, {})
        self._table = f"{self._connections.schema}.manifest"

    def signature(self) -> int:
        """Return the number of the published generation. Raises ``IndexStoreError``."""
        ((generation,),) = self._connections.rows(f"SELECT generation FROM {self._table}")
        return int(generation)

    def manifest(self) -> Manifest:
        """Return what is published. Raises ``IndexStoreError``."""
        with self._connections.snapshot() as held:
            return self._read(held)[0]

    def open(self) -> tuple[PostgresStore, Manifest]:
        """Return what is published. Raises ``IndexStoreError``."""
        with self._connections.snapshot() as held:
            manifest, visible, averages, axes = self._read(held)
            words = self._current_words(held, visible.generation)
        contents = Contents(manifest, visible, averages, axes, words)
        return PostgresStore(self._connections, contents, self._passages), manifest

    def _read(
        self, held: Connection
    ) -> tuple[Manifest, Visible, dict[str, float], WordAxes | None]:
        columns = "version, generation, next_key, fields, lengths, content, axes"
        query = f"SELECT {columns} FROM {self._table}"
        ((version, generation, next_key, fields, lengths, content, axes),) = held.execute(
            query.encode(), binary=True
        ).fetchall()
        if version != VERSION:
            raise self._other_version(version)
        manifest = Manifest(**json.loads(content))
        gone = held.execute("SELECT key FROM documents WHERE retired IS NOT NULL").fetchall()
        size = max(manifest.counts["passages"], 1)
        averages = {name: max(total, 1) / size for name, total in zip(fields, lengths, strict=True)}
        visible = Visible(generation, next_key, tuple(key for (key,) in gone))
        stored = None if axes is None else np.frombuffer(axes, "<f4")
        shaped = None if stored is None else WordAxes(stored.reshape(-1, manifest.dimension))
        return manifest, visible, averages, shaped

    def _current_words(self, held: Connection, generation: int) -> StoredWords:
        known, words = self._words
        if known > generation:
            known, words = -1, StoredWords({}, {})
        if known < generation:
            rows = held.execute(
                "SELECT name, form, passages FROM words WHERE %(known)s < 0 OR name IN "
                "(SELECT name FROM words WHERE changed > %(known)s)",
                {"known": known},
            )
            words = words.changed(rows)
            self._words = generation, words
        return words

    def update(
        self,
        loaded: LoadedDocuments,
        encoder: Encoder,
        settings: Settings,
        progress: Progress | None,
    ) -> IndexInfo:
        """Make the collection contain exactly these documents, as ``build_index`` does."""

        def target(store: PostgresStore | None) -> Target:
            documents = with_kept(loaded, store)
            validate(documents)
            there = store.digests([one.doc_id for one in documents]) if store else {}
            network = store.network if store else frozenset()
            return Target(
                [one.doc_id for one in documents], _changed(documents, there), network, True
            )

        info = self._publish(target, encoder, settings, progress, 0.0)
        skipped = {**loaded.skipped, **loaded.unreadable}
        return replace(info, skipped=skipped, files=tuple(loaded.files))

    def add(
        self,
        documents: Sequence[Document],
        encoder: Encoder,
        settings: Settings,
        *,
        wait: float,
        over_network: bool | Collection[str],
        progress: Progress | None,
    ) -> IndexInfo:
        """Add documents, as ``add_documents`` does."""
        ids = [document.doc_id for document in documents]
        came = set(ids) if over_network is True else set(over_network or ()) & set(ids)

        def target(store: PostgresStore | None) -> Target:
            if documents or store is None:
                validate(documents)
            if store is None:
                return Target(ids, {one.doc_id: one for one in documents}, frozenset(came))
            self._require_match(store, encoder, settings)
            fresh = _changed(documents, store.digests(ids))
            everything = list(dict.fromkeys((*store.document_ids, *ids)))
            return Target(everything, fresh, (store.network - set(ids)) | came)

        return self._publish(target, encoder, settings, progress, wait)

    def delete(
        self, doc_ids: Iterable[str], encoder: Encoder, settings: Settings, *, wait: float
    ) -> IndexInfo:
        """Delete documents, as ``delete_documents`` does."""
        gone = dict.fromkeys([doc_ids] if isinstance(doc_ids, str) else doc_ids)
        self.manifest()  # raises if there is no index

        def target(store: PostgresStore | None) -> Target:
            if store is None:
                raise unknown_documents(list(gone))
            there = store.digests(gone)
            if unknown := [doc_id for doc_id in gone if doc_id not in there]:
                raise unknown_documents(unknown)
            self._require_match(store, encoder, settings)
            left = [doc_id for doc_id in store.document_ids if doc_id not in gone]
            if not left:
                raise last_document()
            return Target(left, {}, store.network - set(gone))

        return self._publish(target, encoder, settings, None, wait)

    def empty(self, doc_ids: Iterable[str], *, wait: float) -> bool:
        """Unpublish the collection, as ``empty_index`` does."""
        with self._locked(wait) as connection:
            store = self._published()
            if store is None or not set(doc_ids).issuperset(store.document_ids):
                return False
            connection.execute(f"DROP SCHEMA {self._connections.schema} CASCADE".encode())
        self._words = -1, StoredWords({}, {})
        return True

    def _require_match(self, store: PostgresStore, encoder: Encoder, settings: Settings) -> None:
        analyzer = load_analyzer(settings)
        require_match(self.address, store.manifest, encoder, Normalizer(), analyzer)

    def _publish(
        self,
        target: Callable[[PostgresStore | None], Target],
        encoder: Encoder,
        settings: Settings,
        progress: Progress | None,
        wait: float,
    ) -> IndexInfo:
        """Publish what ``target`` returns; it is called under the lock."""
        exact = settings.model_copy(update={"vector_index": "exact"})
        builder = SegmentBuilder(encoder, Normalizer(), load_analyzer(settings), exact, progress)
        recipe = manifest_of(encoder, builder.normalizer, builder.analyzer, settings)
        with self._locked(wait) as connection:
            store = self._published()
            wanted = target(store)
            before = store.document_ids if store else ()
            anew = (
                store is None
                or not store.manifest.same_way(recipe)
                or store.with_words != builder.with_words
            )
            if store and not anew and wanted.is_met_by(store):
                return _info(store.manifest, store.visible.generation, before, wanted, None)
            schema = self._connections.schema
            published = Publication(connection, schema, builder, recipe, store, anew)
            manifest, generation, encoded = published.apply(wanted)
            if progress:
                progress("write", 1, 1)
        return _info(manifest, generation, before, wanted, encoded)

    def _published(self) -> PostgresStore | None:
        try:
            return self.open()[0]
        except IndexMissingError:
            return None

    @contextmanager
    def _locked(self, wait: float) -> Iterator[Connection]:
        """Lock the collection for one change; the server releases it with the connection."""
        end = time.monotonic() + wait
        with self._connections.alone() as connection:
            while True:
                query = "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))"
                ((held,),) = connection.execute(query, [self._connections.schema]).fetchall()
                if held:
                    break
                if time.monotonic() >= end:
                    raise IndexBusyError(
                        f"another build of {self.address} is running"
                        + (f" and was still after {wait:g} s" if wait else "")
                        + ". Try again when it is done."
                    )
                time.sleep(_PAUSE)
            yield connection

    def _other_version(self, version: int) -> IndexVersionError:
        what = f"the index in {self.address} has tables of version {version}; this version of "
        what += f"cica-qa reads version {VERSION}. "
        if version < VERSION:
            return IndexOutdatedError(f"{what}Make it again in another collection.")
        return IndexVersionError(f"{what}Upgrade cica-qa, or name another collection.")


def _changed(documents: Iterable[Document], there: Mapping[str, str]) -> dict[str, Document]:
    """Return the documents that are new or changed."""
    return {one.doc_id: one for one in documents if there.get(one.doc_id) != document_hash(one)}


def _info(
    manifest: Manifest,
    generation: int,
    before: Sequence[str],
    target: Target,
    encoded: int | None,
) -> IndexInfo:
    """Return the report of a change; ``encoded`` is None if nothing was published."""
    known, now = frozenset(before), frozenset(target.doc_ids)
    return IndexInfo(
        generation=str(generation),
        documents=manifest.counts["documents"],
        passages=manifest.counts["passages"],
        vectors=manifest.counts["vectors"],
        encoded=encoded or 0,
        added=tuple(one for one in target.fresh if one not in known),
        changed=tuple(one for one in target.fresh if one in known),
        removed=tuple(one for one in before if one not in now),
        unchanged=tuple(one for one in target.doc_ids if one not in target.fresh),
        published=encoded is not None,
        network=tuple(one for one in target.doc_ids if one in target.network),
    )
