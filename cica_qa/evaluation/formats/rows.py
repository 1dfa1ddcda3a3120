"""Turns a row, whatever its columns are called, into a question and its document."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from itertools import count

from cica_qa.evaluation.formats.columns import (
    RowFields,
    as_text,
    is_blank,
    known_names,
    misspelt,
    role_of,
    row_fields,
)
from cica_qa.evaluation.formats.golds import (
    MalformedError,
    RawAnswer,
    bullet_items,
    locate_answers,
    parse_answers,
    with_offsets,
)
from cica_qa.evaluation.formats.text import ProblemSink
from cica_qa.evaluation.types import Gold, Question, SetProblem
from cica_qa.types import Document, Turn

RawRow = Mapping[str, object]

_WANTS_ALL = frozenset(("list", "multi"))
_YES = frozenset(("true", "1", "1.0", "yes", "نعم"))
_NO = frozenset(("false", "0", "0.0", "no", "لا"))


def row_document(row: RawRow) -> Document | None:
    """Return the document in a row; None if its context is missing or blank."""
    fields = row_fields(row)
    text = fields.text("context")
    return Document(_doc_ids(fields)[0], fields.text("title"), text) if text else None


def unit_of(row: RawRow) -> str:
    """Return what a row's judgements name: «section», «document», or "" without judgements."""
    fields = row_fields(row)
    if fields.texts("section"):
        return "section"
    return "document" if _doc_ids(fields) else ""


class RowReader:
    """Turns the rows of a file, in order, into questions, and reports their problems."""

    def __init__(self, file: str, unit: str, report: ProblemSink) -> None:
        self._file = file
        self._unit = unit
        self._sink = report
        self._rows = 0
        self._columns: set[str] = set()
        # Hashes, not strings: there may be millions of each.
        self._ids: set[int] = set()
        self._contexts: dict[int, int] = {}

    def question(self, line: int, row: RawRow) -> Question | None:
        """Return the question of a row; None if the row is skipped, which is reported."""
        self._rows += 1
        self._check_columns(line, row)
        fields = row_fields(row)
        text = fields.text("question")
        if not text:
            message = f"no question here; name its column one of: {known_names('question')}"
            self._report(line, "no-question", f"{message} (found: {_column_list(row)})")
            return None
        qid = fields.text("id").strip() or f"q{line or self._rows}"
        try:
            question = self._build(line, qid, text, fields)
        except MalformedError as error:
            self._report(line, "malformed", f"question {qid!r}: {error}")
            return None
        return self._with_own_id(line, question)

    def _with_own_id(self, line: int, question: Question) -> Question | None:
        """Return the question under a unique id; None for a repetition of an earlier question."""
        qid = question.qid
        whole = hash((qid, question.text, question.golds, tuple(question.relevant)))
        if whole in self._ids:
            message = f"the question {qid!r} was there before; this one is left out. Delete it"
            self._report(line, "duplicate-id", message)
            return None
        if hash(qid) in self._ids:
            number = next(n for n in count(2) if hash(f"{qid}#{n}") not in self._ids)
            question = replace(question, qid=f"{qid}#{number}")
            message = (
                f"the id {qid!r} was used before; it is {question.qid} now. Give it its own id"
            )
            self._report(line, "duplicate-id", message)
        self._ids |= {whole, hash(question.qid)}
        return question

    def _build(self, line: int, qid: str, text: str, fields: RowFields) -> Question:
        doc_ids = _doc_ids(fields)
        golds, all_of = self._golds(line, qid, fields, doc_ids)
        if sections := fields.texts("section"):
            if self._unit == "section":
                doc_ids = sections
            else:
                fields.columns["section"] = " | ".join(sections)
        elif self._unit == "section":
            doc_ids = []
        return Question(
            qid=qid,
            text=text,
            golds=golds,
            all_of=all_of,
            answerable=_answerable(fields),
            history=_history(fields),
            relevant=dict.fromkeys(doc_ids, 1),
            columns=fields.columns,
            line=line,
        )

    def _golds(
        self, line: int, qid: str, fields: RowFields, doc_ids: list[str]
    ) -> tuple[tuple[Gold, ...], bool]:
        answers, all_of = _answers(fields)
        if fields.plain_list:
            message = f"the answers of {qid!r} are a string, taken as one answer. Make it a list"
            self._report(line, "answers-is-string", message)
        context = fields.text("context")
        if context:
            known = self._contexts.setdefault(hash(doc_ids[0]), hash(context))
            if known != hash(context):
                message = f"the document {doc_ids[0]!r} had another text before. Give it another id"
                self._report(line, "document-differs", message)
        golds, wrong = locate_answers(answers, context, doc_ids[0] if len(doc_ids) == 1 else "")
        for answer in wrong:
            message = f"the answer {answer!r} of {qid!r} is not where its offset says; correct it"
            self._report(line, "wrong-offset", message)
        return tuple(golds), all_of

    def _check_columns(self, line: int, row: RawRow) -> None:
        """Report unknown column names, each once, and a blank context."""
        for name in row.keys() - self._columns:
            self._columns.add(name)
            if right := misspelt(name):
                message = (
                    f"the column {as_text(name)!r} is not known; is it {right!r}? Then rename it"
                )
                self._report(line, "unknown-column", message)
        for name, value in row.items():
            if isinstance(value, str) and is_blank(value) and role_of(name)[0] == "context":
                message = "the context is empty; fill it, or leave the question out"
                self._report(line, "empty-context", message)

    def _report(self, line: int, kind: str, message: str) -> None:
        self._sink(SetProblem(self._file, line, kind, message + "."))


