"""Spreadsheets (.xlsx): one page per sheet, cells as displayed; formulas are not evaluated."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator, Sequence
from itertools import groupby, islice
from typing import Any

from cica_qa.documents.builder import MAX_COLUMNS, Builder
from cica_qa.documents.file_notes import FileNote, file_note
from cica_qa.documents.number_format import format_value
from cica_qa.documents.package import Package
from cica_qa.documents.reading import Limits, Read
from cica_qa.documents.table_header import has_header
from cica_qa.documents.unreadable import LargeFileError

_UNNAMED = re.compile(r"(?:sheet|ورقة|feuil|tabelle)\s?[0-9]*", re.IGNORECASE)
_HEADER_ROWS = 50  # rows examined to detect a header
# A formula without a cached value: the file was written by a program that calculates nothing.
_UNCALCULATED = re.compile(
    rb"</f>\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>|<f\b[^>]*/>\s*(?:<v\s*/>)?\s*</c>"
)


def read_xlsx(data: bytes, name: str, limits: Limits) -> Read:
    """Read a workbook. Raises ``UnreadableError``."""
    from openpyxl import load_workbook

    package = Package(data, name, limits)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about features openpyxl drops, none of which hold text
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    builder = Builder(name, limits)
    hidden: list[str] = []
    for sheet in book.worksheets:
        if sheet.sheet_state != "visible":
            hidden.append(sheet.title)
            continue
        builder.page(sheet.title)
        if not _UNNAMED.fullmatch(sheet.title.strip()) and len(book.worksheets) > 1:
            builder.add("heading", sheet.title, 1)
        write_grid(builder, _rows(sheet, name), assume_header=True)
    doubts = _uncalculated(package)
    if hidden:
        doubts.append(file_note("sheets_hidden", sheets=hidden))
    told = book.properties
    metadata = {
        "author": told.creator if told.creator and told.creator != "openpyxl" else "",
        "created": told.created.isoformat() if told.created else "",
        "modified": told.modified.isoformat() if told.modified else "",
        "pages": str(len(book.worksheets)),
    }
    return builder.read(told.title or "", metadata, (), doubts)


def write_grid(builder: Builder, rows: Iterator[list[str]], assume_header: bool) -> None:
    """Write rows of cells as tables, which blank rows separate.

    ``assume_header`` says whether a first row of words alone is taken for the header.
    """
    for filled, run in groupby(rows, any):
        if not filled:
            continue
        first = list(islice(run, _HEADER_ROWS))
        left = min(map(_first_filled, first))
        _write_table(builder, [row[left:] for row in first], assume_header)
        header = builder.last_header
        for row in run:  # noqa: B031 - the rest of the group, after its first rows
            builder.row(row[left : max(_last_filled(row), left + 1)], header)


def _write_table(builder: Builder, rows: Sequence[list[str]], assume_header: bool) -> None:
    """Write the first rows of a table. Leading rows with a single cell become paragraphs."""
    width = max(map(_last_filled, rows))
    over = 0
    while (width > 1 or len(rows) == 1) and over < len(rows) and sum(map(bool, rows[over])) == 1:
        over += 1
    for row in rows[:over]:
        builder.add("paragraph", " ".join(filter(None, row)))
    table = [(row + [""] * width)[: max(width, _last_filled(row))] for row in rows[over:]]
    builder.table(table, has_header(table, assume_header))


def _rows(sheet: Any, name: str) -> Iterator[list[str]]:
    """Yield the cells of each row as text. A gap between rows yields one empty row."""
    expected = 1
    sheet.reset_dimensions()  # some programs write wrong ones
    for row in sheet.iter_rows():
        cells = [(cell.column, cell) for cell in row if cell.value is not None]
        if not cells:
            yield []
            continue
        at = cells[0][1].row
        if at > expected:
            yield []
        expected = at + 1
        width = max(column for column, _ in cells)
        if len(cells) > MAX_COLUMNS:
            raise LargeFileError(
                f"{name} has a table of {len(cells):,} columns; {MAX_COLUMNS:,} are read at most. "
                "Split it into parts."
            )
        texts = [""] * min(width, 20_000)
        for column, cell in cells:
            texts[column - 1] = format_value(cell.value, cell.number_format or "General")
        yield texts


def _first_filled(row: Sequence[str]) -> int:
    return next(at for at, cell in enumerate(row) if cell)


def _last_filled(row: Sequence[str]) -> int:
    return next((at for at in range(len(row), 0, -1) if row[at - 1]), 0)


def _uncalculated(package: Package) -> list[FileNote]:
    sheets = [part for part in package.names() if re.match(r"xl/worksheets/[^/]+\.xml", part)]
    count = sum(len(_UNCALCULATED.findall(package.bytes_of(part))) for part in sheets)
    return [file_note("formulas", count=count)] if count else []
