"""What can be evaluated: a pipeline of ours, a run file of any system, an HTTP endpoint."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Protocol

import httpx

from cica_qa.answer.pipeline import Pipeline
from cica_qa.errors import EvaluationError
from cica_qa.evaluation.types import Found, Outcome, Question
from cica_qa.types import Citation, Hit
from cica_qa.version import __version__

_PACKAGES = (
    "faiss-cpu",
    "openvino",
    "torch",
    "sentence-transformers",
    "camel-tools",
    "ir-measures",
)


class System(Protocol):
    """Answers the questions of an evaluation. ``answers`` is false where it only retrieves."""

    name: str
    answers: bool

    def ask(self, question: Question, text: str, unit: str) -> Outcome:
        """Return what it says to ``text``, the question or a noisy form of it.

        ``unit`` says what hits are named by: «document» or «section». Anything raised is recorded
        as the question's error.
        """

    def configuration(self) -> Mapping[str, object]:
        """Return what its answers depend on, for the report; the same for the same system."""


class PipelineSystem:
    """A pipeline of this package."""

    answers = True

    def __init__(
        self, pipeline: Pipeline, k: int = 10, index: Mapping[str, object] | None = None
    ) -> None:
        """``k`` passages are looked at for each question; ``index`` describes the index."""
        self.name = "cica-qa"
        self._index = index or {}
        self._pipeline = pipeline
        self._k = k
        self._titles = {document.doc_id: document.title for document in pipeline.documents()}

    def ask(self, question: Question, text: str, unit: str) -> Outcome:
        """Ask the pipeline, with the question's history."""
        answer = self._pipeline.ask(text, question.history, k=self._k)
        found = [
            Found(self._name(hit, question, unit), hit.score, hit.passage.passage_id)
            for hit in answer.hits
        ]
        return Outcome(
            question,
            text,
            answer="" if answer.abstained else answer.text,
            span="" if answer.abstained else span_of(answer.text, answer.citations),
            cited=answer.citations,
            abstained=answer.abstained,
            confidence=answer.confidence,
            reason=answer.reason or (answer.text if answer.abstained else ""),
            found=each_once(found),
        )

    def configuration(self) -> Mapping[str, object]:
        """The index's manifest, the settings, the versions and the machine."""
        settings = self._pipeline.retriever.settings
        return {
            "system": self.name,
            "k": self._k,
            "index": self._index,
            "settings": settings.model_dump(
                mode="json", exclude={"llm_key", "system_key", "cache_dir"}
            ),
            "versions": versions(),
            "machine": machine(),
        }

    def _name(self, hit: Hit, question: Question, unit: str) -> str:
        passage = hit.passage
        title = self._titles.get(passage.doc_id, passage.doc_id)
        return _unit_of(passage.doc_id, passage.headings or (title,), question, unit)


class RunSystem:
    """A system of which only a TREC run file is there: it retrieves, and answers nothing."""

    answers = False

    def __init__(self, name: str, run: Mapping[str, Sequence[Found]], digest: str) -> None:
        """``run`` maps question ids to hits, best first; ``digest`` is that of its file."""
        self.name = name
        self._run = run
        self._digest = digest

    def ask(self, question: Question, text: str, unit: str) -> Outcome:
        """Return what the run found for the question; nothing where it has no line for it."""
        return Outcome(question, text, found=each_once(self._run.get(question.qid, ())))

    def configuration(self) -> Mapping[str, object]:
        """The run file and its digest."""
        return {"system": self.name, "run": self._digest, "versions": versions()}


class HttpSystem:
    """An endpoint that speaks our REST contract: ``POST <url>/v1/ask``.

    The body is ``{"question", "history": [{"question", "answer"}], "k"}``, the response has the
    fields of ``cica_qa.Answer``.
    """

    answers = True

    def __init__(self, url: str, *, key: str = "", k: int = 10, seconds: float = 60.0) -> None:
        """``key`` is sent as a bearer token, where there is one."""
        self.name = url.rstrip("/")
        self._k = k
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._client = httpx.Client(timeout=seconds, headers=headers)

    def ask(self, question: Question, text: str, unit: str) -> Outcome:
        """Ask the endpoint. Raises ``EvaluationError`` for what is no answer."""
        turns = [{"question": t.question, "answer": t.answer} for t in question.history]
        body = {"question": text, "history": turns, "k": self._k}
        response = self._client.post(f"{self.name}/v1/ask", json=body)
        if response.status_code != httpx.codes.OK:
            raise EvaluationError(f"HTTP {response.status_code}: {response.text[:200]}")
        try:
            return _from_json(question, text, response.json(), unit)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise EvaluationError(f"the response is no answer: {error!r}") from error

    def configuration(self) -> Mapping[str, object]:
        """The address, and our own versions."""
        return {"system": self.name, "k": self._k, "versions": versions(), "machine": machine()}


def _from_json(question: Question, text: str, said: Any, unit: str) -> Outcome:
    cited = tuple(
        Citation(
            int(c.get("number", at)),
            str(c.get("passage_id", "")),
            str(c["doc_id"]),
            int(c["start"]),
            int(c["end"]),
            str(c["quote"]),
            tuple((int(start), int(end)) for start, end in c.get("focus", ())),
            str(c.get("page", "")),
        )
        for at, c in enumerate(said.get("citations", ()), 1)
    )
    found = [_found_in(hit, question, unit) for hit in said.get("hits", ())]
    abstained = bool(said.get("abstained", False))
    answer = "" if abstained else str(said["text"])
    sure = said.get("confidence")
    return Outcome(
        question,
        text,
        answer=answer,
        span="" if abstained else span_of(answer, cited),
        cited=cited,
        abstained=abstained,
        confidence=float("nan") if sure is None else float(sure),
        reason=str(said.get("reason", "")),
        found=each_once(found),
    )


def _found_in(hit: Any, question: Question, unit: str) -> Found:
    passage = hit["passage"]
    name = _unit_of(str(passage["doc_id"]), passage.get("headings") or ("",), question, unit)
    return Found(name, float(hit["score"]), str(passage.get("passage_id", "")))


def _unit_of(doc_id: str, headings: Sequence[str], question: Question, unit: str) -> str:
    """Of a passage's headings the one that is asked for, else the innermost."""
    if unit != "section":
        return doc_id
    return next((str(h) for h in headings if h in question.relevant), str(headings[-1]))


def span_of(answer: str, cited: Sequence[Citation]) -> str:
    """Return the stretch that answers: what is set off, else what is cited, else all of it."""
    for one in cited:
        if one.focus:
            start, end = one.focus[0]
            return one.quote[start - one.start : end - one.start]
    return cited[0].quote if cited else answer


def each_once(found: Iterable[Found]) -> tuple[Found, ...]:
    """Return hits in their order, each unit where it was first found."""
    kept: dict[str, Found] = {}
    for one in found:
        kept.setdefault(one.unit, one)
    return tuple(kept.values())


def versions() -> dict[str, str]:
    """Return the versions that figures may depend on."""
    found = {"cica-qa": __version__, "python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def machine() -> dict[str, object]:
    """Return what the times depend on."""
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": os.cpu_count() or 1,
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())
