"""TREC topics, relevance judgements (qrels) and runs."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from cica_qa.errors import QuestionSetError
from cica_qa.evaluation.formats.base import FileSet
from cica_qa.evaluation.formats.columns import as_text
from cica_qa.evaluation.formats.text import ProblemSink, ignore_problem, read_lines
from cica_qa.evaluation.types import Question, RunHit, SetProblem

_FIELD = re.compile(r"<(num|title|desc)>\s*(?:(?:Number|Topic|Description)\s*:)?", re.IGNORECASE)
_TAG = re.compile(r"</?\w+>")
Judgement = tuple[int, str, str, int]
"""Line, question id, document id, grade."""


class TrecSet(FileSet):
    """Topics, with the judgements of a *qrels* file beside them; it has no documents."""

    format = "trec"

    def __init__(self, path: Path, topics: Path, *, strict: bool = False) -> None:
        super().__init__(path, strict=strict)
        self.file = topics
        beside = [f for f in topics.parent.iterdir() if f.is_file() and "qrels" in f.name.lower()]
        self._qrels = preferred_qrels(beside)

    def _questions(self) -> Iterator[Question]:
        grades: dict[str, dict[str, int]] = {}
        if self._qrels is not None:
            problems: list[SetProblem] = []
            grades = read_qrels(self._qrels, problems)
            for problem in problems:
                self._report(problem)
        seen: set[str] = set()
        for line, qid, text in _topics(self.file, self._report):
            if qid in seen:
                message = (
                    f"the id {qid!r} was used before; this topic is left out. Give it its own id."
                )
                self._report(SetProblem(str(self.file), line, "duplicate-id", message))
                continue
            seen.add(qid)
            yield Question(qid, text, relevant=relevant_grades(grades.get(qid, {})), line=line)
        if self._qrels is not None:
            report_unknown(self._qrels, seen, None, self._report)

    def _files(self) -> Sequence[Path]:
        return (self.file,) if self._qrels is None else (self.file, self._qrels)


def looks_like_topics(head: str) -> bool:
    """Return whether a file starts like topics: SGML, or lines of an id, a tab and a query."""
    if "<top>" in head[:2000].lower():
        return True
    lines = [line for line in head.split("\n")[:20] if line.strip()]
    pairs = [line.split("\t") for line in (lines[:-1] if len(lines) > 19 else lines)]
    return bool(pairs) and all(
        len(pair) == 2 and re.fullmatch(r"\S*\d\S*", pair[0].strip()) for pair in pairs
    )


def preferred_qrels(files: Sequence[Path]) -> Path | None:
    """Return the file of judgements to use: test before dev before train, then by name."""

    def order(path: Path) -> tuple[int, str]:
        ranks = [rank for rank, part in enumerate(("test", "dev", "train")) if part in path.name]
        return min(ranks, default=3), path.name

    return min(files, key=order, default=None)


def read_qrels(path: Path, problems: list[SetProblem]) -> dict[str, dict[str, int]]:
    """Return the grades by question id and document id; malformed lines go to ``problems``.

    Raises ``QuestionSetError`` for a file that cannot be read.
    """
    grades: dict[str, dict[str, int]] = {}
    for _, qid, doc_id, grade in _judgements(path, problems.append):
        grades.setdefault(qid, {})[doc_id] = grade
    return grades


def relevant_grades(grades: Mapping[str, int]) -> dict[str, int]:
    """Return the relevant documents with their grades; grade 0 means not relevant."""
    return {doc_id: grade for doc_id, grade in grades.items() if grade > 0}


def report_unknown(
    path: Path, questions: set[str], documents: set[str] | None, report: ProblemSink
) -> None:
    """Report judgements of unknown questions and, if ``documents`` are given, of unknown ones."""
    reported: set[str] = set()
    for line, qid, doc_id, _ in _judgements(path, ignore_problem):
        if qid not in questions and qid not in reported:
            reported.add(qid)
            message = f"judgements of {qid!r}, which is no question here. Take them out."
            report(SetProblem(str(path), line, "unknown-qrel", message))
        if documents is not None and doc_id not in documents:
            message = f"a judgement of {doc_id!r}, which is no document here. Take it out."
            report(SetProblem(str(path), line, "unknown-qrel", message))


def read_trec_run(path: Path) -> Mapping[str, list[RunHit]]:
    """Return the hits of a run («qid Q0 docid rank score tag») by question id, best first.

    Equal scores keep the order of the file. Raises ``QuestionSetError`` for a malformed line, and
    for a document that occurs twice for a question.
    """
    problems: list[SetProblem] = []
    found: dict[str, dict[str, RunHit]] = {}
    for line, text in read_lines(path, problems.append):
        if problems:
            break
        if not text.strip():
            continue
        fields = text.split()
        score = _number(fields[4]) if len(fields) == 6 else None
        if score is None:
            raise QuestionSetError(f"{path}:{line}: not «qid Q0 docid rank score tag». Correct it.")
        hits = found.setdefault(fields[0], {})
        if fields[2] in hits:
            raise QuestionSetError(
                f"{path}:{line}: {fields[2]!r} is there twice for question {fields[0]!r}. "
                "Keep the better one."
            )
        hits[fields[2]] = RunHit(fields[2], score)
    if problems:
        raise QuestionSetError(str(problems[0]))
    if not found:
        raise QuestionSetError(f"{path} is empty: no line «qid Q0 docid rank score tag».")
    return {qid: sorted(hits.values(), key=lambda hit: -hit.score) for qid, hits in found.items()}


def _judgements(path: Path, report: ProblemSink) -> Iterator[Judgement]:
    """Yield judgements: «qid 0 docid grade», or BEIR's tabbed «qid docid grade» with a header."""
    for line, text in read_lines(path, report):
        if not text.strip():
            continue
        fields = text.rstrip("\r\n").split("\t") if "\t" in text else text.split()
        grade = _number(fields[-1]) if len(fields) in (3, 4) else None
        if grade is not None and grade.is_integer():
            yield line, fields[0].strip(), fields[-2].strip(), int(grade)
        elif line > 1 or len(fields) != 3:
            message = "not «qid 0 docid grade» with a whole number. Correct it or take it out."
            report(SetProblem(str(path), line, "malformed", message))


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _topics(path: Path, report: ProblemSink) -> Iterator[tuple[int, str, str]]:
    """Yield (line, id, text) for each topic."""
    first = "".join(text for _, text in islice(read_lines(path, ignore_problem), 20))
    found = _tagged(path, report) if "<top>" in first.lower() else _tabbed(path, report)
    for line, qid, text in found:
        if qid and text:
            yield line, qid, text
        else:
            message = "a topic without an id or without a title. Complete it or take it out."
            report(SetProblem(str(path), line, "no-question" if qid else "malformed", message))


