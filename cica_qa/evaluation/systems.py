"""The systems that can be evaluated: a pipeline, a TREC run file and an HTTP endpoint."""

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
from cica_qa.evaluation.types import Outcome, Question, RunHit
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
    """A system under evaluation; ``answers`` is false for one that only retrieves."""

    name: str
    answers: bool

    def ask(self, question: Question, text: str, unit: str) -> Outcome:
        """Return the outcome for ``text``, which is the question or a noisy form of it.

        ``unit`` says what names the hits: «document» or «section». Any exception is recorded as the
        question's error.
        """

    def configuration(self) -> Mapping[str, object]:
        """Return everything that the answers depend on; equal for equal systems."""


class PipelineSystem:
    """A pipeline of this package."""

    answers = True

    def __init__(
        self, pipeline: Pipeline, k: int = 10, index: Mapping[str, object] | None = None
    ) -> None:
        """Ask ``pipeline``, retrieving ``k`` passages; ``index`` describes its index."""
        self.name = "cica-qa"
        self._index = index or {}
        self._pipeline = pipeline
        self._k = k
        self._titles = {document.doc_id: document.title for document in pipeline.documents()}

    def ask(self, question: Question, text: str, unit: str) -> Outcome:
        """Ask the pipeline, with the question's history."""
        answer = self._pipeline.ask(text, question.history, k=self._k)
        found = [
            RunHit(self._name(hit, question, unit), hit.score, hit.passage.passage_id)
            for hit in answer.hits
        ]
        return Outcome(
            question,
            text,
            answer="" if answer.abstained else answer.text,
            span="" if answer.abstained else answer_span(answer.text, answer.citations),
            cited=answer.citations,
            abstained=answer.abstained,
            confidence=answer.confidence,
            reason=answer.reason or (answer.text if answer.abstained else ""),
            found=unique_units(found),
        )

    def configuration(self) -> Mapping[str, object]:
        """Return the index's manifest, the settings, the versions and the machine."""
        settings = self._pipeline.retriever.settings
        return {
            "system": self.name,
            "k": self._k,
            "index": self._index,
            "settings": settings.model_dump(
                mode="json", exclude={"llm_key", "system_key", "cache_dir"}
            ),
            "versions": package_versions(),
            "machine": machine_info(),
        }

    def _name(self, hit: Hit, question: Question, unit: str) -> str:
        passage = hit.passage
        title = self._titles.get(passage.doc_id, passage.doc_id)
        return _unit_of(passage.doc_id, passage.headings or (title,), question, unit)


class RunSystem:
    """A system known only by its TREC run file, which retrieves but does not answer."""

    answers = False

    def __init__(self, name: str, run: Mapping[str, Sequence[RunHit]], digest: str) -> None:
        """Replay ``run``, hits by question id, best first; ``digest`` identifies its file."""
        self.name = name
        self._run = run
        self._digest = digest

    def ask(self, question: Question, text: str, unit: str) -> Outcome:
        """Return the hits of the run for the question; none if the run has no line for it."""
        return Outcome(question, text, found=unique_units(self._run.get(question.qid, ())))

    def configuration(self) -> Mapping[str, object]:
        """Return the name and the digest of the run file, and the versions."""
        return {"system": self.name, "run": self._digest, "versions": package_versions()}


class HttpSystem:
    """An HTTP endpoint with our REST API: ``POST <url>/v1/ask``.

    The body is ``{"question", "history": [{"question", "answer"}], "k"}``, and the response has the
    fields of ``cica_qa.Answer``.
    """

    answers = True

    def __init__(self, url: str, *, key: str = "", k: int = 10, seconds: float = 60.0) -> None:
        """Ask the endpoint at ``url``; a non-empty ``key`` is sent as a bearer token."""
        self.name = url.rstrip("/")
        self._k = k
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._client = httpx.Client(timeout=seconds, headers=headers)

    def ask(self, question: Question, text: str, unit: str) -> Outcome:
        """Ask the endpoint. Raises ``EvaluationError`` if its response is not an answer."""
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
        """Return the URL, and the versions and the machine of this side."""
        return {
            "system": self.name,
            "k": self._k,
            "versions": package_versions(),
            "machine": machine_info(),
        }


def _from_json(question: Question, text: str, body: Any, unit: str) -> Outcome:
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
        for at, c in enumerate(body.get("citations", ()), 1)
    )
    found = [_found_in(hit, question, unit) for hit in body.get("hits", ())]
    abstained = bool(body.get("abstained", False))
    answer = "" if abstained else str(body["text"])
    sure = body.get("confidence")
    return Outcome(
        question,
        text,
        answer=answer,
        span="" if abstained else answer_span(answer, cited),
        cited=cited,
        abstained=abstained,
        confidence=float("nan") if sure is None else float(sure),
        reason=str(body.get("reason", "")),
        found=unique_units(found),
    )


def _found_in(hit: Any, question: Question, unit: str) -> RunHit:
    passage = hit["passage"]
    name = _unit_of(str(passage["doc_id"]), passage.get("headings") or ("",), question, unit)
    return RunHit(name, float(hit["score"]), str(passage.get("passage_id", "")))


def _unit_of(doc_id: str, headings: Sequence[str], question: Question, unit: str) -> str:
    """Return the document id, or for «section» the heading that is relevant, else the innermost."""
    if unit != "section":
        return doc_id
    return next((str(h) for h in headings if h in question.relevant), str(headings[-1]))


def answer_span(answer: str, cited: Sequence[Citation]) -> str:
    """Return the answer span: the first focus, else the first quote, else the whole answer."""
    for one in cited:
        if one.focus:
            start, end = one.focus[0]
            return one.quote[start - one.start : end - one.start]
    return cited[0].quote if cited else answer


def unique_units(found: Iterable[RunHit]) -> tuple[RunHit, ...]:
    """Return the hits, in order, with each unit only at its first occurrence."""
    kept: dict[str, RunHit] = {}
    for one in found:
        kept.setdefault(one.unit, one)
    return tuple(kept.values())


def package_versions() -> dict[str, str]:
    """Return the versions of the packages that figures may depend on."""
    found = {"cica-qa": __version__, "python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def machine_info() -> dict[str, object]:
    """Return a description of the hardware, on which the times depend."""
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
