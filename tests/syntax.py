"""Syntax trees of source files, for the checks of structure."""

from __future__ import annotations

import ast
import gc


def parse(source: str) -> ast.Module:
    """Return the tree of a source.

    CPython 3.11 raises ``SystemError`` if the garbage collector runs code that parses, too,
    within ``ast.parse`` (gh-106905), so nothing is collected meanwhile.
    """
    gc.disable()
    try:
        return ast.parse(source)
    finally:
        gc.enable()
