"""The command line as users see it: what it prints, where, and its exit codes."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

import pytest
from word_encoder import build, segment_of

import cica_qa.index.build
import cica_qa.models.encoder
import cica_qa.retrieve.retriever
from cica_qa import __version__, cli
from cica_qa.answer.pipeline import Pipeline
from cica_qa.errors import IndexDamagedError
from cica_qa.index.publish import build_lock
from cica_qa.protocols import Encoder
from cica_qa.reports import IndexInfo
from cica_qa.retrieve.retriever import Retriever
from cica_qa.settings import Settings
from cica_qa.terminal import ProgressBar, answer_text, build_report, error_line
from cica_qa.types import Answer, Citation, Document, Hit, Passage

ROOT = Path(__file__).resolve().parents[2]
QUESTION = "كم عدد الدول الأعضاء في المؤتمر؟"
UNKNOWN = "ما سعر تذكرة القطار من القاهرة إلى أسوان؟"


@dataclass
class Result:
    code: int
    out: str
    err: str


Cli = Callable[..., Result]


@pytest.fixture
def run(
    encoder: Encoder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Cli:
    """Run a command in this process, in an empty folder, with the bundled model already loaded."""
    load = cica_qa.models.encoder.load_encoder

    def shared(settings: Settings) -> Encoder:
        return encoder if settings.model == "bundled" else load(settings)

    for module in (cica_qa.models.encoder, cica_qa.index.build, cica_qa.retrieve.models):
        monkeypatch.setattr(module, "load_encoder", shared)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object, stdin: bytes = b"") -> Result:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capfd.readouterr()
        try:
            code = cli.main([str(argument) for argument in arguments])
        except SystemExit as stop:
            code = int(stop.code or 0)
        return Result(code, *capfd.readouterr())

    return run


@pytest.fixture
def pipeline(corpus_index: Path, encoder: Encoder) -> Pipeline:
    settings = Settings()
    retriever = Retriever(corpus_index, encoder, settings)
    return Pipeline.of(retriever)


def failure(result: Result, code: int) -> str:
    """Return the error message of a command that printed only this one line."""
    assert (result.code, result.out) == (code, "")
    assert result.err.startswith("cica-qa: ")
    assert result.err.endswith("\n")
    assert result.err.count("\n") == 1
    return result.err.removeprefix("cica-qa: ").rstrip("\n")


# ---- help ----------------------------------------------------------------------------------


def test_the_version(run: Cli) -> None:
    assert run("--version") == Result(0, f"cica-qa {__version__}\n", "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["index"], "one of the arguments PATH --export --import is required"),
        (["index", "x", "--export", "-"], "argument --export: not allowed with argument PATH"),
        (
            ["index", "--import", "a", "--export", "b"],
            "argument --export: not allowed with argument --import",
        ),
        (["ask", "س", "--k", "0"], "argument --k: '0' is not a number from 1 to 1000"),
        (["ask", "س", "--k", "-1"], "argument --k: '-1' is not a number from 1 to 1000"),
        (["ask", "س", "--k", "كثير"], "argument --k: 'كثير' is not a number from 1 to 1000"),
        (
            ["ask", "س", "--where", "format=pdf"],
            "argument --where: 'format=pdf' is not JSON; write, for example, "
            """'{"format": "pdf"}'""",
        ),
        (
            ["ask", "س", "--where", "{}"],
            "argument --where: the filter is empty; name a key, as "
            """{"format": "pdf", "created": {"from": "2024-05"}}, or leave the filter out""",
        ),
        (["chat", "--port", "99999"], "argument --port: '99999' is not a number from 1 to 65535"),
        (["ask", "س", "--what"], "unrecognized arguments: --what"),
    ],
)
def test_wrong_usage_is_refused(run: Cli, arguments: list[str], message: str) -> None:
    result = run(*arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err.splitlines()[-1].endswith(f"error: {message}")


# ---- index ---------------------------------------------------------------------------------


def test_index_reports_what_changed(run: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "وثائق"
    folder.mkdir()
    (folder / "أ.txt").write_text("عاصمة فرنسا باريس.", "utf-8")
    (folder / "ب.txt").write_text("عاصمة مصر القاهرة. نهر مصر النيل.", "utf-8")
    (folder / "image.txt").write_bytes(b"\x00\x89PNG\x00" * 99)
    first = run("index", folder, "--index", "my index")
    assert first.code == 0
    assert first.out == (
        "+ أ.txt\n+ ب.txt\n"
        "my index: published; documents 2, passages 2, vectors 4 (4 newly encoded)\n"
    )
    told, counts = first.err.splitlines()  # and no progress bar without a terminal
    assert told.startswith("cica-qa: image.txt: skipped: ")
    assert counts == "cica-qa: files: 2 read, 1 skipped"

    (folder / "image.txt").unlink()
    again = run("index", folder, "--index", "my index")
    assert again == Result(
        0,
        "my index: nothing changed; documents 2, passages 2, vectors 4 (0 newly encoded)\n",
        "",
    )

    (folder / "أ.txt").write_text("عاصمة فرنسا ليون.", "utf-8")
    (folder / "ب.txt").unlink()
    (folder / "ج.md").write_text("# عنوان\n\nنص جديد.", "utf-8")
    third = run("index", folder, "--index", "my index")
    assert third == Result(
        0,
        "+ ج.md\n~ أ.txt\n- ب.txt\n"
        "my index: published; documents 2, passages 2, vectors 4 (4 newly encoded)\n",
        "",
    )


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_a_bar_for_each_stage() -> None:
    terminal, file = _Terminal(), io.StringIO()
    for stream in (terminal, file):
        with ProgressBar(stream) as bar:
            for stage, total in (("read", 1), ("encode", 40), ("write", 1)):
                bar.show(stage, 0, total)
                bar.show(stage, total, total)
    assert [stage in terminal.getvalue() for stage in ("read:", "encode:", "write:")] == [True] * 3
    assert "40/40" in terminal.getvalue()
    assert file.getvalue() == ""


# ---- ask -----------------------------------------------------------------------------------


def test_ask_prints_the_answer_with_its_place(
    run: Cli, corpus_index: Path, pipeline: Pipeline
) -> None:
    answer = pipeline.ask(QUESTION)
    assert not answer.abstained
    document = pipeline.document("cica.txt")
    places = [
        f"[{c.number}] {document.title} (cica.txt:{c.start}-{c.end})" for c in answer.citations
    ]
    assert run("ask", QUESTION, "--index", corpus_index) == Result(
        0, "\n".join([answer.text, *places, "", ""]), ""
    )


def test_ask_says_that_it_does_not_know(run: Cli, corpus_index: Path, pipeline: Pipeline) -> None:
    answer = pipeline.ask(UNKNOWN)
    assert answer.abstained
    result = run("ask", UNKNOWN, "--index", corpus_index)
    assert result == Result(0, f"{answer.text}\n{answer.reason}\n\n", "")


def test_ask_shows_the_hits(run: Cli, corpus_index: Path, pipeline: Pipeline) -> None:
    answer = pipeline.ask(QUESTION, k=2)
    result = run("ask", QUESTION, "--index", corpus_index, "--k", "2", "--show-hits")
    shown = [
        f"#{hit.rank} {hit.score:.3f} {hit.passage.passage_id} {' / '.join(hit.passage.headings)}"
        f"\n{hit.passage.text}\n"
        for hit in answer.hits
    ]
    assert len(shown) == 2
    assert result.out.endswith("\n" + "\n".join(shown) + "\n")


def test_ask_is_limited_to_documents_of_some_metadata(
    run: Cli, corpus_index: Path, pipeline: Pipeline
) -> None:
    everything = run("ask", QUESTION, "--index", corpus_index)
    plain = run("ask", QUESTION, "--index", corpus_index, "--where", '{"format": "plain"}')
    pdf = run("ask", QUESTION, "--index", corpus_index, "--where", '{"format": "pdf"}', "--json")
    assert plain == everything
    told = json.loads(pdf.out)
    assert (pdf.code, told["abstained"], told["citations"]) == (0, True, [])
    assert told["reason"] == pipeline.ask(QUESTION, where={"format": "pdf"}).reason


def test_ask_prints_json(run: Cli, corpus_index: Path, pipeline: Pipeline) -> None:
    answer = pipeline.ask(QUESTION, k=3)
    plain = run("ask", QUESTION, "--index", corpus_index, "--json", "--k", "3")
    with_hits = run("ask", QUESTION, "--index", corpus_index, "--json", "--k", "3", "--show-hits")
    assert (plain.code, plain.out.count("\n")) == (0, 1)
    table, table_with_hits = json.loads(plain.out), json.loads(with_hits.out)
    names = [field.name for field in fields(Answer)]
    assert list(table) == [name for name in names if name != "hits"]
    assert list(table_with_hits) == names
    assert table == {name: table_with_hits[name] for name in table}
    assert (table["question"], table["text"], table["abstained"]) == (QUESTION, answer.text, False)
    assert table["confidence"] == answer.confidence
    assert table["citations"] == [
        {
            **{field.name: getattr(c, field.name) for field in fields(Citation)},
            "focus": [list(stretch) for stretch in c.focus],
        }
        for c in answer.citations
    ]
    assert len(table_with_hits["hits"]) == 3
    for got, hit in zip(table_with_hits["hits"], answer.hits, strict=True):
        assert list(got) == [field.name for field in fields(Hit)]
        assert list(got["passage"]) == [field.name for field in fields(Passage)]
        assert (got["rank"], got["score"]) == (hit.rank, hit.score)
        assert got["passage"]["text"] == hit.passage.text
        assert got["match"]["units"] == list(hit.match.units)


def test_ask_reads_many_questions_and_survives_bad_ones(run: Cli, corpus_index: Path) -> None:
    long = "س" * 100_000
    lines = [
        f"\ufeff{QUESTION}".encode(),
        b"",
        "؟!…".encode(),
        "🙂🙃".encode(),
        long.encode(),
        "أين\x00 مقر الأمانة\x00؟".encode(),
        "كم عدد \u202eالدول\u202c members الأعضاء؟".encode(),
        b"\xff\xfe",
        b"  \t ",
        "ما أهداف المؤتمر؟\r".encode() + b"\xed\xa0\x80",
    ]
    result = run("ask", "--index", corpus_index, "--json", stdin=b"\n".join(lines))
    answers = [json.loads(line) for line in result.out.splitlines()]
    assert [answer["question"] for answer in answers] == [
        QUESTION,
        "أين مقر الأمانة ؟",
        "كم عدد الدول members الأعضاء؟",
        "ما أهداف المؤتمر؟ ���",
    ]
    no_words = "the question has no words. Ask in words."
    assert result.err.splitlines() == [
        f"cica-qa: '؟!…': {no_words}",
        f"cica-qa: '🙂🙃': {no_words}",
        f"cica-qa: '{'س' * 60}': the question has 100000 characters; 2000 is the most. Shorten it.",
        f"cica-qa: '��': {no_words}",
    ]
    assert result.code == 3
    assert run("ask", "--index", corpus_index, stdin=b"") == Result(0, "", "")


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ("", "the question is empty. Type one."),
        (" \n\t", "the question is empty. Type one."),
        ("\udcff\ud800", "the question is empty. Type one."),
        ("؟!… 🙂", "the question has no words. Ask in words."),
        ("س" * 100_000, "the question has 100000 characters; 2000 is the most. Shorten it."),
    ],
)
def test_ask_refuses_a_question_that_cannot_be_searched(
    run: Cli, corpus_index: Path, question: str, message: str
) -> None:
    assert failure(run("ask", question, "--index", corpus_index), 3) == message


def test_documents_cannot_send_escape_sequences_to_the_terminal() -> None:
    answer = Answer("س", "نص \x1b[2J أحمر\x07\u009b31m\nسطر", (Citation(1, "p", "d", 0, 3, "نص"),))
    assert answer_text(answer, {"d": "عنوان\x1b]0;x"}, show_hits=False) == (
        "نص \ufffd[2J أحمر\ufffd\ufffd31m\nسطر\n[1] عنوان\ufffd]0;x (d:0-3)\n"
    )
    assert "[1] d (d:0-3)" in answer_text(answer, {}, show_hits=False), "no longer in the index"


def test_a_citation_names_its_page() -> None:
    answer = Answer("س", "نص", (Citation(1, "p", "d", 0, 2, "نص", page="3"),))
    assert answer_text(answer, {"d": "تقرير"}, show_hits=False) == "نص\n[1] تقرير، ص 3 (d:0-2)\n"


# ---- failures ------------------------------------------------------------------------------


def test_unreadable_documents_are_reported(run: Cli, tmp_path: Path) -> None:
    assert failure(run("index", "nowhere"), 4).startswith("nowhere does not exist")
    (tmp_path / "folder").mkdir()
    for name in ("one.txt", "two.md"):
        (tmp_path / "folder" / name).write_bytes(b" \n")
    message = failure(run("index", "folder"), 4)
    assert "folder/one.txt is empty" in message
    assert "; folder/two.md is empty" in message
    (tmp_path / "binary.txt").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00" * 500)
    assert "binary.txt" in failure(run("index", "binary.txt"), 4)
    assert not (tmp_path / "index").exists()


def test_a_server_that_takes_no_documents_needs_an_index(
    run: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = "there is no index in other one. Make one: cica-qa index PATH --index 'other one'"
    assert failure(run("serve", "--index", "other one"), 5) == missing
    monkeypatch.setenv("CICA_SERVE__DOCUMENTS", "false")
    assert failure(run("chat", "--index", "other one"), 5) == missing


def test_an_unusable_index_is_reported(run: Cli, tmp_path: Path, corpus_index: Path) -> None:
    assert failure(run("ask", "س"), 5) == (
        "there is no index in index. Make one: cica-qa index PATH --index index"
    )
    shutil.copytree(corpus_index, tmp_path / "damaged")
    file = segment_of(tmp_path / "damaged")
    file.write_bytes(b"x")
    assert failure(run("ask", "س", "--index", "damaged"), 5) == (
        f"the index in damaged is damaged: {file.parent.name}/segment is not what was written. "
        "Make it again: cica-qa index PATH --index damaged"
    )
    build([Document("d", "", "نص قصير.")], tmp_path / "words")
    assert failure(run("ask", "س", "--index", "words"), 5) == (
        "the index in words was made with the model 'words', not 'bundled'. Use that model "
        "(--model words), or make the index again: cica-qa index PATH --index words"
    )
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("ملاحظات", "utf-8")
    assert failure(run("index", "mine", "--index", "mine"), 5) == (
        "mine is not an index: it holds 'notes.txt'. Give --index a new or empty folder."
    )
    with build_lock(tmp_path / "words"):
        assert failure(run("index", "mine", "--index", "words"), 5) == (
            "another build of words is running. Wait until it is done, then run: "
            "cica-qa index PATH --index words"
        )


def test_an_unusable_model_is_reported(run: Cli, corpus_index: Path) -> None:
    result = run("ask", "س", "--index", corpus_index, "--model", "./no-such-model")
    assert "./no-such-model" in failure(result, 6)


def test_invalid_settings_are_reported(run: Cli, tmp_path: Path) -> None:
    (tmp_path / "cica-qa.toml").write_text("batch = 3")
    assert failure(run("ask", "س"), 2).startswith("unknown setting 'batch'; the settings are: ")
    assert failure(run("model", "--settings", "none.toml"), 2) == (
        "cannot read the settings in none.toml: [Errno 2] No such file or directory: 'none.toml'"
    )


def test_the_settings_file_then_the_environment_then_the_arguments(
    run: Cli, corpus_index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cica-qa.toml").write_text('max_question_chars = 11\nmodel = "./from-file"\n')
    (tmp_path / "other.toml").write_text('max_question_chars = 12\nmodel = "./from-file"\n')
    ask = ("ask", "سؤال أطول من المسموح به", "--index", corpus_index)
    assert "./from-file" in failure(run(*ask), 6)
    assert "; 11 is the most" in failure(run(*ask, "--model", "bundled"), 3)
    other = (*ask, "--settings", "other.toml")
    assert "; 12 is the most" in failure(run(*other, "--model", "bundled"), 3)
    monkeypatch.setenv("CICA_MODEL", "./from-environment")
    monkeypatch.setenv("CICA_MAX_QUESTION_CHARS", "13")
    assert "./from-environment" in failure(run(*other), 6)
    assert "; 13 is the most" in failure(run(*other, "--model", "bundled"), 3)


def test_a_stack_trace_only_on_demand_and_the_same_exit_code(run: Cli) -> None:
    assert "Traceback" not in run("ask", "س").err
    result = run("ask", "س", "--debug")
    assert (result.code, result.out) == (5, "")
    assert result.err.startswith("Traceback (most recent call last):\n")
    assert "IndexMissingError" in result.err
    assert result.err.splitlines()[-1].startswith("cica-qa: there is no index in index. ")


def test_an_unexpected_error_is_one_line_too(run: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def fall(*_: object, **__: object) -> None:
        raise RuntimeError("first line\n  second line")

    monkeypatch.setattr(Pipeline, "load", fall)
    message = failure(run("ask", "س"), 1)
    assert message == "unexpected error: first line; second line (--debug shows where)"
    result = run("ask", "س", "--debug")
    assert result.code == 1
    assert "in fall" in result.err


def test_an_error_without_a_message_is_named() -> None:
    assert error_line(MemoryError()) == "MemoryError"
    assert error_line(IndexDamagedError("a\n\n b")) == "a; b"


def test_a_report_of_nothing() -> None:
    info = IndexInfo("g", 0, 0, 0, 0, published=False)
    assert list(build_report(info, Path("i"))) == [
        "i: nothing changed; documents 0, passages 0, vectors 0 (0 newly encoded)"
    ]


# ---- chat ----------------------------------------------------------------------------------


def test_chat_says_that_the_port_is_taken(run: Cli, tmp_path: Path) -> None:
    (tmp_path / "وثيقة.txt").write_text("عاصمة فرنسا باريس.", "utf-8")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = run("chat", "وثيقة.txt", "--port", port)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"cica-qa: cannot listen on 127.0.0.1, port {port}: ")
    assert result.err.endswith(". Try another --port.\n")
    assert result.err.count("\n") == 1


def test_chat_serves_what_is_published_while_another_build_is_at_work(
    run: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cica_qa.serve.server import Server

    served: list[str] = []

    def serve(server: Server, sockets: list[socket.socket]) -> None:
        collections = server.config.app.state.collections
        served.extend(document.doc_id for document in collections[""].documents())
        assert sockets[0].getsockname()[0] == "127.0.0.1"

    monkeypatch.setattr(Server, "run", serve)
    (tmp_path / "a.txt").write_text("عاصمة فرنسا باريس.", "utf-8")
    (tmp_path / "b.txt").write_text("عاصمة مصر القاهرة.", "utf-8")
    assert run("chat", "a.txt").code == 0
    with build_lock(tmp_path / "index"):
        result = run("chat", "b.txt")
    assert (result.code, result.out) == (0, "")
    assert result.err.startswith("cica-qa: another build of index is running.")
    assert served == ["a.txt", "a.txt"]


def test_chat_names_a_bad_question_set(run: Cli, corpus_index: Path) -> None:
    message = failure(run("chat", "--index", corpus_index, "--examples", "none.jsonl"), 2)
    assert message.startswith("cannot read example questions from none.jsonl: ")


# ---- model ---------------------------------------------------------------------------------


def test_model_shows_prepares_and_verifies(run: Cli, model_cache: Path, encoder: Encoder) -> None:
    shown = run("model")
    lines = dict(line.split(maxsplit=1) for line in shown.out.splitlines())
    assert (shown.code, shown.err) == (0, "")
    assert lines["model_id"] == "bundled"
    assert "intfloat/multilingual-e5-small" in lines["origin"]
    assert "not the upstream weights" in lines["origin"]
    assert lines["prepared"] == "True"
    assert lines["dimension"] == str(encoder.dimension)
    assert lines["fingerprint"] == encoder.fingerprint
    assert run("model", "--prepare") == shown
    assert run("model", "--prepare", "--verify") == Result(0, shown.out + "verified\n", "")


def test_model_reports_faults(run: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CICA_CACHE_DIR", str(tmp_path / "empty cache"))
    result = run("model", "--verify")
    assert result.code == 6
    assert "prepared     False\n" in result.out
    assert result.out.endswith("not in order. Mend it: cica-qa model --prepare\n")
    assert result.err.startswith("cica-qa: ")
    assert not (tmp_path / "empty cache").exists()


# ---- as a process of its own ---------------------------------------------------------------


def start(*arguments: str | bytes | Path, **options: object) -> subprocess.Popen[bytes]:
    """Run the command under the C locale."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("LC_")}
    environment |= {
        "PYTHONUNBUFFERED": "",
        "LC_ALL": "C",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
    }
    return subprocess.Popen(
        [sys.executable, "-m", "cica_qa.cli", *arguments],
        env={**environment, "PYTHONPATH": str(ROOT)},
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options},
    )


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals and argument bytes")
def test_arabic_is_printed_in_the_c_locale_until_interrupted(corpus_index: Path) -> None:
    process = start("ask", "--index", corpus_index, "--json", stdin=subprocess.PIPE)
    assert process.stdin
    assert process.stdout
    assert process.stderr
    process.stdin.write(f"\xff؟\n{QUESTION}\n".encode() + b"\xff\x00\n")
    process.stdin.flush()
    answers = [json.loads(process.stdout.readline()) for _ in range(2)]
    assert answers[1]["question"] == QUESTION
    error = process.stderr.readline().decode("utf-8")
    assert error.startswith("cica-qa: ")
    assert "the question has no words" in error
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, b"", b"")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX argument bytes")
def test_any_bytes_may_be_an_argument(tmp_path: Path) -> None:
    process = start("ask", b"\xff\xfe", "--index", os.fsencode(tmp_path) + b"/\xd8\xffx")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (5, b"")
    assert err.count(b"\n") == 1
    assert b"there is no index in " in err


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX pipes")
def test_a_closed_pipe_is_not_a_failure() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    process = start("model", stdout=writing)
    os.close(writing)
    assert process.communicate(timeout=60) == (None, b"")
    assert process.returncode == 0