def _tabbed(path: Path, report: ProblemSink) -> Iterator[tuple[int, str, str]]:
    for line, text in read_lines(path, report):
        if not text.strip():
            continue
        qid, tab, query = text.partition("\t")
        if tab:
            yield line, qid.strip(), query.strip()
        else:
            message = "not an id, a tab and a query. Correct it or take it out."
            report(SetProblem(str(path), line, "malformed", message))


def _tagged(path: Path, report: ProblemSink) -> Iterator[tuple[int, str, str]]:
    begun = 0
    lines: list[str] = []
    for line, text in read_lines(path, report):
        lowered = text.lower()
        if "<top>" in lowered:
            if begun:
                _report_unclosed(path, begun, report)
            begun, lines = line, []
        lines.append(text)
        if "</top>" in lowered and begun:
            yield begun, *_topic("".join(lines))
            begun = 0
    if begun:
        _report_unclosed(path, begun, report)


def _topic(text: str) -> tuple[str, str]:
    """Return the id and the title of a topic, or its description if it has no title."""
    # The split alternates text and tags; the text after a tag belongs to its field.
    _, *parts = _FIELD.split(text)
    fields = {
        name.lower(): " ".join(html.unescape(_TAG.split(value)[0]).split())
        for name, value in zip(parts[::2], parts[1::2], strict=True)
    }
    return fields.get("num", ""), as_text(fields.get("title") or fields.get("desc", ""))


def _report_unclosed(path: Path, line: int, report: ProblemSink) -> None:
    message = "a topic that is not closed; it is left out. Add </top>."
    report(SetProblem(str(path), line, "malformed", message))
