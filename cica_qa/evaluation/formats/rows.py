"""From a row, whatever its columns are called, to a question and the document it is asked of."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from itertools import count

from cica_qa.evaluation.formats.columns import (
    Fields,
    as_text,
    fields_of,
    is_blank,
    known_names,
    misspelt,
    role_of,
)
from cica_qa.evaluation.formats.golds import (
    Answer,
    MalformedError,
    answers_of,
    items_of,
    located,
    with_starts,
)
from cica_qa.evaluation.formats.text import Tell
from cica_qa.evaluation.types import Gold, Problem, Question
from cica_qa.types import Document, Turn

Row = Mapping[str, object]

_WANTS_ALL = frozenset(("list", "multi"))
_YES = frozenset(("true", "1", "1.0", "yes", "نعم"))
_NO = frozenset(("false", "0", "0.0", "no", "لا"))


def document_of(row: Row) -> Document | None:
    """Return the document a row brings; None where its context is missing or blank."""
    fields = fields_of(row)
    text = fields.text("context")
    return Document(_doc_ids(fields)[0], fields.text("title"), text) if text else None


def unit_of(row: Row) -> str:
    """Return what a row says should be found: «section», «document», or "" for nothing."""
    fields = fields_of(row)
    if fields.texts("section"):
        return "section"
    return "document" if _doc_ids(fields) else ""


class RowReader:
    """Makes questions of a file's rows, in their order, and tells what is wrong with them."""

    def __init__(self, file: str, unit: str, tell: Tell) -> None:
        self._file = file
        self._unit = unit
        self._pass_on = tell
        self._rows = 0
        self._columns: set[str] = set()
        # Hashes, not strings: there may be millions of each.
        self._ids: set[int] = set()
        self._contexts: dict[int, int] = {}

    def question(self, line: int, row: Row) -> Question | None:
        """Return the question of a row; None where it is left out, which is told."""
        self._rows += 1
        self._meet(line, row)
        fields = fields_of(row)
        text = fields.text("question")
        if not text:
            said = f"no question here; name its column one of: {known_names('question')}"
            self._tell(line, "no-question", f"{said} (found: {_some(row)})")
            return None
        qid = fields.text("id").strip() or f"q{line or self._rows}"
        try:
            question = self._made(line, qid, text, fields)
        except MalformedError as error:
            self._tell(line, "malformed", f"question {qid!r}: {error}")
            return None
        return self._with_own_id(line, question)

    def _with_own_id(self, line: int, question: Question) -> Question | None:
        """The question under an id that no other had; None where it was there before."""
        qid = question.qid
        whole = hash((qid, question.text, question.golds, tuple(question.relevant)))
        if whole in self._ids:
            said = f"the question {qid!r} was there before; this one is left out. Delete it"
            self._tell(line, "duplicate-id", said)
            return None
        if hash(qid) in self._ids:
            number = next(n for n in count(2) if hash(f"{qid}#{n}") not in self._ids)
            question = replace(question, qid=f"{qid}#{number}")
            said = f"the id {qid!r} was used before; it is {question.qid} now. Give it its own id"
            self._tell(line, "duplicate-id", said)
        self._ids |= {whole, hash(question.qid)}
        return question

    def _made(self, line: int, qid: str, text: str, fields: Fields) -> Question:
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
        self, line: int, qid: str, fields: Fields, doc_ids: list[str]
    ) -> tuple[tuple[Gold, ...], bool]:
        answers, all_of = _answers(fields)
        if fields.plain_list:
            said = f"the answers of {qid!r} are a string, taken as one answer. Make it a list"
            self._tell(line, "answers-is-string", said)
        context = fields.text("context")
        if context:
            known = self._contexts.setdefault(hash(doc_ids[0]), hash(context))
            if known != hash(context):
                said = f"the document {doc_ids[0]!r} had another text before. Give it another id"
                self._tell(line, "document-differs", said)
        golds, wrong = located(answers, context, doc_ids[0] if len(doc_ids) == 1 else "")
        for answer in wrong:
            said = f"the answer {answer!r} of {qid!r} is not where its offset says; correct it"
            self._tell(line, "wrong-offset", said)
        return tuple(golds), all_of

    def _meet(self, line: int, row: Row) -> None:
        """Say once of a column what may be wrong with its name, and of a context that is blank."""
        for name in row.keys() - self._columns:
            self._columns.add(name)
            if right := misspelt(name):
                said = f"the column {as_text(name)!r} is not known; is it {right!r}? Then rename it"
                self._tell(line, "unknown-column", said)
        for name, value in row.items():
            if isinstance(value, str) and is_blank(value) and role_of(name)[0] == "context":
                said = "the context is empty; fill it, or leave the question out"
                self._tell(line, "empty-context", said)

    def _tell(self, line: int, kind: str, message: str) -> None:
        self._pass_on(Problem(self._file, line, kind, message + "."))


def _answers(fields: Fields) -> tuple[list[Answer], bool]:
    """The answers, and whether all of them are asked for. Raises ``MalformedError``."""
    given = [answers for value in fields.roles.get("answers", ()) if (answers := answers_of(value))]
    if not given:
        return [], _asks_all(fields)
    # A list is written out a second time as the one answer; alternatives may be beside it.
    listed = next((items for (text, _), *_ in given if (items := items_of(text))), [])
    if listed and len(given[0]) == 1:
        return [(item, None) for item in listed], len(listed) > 1
    first = with_starts(given[0], fields.first("starts"))
    if _asks_all(fields) or (listed and len(first) > 1):
        return first, True
    known = {text for text, _ in first}
    others = [answer for answers in given[1:] for answer in answers if answer[0] not in known]
    return first + others, False


def _asks_all(fields: Fields) -> bool:
    return fields.text("type").strip().lower() in _WANTS_ALL


def _doc_ids(fields: Fields) -> list[str]:
    """The ids of what a question is asked of; a context without an id is named by its content."""
    context = fields.text("context")
    ids = fields.texts("document")
    if not context:
        return ids
    return ids[:1] or [hashlib.sha256(context.encode()).hexdigest()[:12]]


def _answerable(fields: Fields) -> bool | None:
    for role, yes, no in (("answerable", _YES, _NO), ("impossible", _NO, _YES)):
        said = fields.text(role).strip().lower()
        if said in yes or said in no:
            return said in yes
    return None


def _history(fields: Fields) -> tuple[Turn, ...]:
    """The earlier turns. Raises ``MalformedError``."""
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


def _some(row: Row) -> str:
    return ", ".join([as_text(name)[:40] for name in row][:12]) or "nothing"
