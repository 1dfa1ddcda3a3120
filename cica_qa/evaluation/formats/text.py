"""Decodes files of any size and encoding, line by line."""

from __future__ import annotations

import codecs
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from cica_qa.documents.encoding import decode
from cica_qa.errors import QuestionSetError, UnreadableError
from cica_qa.evaluation.types import SetProblem

ProblemSink = Callable[[SetProblem], None]
"""A callback for problems, which records them or, if reading is strict, raises them."""

_HEAD = 1 << 16
_SAVE = "Save it as UTF-8 text and try again."


def ignore_problem(problem: SetProblem) -> None:
    """Drop a problem: a ``ProblemSink`` for reading a file a second time."""


def open_file(path: Path) -> BinaryIO:
    """Open a file for reading. Raises ``QuestionSetError``."""
    try:
        return path.open("rb")
    except OSError as error:
        raise QuestionSetError(
            f"cannot read {path}: {error.strerror or error}. "
            "Check that the file is there and that you may read it."
        ) from error


def guess_encoding(head: bytes) -> str:
    """Guess utf-8, utf-16-le, utf-16-be or cp1256 from the head of a file; "" for binary data."""
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if head.startswith(mark):
            return encoding
    even, odd = head[::2].count(0), head[1::2].count(0)
    if even or odd:
        # ASCII characters in UTF-16, such as spaces, have their zero byte always on one side.
        return "utf-16-le" if odd > 9 * even else "utf-16-be" if even > 9 * odd else ""
    # The last line may be cut off inside a character.
    whole = head.rpartition(b"\n")[0] if len(head) == _HEAD else head
    marked = [line for line in whole.split(b"\n") if not line.isascii()]
    wrong = sum(not _is_utf8(line) for line in marked)
    return "cp1256" if 2 * wrong > len(marked) else "utf-8"


def read_head(path: Path) -> str:
    """Return the first 64 KB as text; "" for binary data. Raises ``QuestionSetError``."""
    with open_file(path) as stream:
        head = stream.read(_HEAD)
    encoding = guess_encoding(head)
    return head.decode(encoding, "replace").removeprefix("\ufeff") if encoding else ""


def read_lines(path: Path, report: ProblemSink) -> Iterator[tuple[int, str]]:
    """Yield (number from 1, line with its line end) for each line, one at a time.

    In a UTF-8 file, a line in Windows-1256 is reported (``encoding``), and one in neither is
    reported (``malformed``) and skipped. Raises ``QuestionSetError`` for an unreadable file.
    """
    with open_file(path) as stream:
        encoding = guess_encoding(stream.read(_HEAD))
        stream.seek(0)
        if encoding.startswith("utf-16"):
            yield from _wide_lines(path, stream, encoding)
            return
        for number, data in enumerate(stream, 1):
            line = data.removeprefix(codecs.BOM_UTF8) if number == 1 else data
            if _is_utf8(line):
                yield number, line.decode("utf-8")
                continue
            try:
                text = decode(line, "the line")
            except UnreadableError as error:
                report(SetProblem(str(path), number, "malformed", str(error)))
                continue
            if encoding == "utf-8":
                message = f"the line is Windows-1256 and was read as such. {_SAVE}"
                report(SetProblem(str(path), number, "encoding", message))
            yield number, text


class Utf8Reader:
    """A binary stream that transcodes another encoding to UTF-8, for parsers of bytes."""

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)()

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes; b"" at the end. Raises ``UnicodeDecodeError``."""
        data = self._stream.read(size)
        return self._decoder.decode(data, final=not data and size != 0).encode()

    def close(self) -> None:
        """Close the underlying stream."""
        self._stream.close()


def utf8_stream(path: Path) -> BinaryIO | Utf8Reader:
    """Open a file as UTF-8 bytes without a byte order mark; the caller closes it.

    Raises ``QuestionSetError``.
    """
    stream = open_file(path)
    head = stream.read(_HEAD)
    encoding = guess_encoding(head) or "utf-8"
    marks = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    stream.seek(next((len(mark) for mark in marks if head.startswith(mark)), 0))
    return stream if encoding == "utf-8" else Utf8Reader(stream, encoding)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _wide_lines(path: Path, stream: BinaryIO, encoding: str) -> Iterator[tuple[int, str]]:
    text = io.TextIOWrapper(stream, encoding, newline="\n")
    try:
        for number, line in enumerate(text, 1):
            yield number, line.removeprefix("\ufeff") if number == 1 else line
    except UnicodeDecodeError as error:
        raise QuestionSetError(
            f"{path} starts as {encoding.upper()} but is damaged. {_SAVE}"
        ) from error
