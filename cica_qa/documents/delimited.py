"""Tables as text (.csv, .tsv), with the delimiter detected."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from cica_qa.documents.builder import Builder
from cica_qa.documents.encoding import decode_as
from cica_qa.documents.reading import Limits, Read
from cica_qa.documents.sheets import write_grid
from cica_qa.documents.unreadable import DamagedFileError

_DELIMITERS = (",", ";", "\t", "|", "،", "؛")
_SAMPLE_ROWS = 200
_FIELD_CHARS = 10_000_000


def read_csv(data: bytes, name: str, limits: Limits) -> Read:
    """Read a table whose cells are separated by commas, semicolons, tabs or bars.

    Raises ``UnreadableError``.
    """
    text, encoding = decode_as(data, name)
    builder = Builder(name, limits)
    write_grid(builder, _rows(text, delimiter_of(text), name), assume_header=True)
    return builder.read("", {"encoding": encoding} if encoding != "utf-8" else {})


def delimiter_of(text: str) -> str:
    """Return the delimiter that cuts most rows into the same number of cells.

    More cells break ties. A first line «sep=;», as Excel writes it, decides.
    """
    first = text.partition("\n")[0]
    if first.lower().startswith("sep=") and len(first.strip()) == 5:
        return first.strip()[-1]
    best, most = ",", 0.0
    for delimiter in _DELIMITERS:
        try:
            sample = islice(
                csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), _SAMPLE_ROWS
            )
            sizes = Counter(len(row) for row in sample if row)
        except csv.Error:
            continue
        (width, rows), *_ = sizes.most_common(1) or [(1, 1)]
        score = rows / max(1, sizes.total()) + min(width, 50) / 1000 if width > 1 else 0.0
        if score > most:
            best, most = delimiter, score
    return best


def _rows(text: str, delimiter: str, name: str) -> Iterator[list[str]]:
    if text.lower().startswith("sep="):
        text = text.partition("\n")[2]
    csv.field_size_limit(_FIELD_CHARS)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in rows:
            yield [cell.strip() for cell in row]
    except csv.Error as error:
        raise DamagedFileError(
            f"{name} is damaged at line {rows.line_num} ({error}). Save it again as CSV."
        ) from error
