"""Building an index: what is reported, what is encoded again, what is refused."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
from numpy.typing import NDArray
from word_encoder import WordEncoder, build, segment_of

from cica_qa import build_index
from cica_qa.documents.load import LoadedDocuments, load_paths
from cica_qa.errors import DocumentError, IndexOutdatedError, IndexVersionError
from cica_qa.index.build import update_index
from cica_qa.index.generation import open_generation, pointer_signature
from cica_qa.index.manifest import FORMAT_VERSION
from cica_qa.index.publish import build_lock, write_generation
from cica_qa.index.store import DiskStore
from cica_qa.protocols import Encoder
from cica_qa.reports import IndexInfo
from cica_qa.retrieve.retriever import Retriever
from cica_qa.settings import Settings
from cica_qa.types import Document, Hit

ROOT = Path(__file__).resolve().parents[2]
TEXT = "الأولى\n\nجملة أولى هنا. جملة ثانية هنا.\n\nالثانية\n\nجملة ثالثة هنا.\n"
ONE = Document("1", "واحد", "عاصمة فرنسا باريس.", metadata={"سنة": "1999"})
TWO = Document("2", "اثنان", "عاصمة مصر القاهرة. نهر مصر النيل.")
THREE = Document("3", "ثلاثة", "القط حيوان أليف.")


def search(index_dir: Path, question: str, encoder: Encoder, k: int = 5) -> list[Hit]:
    return Retriever(index_dir, encoder, Settings()).search(question, k)


def refresh(folder: Path, index_dir: Path, encoder: WordEncoder) -> IndexInfo:
    """Build from a folder; afterwards ``encoder.texts`` is what this build encoded."""
    encoder.texts.clear()
    return update_index(load_paths([folder]), index_dir, encoder, Settings())


@pytest.fixture
def index_dir(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "a.txt").write_text(TEXT, "utf-8")
    (folder / "b.txt").write_text("نص قصير لا شبيه له.", "utf-8")
    (folder / "c.txt").write_text("وثيقة ثالثة ستُحذف.", "utf-8")
    return folder


def test_a_build_tells_what_was_added_changed_removed_and_left(
    folder: Path, index_dir: Path
) -> None:
    encoder = WordEncoder()
    first = refresh(folder, index_dir, encoder)
    assert first.added == ("a.txt", "b.txt", "c.txt")
    assert (first.changed, first.removed, first.unchanged) == ((), (), ())
    assert first.published
    assert first.encoded == len(encoder.texts) == first.vectors

    (folder / "a.txt").write_text(TEXT.replace("ثالثة", "جديدة"), "utf-8")
    (folder / "c.txt").unlink()
    (folder / "aa.txt").write_text("أُضيفت اليوم.", "utf-8")
    second = refresh(folder, index_dir, encoder)
    assert second.added == ("aa.txt",)
    assert second.changed == ("a.txt",)
    assert second.removed == ("c.txt",)
    assert second.unchanged == ("b.txt",)
    assert second.documents == 3
    assert second.published
    assert second.generation != first.generation
    store, generation = DiskStore.load(index_dir)
    assert store.document_ids == ("a.txt", "aa.txt", "b.txt")
    assert (generation.name, len(store)) == (second.generation, second.passages)


def test_only_new_text_is_encoded(folder: Path, index_dir: Path) -> None:
    encoder = WordEncoder()
    refresh(folder, index_dir, encoder)
    assert len(encoder.texts) == len(set(encoder.texts))

    (folder / "a.txt").write_text(TEXT.replace("جملة ثانية", "جملة معدلة"), "utf-8")
    info = refresh(folder, index_dir, encoder)
    sentence, window = sorted(encoder.texts, key=len)
    assert sentence == "جملة معدلة هنا."
    assert window.endswith("جملة أولى هنا. جملة معدلة هنا.")
    assert info.encoded == 2


def test_text_that_moves_or_occurs_twice_is_encoded_once(index_dir: Path) -> None:
    encoder = WordEncoder()
    copy = replace(TWO, doc_id="copy")
    info = build([ONE, TWO, copy], index_dir, encoder)
    assert info.encoded == len(set(encoder.texts)) == len(encoder.texts)
    assert info.vectors > info.encoded
    encoder.texts.clear()
    moved = replace(ONE, doc_id="moved", text="\n\n" + ONE.text)
    assert build([moved, TWO], index_dir, encoder).encoded == 0
    assert encoder.texts == []


def test_where_nothing_changed_nothing_is_published(folder: Path, index_dir: Path) -> None:
    first = refresh(folder, index_dir, WordEncoder())
    pointer = pointer_signature(index_dir)
    again = refresh(folder, index_dir, WordEncoder())
    assert again == replace(
        first, encoded=0, added=(), unchanged=("a.txt", "b.txt", "c.txt"), published=False
    )
    assert pointer_signature(index_dir) == pointer


@pytest.mark.parametrize(
    ("changed", "encoded_again"),
    [
        ({"title": "عنوان آخر"}, False),
        ({"source": "elsewhere.txt"}, False),
        ({"metadata": {"سنة": "2000"}}, False),
        ({"text": "عاصمة فرنسا ليون."}, True),
    ],
)
def test_every_field_of_a_document_counts_as_a_change(
    index_dir: Path, changed: dict[str, object], encoded_again: bool
) -> None:
    build([ONE, TWO], index_dir)
    document = replace(ONE, **changed)
    info = build([document, TWO], index_dir)
    assert (info.changed, info.unchanged, info.published) == (("1",), ("2",), True)
    assert (info.encoded > 0) == encoded_again
    assert DiskStore.load(index_dir)[0].document("1") == document


def test_another_order_is_published_without_encoding(index_dir: Path) -> None:
    build([ONE, TWO, THREE], index_dir)
    info = build([THREE, ONE, TWO], index_dir)
    assert (info.published, info.encoded, info.changed) == (True, 0, ())
    assert DiskStore.load(index_dir)[0].document_ids == ("3", "1", "2")


def test_another_model_encodes_everything_again(index_dir: Path) -> None:
    first = build([ONE, TWO], index_dir)
    other = build([ONE, TWO], index_dir, WordEncoder("words-2"))
    assert (other.encoded, other.published) == (first.encoded, True)
    assert other.unchanged == ("1", "2")
    assert open_generation(index_dir).manifest.model_fingerprint == "words-2"


def test_other_passages_of_the_same_text_reuse_its_sentences(index_dir: Path) -> None:
    document = Document("d", "", " ".join(f"هذه الجملة رقم {n} من النص." for n in range(40)))
    build([document], index_dir)
    encoder = WordEncoder()
    settings = Settings(passage_chars=200)
    loaded = load_paths([ROOT / "corpus/documents"])
    loaded.documents = [document]
    info = update_index(loaded, index_dir, encoder, settings)
    assert info.published
    assert 0 < info.encoded < info.vectors
    assert all(text.count("الجملة") > 1 for text in encoder.texts), "only windows are new"


def test_an_incremental_index_is_the_index_made_from_nothing(
    encoder: Encoder, tmp_path: Path, question_set: list[dict[str, str]]
) -> None:
    article = load_paths([ROOT / "corpus/documents"])
    text = article.documents[0].text[:4000]
    assert "13 دولة" in text
    draft = replace(article.documents[0], text=text.replace("13 دولة", "31 دولة"))
    kept = [TWO, THREE]
    for folder, versions in (("grown", ([draft, *kept], None)), ("fresh", (None,))):
        for documents in versions:
            article.documents = documents or [replace(draft, text=text), *kept]
            update_index(article, tmp_path / folder, encoder, Settings())
    grown = Retriever(tmp_path / "grown", encoder, Settings())
    fresh = Retriever(tmp_path / "fresh", encoder, Settings())
    questions = [entry["question"] for entry in question_set[:20]]
    pairs = zip(grown.search_many(questions), fresh.search_many(questions), strict=True)
    for left, right in pairs:
        assert [hit.passage for hit in left] == [hit.passage for hit in right]
        assert [hit.rank for hit in left] == [1, 2, 3, 4, 5]
        assert [hit.score for hit in left] == pytest.approx([h.score for h in right], abs=1e-6)


def test_documents_that_did_not_change_are_not_read_again(index_dir: Path) -> None:
    def read(*documents: Document) -> int:
        stages: list[tuple[str, int, int]] = []
        update_index(
            LoadedDocuments(list(documents)),
            index_dir,
            WordEncoder(),
            Settings(),
            lambda *stage: stages.append(stage),
        )
        return max((total for stage, _, total in stages if stage == "read"), default=0)

    assert read(ONE, TWO) == 2
    assert read(ONE, TWO, THREE) == 1
    assert read(TWO, replace(THREE, title="عنوان آخر"), ONE) == 1
    assert read(TWO, ONE) == 0


def test_words_of_a_changed_index_are_those_of_one_made_anew(
    encoder: Encoder, tmp_path: Path
) -> None:
    other = replace(TWO, text="نهر مصر النيل.")
    versions = ([ONE, TWO, THREE], [other, ONE, THREE], [THREE, other])
    for documents in versions:
        update_index(LoadedDocuments(documents), tmp_path / "changed", encoder, Settings())
    update_index(LoadedDocuments(versions[-1]), tmp_path / "anew", encoder, Settings())
    changed, anew = (DiskStore.load(tmp_path / name)[0] for name in ("changed", "anew"))
    for at in range(len(anew)):
        assert np.abs(words_in(changed, at) - words_in(anew, at)).max() <= 1  # rounding
    question = encoder.encode_queries([other.text])
    found, of_anew = (
        dict(store.search_dense(question, len(store))[0]) for store in (changed, anew)
    )
    assert len(found) == len(anew)
    assert found == pytest.approx(of_anew, abs=1e-6)
    (_, places), (_, expected) = (
        store.word_matches(np.ones((1, encoder.dimension), np.float32), 0) or (None, None)
        for store in (changed, anew)
    )
    assert places is not None
    assert expected is not None
    assert len(expected)
    assert places.tolist() == expected.tolist()


def words_in(store: DiskStore, position: int) -> NDArray[np.int8]:
    segment, at = store.layout.place(position)
    words = store.segments[segment].words
    assert words is not None
    return words.of(at)


def test_an_index_without_words_gets_those_of_what_did_not_change(
    encoder: Encoder, index_dir: Path
) -> None:
    class Wordless:
        """The same model where it does not tell of words."""

        model_id = encoder.model_id
        dimension = encoder.dimension
        fingerprint = encoder.fingerprint
        encode_queries = staticmethod(encoder.encode_queries)
        encode_passages = staticmethod(encoder.encode_passages)

    settings = Settings()
    update_index(LoadedDocuments([ONE, TWO]), index_dir, Wordless(), settings)
    assert not DiskStore.load(index_dir)[0].with_words
    update_index(LoadedDocuments([ONE, TWO, THREE]), index_dir, encoder, settings)
    store = DiskStore.load(index_dir)[0]
    assert [len(words_in(store, at)) > 0 for at in range(3)] == [True, True, True]


def test_the_same_build_twice_gives_the_same_files(encoder: Encoder, tmp_path: Path) -> None:
    loaded = load_paths([ROOT / "corpus/documents"])
    loaded.documents = [replace(loaded.documents[0], text=loaded.documents[0].text[:2000])]
    for name in ("one", "two"):
        update_index(loaded, tmp_path / name, encoder, Settings())
    one, two = (open_generation(tmp_path / name).manifest for name in ("one", "two"))
    assert one.segments[0]["file"] == two.segments[0]["file"]
    assert one.runs == two.runs == [[0, 0, 1]]


def test_words_are_encoded_again_only_where_they_are_new_or_chosen_otherwise(
    encoder: Encoder, index_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def words_encoded(documents: list[Document]) -> int:
        stages: list[tuple[str, int, int]] = []
        update_index(
            LoadedDocuments(documents),
            index_dir,
            encoder,
            Settings(),
            lambda *stage: stages.append(stage),
        )
        return next((total for stage, _, total in stages[::-1] if stage == "words"), 0)

    assert words_encoded([ONE, TWO]) == 2
    assert words_encoded([ONE, TWO, replace(ONE, doc_id="3")]) == 0
    assert words_encoded([ONE, TWO, replace(ONE, doc_id="3", text="نص آخر هنا.")]) == 1
    monkeypatch.setattr("cica_qa.arabic.analyze._VERSION", -1)
    assert words_encoded([ONE, TWO]) == 2


def test_build_index_takes_a_path_paths_and_documents(
    model_cache: Path, folder: Path, tmp_path: Path
) -> None:
    """Each starts with the settings alone, as the users of the library do."""
    settings = Settings(cache_dir=model_cache)
    stages: list[tuple[str, int, int]] = []
    given = {
        "path": str(folder),
        "mixed": iter([ONE, folder / "a.txt", str(folder / "b.txt")]),
    }
    ids = {"path": ("a.txt", "b.txt", "c.txt"), "mixed": ("1", "a.txt", "b.txt")}
    for name, documents in given.items():
        stages.clear()
        info = build_index(
            documents,
            tmp_path / name,
            settings=settings,
            progress=lambda *stage: stages.append(stage),
        )
        assert info.added == ids[name]
        assert [s for s in stages if s[0] == "read"] == [("read", n, 3) for n in (1, 2, 3)]
        # Of TEXT, a title and three sentences; what is a passage by itself was read already.
        for stage, total in (("words", info.passages), ("encode", 4)):
            done = [done for name, done, of in stages if name == stage and of == total]
            assert done == sorted(set(done)), stage
            assert done[-1] == total, stage
        assert stages[-2:] == [("write", 0, 1), ("write", 1, 1)]
    assert DiskStore.load(tmp_path / "mixed")[0].document("1") == ONE


def test_metadata_is_kept_whatever_mapping_it_came_in(index_dir: Path) -> None:
    frozen = replace(ONE, metadata=MappingProxyType({"ب": "2", "أ": "1"}))
    build([frozen], index_dir)
    stored = DiskStore.load(index_dir)[0].document("1").metadata
    assert list(stored.items()) == [("ب", "2"), ("أ", "1")]


# ---- refusals ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("documents", "message"),
    [
        ([], "there is no document to index. Give at least one that has text."),
        (
            [ONE, replace(TWO, doc_id="1")],
            "the document id '1' is empty or used twice. Give each document an id of its own.",
        ),
        (
            [replace(ONE, doc_id="")],
            "the document id '' is empty or used twice. Give each document an id of its own.",
        ),
        ([ONE, replace(TWO, text=" \n\t")], "the document '2' is empty. Leave it out."),
        ([ONE, replace(TWO, text="…!؟ 🙂")], "the document '2' is empty. Leave it out."),
        (
            [replace(ONE, text="نص \ud800 مكسور")],
            "the text of document '1' has a lone surrogate at character 3. "
            "Rename the file, or decode the source again with its right encoding.",
        ),
        (
            [replace(ONE, doc_id="caf\udce9.txt")],
            r"the doc_id of document 'caf\udce9.txt' has a lone surrogate at character 3. "
            "Rename the file, or decode the source again with its right encoding.",
        ),
        (
            [replace(ONE, metadata={"k": "\udfff"})],
            "the metadata 'k' of document '1' has a lone surrogate at character 0. "
            "Rename the file, or decode the source again with its right encoding.",
        ),
        (
            [replace(ONE, metadata={"page": 3})],
            "the metadata 'page' of document '1' is 3; make it a string.",
        ),
    ],
)
def test_bad_documents_are_refused_and_the_index_goes_on(
    index_dir: Path, documents: list[Document], message: str
) -> None:
    encoder = WordEncoder()
    published = build([TWO, THREE], index_dir).generation
    before = sorted(index_dir.rglob("*"))
    with pytest.raises(DocumentError) as caught:
        build(documents, index_dir, encoder)
    assert str(caught.value) == message
    assert encoder.texts == [], "refused before anything is encoded"
    assert sorted(index_dir.rglob("*")) == before
    assert open_generation(index_dir).name == published
    assert search(index_dir, "عاصمة مصر القاهرة.", WordEncoder())[0].passage.doc_id == "2"


@pytest.mark.parametrize("text", ["عنوان وحيد", "<![CDATA[\n]]>\nكلمة", "كلمة\n\n\n", "ـ\na"])
def test_the_shortest_documents_can_be_found(index_dir: Path, text: str) -> None:
    build([Document("d", "", text)], index_dir)
    hits = search(index_dir, "كلمة", WordEncoder())
    assert [hit.passage.doc_id for hit in hits] == ["d"]
    assert hits[0].passage.text in text


@pytest.mark.parametrize("content", [b"\x00\x01\x02" * 400, b"PK\x03\x04" + bytes(range(256)) * 9])
def test_a_file_that_became_binary_keeps_its_earlier_version(
    folder: Path, index_dir: Path, content: bytes
) -> None:
    encoder = WordEncoder()
    refresh(folder, index_dir, encoder)
    original = DiskStore.load(index_dir)[0].document("b.txt")
    (folder / "b.txt").write_bytes(content)
    info = refresh(folder, index_dir, encoder)
    assert list(info.skipped) == ["b.txt"]
    assert info.unchanged == ("a.txt", "b.txt", "c.txt")
    assert not info.published
    assert DiskStore.load(index_dir)[0].document("b.txt") == original

    (folder / "a.txt").write_text("نص جديد كله.", "utf-8")
    info = refresh(folder, index_dir, encoder)
    assert (info.changed, info.unchanged, info.encoded) == (("a.txt",), ("b.txt", "c.txt"), 1)
    store = DiskStore.load(index_dir)[0]
    assert store.document_ids == ("a.txt", "b.txt", "c.txt")
    assert store.document("b.txt") == original


def test_a_file_that_became_empty_is_removed_and_reported(folder: Path, index_dir: Path) -> None:
    refresh(folder, index_dir, WordEncoder())
    (folder / "b.txt").write_text(" \n")
    info = refresh(folder, index_dir, WordEncoder())
    assert info.removed == ("b.txt",)
    (reason,) = info.skipped.values()
    assert reason.startswith(f"{folder / 'b.txt'} is empty: it has no text to search")


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read every file"
)
def test_a_file_that_may_not_be_read_keeps_its_earlier_version(
    folder: Path, index_dir: Path
) -> None:
    refresh(folder, index_dir, WordEncoder())
    (folder / "b.txt").chmod(0)
    info = refresh(folder, index_dir, WordEncoder())
    assert info.skipped["b.txt"].startswith(f"cannot read {folder / 'b.txt'}: Permission denied")
    assert info.unchanged == ("a.txt", "b.txt", "c.txt")


def test_a_damaged_index_is_made_anew(index_dir: Path) -> None:
    build([ONE, TWO], index_dir)
    segment_of(index_dir).write_bytes(b"")
    info = build([ONE, TWO], index_dir)
    assert (info.added, info.published) == (("1", "2"), True)
    assert info.encoded > 0
    assert search(index_dir, "القاهرة", WordEncoder())[0].passage.doc_id == "2"


def test_an_index_of_an_older_version_is_made_anew(index_dir: Path) -> None:
    build([ONE], index_dir)
    manifest = open_generation(index_dir).manifest
    with build_lock(index_dir):
        write_generation(index_dir, replace(manifest, format_version=1))
    with pytest.raises(IndexOutdatedError):
        DiskStore.load(index_dir)
    info = build([ONE, TWO], index_dir)
    assert (info.added, info.published) == (("1", "2"), True)
    assert search(index_dir, "القاهرة", WordEncoder())[0].passage.doc_id == "2"


def test_an_index_of_a_newer_version_is_not_overwritten(index_dir: Path) -> None:
    build([ONE], index_dir)
    manifest = open_generation(index_dir).manifest
    with build_lock(index_dir):
        write_generation(index_dir, replace(manifest, format_version=FORMAT_VERSION + 1))
    before = (index_dir / "CURRENT").read_bytes()
    with pytest.raises(IndexVersionError):
        build([ONE], index_dir)
    assert (index_dir / "CURRENT").read_bytes() == before


def test_a_build_needs_no_network_and_writes_nowhere_else(folder: Path, tmp_path: Path) -> None:
    """The library is used from a script with a read-only working folder and no home."""
    script = (
        "import sys; from pathlib import Path; from word_encoder import *\n"
        "import socket; socket.socket.connect = lambda *a: sys.exit('network')\n"
        "print(refresh(Path(sys.argv[1]), Path(sys.argv[2])).documents)\n"
    ).replace(
        "refresh(", "(lambda f, i: update_index(load_paths([f]), i, WordEncoder(), Settings()))("
    )
    script = "from cica_qa.documents.load import load_paths\n" + script
    home = tmp_path / "home"
    home.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", script, folder, tmp_path / "index"],
        env={**os.environ, "HOME": str(home), "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"},
        cwd=home,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "3\n", "")
    assert list(home.rglob("*")) == []
