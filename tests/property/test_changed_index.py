"""Whatever is added, replaced, moved, deleted and merged: a search is that of a new index."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st
from word_encoder import WordEncoder, build

from cica_qa.index.segment import Segment
from cica_qa.index.store import DiskStore
from cica_qa.index.update import add_documents, delete_documents
from cica_qa.retrieve.retriever import Retriever
from cica_qa.settings import Settings
from cica_qa.types import Document, Hit

WORDS = st.sampled_from("القط قط نام في المدينة مدينه المدينة 1999 عام، ثم. و؟ Asia أكل".split())
TEXTS = st.lists(WORDS, min_size=1, max_size=30).map(lambda words: "كلمة " + " ".join(words))
DOCUMENTS = st.builds(Document, st.sampled_from("12345"), st.sampled_from(["عنوان", "قط"]), TEXTS)
COLLECTIONS = st.lists(DOCUMENTS, min_size=1, max_size=5, unique_by=lambda one: one.doc_id)
CHANGES = st.one_of(COLLECTIONS, COLLECTIONS.map(tuple), st.sets(st.sampled_from("12345")))
"""A list is what the index is to hold, a tuple what is added to it, a set what is deleted."""
ONE, TWO = Document("1", "قط", "القط نام. القط أكل."), Document("2", "مدينة", "نام في المدينة.")
SAME, AGAIN = (Document(name, "قط", ONE.text) for name in "34")
QUESTIONS = ["القط في المدينة", "متى نام القط؟", "asia 1999", "قطة المدينه", "كلمة"]

Change = list[Document] | tuple[Document, ...] | set[str]


def changed(change: Change, index_dir: Path) -> None:
    """Bring a change about, as far as it can be."""
    if isinstance(change, list):
        build(change, index_dir)
    elif isinstance(change, tuple):
        add_documents(index_dir, change, WordEncoder(), Settings())
    else:
        there = DiskStore.load(index_dir)[0].document_ids if index_dir.exists() else ()
        gone = [doc_id for doc_id in there if doc_id in change]
        if 0 < len(gone) < len(there):
            delete_documents(index_dir, gone, WordEncoder(), Settings())


def exactly(hits: Sequence[Hit]) -> list[object]:
    return [(hit.passage, hit.score.hex(), hit.match, hit.lookups) for hit in hits]


def merged(store: DiskStore, path: Path) -> bytes:
    """The file of one segment with all documents of a store."""
    starts = np.cumsum([0, *(len(one.texts.ids) for one in store.segments)])
    order = starts[store.layout.segment] + store.layout.number
    with path.open("wb") as stream:
        Segment.merged(store.segments, order, "auto").writer()(stream)
    return path.read_bytes()


@given(COLLECTIONS, st.lists(CHANGES, min_size=1, max_size=6))
@example([ONE, TWO], [[TWO]])
@example([ONE], [[TWO, ONE]])
@example([ONE, TWO], [[TWO, ONE], {"1"}])
@example([ONE, TWO], [(SAME,), (AGAIN,), [AGAIN, SAME, ONE]])
@example([ONE], [(TWO,), (SAME,), (AGAIN,), {"1", "3"}, (ONE,)])
@settings(max_examples=40, deadline=None)
def test_an_index_that_changed_is_searched_as_one_made_anew(
    first: list[Document], changes: Sequence[Change]
) -> None:
    with TemporaryDirectory() as name:
        index, anew = Path(name, "changed"), Path(name, "anew")
        for change in (first, *changes):
            changed(change, index)
        store = DiskStore.load(index)[0]
        build([store.document(doc_id) for doc_id in store.document_ids], anew)
        fresh = DiskStore.load(anew)[0]
        assert (len(store), store.document_ids) == (len(fresh), fresh.document_ids)
        assert dict(store.vocabulary()) == dict(fresh.vocabulary())
        assert dict(store.spellings()) == dict(fresh.spellings())
        ours, theirs = (
            Retriever(folder, WordEncoder(), Settings()).search_many(QUESTIONS, 4)
            for folder in (index, anew)
        )
        assert list(map(exactly, ours)) == list(map(exactly, theirs))
        assert merged(store, Path(name, "merged")) == merged(fresh, Path(name, "fresh"))
