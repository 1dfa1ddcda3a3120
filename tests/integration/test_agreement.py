"""The parts of an index belong together: what is refused, and what a setting changes."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from word_encoder import WordEncoder, build, segment_of

from cica_qa.errors import IndexDamagedError
from cica_qa.index.durable import FileWriter, bytes_writer
from cica_qa.index.generation import open_generation
from cica_qa.index.pack import Pack, pack_writer
from cica_qa.index.publish import build_lock, write_generation
from cica_qa.index.segment import Segment
from cica_qa.index.store import DiskStore
from cica_qa.types import Document

ONE = Document("1", "واحد", "عاصمة فرنسا باريس. نهر السين فيها.")
TWO = Document("2", "اثنان", "عاصمة مصر القاهرة. نهر مصر النيل.")
THREE = Document("3", "ثلاثة", "القط حيوان أليف. الكلب حيوان أليف.")


def bad_part(index_dir: Path, part: str, other: Path) -> None:
    """Publish a segment with a part of another one, or without it, as a faulty program would."""
    packs = [Pack(segment_of(folder)) for folder in (index_dir, other)]
    names = list(Segment.load(segment_of(index_dir)).files())
    swapped = {name for name in names if name.startswith(part)}
    assert swapped
    parts = {name: bytes_writer(packs[name in swapped].data(name)) for name in names}
    publish(index_dir, pack_writer(parts))


def publish(index_dir: Path, write: FileWriter) -> None:
    manifest = open_generation(index_dir).manifest
    (about,) = manifest.segments
    with build_lock(index_dir):
        write_generation(index_dir, replace(manifest, segments=[]), (about, write))


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ("lexical", r"its parts disagree on the number of passages: \[2, 3\]"),
        ("dense", r"its parts disagree on the number of vectors: \[6, 9\]"),
        ("rows", r"its parts disagree on the number of vectors: \[6, 9\]"),
        ("child", r"its parts disagree on the number of vectors: \[6, 9\]"),
        ("row_key", r"its parts disagree on the number of vectors: \[6, 9\]"),
        ("form", r"its parts disagree on the number of passages: \[2, 3\]"),
        ("passages", r"its parts disagree on the number of passages: \[2, 3\]"),
        ("documents", r"documents\.jsonl and its ids do not agree"),
        ("id", r"documents\.jsonl and its ids do not agree"),
        ("passages.npy", r"passages\.jsonl and its table do not agree"),
        ("lexical_keys", "the lexical files do not agree"),
    ],
)
def test_parts_of_two_indexes_are_refused_and_mended(
    tmp_path: Path, part: str, message: str
) -> None:
    build([ONE, TWO, THREE], tmp_path / "other")
    index_dir = tmp_path / "index"
    build([ONE, TWO], index_dir)
    bad_part(index_dir, part, tmp_path / "other")
    open_generation(index_dir)
    with pytest.raises(IndexDamagedError, match=message) as caught:
        DiskStore.load(index_dir)
    assert str(caught.value).endswith(f"Make it again: cica-qa index PATH --index {index_dir}")
    build([ONE, TWO], index_dir)
    assert len(DiskStore.load(index_dir)[0]) == 2


@pytest.mark.parametrize("missing", ["dense.faiss", "lexical_times.npy", "passages.npy"])
def test_a_part_that_is_not_there_is_missed(tmp_path: Path, missing: str) -> None:
    build([ONE], tmp_path / "index")
    parts = Segment.load(segment_of(tmp_path / "index")).files()
    del parts[missing]
    publish(tmp_path / "index", pack_writer(parts))
    with pytest.raises(IndexDamagedError, match=r"cannot be read .*Make it again"):
        DiskStore.load(tmp_path / "index")


@pytest.mark.parametrize(
    "data", [b"x", bytes(64), b"\xff" * 64, b"[1]" + (3).to_bytes(8, "little")]
)
def test_a_file_that_is_no_segment_is_refused(tmp_path: Path, data: bytes) -> None:
    build([ONE], tmp_path / "index")
    publish(tmp_path / "index", bytes_writer(data))
    with pytest.raises(IndexDamagedError, match=r"cannot be read .*Make it again"):
        DiskStore.load(tmp_path / "index")


@pytest.mark.parametrize(
    ("runs", "message"),
    [
        ([[0, 0, 3]], "a run names documents that its segment does not have"),
        ([[0, -1, 2]], "a run names documents that its segment does not have"),
        ([[0, 0, 2], [0, 1, 1]], "a document is named twice"),
        ([[0, 0, 1], [1, 0, 1]], "a run names a segment that is not there"),
        ([[0, 0, 2], [0, 0, 0]], "a run is empty"),
        ([[0, 0, 1]], r"disagree on the number of documents: \(1, 2\)"),
        ([[0, 0]], "cannot be read"),
    ],
)
def test_documents_that_are_not_there_are_refused(
    tmp_path: Path, runs: list[list[int]], message: str
) -> None:
    build([ONE, TWO], tmp_path / "index")
    manifest = open_generation(tmp_path / "index").manifest
    with build_lock(tmp_path / "index"):
        write_generation(tmp_path / "index", replace(manifest, runs=runs))
    with pytest.raises(IndexDamagedError, match=message):
        DiskStore.load(tmp_path / "index")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps open files")
@pytest.mark.parametrize("kind", ["exact", "graph"])
def test_an_open_index_outlives_its_folder(tmp_path: Path, kind: str) -> None:
    """As where several new ones are published while a long search goes on."""
    build([ONE, TWO], tmp_path / "index", vector_index=kind)
    store = DiskStore.load(tmp_path / "index")[0]
    shutil.rmtree(tmp_path / "index")
    vector = WordEncoder().encode_queries(["عاصمة مصر القاهرة."])[0]
    assert store.search_dense(vector[np.newaxis], 1)[0][0][0] == 1
    assert [store.passage(index).text for index in (0, 1)] == [ONE.text, TWO.text]
    assert store.document("2") == TWO
    assert store.search_terms({"stems": ["قاهر"]}, 1)[0][0] == 1
    assert store.vocabulary()["القاهره"] == 1


def test_how_vectors_are_searched_is_a_setting_that_the_manifest_records(tmp_path: Path) -> None:
    index_dir = tmp_path / "index"
    build([ONE, TWO], index_dir)
    manifest = open_generation(index_dir).manifest
    assert (manifest.vector_index, manifest.segments[0]["dense"]["kind"]) == ("auto", "exact")
    assert len(manifest.analyzer_fingerprint) == 16
    info = build([ONE, TWO], index_dir, vector_index="graph")
    assert (info.published, info.encoded) == (True, 0)
    manifest = open_generation(index_dir).manifest
    (segment,) = manifest.segments
    assert (manifest.vector_index, segment["dense"]["kind"]) == ("graph", "graph")
    assert segment["dense"]["recall"] == 1.0
    assert not build([ONE, TWO], index_dir, vector_index="graph").published


def test_an_exact_index_does_not_inherit_rounded_vectors(tmp_path: Path) -> None:
    build([ONE, TWO], tmp_path / "index", vector_index="graph")
    assert build([ONE, TWO], tmp_path / "index", vector_index="exact").encoded > 0
    fresh = tmp_path / "fresh"
    build([ONE, TWO], fresh, vector_index="exact")
    assert segment_of(tmp_path / "index").read_bytes() == segment_of(fresh).read_bytes()


def test_another_kind_of_search_makes_one_segment_of_all(tmp_path: Path) -> None:
    encoder = WordEncoder()
    build([ONE], tmp_path / "grown", encoder)
    build([ONE, TWO], tmp_path / "grown", encoder)
    build([THREE, TWO, ONE], tmp_path / "grown", encoder)
    assert len(open_generation(tmp_path / "grown").manifest.segments) == 3
    encoder.texts.clear()
    build([THREE, TWO, ONE], tmp_path / "grown", encoder, vector_index="graph")
    assert encoder.texts == []
    build([THREE, TWO, ONE], tmp_path / "once", vector_index="graph")
    grown, once = (segment_of(tmp_path / name) for name in ("grown", "once"))
    assert grown.read_bytes() == once.read_bytes()
