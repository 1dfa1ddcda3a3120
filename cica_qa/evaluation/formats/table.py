"""CSV and TSV with a header, as spreadsheets write them."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from cica_qa.errors import QuestionSetError
from cica_qa.evaluation.formats.base import RowSet
from cica_qa.evaluation.formats.columns import has_role, known_names, role_of
from cica_qa.evaluation.formats.rows import RawRow
from cica_qa.evaluation.formats.text import ProblemSink, ignore_problem, read_lines
from cica_qa.evaluation.types import SetProblem

_DELIMITERS = ",;\t"
_SEVERAL = frozenset(("answers", "starts", "section", "document", "history"))
# Room for a whole book in a cell; the csv module's default is 128 K characters.
_LONGEST_CELL = 1 << 24


class TableSet(RowSet):
    """One question in each row; a cell holds several answers as «a | b» or as a JSON list.

    Raises ``QuestionSetError`` if no column holds questions.
    """

    format = "table"

    def __init__(self, path: Path, *, strict: bool = False) -> None:
        self._delimiter, self._header = sniff_header(path)
        if not has_role(self._header, "question"):
            raise QuestionSetError(
                f"{path} has no column with the question. Found: {', '.join(self._header)}. "
                f"Call one of them: {known_names('question')}."
            )
        super().__init__(path, strict=strict)

    def _rows(self, report: ProblemSink) -> Iterator[tuple[int, RawRow]]:
        records = _records(self.path, self._delimiter, report)
        next(records, None)
        for line, cells in records:
            if len(cells) > len(self._header):
                message = (
                    f"{len(cells)} cells under {len(self._header)} columns. "
                    f"Put cells that hold {self._delimiter!r} between quotation marks."
                )
                report(SetProblem(str(self.path), line, "malformed", message))
                continue
            named = zip(self._header, cells, strict=False)
            yield line, {name: _value(name, cell) for name, cell in named if name}


def sniff_header(path: Path) -> tuple[str, list[str]]:
    """Return the delimiter and columns: those with most known names, then most columns."""
    headers = []
    for delimiter in _DELIMITERS:
        _, cells = next(_records(path, delimiter, ignore_problem), (0, []))
        headers.append((delimiter, [cell.strip() for cell in cells]))
    return max(headers, key=lambda h: (sum(bool(role_of(c)[0]) for c in h[1]), len(h[1])))


class _Lines:
    """An iterator of lines for ``csv`` that tracks the first line read since ``begin``."""

    def __init__(self, lines: Iterable[tuple[int, str]]) -> None:
        self._lines = iter(lines)
        self.begin()

    def begin(self) -> None:
        self.first = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        number, line = next(self._lines)
        self.first = self.first or number
        return line


def _records(path: Path, delimiter: str, report: ProblemSink) -> Iterator[tuple[int, list[str]]]:
    """Yield (first line, cells) for each record that is not blank."""
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_CELL))
    lines = _Lines(read_lines(path, report))
    records = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        lines.begin()
        try:
            cells = next(records)
        except StopIteration:
            return
        except csv.Error as error:
            message = f"the row cannot be read ({error}). Double quotation marks inside a cell."
            report(SetProblem(str(path), lines.first, "malformed", message))
            continue
        if any(cell.strip() for cell in cells):
            yield lines.first, cells


def _value(name: str, cell: str) -> object:
    if role_of(name)[0] not in _SEVERAL or not cell.strip():
        return cell
    if cell.lstrip().startswith(("[", "{")):
        try:
            return json.loads(cell)
        except (ValueError, RecursionError):
            return [cell]
    return [part.strip() for part in cell.split(" | ")] if " | " in cell else [cell]
