"""Word lists and regular expressions, read from the tab-separated files in ``data``.

Comment lines, which begin with ``#``, say where the words of a file come from.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

from cica_qa.arabic.letters import fold

_REFERENCE = re.compile(r"@([a-z_]+)(?::([a-z_]+))?")


@cache
def entries(name: str) -> tuple[tuple[str, ...], ...]:
    """Return the rows of ``data/<name>.tsv`` as tuples of cells.

    Raises ``FileNotFoundError`` if there is no such file.
    """
    text = files("cica_qa.arabic").joinpath("data", f"{name}.tsv").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    return tuple(tuple(line.split("\t")) for line in lines)


@cache
def folded_rows(name: str) -> dict[str, tuple[str, ...]]:
    """Map the first cell of each row of a list, folded by ``letters.fold``, to the other cells."""
    return {fold(word): rest for word, *rest_cells in entries(name) for rest in [tuple(rest_cells)]}


@cache
def word_list(name: str, mark: str) -> Mapping[str, str]:
    """Map the words of a list that carry a mark to their values, in the order of the file.

    The second column holds the marks of a word, the third its value: an empty string if the
    cell is missing or ``-``. The mapping is empty if no word carries the mark.
    """
    return _by_mark(name).get(mark, {})


@cache
def _by_mark(name: str) -> dict[str, dict[str, str]]:
    lists: dict[str, dict[str, str]] = {}
    for word, marks, *rest in entries(name):
        value = rest[0] if rest and rest[0] != "-" else ""
        for mark in marks.split():
            lists.setdefault(mark, {})[word] = value
    return lists


@cache
def wording(name: str) -> str:
    """Return the text that ``written_words`` gives a name."""
    return next(text for first, text in entries("written_words") if first == name)


@cache
def pattern(name: str) -> re.Pattern[str]:
    """Return the compiled expression of that name; see ``expression``."""
    return re.compile(expression(name))


@cache
def pattern_list(name: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return the rows of a list of expressions as pairs of first cell and compiled expression."""
    return tuple((first, re.compile(_expanded(rule))) for first, rule in entries(name))


@cache
def expression(name: str) -> str:
    """Return the alternatives that ``patterns`` gives a name, with all references expanded.

    Raises ``KeyError`` if there are none, or if a list they refer to is empty.
    """
    return _alternatives(name, [_expanded(row[1]) for row in entries("patterns") if row[0] == name])


def _expanded(text: str) -> str:
    """Replace ``@list:mark`` by the words of that list and ``@name`` by that expression."""
    return _REFERENCE.sub(lambda found: f"(?:{_referred(found[1], found[2])})", text)


def _referred(name: str, mark: str | None) -> str:
    return _alternatives(f"{name}:{mark}", word_list(name, mark)) if mark else expression(name)


def _alternatives(name: str, forms: Iterable[str]) -> str:
    if joined := "|".join(forms):
        return joined
    raise KeyError(name)
