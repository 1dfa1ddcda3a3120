"""Reports on files: read, read with repairs, read with doubts, or skipped and why."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from cica_qa.documents.file_notes import FileNote
from cica_qa.reports import FileReport

_log = logging.getLogger(__name__)
_SAID = {
    "read": "read",
    "repaired": "read with repairs",
    "doubtful": "read with doubts",
    "skipped": "skipped",
}


def report_read(
    path: str,
    file_format: str,
    doc_ids: Sequence[str],
    repairs: Sequence[FileNote],
    doubts: Sequence[FileNote],
) -> FileReport:
    """Return the report on a file that was read."""
    notes = (*repairs, *doubts)
    if doubts:
        return FileReport(path, "doubtful", file_format, tuple(doc_ids), notes)
    return FileReport(path, "repaired" if repairs else "read", file_format, tuple(doc_ids), notes)


def report_skipped(path: str, reason: str) -> FileReport:
    """Return the report on a file that was not read."""
    return FileReport(path, "skipped", notes=(reason,))


def log_report(report: FileReport) -> None:
    """Log the report on a file."""
    level = logging.DEBUG if report.status == "read" else logging.INFO
    _log.log(level, "%s: %s. %s", report.path, _SAID[report.status], "; ".join(report.notes))


def report_lines(files: Iterable[FileReport]) -> Iterator[str]:
    """Yield a line for each file with notes, then the number of files by status.

    Yields nothing if every file was read without repairs or doubts.
    """
    counts: Counter[str] = Counter()
    for file in files:
        counts[file.status] += 1
        if file.notes:
            yield f"{file.path}: {_SAID[file.status]}: {'; '.join(file.notes)}"
    if set(counts) - {"read"}:
        said = ", ".join(
            f"{counts[status]} {name}" for status, name in _SAID.items() if counts[status]
        )
        yield f"files: {said}"
