"""From files to documents: each read under limits, and a report of what became of each."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar, cast

from cica_qa.arabic.sentences import has_word
from cica_qa.documents.encoding import NAMES
from cica_qa.documents.file_notes import FileNote, file_note
from cica_qa.documents.mend import mended
from cica_qa.documents.reading import Limits, Read
from cica_qa.documents.registry import FORMATS, CollectionReader, Format, identify
from cica_qa.documents.report import log_report, report_read, report_skipped
from cica_qa.documents.structure import heading_text, parse_blocks, refine
from cica_qa.documents.unreadable import DamagedFileError, EmptyFileError, LargeFileError
from cica_qa.documents.walk import Found, find_files, printable
from cica_qa.errors import DocumentError, UnreadableError
from cica_qa.reports import FileReport
from cica_qa.types import Document

_log = logging.getLogger(__name__)
_SAME_TEXT = "{} has the same text as {!r}. Remove one of the two."
_SEES_ITSELF = ("pdf", "image")  # formats whose readers mend the order of letters themselves
_SHOWN_REASONS = 20
_TITLED_CHARS = 50_000  # at the beginning of a text, where its title stands
_SURROGATE = re.compile("[\ud800-\udfff]")
_T = TypeVar("_T")


@dataclass(slots=True)
class Loaded:
    """What was read, and what was not, which maps a document id to the reason.

    ``skipped`` has nothing to index (empty, a copy of another, of no kind that is read);
    ``unreadable`` may have. ``files`` says of every file what became of it.
    """

    documents: list[Document] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)
    files: list[FileReport] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class FileContent:
    """The documents of a file, what each was read as, and what is to be said of them."""

    format: Format
    documents: tuple[Document, ...]
    repairs: tuple[FileNote, ...] = ()
    doubts: tuple[FileNote, ...] = ()


def load_paths(paths: Iterable[Path | str], limits: Limits = Limits()) -> Loaded:  # noqa: B008
    """Read files, and folders with all the documents in them.

    A document's id is its path inside the folder that was named (its file name, for a file); of
    a file with several, their ids follow it. In a folder, what cannot be read is skipped and
    reported; a path that was named itself must be readable. Raises ``DocumentError`` for it, and
    where nothing at all was read. A link that leads out of its folder is skipped: what is named
    says what is read.
    """
    loaded = Loaded()
    seen: dict[Path, str] = {}
    texts: dict[str, str] = {}
    named = [Path(path) for path in paths]
    for found in [found for root in named for found in find_files(root)]:
        target = Path(os.path.realpath(found.path))
        if target in seen:
            _note_link(loaded, found, seen[target])
            continue
        if found.doc_id in seen.values():
            raise DocumentError(
                f"two documents would be called {found.doc_id!r} ({printable(found.path)} is the "
                "second). Rename one, or index the folder that holds both."
            )
        seen[target] = found.doc_id
        try:
            if found.refusal:
                raise DocumentError(found.refusal)
            content = read_file(found.path, found.doc_id, limits)
            fresh = [document for document in content.documents if document.text not in texts]
            if not fresh:
                first = texts[content.documents[0].text]
                raise DocumentError(_SAME_TEXT.format(printable(found.path), first))
        except DocumentError as error:
            if not found.inside:
                raise
            _skip(loaded, found.doc_id, error)
            continue
        texts |= {document.text: document.doc_id for document in fresh}
        loaded.documents += fresh
        doubts = list(content.doubts)
        if len(fresh) < len(content.documents):
            copies = len(content.documents) - len(fresh)
            doubts.append(file_note("copies", count=copies))
        ids = [document.doc_id for document in fresh]
        name = content.format.name
        _tell(loaded, report_read(found.doc_id, name, ids, content.repairs, doubts))
    if not loaded.documents:
        raise DocumentError(_nothing_read(named, {**loaded.unreadable, **loaded.skipped}))
    return loaded


def load_file(path: Path, doc_id: str | None = None) -> Document:
    """Read a file that is one document. Raises ``DocumentError``."""
    content = read_file(path, doc_id or printable(path.name))
    if content.format.many:
        raise DocumentError(f"{printable(path)} holds several documents. Load it by load_paths.")
    return content.documents[0]


def read_file(path: Path, doc_id: str, limits: Limits = Limits()) -> FileContent:  # noqa: B008
    """Read a file of any format. Raises ``DocumentError``."""
    name = printable(path)
    data = _bytes_of(path, name, limits)
    if not data.strip():
        raise EmptyFileError(_empty(name))
    kind, renamed = identify(data, path.suffix, name)
    if kind.many:
        reader = cast(CollectionReader, kind.load(name))
        entries = _guarded(lambda: list(reader(data, name, limits)), kind, name)
        return _several(entries, kind, path, doc_id)
    read = _guarded(lambda: kind.load(name)(data, name, limits), kind, name)
    if kind.name not in _SEES_ITSELF:
        read = mended(read)
    if not has_word(read.text):
        said = "; ".join(read.doubts)
        raise EmptyFileError(f"{name} has no text to search: {said}." if said else _empty(name))
    document, repairs = _document(read, kind, path, doc_id)
    told = [renamed, *repairs] if renamed else repairs
    return FileContent(kind, (document,), tuple(told), read.doubts)


def _several(entries: list[tuple[str, Read]], kind: Format, path: Path, doc_id: str) -> FileContent:
    documents: dict[str, Document] = {}
    doubts: list[FileNote] = []
    for own_id, read in entries:
        inner = f"{doc_id}/{own_id}"
        if inner in documents:
            doubts.append(file_note("id_twice", id=repr(own_id)))
        elif read.text:
            document, _ = _document(mended(read), kind, path, inner)
            documents[inner] = document
        doubts += read.doubts
    if not documents:
        raise EmptyFileError(f"{printable(path)} holds no document: {'; '.join(doubts[:3])}.")
    return FileContent(kind, tuple(documents.values()), (), tuple(doubts))


def _document(read: Read, kind: Format, path: Path, doc_id: str) -> tuple[Document, list[FileNote]]:
    """Complete what was read to a document; the second is what was repaired."""
    repairs = list(read.repairs)
    told = dict(read.metadata)
    encoding = told.get("encoding")
    if encoding in NAMES:
        told["encoding"] = NAMES[encoding]
        repairs = [file_note("encoding", encoding=NAMES[encoding]), *repairs]
    told.setdefault("pages", str(len(read.pages)) if read.pages else "")
    own = path.name if kind.many else doc_id
    told["format"] = read.markup if kind.name in ("plain", "markdown", "jsonl") else kind.name
    told["path"] = printable(doc_id.rpartition("/")[0] or own) if kind.many else doc_id
    document = Document(
        doc_id,
        "",
        _storable(read.text),
        printable(path),
        {_storable(key): _storable(value) for key, value in told.items() if value},
        tuple(refine(read.text, read.blocks)),
        read.pages,
    )
    return replace(document, title=_storable(read.title) or _first_title(document, path)), repairs


def _first_title(document: Document, path: Path) -> str:
    if not document.blocks:
        document = replace(document, text=document.text[:_TITLED_CHARS])
    first = next(iter(parse_blocks(document)), None)
    if first is not None and first.kind == "title":
        return heading_text(document.text, first)
    return printable(path.stem)


def _guarded(read: Callable[[], _T], kind: Format, name: str) -> _T:
    """Whatever goes wrong in a library is an error of this file and of no other."""
    try:
        return read()
    except DocumentError:
        raise
    except Exception as error:
        _log.debug("%s: reading it as %s failed", name, kind.name, exc_info=True)
        raise DamagedFileError(
            f"{name} is damaged or not {kind.label} as it should be "
            f"({type(error).__name__}: {str(error)[:200]}). Save it again with its own program."
        ) from error


def _bytes_of(path: Path, name: str, limits: Limits) -> bytes:
    try:
        size = path.stat().st_size
        if size > limits.file_bytes and path.is_file():
            raise LargeFileError(
                f"{name} has {size / 1e6:,.0f} MB; {limits.file_bytes / 1e6:,.0f} MB are read at "
                "most. Split it into parts."
            )
        return path.read_bytes()
    except OSError as error:
        raise UnreadableError(
            f"cannot read {name}: {error.strerror or error}. "
            "Check that the file is there and that you may read it."
        ) from error


def _skip(loaded: Loaded, doc_id: str, error: DocumentError) -> None:
    lost = isinstance(error, UnreadableError)
    (loaded.unreadable if lost else loaded.skipped)[doc_id] = str(error)
    _tell(loaded, report_skipped(doc_id, str(error)))


def _note_link(loaded: Loaded, found: Found, first: str) -> None:
    """Report another name of a file; the same name given twice is no news."""
    if found.path.is_symlink() and all(file.path != found.doc_id for file in loaded.files):
        note = f"{printable(found.path)} is another name of {first!r}."
        _tell(loaded, report_skipped(found.doc_id, note))


def _tell(loaded: Loaded, report: FileReport) -> None:
    loaded.files.append(report)
    log_report(report)


def _empty(name: str) -> str:
    return f"{name} is empty: it has no text to search. Fill it or leave it out."


def _nothing_read(named: list[Path], skipped: Mapping[str, str]) -> str:
    places = ", ".join(map(printable, named)) or "no path given"
    reasons = [f"\n  {reason}" for reason in list(skipped.values())[:_SHOWN_REASONS]]
    if len(skipped) > _SHOWN_REASONS:
        reasons.append(f"\n  … and {len(skipped) - _SHOWN_REASONS} more")
    return (
        f"no readable document in {places}. Add one that ends in {_suffixes()}.{''.join(reasons)}"
    )


def _suffixes() -> str:
    return " ".join(suffix for one in FORMATS for suffix in one.suffixes[:1])


def _storable(text: str) -> str:
    """A text with a mark in place of each lone surrogate, which cannot be stored."""
    return _SURROGATE.sub("\ufffd", text)
