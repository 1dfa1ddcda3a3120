"""From bytes to lines: whichever encoding it is, and however large the file."""

from __future__ import annotations

import codecs
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from cica_qa.documents.encoding import decode
from cica_qa.errors import QuestionSetError, UnreadableError
from cica_qa.evaluation.types import Problem

Tell = Callable[[Problem], None]
"""Takes a problem: keeps it, or raises it where the reading is strict."""

_HEAD = 1 << 16
_SAVE = "Save it as UTF-8 text and try again."


def ignore(problem: Problem) -> None:
    """A ``Tell`` for a second reading of what was told before."""


def open_file(path: Path) -> BinaryIO:
    """Open a file for reading. Raises ``QuestionSetError``."""
    try:
        return path.open("rb")
    except OSError as error:
        raise QuestionSetError(
            f"cannot read {path}: {error.strerror or error}. "
            "Check that the file is there and that you may read it."
        ) from error


def encoding_of(head: bytes) -> str:
    """Guess utf-8, utf-16-le, utf-16-be or cp1256 from how a file begins; "" for binary data."""
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if head.startswith(mark):
            return encoding
    even, odd = head[::2].count(0), head[1::2].count(0)
    if even or odd:
        # What is ASCII in UTF-16, as spaces and line ends, has its zero always on the same side.
        return "utf-16-le" if odd > 9 * even else "utf-16-be" if even > 9 * odd else ""
    # The last line may be cut off inside a letter.
    whole = head.rpartition(b"\n")[0] if len(head) == _HEAD else head
    marked = [line for line in whole.split(b"\n") if not line.isascii()]
    wrong = sum(not _is_utf8(line) for line in marked)
    return "cp1256" if 2 * wrong > len(marked) else "utf-8"


def head_of(path: Path) -> str:
    """Return the first 64 KB as text; "" for binary data. Raises ``QuestionSetError``."""
    with open_file(path) as stream:
        head = stream.read(_HEAD)
    encoding = encoding_of(head)
    return head.decode(encoding, "replace").removeprefix("\ufeff") if encoding else ""


def read_lines(path: Path, tell: Tell) -> Iterator[tuple[int, str]]:
    """Yield the lines with their numbers from 1 and their line ends, one at a time.

    A line of a UTF-8 file that is Windows-1256 is told (``encoding``), one that is neither is told
    (``malformed``) and left out. Raises ``QuestionSetError`` for a file that cannot be read.
    """
    with open_file(path) as stream:
        encoding = encoding_of(stream.read(_HEAD))
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
                tell(Problem(str(path), number, "malformed", str(error)))
                continue
            if encoding == "utf-8":
                said = f"the line is Windows-1256 and was read as such. {_SAVE}"
                tell(Problem(str(path), number, "encoding", said))
            yield number, text


class Recoded:
    """Reads bytes of another encoding as UTF-8; for parsers that want no text."""

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)()

    def read(self, size: int = -1) -> bytes:
        """Return the next part, b"" at the end. Raises ``UnicodeDecodeError``."""
        data = self._stream.read(size)
        return self._decoder.decode(data, final=not data and size != 0).encode()

    def close(self) -> None:
        """Close what is read from."""
        self._stream.close()


def utf8_stream(path: Path) -> BinaryIO | Recoded:
    """Open a file so that it reads as UTF-8 without a byte order mark. The caller closes it.

    Raises ``QuestionSetError``.
    """
    stream = open_file(path)
    head = stream.read(_HEAD)
    encoding = encoding_of(head) or "utf-8"
    marks = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    stream.seek(next((len(mark) for mark in marks if head.startswith(mark)), 0))
    return stream if encoding == "utf-8" else Recoded(stream, encoding)


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
