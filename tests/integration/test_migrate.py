"""An index of format 5, as the release before wrote it, is used as it is."""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from pathlib import Path

import pytest
from word_encoder import ContextEncoder, WordEncoder, build, damage, segment_of

from cica_qa.documents.chunk import chunker_fingerprint
from cica_qa.errors import IndexBusyError, IndexDamagedError, IndexOutdatedError
from cica_qa.index import migrate
from cica_qa.index.generation import open_generation
from cica_qa.index.migrate import open_index
from cica_qa.index.publish import build_lock
from cica_qa.index.store import DiskStore
from cica_qa.index.update import add_documents
from cica_qa.retrieve.retriever import Retriever
from cica_qa.settings import Settings
from cica_qa.types import Document

ARCHIVE = Path(__file__).parents[1] / "data/format_5.zip"
QUESTIONS = ["أين نام القط؟", "عاصمة مصر", "ما نص المادة 1؟", "Asia", "الكلب في المدينه"]
NEW = Document("جديد", "", "الحصان يأكل العشب.")


@pytest.fixture(params=["plain", "words"])
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def old(kind: str, tmp_path: Path) -> Path:
    """An index of format 5 whose passages were cut as they are today."""
    index_dir = cut_otherwise(kind, tmp_path)
    settings = Settings()
    rewrite(
        index_dir,
        chunker_fingerprint=chunker_fingerprint(settings.passage_chars, settings.window_words),
    )
    return index_dir


def cut_otherwise(kind: str, folder: Path) -> Path:
    """Unpack an index of format 5 that a chunker before today's has cut."""
    with zipfile.ZipFile(ARCHIVE) as archive:
        archive.extractall(folder)
    return folder / kind


def rewrite(index_dir: Path, **values: object) -> None:
    """Replace values in the manifest of the published generation."""
    folder = generation_of(index_dir)
    table = json.loads((folder / "manifest.json").read_text("utf-8"))
    data = json.dumps({**table, **values}).encode()
    (folder / "manifest.json").write_bytes(data)
    pointer = {"generation": folder.name, "manifest_sha256": hashlib.sha256(data).hexdigest()}
    (index_dir / "CURRENT").write_text(json.dumps(pointer))


def encoder(kind: str) -> WordEncoder:
    return ContextEncoder() if kind == "words" else WordEncoder()


def generation_of(index_dir: Path) -> Path:
    return index_dir / "generations" / json.loads((index_dir / "CURRENT").read_text())["generation"]


def test_it_becomes_the_index_that_a_build_gives(old: Path, kind: str, tmp_path: Path) -> None:
    settings = Settings(cache_dir=tmp_path / "cache")
    migrated = Retriever(old, encoder(kind), settings)
    build(migrated.documents(), tmp_path / "anew", encoder(kind), cache_dir=tmp_path / "cache")
    anew = Retriever(tmp_path / "anew", encoder(kind), settings)
    assert [document.title for document in migrated.documents()] == ["القط", "الكلب", "اثنان"]
    assert migrated.search_many(QUESTIONS) == anew.search_many(QUESTIONS)
    assert segment_of(old).read_bytes() == segment_of(tmp_path / "anew").read_bytes()
    before, after = (open_generation(folder).manifest for folder in (old, tmp_path / "anew"))
    assert (before.counts, before.runs) == (after.counts, after.runs)
    assert before.same_way(after)


def test_nothing_is_encoded_again(old: Path, kind: str, tmp_path: Path) -> None:
    used, settings = encoder(kind), Settings(cache_dir=tmp_path / "cache")
    info = add_documents(old, [NEW], used, settings)
    assert (info.documents, len(info.unchanged), info.added) == (4, 3, ("جديد",))
    assert used.texts
    assert all("الحصان" in text for text in used.texts)
    store = DiskStore.load(old)[0]
    assert len(store.segments) == 2
    documents = [store.document(doc_id) for doc_id in store.document_ids]
    assert not build(documents, old, encoder(kind), cache_dir=tmp_path / "cache").published


def test_one_that_was_cut_otherwise_is_searched_and_cut_anew_with_the_next_change(
    kind: str, tmp_path: Path
) -> None:
    index_dir, settings = cut_otherwise(kind, tmp_path), Settings(cache_dir=tmp_path / "cache")
    assert Retriever(index_dir, encoder(kind), settings).search("عاصمة مصر")
    used = encoder(kind)
    info = add_documents(index_dir, [NEW], used, settings)
    assert (info.documents, info.added) == (4, ("جديد",))
    assert all("الحصان" in text for text in used.texts)
    store = DiskStore.load(index_dir)[0]
    documents = [store.document(doc_id) for doc_id in store.document_ids]
    assert not build(documents, index_dir, encoder(kind), cache_dir=tmp_path / "cache").published


def test_it_is_brought_over_once(old: Path) -> None:
    first = open_index(old)
    assert first.manifest.format_version == 6
    assert open_index(old) == first
    assert (old / "generations" / first.name / "segment").exists()


def test_a_build_that_is_at_work_is_waited_for(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrate, "_WAIT", 0.1)
    with build_lock(old), pytest.raises(IndexBusyError):
        open_index(old)
    assert open_index(old)


@pytest.mark.parametrize("name", ["passages.jsonl", "lexical_times.npy", "dense.faiss"])
def test_a_damaged_one_is_refused_and_mended(
    old: Path, kind: str, name: str, tmp_path: Path
) -> None:
    damage(generation_of(old) / name)
    before = (old / "CURRENT").read_bytes()
    with pytest.raises(IndexDamagedError, match=f"{name} is not what was written. Make it again"):
        open_index(old)
    assert (old / "CURRENT").read_bytes() == before
    cache = tmp_path / "cache"
    assert build([NEW], old, encoder(kind), cache_dir=cache).added == ("جديد",)


def test_one_that_says_too_little_is_damaged(old: Path) -> None:
    shutil.rmtree(generation_of(old))
    with pytest.raises(IndexDamagedError, match="its manifest cannot be read"):
        open_index(old)


def test_still_older_formats_are_to_be_made_again(tmp_path: Path) -> None:
    build([NEW], tmp_path / "index")
    rewrite(tmp_path / "index", format_version=4)
    with pytest.raises(IndexOutdatedError, match="in format 4; this version reads format 6"):
        open_index(tmp_path / "index")
