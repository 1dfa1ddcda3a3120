"""Decoding of bytes: detection of the encodings that Arabic texts come in."""

from __future__ import annotations

import codecs
import re

from cica_qa.arabic.letter_pairs import MAX_CHARS, letter_score
from cica_qa.documents.unreadable import NoTextFileError

_CONVERT = "Save it as UTF-8 text and try again."
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark is a prefix of this one
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Valid UTF-8 is hardly ever anything else. The other encodings accept almost any bytes, so their
# output must look like Arabic. charset-normalizer was tried and fails on short texts.
_WIDE = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
_BYTES = ("cp1256", "iso8859-6", "mac-arabic")
ENCODING_NAMES = {
    **{"utf-8": "UTF-8", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16", "utf-32-le": "UTF-32"},
    **{"utf-32-be": "UTF-32", "cp1256": "Windows-1256", "iso8859-6": "ISO-8859-6"},
    "mac-arabic": "Mac Arabic",
}
_BINARY = (b"%PDF-", b"%!PS", b"PK\x03\x04", b"\x89PNG", b"\x7fELF", b"\xd0\xcf\x11\xe0", b"{\\rtf")
_STRANGE_SHARE = 0.02
_PAIRS_TO_JUDGE = 20
_WESTERN = re.compile("[\x80-\x9f\u00c0-\u024f]")
_CONTROLS = r"\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"
_NO_TEXT = re.compile(f"[{_CONTROLS}]")
# Characters absent from Arabic documents but frequent in data decoded with the wrong encoding.
_NO_ARABIC = re.compile(f"[{_CONTROLS}]|[^\x00-\u024f\u0600-\u06ff\u200c\u200d–—‘’“”„•…†‡‰‹›€™ˆœŒ]")
_LIKE_ARABIC = 0.5  # half the letter score of prose
# Log-likelihood margin by which another encoding must beat Windows-1256, the most frequent one.
_CLEARLY = 12.0
_META = re.compile(
    rb"""<(?:meta|\?xml)[^>]{0,300}?(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE
)
_HEAD = 4096
_DAMAGED_SHARE = 0.001


def decode(data: bytes, name: str = "the text") -> str:
    """Decode text in UTF-8, UTF-16, UTF-32, Windows-1256, ISO-8859-6 or Mac Arabic.

    The encoding is detected. Raises ``UnreadableError`` if the data is text in none of them.
    """
    return decode_as(data, name)[0]


def decode_as(data: bytes, name: str = "the text") -> tuple[str, str]:
    """Return the decoded text, as ``decode`` does, and the codec used."""
    for mark, encoding in _MARKS:
        if data.startswith(mark) and not _is_wide_zero(data, encoding):
            return _strict(data[len(mark) :], encoding, name), encoding
    if data.startswith(_BINARY):
        raise NoTextFileError(f"{name} is not a text file. {_CONVERT}")
    if _almost_utf8(data):
        return _strict(data, "utf-8", name), "utf-8"
    text = _decoded(data, "utf-8")
    if text is not None and _strange(text, _NO_TEXT) <= 0.01:
        return text, "utf-8"
    for encoding in _WIDE:
        text = _decoded(data, encoding)
        if text is not None and _strange(text, _NO_ARABIC) <= _STRANGE_SHARE:
            return text, encoding
    found = _best_of_bytes(data)
    if found is None:
        raise NoTextFileError(
            f"{name} is not text in UTF-8, UTF-16, UTF-32, Windows-1256, ISO-8859-6 or "
            f"Mac Arabic. {_CONVERT}"
        )
    return found


def decode_html(data: bytes, name: str) -> tuple[str, str]:
    """Decode a web page and return its text and codec.

    A byte order mark or valid UTF-8 takes precedence over the encoding that the page declares.
    A few damaged characters are replaced. Raises ``UnreadableError``.
    """
    declared = _META.search(data[:_HEAD])
    try:
        codec = codecs.lookup(declared[1].decode("ascii")).name if declared else ""
    except LookupError:
        codec = ""
    codec = {"windows-1256": "cp1256"}.get(codec, codec)
    if data.startswith(tuple(mark for mark, _ in _MARKS)) or _decoded(data, "utf-8") is not None:
        return decode_as(data, name)
    if not codec and _almost_utf8(data):
        codec = "utf-8"
    if codec in _BYTES or codec == "utf-8":
        text = data.decode(codec, "replace")
        if text.count("\ufffd") <= max(3, _DAMAGED_SHARE * len(text)):
            score, pairs = letter_score(re.sub(r"<[^>]*>", " ", text))
            if pairs < _PAIRS_TO_JUDGE or score > 0:
                return text, codec
    return decode_as(data, name)


def _best_of_bytes(data: bytes) -> tuple[str, str] | None:
    """Return the text and its single-byte codec: Windows-1256 unless another fits far better."""
    texts = {
        encoding: text
        for encoding in _BYTES
        if (text := _decoded(data, encoding)) is not None
        and _strange(text, _NO_ARABIC) <= _STRANGE_SHARE
    }
    if not texts:
        return None
    sense = {encoding: _sense(text) for encoding, text in texts.items()}
    best = max(sense, key=sense.__getitem__)  # the first of equals
    usual = _BYTES[0]
    if usual in sense and not (
        sense[best] >= sense[usual] + _CLEARLY and letter_score(texts[best])[0] > _LIKE_ARABIC
    ):
        best = usual
    return texts[best], best


def _sense(text: str) -> float:
    """Return how much a text looks like Arabic: its letter score, less its foreign letters."""
    score, pairs = letter_score(text)
    return score * pairs - 2 * len(set(_WESTERN.findall(text[:MAX_CHARS])))


def _is_wide_zero(data: bytes, encoding: str) -> bool:
    """Return whether an apparent UTF-32 mark belongs to UTF-16 beginning with NUL, or cut short."""
    return encoding.startswith("utf-32") and len(data) % 4 != 0


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _strange(text: str, marks: re.Pattern[str]) -> float:
    """Return the share of characters that match ``marks``."""
    return len(marks.findall(text)) / len(text) if text else 0.0


def _almost_utf8(data: bytes) -> bool:
    """Return whether data is UTF-8 with a few damaged bytes, not text in another encoding."""
    text = data.decode("utf-8", "replace")
    wrong = text.count("\ufffd")
    return 0 < wrong < len(text) - len(text.encode("ascii", "ignore")) - wrong


def _strict(data: bytes, encoding: str, name: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise NoTextFileError(
            f"{name} starts as {encoding.upper()} but is damaged at byte {error.start}. {_CONVERT}"
        ) from error
