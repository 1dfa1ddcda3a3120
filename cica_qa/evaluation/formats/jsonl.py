"""JSON Lines, with one question on each line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from cica_qa.evaluation.formats.base import RowSet
from cica_qa.evaluation.formats.rows import RawRow
from cica_qa.evaluation.formats.text import ProblemSink, read_lines
from cica_qa.evaluation.types import SetProblem


class JsonLinesSet(RowSet):
    """One object on each line; ``columns`` lists the possible names of its keys."""

    format = "jsonl"

    def _rows(self, report: ProblemSink) -> Iterator[tuple[int, RawRow]]:
        yield from read_objects(self.path, report)


def read_objects(path: Path, report: ProblemSink) -> Iterator[tuple[int, dict[str, object]]]:
    """Yield (line, object) for each line of a JSON Lines file; other lines are reported.

    Raises ``QuestionSetError`` for a file that cannot be read.
    """
    for number, line in read_lines(path, report):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            message = f"the line is not JSON ({error}). Correct it or take it out."
            report(SetProblem(str(path), number, "malformed", message))
            continue
        if isinstance(value, dict):
            yield number, value
        else:
            message = "the line is JSON but no object. Write {…} with the question's columns."
            report(SetProblem(str(path), number, "malformed", message))
