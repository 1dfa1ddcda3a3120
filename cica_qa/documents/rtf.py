"""Rich text (.rtf): paragraphs, tables and footnotes; embedded objects are ignored."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from cica_qa.documents.builder import Builder
from cica_qa.documents.reading import Limits, Read
from cica_qa.documents.table_header import has_header

_TOKEN = re.compile(
    rb"\\(?:(?P<hex>'[0-9a-fA-F]{2})|(?P<word>[a-zA-Z]{1,32})(?P<number>-?[0-9]{1,10})? ?"
    rb"|(?P<sign>[^a-zA-Z]))|(?P<open>\{)|(?P<close>\})|(?P<text>[^\\{}\r\n]+)|[\r\n]+"
)
_APART = {
    *("fonttbl", "colortbl", "stylesheet", "info", "pict", "object", "themedata", "datastore"),
    *("listtable", "listoverridetable", "rsidtbl", "generator", "fldinst", "latentstyles"),
    *("xmlnstbl", "colorschememapping", "filetbl", "revtbl", "footerl", "footerr", "footerf"),
    *("footer", "header", "headerl", "headerr", "headerf", "annotation", "bkmkstart", "bkmkend"),
    *("pgptbl", "mmathPr", "deleted", "listtext", "pntext", "nonshppict"),
}
_SIGNS = {
    **{"tab": "\t", "line": "\n", "emdash": "—", "endash": "–", "lquote": "‘", "rquote": "’"},
    **{"ldblquote": "“", "rdblquote": "”", "bullet": "•", "zwj": "\u200d", "zwnj": "\u200c"},
}
_CHARSETS = {0: 1252, 178: 1256, 177: 1255, 161: 1253, 162: 1254, 204: 1251, 238: 1250}


@dataclass(frozen=True, slots=True)
class _State:
    """The formatting state of a group."""

    codec: str
    apart: bool = False
    skip: int = 1  # number of fallback characters after a Unicode escape
    hidden: bool = False
    note: bool = False


def read_rtf(data: bytes, name: str, limits: Limits) -> Read:
    """Read rich text. Raises ``UnreadableError``."""
    builder = Builder(name, limits)
    _RtfReader(data, builder).read()
    return builder.read()


class _RtfReader:
    """Writes the content of a file into a builder."""

    def __init__(self, data: bytes, builder: Builder) -> None:
        self._data = data
        self._builder = builder
        self._fonts = _fonts(data)
        self._text: list[str] = []
        self._note: list[str] = []
        self._notes: list[str] = []
        self._bytes = bytearray()
        self._cells: list[str] = []
        self._rows: list[list[str]] = []
        self._in_table = False
        self._heading = 0
        self._listed = False
        self._state = _State(_codec(data))
        self._skip = 0

    def read(self) -> None:
        """Write the whole file."""
        stack: list[_State] = []
        fresh = False  # whether a group has just begun
        for match in _TOKEN.finditer(self._data):
            kind = match.lastgroup
            if kind == "number":
                kind = "word"
            if kind == "hex":
                self._byte(int(match["hex"][1:], 16))
                continue
            if kind != "text":
                self._settle()
            if kind == "open":
                stack.append(self._state)
            elif kind == "close":
                self._close(stack)
            elif kind == "sign":
                self._sign(match["sign"], fresh)
            elif kind == "word":
                number = int(match["number"]) if match["number"] else None
                self._word(match["word"].decode("ascii"), number)
            elif kind == "text":
                for byte in match["text"]:
                    self._byte(byte)
            fresh = kind == "open"
        self._settle()
        self._paragraph()
        self._table()

    def _close(self, stack: list[_State]) -> None:
        was = self._state
        if stack:
            self._state = stack.pop()
        if was.note and not self._state.note:
            self._notes.append("".join(self._note))
            self._note.clear()

    def _byte(self, byte: int) -> None:
        if self._skip:
            self._skip -= 1
        elif not (self._state.apart or self._state.hidden):
            self._bytes.append(byte)

    def _settle(self) -> None:
        if self._bytes:
            self._say(bytes(self._bytes).decode(self._state.codec, "replace"))
            self._bytes.clear()

    def _say(self, text: str) -> None:
        if not (self._state.apart or self._state.hidden):
            (self._note if self._state.note else self._text).append(text)

    def _sign(self, sign: bytes, fresh: bool) -> None:
        if sign == b"*" and fresh:
            self._state = replace(self._state, apart=True)
        elif sign in b"\\{}":
            self._byte(sign[0])
        elif sign in (b"~", b"_"):
            self._say(" " if sign == b"~" else "-")
        elif sign in b"\r\n":
            self._paragraph()

    def _word(self, word: str, number: int | None) -> None:
        if word in _APART:
            self._state = replace(self._state, apart=True)
        elif word == "footnote":
            self._state = replace(self._state, note=True, apart=False)
        elif word == "u" and number is not None:
            self._unicode(number)
        elif word == "uc":
            self._state = replace(self._state, skip=number or 0)
        elif word in ("f", "af") and number in self._fonts:
            self._state = replace(self._state, codec=self._fonts[number])
        elif word in ("v", "deleted"):
            self._state = replace(self._state, hidden=number != 0)
        elif word == "plain":
            self._state = replace(self._state, hidden=False)
        elif word in _SIGNS:
            self._say(_SIGNS[word])
        elif not self._state.apart:
            self._layout(word, number)

    def _layout(self, word: str, number: int | None) -> None:
        if word == "par" and self._state.note:
            self._note.append("\n")
        elif word in ("par", "sect", "page"):
            self._paragraph()
        elif word == "pard":
            self._in_table, self._heading, self._listed = False, 0, False
        elif word == "intbl":
            self._in_table = True
        elif word == "outlinelevel":
            self._heading = (number or 0) + 1 if (number or 0) < 9 else 0
        elif word == "ls":
            self._listed = bool(number)
        elif word == "cell":
            self._cells.append("".join(self._text))
            self._text.clear()
        elif word == "row":
            self._rows.append(self._cells)
            self._cells = []

    def _unicode(self, number: int) -> None:
        character = chr(number % 0x10000)
        if (
            "\udc00" <= character <= "\udfff"
            and self._text
            and "\ud800" <= self._text[-1] < "\udc00"
        ):
            pair = self._text.pop() + character
            character = pair.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        self._say(character)
        self._skip = self._state.skip

    def _paragraph(self) -> None:
        if self._in_table:
            self._text.append(" ")
            return
        text = "".join(self._text).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        self._text.clear()
        if not text.strip():
            return
        self._table()
        if self._heading:
            self._builder.add("heading", text, self._heading)
        else:
            self._builder.add("item" if self._listed else "paragraph", text)
        for note in self._notes:
            self._builder.add("note", note)
        self._notes.clear()

    def _table(self) -> None:
        self._builder.table(self._rows, has_header(self._rows, False))
        self._rows = []


def _codec(data: bytes) -> str:
    match = re.search(rb"\\ansicpg([0-9]{3,5})", data[:4096])
    return _known(int(match[1])) if match else "cp1252"


def _fonts(data: bytes) -> dict[int, str]:
    """Return the codec of each font, from its character set in the font table."""
    found = {}
    for font, charset in re.findall(
        rb"\\f([0-9]{1,5})\b[^{};]{0,200}?\\fcharset([0-9]{1,3})", data[:500_000]
    ):
        if int(charset) in _CHARSETS:
            found[int(font)] = _known(_CHARSETS[int(charset)])
    return {font: codec for font, codec in found.items() if codec != "cp1252"}


def _known(page: int) -> str:
    import codecs

    try:
        return codecs.lookup(f"cp{page}" if page != 65001 else "utf-8").name
    except LookupError:
        return "cp1252"
