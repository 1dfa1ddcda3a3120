"""Whole evaluations with the real model: resuming, comparing, other systems, and CI checks."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import ir_measures
import pytest

import cica_qa
from cica_qa import Pipeline, Settings
from cica_qa.arabic import analyze
from cica_qa.cli import main
from cica_qa.errors import EvaluationError, QuestionSetError, SettingsError
from cica_qa.evaluation.compare import parse_floors
from cica_qa.evaluation.evaluate import Evaluation, evaluate
from cica_qa.terminal import answer_json

ROOT = Path(__file__).resolve().parents[2]
ARTICLE = ROOT / "corpus" / "questions" / "cica.jsonl"
TIMED = {"times.csv", "journal.jsonl", "report.html", "report.md", "results.json"}
CONTEXTS = {
    "river": "ينبع نهر السنديان من جبال الشمال. يبلغ طوله 320 كيلومترًا.",
    "company": "تأسست شركة الأفق في عام 1988. يعمل فيها 450 موظفًا.",
    "cake": "تُخبز الكعكة نصف ساعة، ثم تُترك حتى تبرد.",
}
ASKED = [
    ("كم يبلغ طول نهر السنديان؟", "river", "320 كيلومترًا"),
    ("متى تأسست شركة الأفق؟", "company", "عام 1988"),
    ("كم موظفًا يعمل في شركة الأفق؟", "company", "450 موظفًا"),
    ("كم تُخبز الكعكة؟", "cake", "نصف ساعة"),
]


@pytest.fixture(scope="module")
def own_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set with its own documents, one of whose questions they do not answer."""
    rows = [
        {
            "qid": f"q{at}",
            "question": question,
            "context_id": doc,
            "context": CONTEXTS[doc],
            "title": doc,
            "answers": [answer],
            "answer_starts": [CONTEXTS[doc].index(answer)],
        }
        for at, (question, doc, answer) in enumerate(ASKED)
    ]
    rows.append({"qid": "none", "question": "من اكتشف كوكب نبتون؟", "answerable": False})
    path = tmp_path_factory.mktemp("sets") / "own.jsonl"
    path.write_text("\n".join(json.dumps(r, ensure_ascii=False) for r in rows), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def settings(model_cache: Path) -> Settings:
    return Settings(model="bundled", cache_dir=model_cache)


@pytest.fixture(scope="module")
def article_run(
    corpus_index: Path, settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Evaluation]:
    out = tmp_path_factory.mktemp("article")
    return out, evaluate([ARTICLE], corpus_index, out, settings=settings)


def results(folder: Path) -> dict[str, bytes]:
    """Return all results except times, by name."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(p.relative_to(folder)): p.read_bytes() for p in files if p.name not in TIMED}


def without_times(folder: Path) -> object:
    table = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    for one in table["sets"]:
        del one["latency"], one["histogram"]
    return table


# ---- figures -------------------------------------------------------------------------------


def test_the_article(article_run: tuple[Path, Evaluation]) -> None:
    _, found = article_run
    (result,) = found.results
    assert result.counts["questions"] == 66
    assert (result.counts["answerable"], result.counts["unanswerable"]) == (54, 12)
    assert result.counts["errors"] == 0
    assert result.figures["Holds"].value >= 0.85
    assert result.figures["R@5"].value >= 0.95
    assert {one.column for one in result.slices} >= {"dialect", "type", "asks", "length"}
    assert {one.value for one in result.slices if one.column == "turn"} == {"first", "follow-up"}


def test_retrieval_agrees_with_ir_measures_on_the_exported_files(
    article_run: tuple[Path, Evaluation],
) -> None:
    out, found = article_run
    folder, figures = out / "cica", found.results[0].figures
    names = ["nDCG@10", "RR@10", "R@1", "R@5", "R@10", "Success@1", "Success@5"]
    command = [sys.executable, "-m", "ir_measures", str(folder / "qrels.trec")]
    command += [str(folder / "run.trec"), *names, "--places", "15"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    theirs = dict(line.split("\t") for line in said.splitlines())
    for name in names:
        assert float(theirs[name]) == pytest.approx(figures[name].value, abs=1e-14)
    assert [str(ir_measures.parse_measure(name)) for name in names] == names


def test_a_set_brings_its_own_documents(own_set: Path, settings: Settings, tmp_path: Path) -> None:
    found = evaluate([own_set], None, tmp_path, settings=settings)
    (result,) = found.results
    assert result.figures["RR@10"].value == 1.0
    assert result.figures["Holds"].value == 1.0
    assert result.figures["EM"].count == 5
    assert result.counts["unanswerable"] == 1
    assert found.files[0] == tmp_path / "report.html"


def test_documents_are_indexed_again_for_another_version(
    own_set: Path, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.setattr(analyze, "_VERSION", 0)
        evaluate([own_set], None, tmp_path / "before", settings=settings)
    (result,) = evaluate([own_set], None, tmp_path / "now", settings=settings).results
    assert result.figures["RR@10"].value == 1.0


def test_noise_is_asked_and_its_effect_reported(
    own_set: Path, settings: Settings, tmp_path: Path
) -> None:
    noises = ["no-question-mark", "egyptian", "arabic-indic-digits"]
    (result,) = evaluate([own_set], None, tmp_path, settings=settings, robustness=noises).results
    drops = {drop.variant: drop for drop in result.drops}
    assert drops["no-question-mark"].changed == 5
    assert "arabic-indic-digits" not in drops  # no question has a digit
    assert drops["egyptian"].losses["RR@10"].value == pytest.approx(0.0)
    assert result.counts["questions"] == 5  # questions with noise are not counted


# ---- stopping and going on ------------------------------------------------------------------


def test_a_repeated_evaluation_is_identical_to_the_byte(
    own_set: Path, settings: Settings, tmp_path: Path
) -> None:
    first, second = tmp_path / "1", tmp_path / "2"
    for folder in (first, second):
        evaluate([own_set], None, folder, settings=settings, robustness=["hamza"])
    assert results(first) == results(second)
    assert without_times(first) == without_times(second)


def test_a_run_killed_at_any_moment_continues_with_the_same_results(
    small_index: Path, settings: Settings, model_cache: Path, tmp_path: Path
) -> None:
    whole, out, rng = tmp_path / "whole", tmp_path / "out", random.Random(7)
    evaluate([ARTICLE], small_index, whole, settings=settings)
    command = [sys.executable, "-m", "cica_qa.cli", "evaluate", str(ARTICLE)]
    command += ["--index", str(small_index), "--out", str(out), "--model", "bundled"]
    environment = {**os.environ, "CICA_CACHE_DIR": str(model_cache)}
    journal = out / "cica" / "journal.jsonl"
    for share in sorted(rng.sample(range(5, 60), 2)):
        process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        while process.poll() is None and lines(journal) < share:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert lines(journal) >= share
    with journal.open("ab") as stream:
        stream.write(b'{"qid": "torn')
    assert (
        subprocess.run(command, env=environment, capture_output=True, check=False).returncode == 0
    )
    assert lines(journal) == 67
    assert results(out) == results(whole)
    assert without_times(out) == without_times(whole)


def lines(journal: Path) -> int:
    return journal.read_bytes().count(b"\n") if journal.exists() else 0


def test_a_failing_question_is_recorded_and_the_others_asked(
    own_set: Path, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = Pipeline.ask

    def fails(self: Pipeline, question: str, *rest: object, **named: object) -> object:
        if "الكعكة" in question:
            raise RuntimeError("no cake")
        return ask(self, question, *rest, **named)

    monkeypatch.setattr(Pipeline, "ask", fails)
    (result,) = evaluate([own_set], None, tmp_path, settings=settings).results
    assert result.counts["errors"] == 1
    assert result.counts["questions"] == 5
    assert result.figures["RR@10"].value == 0.75
    assert result.figures["Holds"].value == 0.75
    assert "RuntimeError: no cake" in (tmp_path / "own" / "questions.csv").read_text("utf-8")


# ---- comparing -----------------------------------------------------------------------------


def test_a_run_is_compared_with_a_baseline(
    own_set: Path, settings: Settings, tmp_path: Path
) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    evaluate([own_set], None, before, settings=settings)
    strict = settings.model_copy(update={"answer_threshold": 1.0})
    found = evaluate([own_set], None, after, settings=strict, baseline=before)
    by_metric = {one.metric: one for one in found.comparisons}
    assert by_metric["RR@10"].difference.value == 0.0
    assert by_metric["RR@10"].p == 1.0
    assert by_metric["Holds"].difference.value == -1.0
    assert by_metric["Wrong refusal"].difference.value == 1.0
    assert all(one.p_corrected >= one.p for one in found.comparisons)


def test_a_baseline_of_another_set_is_refused(
    own_set: Path, settings: Settings, tmp_path: Path
) -> None:
    changed = tmp_path / "own.jsonl"
    changed.write_text(own_set.read_text("utf-8").replace("نبتون", "زحل"), encoding="utf-8")
    evaluate([changed], None, tmp_path / "before", settings=settings)
    with pytest.raises(EvaluationError, match="another version of own"):
        evaluate([own_set], None, tmp_path / "o", settings=settings, baseline=tmp_path / "before")
    with pytest.raises(EvaluationError, match="no run that can be read"):
        evaluate([own_set], None, tmp_path / "o", settings=settings, baseline=tmp_path / "nowhere")


def test_another_run_in_the_folder_is_not_mixed_in(
    own_set: Path, settings: Settings, tmp_path: Path
) -> None:
    evaluate([own_set], None, tmp_path, settings=settings)
    with pytest.raises(EvaluationError, match="--restart"):
        evaluate([own_set], None, tmp_path, settings=settings, k=3)
    evaluate([own_set], None, tmp_path, settings=settings, k=3, restart=True)


def test_floors_are_parsed_and_checked() -> None:
    assert parse_floors("nDCG@10=.9, F1=0.7,") == {"nDCG@10": 0.9, "F1": 0.7}
    for wrong in ("F1", "F1=", "F1=high"):
        with pytest.raises(SettingsError, match="is not a metric and its least value"):
            parse_floors(wrong)


# ---- other systems -------------------------------------------------------------------------


def test_a_run_file_is_evaluated(own_set: Path, settings: Settings, tmp_path: Path) -> None:
    run = tmp_path / "theirs.trec"
    run.write_text("q0 Q0 river 1 9.0 t\nq1 Q0 river 1 9.0 t\nq1 Q0 company 2 8.0 t\n")
    found = evaluate([own_set], None, tmp_path / "out", settings=settings, system=str(run))
    (result,) = found.results
    assert result.figures["RR@10"].value == pytest.approx((1 + 0.5 + 0 + 0) / 4)
    assert "EM" not in result.figures


class Endpoint(BaseHTTPRequestHandler):
    """A server with our REST API and a real pipeline behind it."""

    pipeline: Pipeline

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert self.path == "/v1/ask"
        if "الكعكة" in body["question"]:
            self.send_error(503)
            return
        said = answer_json(self.pipeline.ask(body["question"], k=body["k"]), True).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def endpoint(small_index: Path, settings: Settings) -> Iterator[str]:
    Endpoint.pipeline = Pipeline.load(small_index, settings=settings)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_an_endpoint_is_evaluated_like_the_pipeline_behind_it(
    endpoint: str, small_index: Path, settings: Settings, tmp_path: Path
) -> None:
    few = tmp_path / "few.jsonl"
    firsts = [line for line in ARTICLE.read_text("utf-8").splitlines() if "prior_" not in line]
    few.write_text("\n".join(firsts[:12]), encoding="utf-8")
    found = evaluate([few], None, tmp_path / "out", settings=settings, system=endpoint)
    local = evaluate([few], small_index, tmp_path / "local", settings=settings)
    assert found.results[0].figures == local.results[0].figures


def test_a_refusal_by_an_endpoint_is_an_error_of_the_question(
    endpoint: str, own_set: Path, settings: Settings, tmp_path: Path
) -> None:
    (result,) = evaluate([own_set], None, tmp_path, settings=settings, system=endpoint).results
    assert result.counts["errors"] == 1
    assert "HTTP 503" in (tmp_path / "own" / "questions.csv").read_text("utf-8")


# ---- the command line ----------------------------------------------------------------------


def test_the_command_fails_if_a_floor_is_missed(
    article_run: tuple[Path, Evaluation],
    corpus_index: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shutil.copytree(article_run[0], tmp_path, dirs_exist_ok=True)  # all is asked
    command = ["evaluate", str(ARTICLE), "--index", str(corpus_index), "--out", str(tmp_path)]
    assert main([*command, "--fail-under", "R@5=.9,Holds=.5"]) == 0
    shown = capsys.readouterr().out
    assert "cica: 66 questions, 0 failed" in shown
    assert f"report: {tmp_path / 'report.html'}" in shown
    assert main([*command, "--fail-under", "Holds=.999"]) == 8
    assert "cica: Holds is 0.9" in capsys.readouterr().err
    assert main([*command, "--fail-under", "Nonsense=.9"]) == 2
    assert "no set has the metric 'Nonsense'; there are: " in capsys.readouterr().err


def test_bad_input_is_reported_and_loses_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], settings: Settings, own_set: Path
) -> None:
    assert main(["evaluate", str(tmp_path / "none.jsonl")]) == 7
    assert "none.jsonl" in capsys.readouterr().err
    texts = tmp_path / "texts.jsonl"
    texts.write_text('{"id": "1", "title": "t", "text": "a text"}', encoding="utf-8")
    assert main(["evaluate", str(texts), "--index", str(tmp_path)]) == 7
    assert "no question" in capsys.readouterr().err
    blocked = tmp_path / "file"
    blocked.write_text("x")
    with pytest.raises(EvaluationError, match="Name another folder with --out"):
        evaluate([own_set], None, blocked / "out", settings=settings)
    with pytest.raises(SettingsError, match="no noise 'loud'"):
        evaluate([own_set], None, tmp_path, settings=settings, robustness=["loud"])
    with pytest.raises(SettingsError, match="two sets are named 'own'"):
        evaluate([own_set, own_set], None, tmp_path, settings=settings)
    broken = tmp_path / "broken.jsonl"
    broken.write_text(own_set.read_text("utf-8") + "\n{oops\n", encoding="utf-8")
    (result,) = evaluate([broken], None, tmp_path / "out", settings=settings).results
    assert [(one.kind, one.line) for one in result.problems] == [("malformed", 6)]
    with pytest.raises(QuestionSetError, match=r"broken\.jsonl:6"):
        evaluate([broken], None, tmp_path / "o2", settings=settings, strict=True)


def test_check_looks_for_faults_only(
    own_set: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    twice = tmp_path / "twice.jsonl"
    row = own_set.read_text("utf-8").splitlines()[0]
    twice.write_text(f"{row}\n{row.replace('q0', 'again')}\n", encoding="utf-8")
    assert main(["evaluate", "--check", str(twice)]) == 8
    assert "twice.jsonl:2: " in capsys.readouterr().out
    assert main(["evaluate", "--check", str(ARTICLE)]) in (0, 8)


def test_evaluate_is_part_of_the_public_api() -> None:
    assert cica_qa.evaluate is evaluate
    assert "evaluate" in cica_qa.__all__
