"""The parts of an index belong together: what is refused, and what a setting changes."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from word_encoder import WordEncoder, build, writers

from cica_qa.errors import IndexDamagedError
from cica_qa.index.generation import Manifest, build_lock, open_generation, write_generation
from cica_qa.index.store import DiskStore
from cica_qa.types import Document

ONE = Document("1", "واحد", "عاصمة فرنسا باريس. نهر السين فيها.")
TWO = Document("2", "اثنان", "عاصمة مصر القاهرة. نهر مصر النيل.")
THREE = Document("3", "ثلاثة", "القط حيوان أليف. الكلب حيوان أليف.")


def published(index_dir: Path) -> tuple[Manifest, dict[str, bytes]]:
    generation = open_generation(index_dir)
    files = generation.manifest.files
    return generation.manifest, {name: (generation.folder / name).read_bytes() for name in files}


def publish(index_dir: Path, manifest: Manifest, files: dict[str, bytes]) -> None:
    """Publish files under checksums of their own, as a faulty program would."""
    with build_lock(index_dir):
        write_generation(index_dir, manifest, writers(files))


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ("lexical", r"its parts disagree on the number of passages: \(2, 3, 2"),
        ("dense", r"its parts disagree on the number of vectors: \(6, 9, 6"),
        ("rows", r"its parts disagree on the number of vectors: \(9, 6, 6"),
        ("passages", r"its parts disagree on the number of passages: \(3, 2, 2"),
        ("documents", r"its parts disagree on the number of documents: \(3, 2, 2\)"),
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
    manifest, files = published(index_dir)
    _, others = published(tmp_path / "other")
    swapped = {name: data for name, data in others.items() if name.startswith(part)}
    assert swapped
    publish(index_dir, manifest, {**files, **swapped})
    open_generation(index_dir)
    with pytest.raises(IndexDamagedError, match=message) as caught:
        DiskStore.load(index_dir)
    assert str(caught.value).endswith(f"Make it again: cica-qa index PATH --index {index_dir}")
    build([ONE, TWO], index_dir)
    assert len(DiskStore.load(index_dir)[0]) == 2


@pytest.mark.parametrize("missing", ["dense.faiss", "lexical_scores.npy", "passages.npy"])
def test_a_part_that_is_not_listed_is_missed(tmp_path: Path, missing: str) -> None:
    build([ONE], tmp_path / "index")
    manifest, files = published(tmp_path / "index")
    del files[missing]
    publish(tmp_path / "index", manifest, files)
    with pytest.raises(IndexDamagedError, match=r"cannot be read .*Make it again"):
        DiskStore.load(tmp_path / "index")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps open files")
@pytest.mark.parametrize("kind", ["exact", "graph"])
def test_an_open_index_outlives_its_folder(tmp_path: Path, kind: str) -> None:
    """As where several new ones are published while a long search goes on."""
    build([ONE, TWO], tmp_path / "index", vector_index=kind)
    store = DiskStore.load(tmp_path / "index")[0]
    shutil.rmtree(tmp_path / "index")
    vector = WordEncoder().encode_queries(["عاصمة مصر القاهرة."])[0]
    assert store.search_dense(vector, 1)[0][0] == 1
    assert [store.passage(index).text for index in (0, 1)] == [ONE.text, TWO.text]
    assert store.document("2") == TWO
    assert store.lexical_scores({"stems": ["قاهر"]}).argmax() == 1
    assert store.vocabulary()["القاهره"] == 1


def test_how_vectors_are_searched_is_a_setting_that_the_manifest_records(tmp_path: Path) -> None:
    index_dir = tmp_path / "index"
    build([ONE, TWO], index_dir)
    manifest = open_generation(index_dir).manifest
    assert (manifest.vector_index, manifest.dense["kind"]) == ("auto", "exact")
    assert len(manifest.analyzer_fingerprint) == 16
    info = build([ONE, TWO], index_dir, vector_index="graph")
    assert (info.published, info.encoded) == (True, 0)
    manifest = open_generation(index_dir).manifest
    assert (manifest.vector_index, manifest.dense["kind"]) == ("graph", "graph")
    assert manifest.dense["recall"] == 1.0
    assert not build([ONE, TWO], index_dir, vector_index="graph").published


def test_an_exact_index_does_not_inherit_rounded_vectors(tmp_path: Path) -> None:
    build([ONE, TWO], tmp_path / "index", vector_index="graph")
    assert build([ONE, TWO], tmp_path / "index", vector_index="exact").encoded > 0
    build([ONE, TWO], tmp_path / "fresh", vector_index="exact")
    assert published(tmp_path / "index")[1] == published(tmp_path / "fresh")[1]


@pytest.mark.parametrize("kind", ["exact", "graph"])
def test_a_grown_index_has_the_files_of_one_made_at_once(tmp_path: Path, kind: str) -> None:
    encoder = WordEncoder()
    build([ONE], tmp_path / "grown", encoder, vector_index=kind)
    build([ONE, TWO], tmp_path / "grown", encoder, vector_index=kind)
    build([THREE, TWO, ONE], tmp_path / "grown", encoder, vector_index=kind)
    build([THREE, TWO, ONE], tmp_path / "once", vector_index=kind)
    assert published(tmp_path / "grown")[1] == published(tmp_path / "once")[1]