def _answers(fields: RowFields) -> tuple[list[RawAnswer], bool]:
    """Return the answers and whether all of them are required. Raises ``MalformedError``."""
    given = [
        answers for value in fields.roles.get("answers", ()) if (answers := parse_answers(value))
    ]
    if not given:
        return [], _asks_all(fields)
    # Some sets give a list a second time as one bulleted answer, with alternatives beside it.
    listed = next((items for (text, _), *_ in given if (items := bullet_items(text))), [])
    if listed and len(given[0]) == 1:
        return [(item, None) for item in listed], len(listed) > 1
    first = with_offsets(given[0], fields.first("starts"))
    if _asks_all(fields) or (listed and len(first) > 1):
        return first, True
    known = {text for text, _ in first}
    others = [answer for answers in given[1:] for answer in answers if answer[0] not in known]
    return first + others, False


def _asks_all(fields: RowFields) -> bool:
    return fields.text("type").strip().lower() in _WANTS_ALL


def _doc_ids(fields: RowFields) -> list[str]:
    """Return the ids of a question's documents; a context without an id is named by its hash."""
    context = fields.text("context")
    ids = fields.texts("document")
    if not context:
        return ids
    return ids[:1] or [hashlib.sha256(context.encode()).hexdigest()[:12]]


def _answerable(fields: RowFields) -> bool | None:
    for role, yes, no in (("answerable", _YES, _NO), ("impossible", _NO, _YES)):
        value = fields.text(role).strip().lower()
        if value in yes or value in no:
            return value in yes
    return None


def _history(fields: RowFields) -> tuple[Turn, ...]:
    """Return the earlier turns, oldest first. Raises ``MalformedError``."""
    turns = fields.first("history")
    if turns is None:
        before = fields.text("prior_question")
        return (Turn(before, fields.text("prior_answer")),) if before else ()
    if not isinstance(turns, list):
        raise MalformedError("its history is no list of {question, answer}; make it one")
    return tuple(map(_turn, turns))


def _turn(turn: object) -> Turn:
    if isinstance(turn, dict):
        turn = [turn.get("question"), turn.get("answer")]
    if isinstance(turn, list) and len(turn) == 2 and as_text(turn[0]).strip():
        return Turn(as_text(turn[0]), as_text(turn[1]))
    raise MalformedError("a turn of its history is no {question, answer} and no pair; make it one")


def _column_list(row: RawRow) -> str:
    return ", ".join([as_text(name)[:40] for name in row][:12]) or "nothing"
