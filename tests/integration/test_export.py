"""Documents that are exported and imported give the same index: passages, citations, pages."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import cica_qa.models.encoder
from cica_qa import cli
from cica_qa.answer.pipeline import Pipeline
from cica_qa.documents.load import LoadedDocuments, load_paths
from cica_qa.index.build import update_index
from cica_qa.index.export import export_lines, read_export
from cica_qa.index.store import DiskStore
from cica_qa.index.update import add_documents
from cica_qa.protocols import Encoder
from cica_qa.retrieve.retriever import Retriever
from cica_qa.settings import Settings
from cica_qa.types import Document, Hit

DATA = Path(__file__).resolve().parents[1] / "data"
SETTINGS = Settings(reader=False)
SENT = Document("سُئل/7", "المكتبة", "تأسست مكتبة الواحة في عام 1987.", "شبكة", {"format": "plain"})
QUESTIONS = [
    "ما نص المادة 2؟",
    "متى تأسست مكتبة الواحة؟",
    "كم عدد العبّارات في الجدول؟",
    "ما سياسة الخصوصية؟",
    "كم يدفع صاحب الدراجة المخالف؟",
]
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(
    encoder: Encoder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Run:
    """Run a command in this process, in an empty folder, with the model that is loaded."""
    monkeypatch.setattr(cica_qa.models.encoder, "load_encoder", lambda _: encoder)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object, stdin: bytes = b"") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capfd.readouterr()
        code = cli.main(["index", *map(str, arguments)])
        return code, *capfd.readouterr()

    return run


@pytest.fixture(scope="module")
def index_dir(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of several formats, with pages, tables, articles; and one from the network."""
    folder = tmp_path_factory.mktemp("export")
    brought = folder / "وثائق"
    brought.mkdir()
    for name in ("laihat_darrajat_2024.md", "jadwal_abbarat.md", "siyasat_khususiya.md"):
        (brought / name).write_bytes((DATA / "realdocs/docs" / name).read_bytes())
    (brought / "guide.pdf").write_bytes((DATA / "pdf/guide.pdf").read_bytes())
    (brought / "prices.csv").write_text("الصنف,السعر\nتمر,12\nزيت,30\n", "utf-8")
    update_index(load_paths([brought]), folder / "index", encoder, SETTINGS)
    add_documents(folder / "index", [SENT], encoder, SETTINGS, over_network=True)
    return folder / "index"


def exactly(hits: Sequence[Hit]) -> list[object]:
    return [(hit.passage, hit.score.hex(), hit.match, hit.lookups) for hit in hits]


def documents_of(index_dir: Path) -> list[Document]:
    store = DiskStore.load(index_dir)[0]
    return [store.document(doc_id) for doc_id in store.document_ids]


def lines_of(index_dir: Path) -> list[bytes]:
    return list(export_lines(DiskStore.load(index_dir)[0]))


def test_an_index_of_what_was_exported_is_searched_and_cited_as_before(
    run: Run, index_dir: Path, encoder: Encoder, tmp_path: Path
) -> None:
    code, out, err = run("--index", index_dir, "--export", "نسخة.jsonl")
    assert (code, err) == (0, "")
    assert out == f"نسخة.jsonl: exported; documents 6, of {index_dir}\n"
    code, out, err = run("--import", "نسخة.jsonl", "--index", "moved")
    assert (code, err) == (0, "")
    assert out.splitlines()[-1].startswith("moved: published; documents 6, ")
    before, after = DiskStore.load(index_dir)[0], DiskStore.load(Path("moved"))[0]
    assert after.document_ids == before.document_ids
    assert documents_of(Path("moved")) == documents_of(index_dir)
    assert after.network == before.network == {SENT.doc_id}
    assert [after.passage(at) for at in range(len(after))] == [
        before.passage(at) for at in range(len(before))
    ]
    pipelines = [
        Pipeline.of(Retriever(folder, encoder, SETTINGS)) for folder in (index_dir, Path("moved"))
    ]
    pages = 0
    for question in QUESTIONS:
        hits, moved = (one.retriever.search(question, 50) for one in pipelines)
        assert exactly(moved) == exactly(hits)
        answer, again = (one.ask(question) for one in pipelines)
        assert again == answer
        pages += sum(bool(hit.passage.pages) for hit in hits)
    assert pages, "pages of a PDF were compared"
    assert any(block.cells for document in documents_of(Path("moved")) for block in document.blocks)


def test_an_export_of_an_import_is_the_same_to_the_byte(run: Run, index_dir: Path) -> None:
    code, out, _ = run("--index", index_dir, "--export", "-")
    assert code == 0
    assert out.encode() == b"".join(lines_of(index_dir))
    assert run("--import", "-", "--index", "moved", stdin=out.encode())[0] == 0
    assert b"".join(lines_of(Path("moved"))) == out.encode()


