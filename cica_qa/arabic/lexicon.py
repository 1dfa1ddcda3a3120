"""Word lists and expressions, read from the tab-separated files in ``data``.

Each file says in comments, which begin with ``#``, where its words come from.
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
    """Return the rows of ``data/<name>.tsv``, cell by cell.

    Raises ``FileNotFoundError`` where there is no such list.
    """
    text = files("cica_qa.arabic").joinpath("data", f"{name}.tsv").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    return tuple(tuple(line.split("\t")) for line in lines)


@cache
def folded_rows(name: str) -> dict[str, tuple[str, ...]]:
    """Return the rows of a list by their first cell, folded as ``letters.fold`` does."""
    return {fold(word): rest for word, *rest_cells in entries(name) for rest in [tuple(rest_cells)]}


@cache
def word_list(name: str, mark: str) -> Mapping[str, str]:
    """Return the words of a list that its second column gives a mark, in their order.

    Each comes with its third cell: empty where there is none, or where it is ``-``.
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
    """Return what ``written_words`` calls by a name."""
    return next(text for first, text in entries("written_words") if first == name)


@cache
def pattern(name: str) -> re.Pattern[str]:
    """Return an expression of ``patterns``, compiled."""
    return re.compile(expression(name))


@cache
def pattern_list(name: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return the rows of a list of expressions, compiled, each with the cell before it."""
    return tuple((first, re.compile(_expanded(rule))) for first, rule in entries(name))


@cache
def expression(name: str) -> str:
    """Return an expression of ``patterns``: all its rows, with what they refer to.

    Raises ``KeyError`` where there is none, or a list that one refers to is empty.
    """
    return _alternatives(name, [_expanded(row[1]) for row in entries("patterns") if row[0] == name])


def _expanded(text: str) -> str:
    """Put the words for ``@list:mark`` and the other expression for ``@name``."""
    return _REFERENCE.sub(lambda found: f"(?:{_referred(found[1], found[2])})", text)


def _referred(name: str, mark: str | None) -> str:
    return _alternatives(f"{name}:{mark}", word_list(name, mark)) if mark else expression(name)


def _alternatives(name: str, forms: Iterable[str]) -> str:
    if joined := "|".join(forms):
        return joined
    raise KeyError(name)
