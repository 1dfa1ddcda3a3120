"""From files to documents: which files, in which encoding, with which title."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cica_qa.documents.structure import heading_text, parse_blocks
from cica_qa.errors import DocumentError, UnreadableError
from cica_qa.types import Document

_log = logging.getLogger(__name__)

FORMATS = {".txt": "plain", ".text": "plain", ".md": "markdown", ".markdown": "markdown"}


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
    """
    loaded = Loaded()
    seen: dict[Path, str] = {}
    texts: dict[str, str] = {}
    named = [Path(path) for path in paths]
    found = [(root, file) for root in named for file in _files(root)]
    for root, file in found:
        doc_id = file.relative_to(root).as_posix() if root.is_dir() else file.name
        if file.resolve() in seen:
            continue
        if doc_id in seen.values():
            raise DocumentError(
                f"two documents would be called {doc_id!r} ({file} is the second). "
                "Rename one, or index the folder that holds both."
            )
        seen[file.resolve()] = doc_id
        try:
            document = load_file(file, doc_id)
            if document.text in texts:
                raise DocumentError(f"{file} has the same text as {texts[document.text]!r}")
        except DocumentError as error:
            if not root.is_dir():
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
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UnreadableError(f"cannot read {path}: {error.strerror or error}") from error
    text = decode(data, str(path))
    if not any(character.isalnum() for character in text):
        raise DocumentError(f"{path} is empty: it has no text to search")
    markup = FORMATS.get(path.suffix.lower(), "plain")
    draft = Document(doc_id or path.name, "", text, str(path), {"format": markup})
    first = next(iter(parse_blocks(draft)), None)
    titled = first is not None and first.kind == "title"
    title = heading_text(text, first) if first is not None and titled else path.stem
    return Document(draft.doc_id, title, text, draft.source, draft.metadata)


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


# Valid UTF-8 is hardly ever anything else. The others accept almost any bytes, so what they
# make of them must look like Arabic; charset-normalizer was tried and fails on short texts.
_GUESSES = (("utf-8", 0.99), ("utf-16-le", 0.98), ("utf-16-be", 0.98), ("cp1256", 0.98))
_ordinary = {encoding: _is_arabic_or_latin for encoding, _ in _GUESSES} | {"utf-8": _is_text}
_CONVERT = "Save it as UTF-8 text and try again."


def _strict(data: bytes, encoding: str, name: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableError(
            f"{name} starts as {encoding.upper()} but byte {error.start} is not. {_CONVERT}"
        ) from error


def _files(root: Path) -> Iterator[Path]:
    if not root.exists():
        raise DocumentError(f"{root} does not exist")
    if not root.is_dir():
        yield root
        return
    for file in sorted(root.rglob("*")):
        hidden = any(part.startswith(".") for part in file.relative_to(root).parts)
        if hidden or not file.is_file():
            continue
        if file.suffix.lower() in FORMATS:
            yield file
        else:
            _log.info("%s: no reader for %r files, left out", file, file.suffix)


def _nothing_read(named: list[Path], skipped: dict[str, str]) -> str:
    places = ", ".join(map(str, named)) or "no path given"
    reasons = "".join(f"\n  {reason}" for reason in skipped.values())
    kinds = " ".join(FORMATS)
    return f"no readable document in {places} (readable: {kinds}).{reasons}"