def test_a_build_goes_on_from_an_import(run: Run, index_dir: Path) -> None:
    assert run("--index", index_dir, "--export", "all")[0] == 0
    assert run("--import", "all", "--index", "moved")[0] == 0
    code, out, _ = run(index_dir.parent / "وثائق", "--index", "moved")
    assert code == 0
    assert "nothing changed" in out
    assert f"1 came over the network and are kept: {SENT.doc_id}" in out


def test_a_file_is_replaced_whole_or_not_at_all(
    run: Run, index_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "backup.jsonl"
    file.write_text("before", "utf-8")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        code, out, err = run("--index", index_dir, "--export", file)
    assert (code, out) == (5, "")
    assert err == (
        f"cica-qa: cannot write {file}: No space left on device. Make room or choose another "
        "folder and run the command again; a file that was there before is unchanged.\n"
    )
    assert file.read_text("utf-8") == "before"
    assert [one.name for one in tmp_path.iterdir()] == ["backup.jsonl"]
    assert run("--index", index_dir, "--export", file)[0] == 0
    assert file.read_bytes() == b"".join(lines_of(index_dir))
    code, _, err = run("--index", index_dir, "--export", tmp_path)
    assert (code, "cannot write" in err) == (5, True)
    assert run("--index", index_dir, "--export", tmp_path / "no" / "where")[0] == 5
    assert run("--index", "nowhere", "--export", "-")[0] == 5


def test_only_an_empty_index_is_imported_into_unless_told_otherwise(
    run: Run, encoder: Encoder, index_dir: Path, tmp_path: Path
) -> None:
    other = Document("other", "الزيتون", "تمتد بساتين الزيتون على الساحل.")
    old = replace(SENT, text="نص قديم عن المكتبة.")
    update_index(LoadedDocuments([other, old]), Path("there"), encoder, SETTINGS)
    assert run("--index", index_dir, "--export", "all")[0] == 0
    code, out, err = run("--import", "all", "--index", "there")
    assert (code, out) == (4, "")
    assert "there is an index in there already (documents 2)" in err
    assert "--merge" in err
    assert len(documents_of(Path("there"))) == 2
    code, out, _ = run("--import", "all", "--index", "there", "--merge")
    assert (code, f"~ {SENT.doc_id}" in out) == (0, True)
    assert documents_of(Path("there")) == [other, SENT, *documents_of(index_dir)[:-1]]
    assert DiskStore.load(Path("there"))[0].network == {SENT.doc_id}


def test_what_says_nothing_to_merge_is_refused(run: Run) -> None:
    assert run("documents", "--merge") == (2, "", "cica-qa: --merge goes with --import FILE\n")


def test_a_damaged_index_is_not_exported(run: Run, index_dir: Path, tmp_path: Path) -> None:
    damaged = shutil.copytree(index_dir, tmp_path / "damaged")
    file = max(damaged.glob("generations/*/segment"), key=lambda one: one.stat().st_size)
    data = bytearray(file.read_bytes())
    data[len(data) // 3] ^= 1
    file.write_bytes(data)
    code, out, err = run("--index", "damaged", "--export", "all")
    assert (code, out) == (5, "")
    assert "is damaged" in err
    assert not Path("all").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_an_export_to_a_full_disk_or_a_closed_pipe(index_dir: Path) -> None:
    command = [sys.executable, "-m", "cica_qa.cli", "index", "--index", index_dir, "--export"]
    for to in ("-", "/dev/full"):
        with Path("/dev/full").open("wb") as full:
            done = subprocess.run([*command, to], stdout=full, stderr=subprocess.PIPE, check=False)
        assert done.returncode == 5
        assert b"No space left on device. Make room" in done.stderr
    closed = subprocess.run(
        ["bash", "-c", '"$@" - | head -c 1', "-", *map(str, command)],
        capture_output=True,
        check=True,
    )
    assert (closed.stdout, closed.stderr) == (b"{", b"")


def change(line: bytes, **values: Any) -> bytes:
    return json.dumps({**json.loads(line), **values}).encode() + b"\n"


BLOCK = {"kind": "row", "start": 0, "end": 5}


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (lambda line: b"no JSON\n", "Invalid JSON"),
        (lambda line: line[:90] + b"\n", "Invalid JSON"),
        (lambda line: b"[]\n", "Input should be an object"),
        (lambda line: b'{"id": "7", "text": "x"}\n', "doc_id: Field required"),
        (lambda line: b"\xff" + line, "Invalid JSON"),
        (lambda line: change(line, text=""), "is empty. Leave it out."),
        (lambda line: change(line, text=5), "text: Input should be a valid string"),
        (lambda line: change(line, doc_id=""), "is empty or used twice"),
        (lambda line: change(line, doc_id="prices.csv"), "is used twice"),
        (lambda line: change(line, title="\ud800"), "Invalid JSON"),
        (lambda line: change(line, metadata={"a": 1}), "metadata.a: Input should be a valid"),
        (lambda line: change(line, origin="elsewhere"), "origin: Input should be"),
        (lambda line: change(line, more=1), "more: Extra inputs are not permitted"),
        (lambda line: change(line, pages=[["1", 0, 10**9]]), "are not in order inside its text"),
        (lambda line: change(line, pages=[["1", 0]]), "pages.0.2: Field required"),
        (lambda line: change(line, blocks=[{**BLOCK, "kind": "x"}]), "blocks.0.kind: "),
        (lambda line: change(line, blocks=[{**BLOCK, "end": "5"}]), "blocks.0.end: "),
        (lambda line: change(line, blocks=[BLOCK, BLOCK]), "are not in order inside its text"),
        (lambda line: change(line, blocks=[{**BLOCK, "cells": [[0, 10**9]]}]), "a cell or a label"),
        (lambda line: change(line, blocks=[{**BLOCK, "label": [-5, 2]}]), "a cell or a label"),
        (lambda line: change(line, blocks=[{**BLOCK, "level": 10**9}]), "has the level"),
    ],
)
def test_a_line_that_is_no_document_is_named_and_the_others_imported(
    run: Run, index_dir: Path, wrong: Callable[[bytes], bytes], told: str
) -> None:
    lines = lines_of(index_dir)
    at = next(at for at, line in enumerate(lines) if b'"siyasat_khususiya.md"' in line[:60])
    data = b"".join([*lines[:at], wrong(lines[at]), *lines[at + 1 :]])
    Path("all.jsonl").write_bytes(data)
    code, out, err = run("--import", "all.jsonl", "--index", "strict", "--strict")
    assert (code, out) == (4, "")
    assert err.endswith("so nothing was imported (--strict)\n")
    assert not Path("strict").exists()
    exported = read_export(io.BytesIO(data), "all.jsonl")
    (fault,) = exported.faults
    assert fault.startswith(f"line {at + 1} is no document (")
    assert told in fault
    assert f"cica-qa: all.jsonl: line {at + 1} is no document (" in err
    expected = [one for one in documents_of(index_dir) if one.doc_id != "siyasat_khususiya.md"]
    assert list(exported.documents) == expected


