"""Documents as JSON lines (.jsonl): one object per line, with a text and metadata."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from cica_qa.arabic.sentences import has_word
from cica_qa.documents.encoding import decode_as
from cica_qa.documents.file_notes import file_note
from cica_qa.documents.reading import Limits, Read
from cica_qa.documents.unreadable import LargeFileError
from cica_qa.errors import UnreadableError

EXPORT = "cica_qa_export"
"""The first key in an export of an index."""
_TEXTS = ("text", "content", "contents", "body")
_IDS = ("doc_id", "id", "_id")
_KNOWN = {*_TEXTS, *_IDS, "title", "metadata", "markup"}


def read_jsonl(data: bytes, name: str, limits: Limits) -> Iterator[tuple[str, Read]]:
    """Yield the id and the content of each document; the line number stands in for a missing id.

    A line that is not a document is yielded without text, with the reason among its doubts.
    Raises ``UnreadableError``.
    """
    if data.startswith(b'{"%b"' % EXPORT.encode()):
        raise UnreadableError(
            f"{name} is an export of an index. Bring its documents back, as they were, by: "
            "cica-qa index --import FILE",
            arabic="هذا الملف نسخة مُصدَّرة من فهرس؛ استورده كما هو.",
        )
    text, _ = decode_as(data, name)
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        if number > limits.rows:
            raise LargeFileError(
                f"{name} has more than {limits.rows:,} lines. Split it into parts."
            )
        try:
            yield _document(line, number)
        except (ValueError, RecursionError) as error:
            yield "", Read("", doubts=(file_note("line", number=number, error=str(error)),))


def _document(line: str, number: int) -> tuple[str, Read]:
    entry = json.loads(line)
    if not isinstance(entry, dict):
        raise ValueError("it is no JSON object")
    text = next((entry[key] for key in _TEXTS if isinstance(entry.get(key), str)), "")
    if not has_word(text):
        raise ValueError(f"it has no text under {', '.join(map(repr, _TEXTS))}")
    told = next((entry[key] for key in _IDS if entry.get(key) not in (None, "")), number)
    title = entry.get("title")
    return str(told), Read(
        text,
        title=title if isinstance(title, str) else "",
        metadata=_metadata(entry),
        markup="markdown" if entry.get("markup") == "markdown" else "plain",
    )


def _metadata(entry: Mapping[str, Any]) -> dict[str, str]:
    inner = entry.get("metadata")
    told = {key: value for key, value in entry.items() if key not in _KNOWN}
    if isinstance(inner, dict):
        told |= inner
    return {
        str(key): value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for key, value in told.items()
        if value not in (None, "")
    }
