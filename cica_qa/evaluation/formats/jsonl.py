"""JSON Lines: a question a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from cica_qa.evaluation.formats.base import RowSet
from cica_qa.evaluation.formats.rows import Row
from cica_qa.evaluation.formats.text import Tell, read_lines
from cica_qa.evaluation.types import Problem


class JsonLinesSet(RowSet):
    """A question a line, each an object; how its keys may be called is in ``columns``."""

    format = "jsonl"

    def _rows(self, tell: Tell) -> Iterator[tuple[int, Row]]:
        yield from read_objects(self.path, tell)


def read_objects(path: Path, tell: Tell) -> Iterator[tuple[int, dict[str, object]]]:
    """Yield the objects of a JSON Lines file with their lines; what is none is told and left out.

    Raises ``QuestionSetError`` for a file that cannot be read.
    """
    for number, line in read_lines(path, tell):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            said = f"the line is not JSON ({error}). Correct it or take it out."
            tell(Problem(str(path), number, "malformed", said))
            continue
        if isinstance(value, dict):
            yield number, value
        else:
            said = "the line is JSON but no object. Write {…} with the question's columns."
            tell(Problem(str(path), number, "malformed", said))
