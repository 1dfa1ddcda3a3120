"""The quotes of an answer as lines and tables, laid out as in the document."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from cica_qa.documents.units import visible
from cica_qa.types import Answer, Citation, Passage, Unit

_BULLET = re.compile(r"\s*[•●○◦▪▫■□‣⁃·*–—-]\s+(?=\S)")
_MARKS = re.compile(r"\s*\[(\d{1,3})\]")
_SENTENCE = re.compile(r"[^.؟!]+[.؟!]?")


class AnswerLine(NamedTuple):
    """One line or table of an answer; ``number`` is the citation whose chip follows it.

    ``item`` is whether it is a list item. ``focus`` are the spans of the text that answer. A
    table has ``rows`` of cells, the first of which is its header.
    """

    text: str
    item: bool
    number: int | None
    focus: tuple[tuple[int, int], ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def answer_lines(answer: Answer, marked: frozenset[str] = frozenset()) -> list[AnswerLine]:
    """Return the lines of an answer; ``marked`` are the ids of Markdown documents."""
    if answer.phrased:
        return _phrased_lines(answer)
    passages = {hit.passage.passage_id: hit.passage for hit in answer.hits}
    lines: list[AnswerLine] = []
    for citation in answer.citations:
        table = _table(citation, passages[citation.passage_id])
        own = [table] if table else _quote_lines(citation)
        lines += [_without_markup(line) if citation.doc_id in marked else line for line in own]
    return lines


def _phrased_lines(answer: Answer) -> list[AnswerLine]:
    """Return the sentences of a phrased answer, each with the first citation it names."""
    lines = []
    for text in filter(str.strip, answer.text.removesuffix(answer.note).splitlines()):
        for part in _SENTENCE.findall(text):
            numbers = [int(number) for number in _MARKS.findall(part)]
            known = [n for n in numbers if n in {c.number for c in answer.citations}]
            number = known[0] if known else None
            lines.append(AnswerLine(" ".join(_MARKS.sub("", part).split()), False, number))
    return lines


def _quote_lines(citation: Citation) -> list[AnswerLine]:
    """Return the lines of a quote without bullets; the last one has the number."""
    lines, start = [], citation.start
    for row in citation.quote.splitlines(keepends=True):
        text, bullet = row.rstrip(), _BULLET.match(row)
        begin = bullet.end() if bullet else len(row) - len(row.lstrip())
        if text.strip():
            inside = [(a - start - begin, b - start - begin) for a, b in citation.focus]
            size = len(text) - begin
            focus = tuple((max(a, 0), min(b, size)) for a, b in inside if a < size and b > 0)
            lines.append(AnswerLine(text[begin:], bullet is not None, None, focus))
        start += len(row)
    return [*lines[:-1], *(line._replace(number=citation.number) for line in lines[-1:])]


def _without_markup(line: AnswerLine) -> AnswerLine:
    """Return a line without inline Markdown, with its focus adjusted."""
    shown = visible(line.text, 0, len(line.text))
    focus = []
    for start, end in line.focus:
        inside = [at for at, origin in enumerate(shown) if start <= origin < end]
        if inside:
            focus.append((inside[0], inside[-1] + 1))
    text = "".join(line.text[at] for at in shown)
    rows = tuple(
        tuple("".join(cell[at] for at in visible(cell, 0, len(cell))) for cell in row)
        for row in line.rows
    )
    return line._replace(text=text, focus=tuple(focus), rows=rows)


def _table(citation: Citation, passage: Passage) -> AnswerLine | None:
    """Return the quote as a table if it consists of rows of one table with a header."""
    rows = [
        unit
        for unit in passage.units
        if unit.kind == "row" and citation.start <= unit.start and unit.end <= citation.end
    ]
    if not rows or not all(_has_header(unit, passage) for unit in rows):
        return None
    if rows[0].start != citation.start or rows[-1].end != citation.end:
        return None
    if any(unit.header != rows[0].header for unit in rows):
        return None
    cells = [_texts(rows[0].header, passage), *(_texts(unit.cells, passage) for unit in rows)]
    return AnswerLine(citation.quote, False, citation.number, (), tuple(cells))


def _has_header(unit: Unit, passage: Passage) -> bool:
    inside = all(
        passage.start <= start <= end <= passage.end for start, end in (*unit.header, *unit.cells)
    )
    return inside and len(unit.header) == len(unit.cells) > 1


def _texts(spans: Sequence[tuple[int, int]], passage: Passage) -> tuple[str, ...]:
    return tuple(" ".join(passage.slice(*span).split()) for span in spans)
