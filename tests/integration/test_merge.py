"""Segments merged beside changes and searches: nothing is lost, and nothing found otherwise."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from word_encoder import WordEncoder, build, damage, segment_of

from cica_qa.errors import IndexDamagedError, IndexWriteError
from cica_qa.index.generation import open_generation
from cica_qa.index.merge import is_due, merge_later, merge_segments
from cica_qa.index.plan import to_merge
from cica_qa.index.publish import build_lock, merge_lock
from cica_qa.index.segment import Segment
from cica_qa.index.store import DiskStore
from cica_qa.index.update import add_documents, delete_documents
from cica_qa.retrieve.retriever import Retriever
from cica_qa.settings import Settings
from cica_qa.types import Document, Hit

SETTINGS = Settings()
CATS = [Document(f"cat{n}", "", f"القط رقم {n} نائم. القط أكل السمك.") for n in range(5)]
DOGS = [Document(f"dog{n}", "", f"الكلب رقم {n} يجري. الكلب شرب الماء.") for n in range(9)]
QUESTIONS = ["القط نائم", "أين يجري الكلب رقم 3؟", "السمك والماء"]


@pytest.fixture(autouse=True)
def nothing_is_merged_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cica_qa.index.update.AT_ONCE", 0)
    monkeypatch.setattr("cica_qa.index.update.merge_later", lambda _: None)


@pytest.fixture
def index_dir(tmp_path: Path) -> Path:
    build(CATS, tmp_path / "index")
    for dog in DOGS:
        add(tmp_path / "index", dog)
    return tmp_path / "index"


def add(index_dir: Path, *documents: Document) -> None:
    add_documents(index_dir, documents, WordEncoder(), SETTINGS)


def delete(index_dir: Path, *ids: str) -> None:
    delete_documents(index_dir, ids, WordEncoder(), SETTINGS)


def found(index_dir: Path) -> list[list[Hit]]:
    return Retriever(index_dir, WordEncoder(), SETTINGS).search_many(QUESTIONS, 20)


def segments(index_dir: Path) -> int:
    return len(open_generation(index_dir).segments)


def require_as_made_anew(index_dir: Path, tmp_path: Path, documents: Sequence[Document]) -> None:
    build(documents, tmp_path / "anew")
    store = DiskStore.load(index_dir)[0]
    assert [store.document(doc_id) for doc_id in store.document_ids] == documents
    assert found(index_dir) == found(tmp_path / "anew")


def test_merging_changes_no_search(index_dir: Path, tmp_path: Path) -> None:
    before, first = found(index_dir), open_generation(index_dir)
    assert segments(index_dir) == 10
    assert is_due(first.manifest)
    assert merge_segments(index_dir)
    after = open_generation(index_dir)
    assert segments(index_dir) < 4
    assert after.manifest.counts == first.manifest.counts
    assert found(index_dir) == before
    assert not is_due(after.manifest)
    assert not merge_segments(index_dir), "there is nothing left to merge"
    assert open_generation(index_dir).name == after.name
    require_as_made_anew(index_dir, tmp_path, [*CATS, *DOGS])


def test_what_changes_meanwhile_is_kept(
    index_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = Document("cat1", "", "القط الأول كبر.")
    merged = Segment.merged

    def slowly(*arguments: object) -> Segment:
        made = merged(*arguments)
        monkeypatch.setattr(Segment, "merged", merged)
        delete(index_dir, "dog3", "cat4", "dog0")
        add(index_dir, new, Document("late", "", "الكلب المتأخر يجري."))
        return made

    monkeypatch.setattr(Segment, "merged", slowly)
    assert merge_segments(index_dir)
    assert segments(index_dir) < 5
    kept = [CATS[0], new, *CATS[2:4], *DOGS[1:3], *DOGS[4:]]
    require_as_made_anew(index_dir, tmp_path, [*kept, Document("late", "", "الكلب المتأخر يجري.")])


def test_what_is_made_anew_meanwhile_is_not_replaced(
    index_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    merged = Segment.merged

    def slowly(*arguments: object) -> Segment:
        monkeypatch.setattr(Segment, "merged", merged)
        build(CATS, index_dir, WordEncoder("words-2"))
        return merged(*arguments)

    monkeypatch.setattr(Segment, "merged", slowly)
    merge_segments(index_dir)
    generation = open_generation(index_dir)
    assert generation.manifest.model_fingerprint == "words-2"
    assert [path.parent for path, _ in generation.segments] == [generation.folder]
    assert not list((index_dir / "generations").glob(".*"))


def test_what_is_mostly_deleted_is_written_without_it(tmp_path: Path) -> None:
    index_dir = tmp_path / "index"
    build([*CATS, *DOGS], index_dir)
    size = segment_of(index_dir).stat().st_size
    delete(index_dir, *(document.doc_id for document in (*CATS[1:], *DOGS[2:])))
    assert is_due(open_generation(index_dir).manifest)
    assert merge_segments(index_dir)
    assert segment_of(index_dir).stat().st_size < size
    require_as_made_anew(index_dir, tmp_path, [CATS[0], *DOGS[:2]])


def test_ten_thousand_documents_deleted_at_once(tmp_path: Path) -> None:
    many = [Document(f"{n}", "", f"وثيقة {n}") for n in range(10_050)]
    build([*many, *CATS], tmp_path / "index")
    delete(tmp_path / "index", *(str(n) for n in range(10_050) if n % 201))
    left = [document for document in many if not int(document.doc_id) % 201]
    require_as_made_anew(tmp_path / "index", tmp_path, [*left, *CATS])


def test_one_merge_at_a_time_and_changes_beside_it(index_dir: Path) -> None:
    with merge_lock(index_dir) as free:
        assert free
        assert not merge_segments(index_dir)
        add(index_dir, Document("more", "", "نص آخر."))
    assert segments(index_dir) == 11


def test_a_merge_waits_for_the_change_that_is_at_work(index_dir: Path) -> None:
    with build_lock(index_dir):
        thread = merge_later(index_dir)
        assert thread is not None
        thread.join(0.3)
        assert segments(index_dir) == 10
    thread.join(60)
    assert segments(index_dir) < 4


def test_a_merge_that_finds_no_room_changes_nothing(
    index_dir: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    before, name = sorted(index_dir.rglob("*")), open_generation(index_dir).name
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(IndexWriteError, match="No space left on device"):
        merge_segments(index_dir)
    thread = merge_later(index_dir)
    assert thread is not None
    thread.join(60)
    monkeypatch.undo()
    assert f"the segments of {index_dir} were not merged: cannot write" in caplog.text
    assert {*index_dir.rglob("*")} - {*before} == {index_dir / "merge.lock"}
    assert open_generation(index_dir).name == name


def test_a_damaged_segment_is_not_merged(index_dir: Path) -> None:
    damage(segment_of(index_dir, 2))
    with pytest.raises(IndexDamagedError, match="/segment is not what was written"):
        merge_segments(index_dir)


def test_searches_beside_merges_find_the_same(index_dir: Path) -> None:
    retriever = Retriever(index_dir, WordEncoder(), SETTINGS)
    before, done, seen = found(index_dir), threading.Event(), 0

    def go_on() -> None:
        while merge_segments(index_dir):
            pass
        done.set()

    thread = threading.Thread(target=go_on)
    thread.start()
    while not done.is_set() or not seen:
        assert retriever.search_many(QUESTIONS, 20) == before
        seen += 1
    thread.join(60)
    assert retriever.search_many(QUESTIONS, 20) == before


@pytest.mark.parametrize(
    ("sizes", "new", "limit", "chosen"),
    [
        ([100_000, 40, 40], 40, 10**9, []),
        ([100_000, 40, 40, 40], 40, 10**9, [1, 2, 3]),
        ([100_000, 40, 40, 40], 40, 100, []),
        ([100, 100, 100, 40, 40, 40], 40, 10**9, [0, 1, 2, 3, 4, 5]),
        ([300, 300, 300, 40, 40, 40], 300, 10**9, [0, 1, 2, 3, 4, 5]),
        ([300, 300, 300, 40, 40, 40], 40, 200, [3, 4, 5]),
        ([40, 40, 40, 40], 0, 10**9, [0, 1, 2, 3]),
        ([], 40, 10**9, []),
    ],
)
def test_four_of_a_size_make_one_of_the_next(
    sizes: list[int], new: int, limit: int, chosen: list[int]
) -> None:
    given = {at: (size, size) for at, size in enumerate(sizes)}
    assert to_merge(given, new, limit) == chosen


def test_rows_are_written_once_for_each_size() -> None:
    sizes, written = [], 0
    for _ in range(4096):
        chosen = to_merge({at: (size, size) for at, size in enumerate(sizes)}, 64, 10**9)
        made = 64 + sum(sizes[at] for at in chosen)
        sizes = [*np.delete(sizes, chosen).astype(int).tolist(), made]
        written += made
        assert len(sizes) <= 3 * 7
    assert written / (4096 * 64) < 8