def test_faults_are_told_and_the_rest_is_there(run: Run, index_dir: Path) -> None:
    header, *lines = lines_of(index_dir)
    data = b"".join([header, b"{\n" * 25, b"\n", *lines[:3]])
    code, _, err = run("--import", "-", "--index", "some", stdin=data)
    assert code == 0
    told = err.splitlines()
    assert told[0].startswith("cica-qa: standard input: line 2 is no document (")
    assert told[19].startswith("cica-qa: standard input: line 21 is no document (")
    assert told[20:] == ["cica-qa: standard input: 5 more lines are no documents and were left out"]
    assert documents_of(Path("some")) == documents_of(index_dir)[:3]
    short = b"".join([header, *lines[:-2]])
    code, _, err = run("--import", "-", "--index", "short", stdin=short)
    assert (code, err) == (
        0,
        "cica-qa: standard input: the file is cut off: it has 4 documents of 6\n",
    )
    assert run("--import", "-", "--index", "no", "--strict", stdin=short)[0] == 4
    assert not Path("no").exists()


@pytest.mark.parametrize(
    ("data", "code", "told"),
    [
        (b"", 4, "is no export of an index"),
        (b'{"id": "7", "text": "\xd9\x86\xd8\xb5"}\n', 4, "is no export of an index"),
        (b"PK\x03\x04", 4, "is no export of an index"),
        (b'{"cica_qa_export": "1", "documents": 1}\n', 4, "is no export of an index"),
        (b'{"cica_qa_export": true, "documents": 1}\n', 4, "is no export of an index"),
        (b'{"cica_qa_export": 1}\n', 4, "is no export of an index"),
        (b'{"cica_qa_export": 1, "documents"', 4, "is no export of an index"),
        (b'{"cica_qa_export": 2, "documents": 1}\n{}\n', 5, "exported by a newer version"),
        (b'{"cica_qa_export": 1, "documents": 0}\n', 4, "holds no document: it is empty"),
        (b'{"cica_qa_export": 1, "documents": 1}\n{}\n', 4, "holds no document: line 2 is no"),
    ],
)
def test_what_is_no_export_leaves_no_index(run: Run, data: bytes, code: int, told: str) -> None:
    Path("file").write_bytes(data)
    result, out, err = run("--import", "file")
    assert (result, out) == (code, "")
    assert told in err
    assert err.count("\n") == 1
    assert not Path("index").exists()


def test_a_file_that_cannot_be_read_is_said(run: Run) -> None:
    code, _, err = run("--import", "nowhere.jsonl")
    assert (code, "cannot read nowhere.jsonl" in err) == (4, True)
    assert run("--import", ".")[0] == 4


def test_an_export_is_not_indexed_as_if_it_were_a_file(run: Run, index_dir: Path) -> None:
    assert run("--index", index_dir, "--export", "all.jsonl")[0] == 0
    code, _, err = run("all.jsonl")
    assert code == 4
    assert "all.jsonl is an export of an index" in err
    assert "--import" in err
