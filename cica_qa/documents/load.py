"""From files to documents: which files, in which encoding, with which title."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from cica_qa.arabic.sentences import has_word
from cica_qa.documents.structure import heading_text, parse_blocks
from cica_qa.errors import DocumentError, UnreadableError
from cica_qa.types import Document

_log = logging.getLogger(__name__)

FORMATS = {".txt": "plain", ".text": "plain", ".md": "markdown", ".markdown": "markdown"}
_LEADS_OUT = "{} is a link to a file outside its folder. Name that file itself to index it."
_SAME_TEXT = "{} has the same text as {!r}. Remove one of the two."


@dataclass(slots=True)
class Loaded:
    """What was read, and what was not, which maps a document id to the reason.

    ``skipped`` has nothing to index (empty, a copy of another); ``unreadable`` may have.
    """

    documents: list[Document] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)


def load_paths(paths: Iterable[Path | str]) -> Loaded:
    """Read files, and folders with all the documents in them.

    A document's id is its path inside the folder that was named (its file name, for a file).
    In a folder, what cannot be read is skipped and reported; a path that was named itself
    must be readable. Raises ``DocumentError`` for it, and where nothing at all was read.
    A link that leads out of its folder is skipped: what is named says what is read.
    """
    loaded = Loaded()
    seen: dict[Path, str] = {}
    texts: dict[str, str] = {}
    named = [Path(path) for path in paths]
    found = [(root, file) for root in named for file in _files(root)]
    for root, file in found:
        inside = root.is_dir()
        doc_id = _printable(file.relative_to(root).as_posix() if inside else file.name)
        target = Path(os.path.realpath(file))
        if target in seen:
            continue
        if doc_id in seen.values():
            raise DocumentError(
                f"two documents would be called {doc_id!r} ({_printable(file)} is the second). "
                "Rename one, or index the folder that holds both."
            )
        seen[target] = doc_id
        try:
            if inside and not target.is_relative_to(os.path.realpath(root)):
                raise DocumentError(_LEADS_OUT.format(_printable(file)))
            document = load_file(file, doc_id)
            if document.text in texts:
                raise DocumentError(_SAME_TEXT.format(_printable(file), texts[document.text]))
        except DocumentError as error:
            if not inside:
                raise
            lost = isinstance(error, UnreadableError)
            (loaded.unreadable if lost else loaded.skipped)[doc_id] = str(error)
            continue
        texts[document.text] = doc_id
        loaded.documents.append(document)
    if not loaded.documents:
        raise DocumentError(_nothing_read(named, {**loaded.unreadable, **loaded.skipped}))
    return loaded


def load_file(path: Path, doc_id: str | None = None) -> Document:
    """Read one plain-text or Markdown file. Raises ``DocumentError``."""
    name = _printable(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UnreadableError(
            f"cannot read {name}: {error.strerror or error}. "
            "Check that the file is there and that you may read it."
        ) from error
    text = decode(data, name)
    if not has_word(text):
        raise DocumentError(f"{name} is empty: it has no text to search. Fill it or leave it out.")
    markup = FORMATS.get(path.suffix.lower(), "plain")
    draft = Document(doc_id or _printable(path.name), "", text, name, {"format": markup})
    first = next(iter(parse_blocks(draft)), None)
    titled = first is not None and first.kind == "title"
    title = heading_text(text, first) if first is not None and titled else _printable(path.stem)
    return replace(draft, title=title)


def decode(data: bytes, name: str = "the text") -> str:
    """Decode UTF-8 (with or without BOM), UTF-16 or Windows-1256, whichever it is.

    Raises ``UnreadableError`` for data that is no text in any of them.
    """
    for mark, encoding in (
        (b"\xef\xbb\xbf", "utf-8"),
        (b"\xff\xfe", "utf-16-le"),
        (b"\xfe\xff", "utf-16-be"),
    ):
        if data.startswith(mark):
            return _strict(data[len(mark) :], encoding, name)
    if data.startswith(_BINARY):
        raise UnreadableError(f"{name} is not a text file. {_CONVERT}")
    if _almost_utf8(data):
        return _strict(data, "utf-8", name)
    for encoding, needed in _GUESSES:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not text or sum(map(_ordinary[encoding], text)) / len(text) >= needed:
            return text
    raise UnreadableError(f"{name} is not text in UTF-8, UTF-16 or Windows-1256. {_CONVERT}")


def _is_text(character: str) -> bool:
    return character.isprintable() or character.isspace() or character > "\u009f"


def _is_arabic_or_latin(character: str) -> bool:
    """What Arabic documents are made of; data read in the wrong encoding is not."""
    return _is_text(character) and (
        character < "\u0250"
        or "\u0600" <= character <= "\u06ff"
        or character in "‌‍–—‘’“”„•…†‡‰‹›€™ˆœŒ"
    )


def _almost_utf8(data: bytes) -> bool:
    """Whether it is UTF-8 but for some bytes: another encoding would make nonsense of it."""
    text = data.decode("utf-8", "replace")
    wrong = text.count("\ufffd")
    return 0 < wrong < sum(character > "\x7f" for character in text) - wrong


# Valid UTF-8 is hardly ever anything else. The others accept almost any bytes, so what they
# make of them must look like Arabic; charset-normalizer was tried and fails on short texts.
_GUESSES = (("utf-8", 0.99), ("utf-16-le", 0.98), ("utf-16-be", 0.98), ("cp1256", 0.98))
_ordinary = {encoding: _is_arabic_or_latin for encoding, _ in _GUESSES} | {"utf-8": _is_text}
_CONVERT = "Save it as UTF-8 text and try again."
_BINARY = (b"%PDF-", b"%!PS", b"PK\x03\x04", b"\x89PNG", b"\x7fELF", b"\xd0\xcf\x11\xe0", b"{\\rtf")


def _strict(data: bytes, encoding: str, name: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableError(
            f"{name} starts as {encoding.upper()} but is damaged at byte {error.start}. {_CONVERT}"
        ) from error


def _files(root: Path) -> Iterator[Path]:
    if not os.path.exists(root):  # noqa: PTH110 - unlike Path.exists it never raises
        raise DocumentError(f"{_printable(root)} does not exist. Check the path.")
    if root.is_file():
        yield root
        return
    if not root.is_dir():
        raise DocumentError(f"{_printable(root)} is neither a file nor a folder. Name one.")
    found: list[Path] = []
    for folder, inner, names in os.walk(root, onerror=_unlistable):
        inner[:] = [name for name in inner if not name.startswith(".")]
        found += [Path(folder, name) for name in names if not name.startswith(".")]
    for file in sorted(found):
        if os.path.exists(file) and not file.is_file():  # noqa: PTH110 - a pipe would hang
            continue
        if file.suffix.lower() in FORMATS:
            yield file
        else:
            _log.info("%s: no reader for %r files, left out", file, file.suffix)


def _unlistable(error: OSError) -> None:
    raise UnreadableError(
        f"cannot read the folder {_printable(error.filename)}: {error.strerror}. "
        "Check that you may read it."
    ) from error


def _nothing_read(named: list[Path], skipped: dict[str, str]) -> str:
    places = ", ".join(map(_printable, named)) or "no path given"
    reasons = "".join(f"\n  {reason}" for reason in skipped.values())
    kinds = " ".join(FORMATS)
    return f"no readable document in {places}. Add one that ends in {kinds}.{reasons}"


def _printable(path: Path | str) -> str:
    """A path in which bytes that are no UTF-8 are escaped: surrogates cannot be stored."""
    return str(path).encode("utf-8", "backslashreplace").decode("utf-8")
