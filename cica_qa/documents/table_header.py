"""Detection of table headers."""

from __future__ import annotations

from collections.abc import Sequence

_NAME_CHARS = 60


def has_header(rows: Sequence[Sequence[str]], assume_header: bool) -> bool:
    """Return whether the first row of a table names its columns.

    It does if there are numbers under words. In a table of words alone ``assume_header`` decides: a
    file of rows nearly always begins with column names, while a table of two columns within a
    text is often a form, with names in its first column.
    """
    if len(rows) < 2:
        return False
    first, below = rows[0], rows[1:]
    named = [cell for cell in first if cell.strip()]
    if len(named) < max(2, len(first) - 1) or len(set(named)) < len(named):
        return False
    if any(is_number(cell) or len(cell) > _NAME_CHARS for cell in named):
        return False
    if any(row[0].rstrip().endswith((":", "：")) for row in rows if row and row[0]):
        return False
    columns = [[row[at] for row in below if at < len(row) and row[at]] for at in range(len(first))]
    numbered = [bool(cells) and 2 * sum(map(is_number, cells)) > len(cells) for cells in columns]
    if len(first) == 2 and not assume_header:
        # A form may hold a number or two; only in a table is the second column all numbers.
        return numbered[1] and len(below) > 1 and all(map(is_number, columns[1]))
    return assume_header or any(numbered) or len(first) > 2


def is_number(cell: str) -> bool:
    """Return whether at least half of a cell's letters and digits are digits (dates, amounts)."""
    marks = [character for character in cell if character.isalnum()]
    return bool(marks) and 2 * sum(character.isdigit() for character in marks) >= len(marks)
