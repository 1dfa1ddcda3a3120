"""What came over the network belongs to another origin than the folder, and outlives builds."""

from __future__ import annotations

from pathlib import Path

import pytest
from word_encoder import WordEncoder

from cica_qa.answer.collections import Collections
from cica_qa.answer.pipeline import Pipeline
from cica_qa.documents.load import LoadedDocuments, load_paths
from cica_qa.errors import IndexDamagedError
from cica_qa.index.build import update_index
from cica_qa.index.generation import open_generation
from cica_qa.index.store import DiskStore
from cica_qa.reports import IndexInfo
from cica_qa.retrieve.retriever import Retriever
from cica_qa.settings import Settings
from cica_qa.types import Document

SETTINGS = Settings(reader=False)
SENT = Document("library", "المكتبة", "تأسست مكتبة الواحة في عام 1987.")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "documents"
    made.mkdir()
    (made / "a.txt").write_text("عاصمة مصر القاهرة.", "utf-8")
    return made


@pytest.fixture
def index_dir(tmp_path: Path, folder: Path) -> Path:
    build(folder, tmp_path / "index")
    return tmp_path / "index"


def build(folder: Path, index_dir: Path) -> IndexInfo:
    return update_index(load_paths([folder]), index_dir, WordEncoder(), SETTINGS)


def served(index_dir: Path) -> Collections:
    return Collections({"own": Pipeline.of(Retriever(index_dir, WordEncoder(), SETTINGS))})


def held(index_dir: Path) -> dict[str, str]:
    """The text of each document, and where those stand that came over the network."""
    store, _ = DiskStore.load(index_dir)
    return {doc_id: store.document(doc_id).text for doc_id in store.document_ids}


def test_a_build_from_the_folder_keeps_it(folder: Path, index_dir: Path) -> None:
    served(index_dir).add("own", [SENT], over_network=True)
    (folder / "b.txt").write_text("عاصمة فرنسا باريس.", "utf-8")
    (folder / "a.txt").unlink()
    info = build(folder, index_dir)
    assert (info.added, info.removed, info.network) == (("b.txt",), ("a.txt",), ("library",))
    assert held(index_dir) == {"library": SENT.text, "b.txt": "عاصمة فرنسا باريس."}
    assert DiskStore.load(index_dir)[0].network == {"library"}
    assert not build(folder, index_dir).published, "nothing has changed"


def test_what_replaced_a_file_stays_until_it_is_deleted(folder: Path, index_dir: Path) -> None:
    mine = Document("a.txt", "مصر", "عاصمة مصر مدينة القاهرة الكبرى.")
    collections = served(index_dir)
    collections.add("own", [mine], over_network=True)
    collections.add("own", [SENT], over_network=True)
    build(folder, index_dir)
    assert held(index_dir)["a.txt"] == mine.text
    collections.delete("own", ["a.txt"])
    assert DiskStore.load(index_dir)[0].network == {"library"}
    build(folder, index_dir)
    assert held(index_dir) == {"a.txt": "عاصمة مصر القاهرة.", "library": SENT.text}


def test_the_same_text_over_the_network_changes_whose_it_is(folder: Path, index_dir: Path) -> None:
    store, _ = DiskStore.load(index_dir)
    same = store.document("a.txt")
    assert served(index_dir).add("own", [same], over_network=True).published
    assert DiskStore.load(index_dir)[0].network == {"a.txt"}
    assert served(index_dir).add("own", [same]).published, "and back"
    assert DiskStore.load(index_dir)[0].network == frozenset()


def test_what_is_added_otherwise_is_the_folder_s(folder: Path, index_dir: Path) -> None:
    served(index_dir).add("own", [SENT])
    assert build(folder, index_dir).removed == ("library",)


def test_a_damaged_index_that_holds_some_is_not_made_from_nothing(
    folder: Path, index_dir: Path
) -> None:
    served(index_dir).add("own", [SENT], over_network=True)
    damaged = open_generation(index_dir).folder / "segment"
    damaged.write_bytes(b"")
    with pytest.raises(IndexDamagedError, match="holds 1 document that came over the network"):
        build(folder, index_dir)


def test_a_damaged_index_without_any_is_mended(folder: Path, index_dir: Path) -> None:
    (open_generation(index_dir).folder / "segment").write_bytes(b"")
    assert build(folder, index_dir).published


def test_a_manifest_that_says_nothing_of_it_is_read(folder: Path, index_dir: Path) -> None:
    """Indexes that were made before have no such list."""
    import hashlib
    import json

    generation = open_generation(index_dir)
    file = generation.folder / "manifest.json"
    table = json.loads(file.read_bytes())
    del table["network"]
    data = json.dumps(table).encode()
    file.write_bytes(data)
    pointer = {"generation": generation.name, "manifest_sha256": hashlib.sha256(data).hexdigest()}
    (index_dir / "CURRENT").write_text(json.dumps(pointer))
    assert DiskStore.load(index_dir)[0].network == frozenset()


def test_an_empty_folder_leaves_what_came_over_the_network(index_dir: Path) -> None:
    served(index_dir).add("own", [SENT], over_network=True)
    update_index(LoadedDocuments([]), index_dir, WordEncoder(), SETTINGS)
    assert held(index_dir) == {"library": SENT.text}
