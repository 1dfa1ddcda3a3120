"""Word lists, read from the tab-separated files in ``data``.

Each file says in comments, which begin with ``#``, where its words come from.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from cica_qa.arabic.letters import fold


@cache
def entries(name: str) -> tuple[tuple[str, ...], ...]:
    """Return the rows of ``data/<name>.tsv``, cell by cell.

    Raises ``FileNotFoundError`` where there is no such list.
    """
    text = files("cica_qa.arabic").joinpath("data", f"{name}.tsv").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    return tuple(tuple(line.split("\t")) for line in lines)


@cache
def folded(name: str) -> dict[str, tuple[str, ...]]:
    """Return the rows of a list by their first cell, folded as ``letters.fold`` does."""
    return {fold(word): rest for word, *rest_cells in entries(name) for rest in [tuple(rest_cells)]}
