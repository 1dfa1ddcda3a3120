"""Loading: read files into documents within limits, and report on each file."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar, cast

from cica_qa.arabic.sentences import has_word
from cica_qa.documents.encoding import ENCODING_NAMES
from cica_qa.documents.file_notes import FileNote, file_note
from cica_qa.documents.reading import DEFAULT_LIMITS, Limits, Read
from cica_qa.documents.registry import FORMATS, CollectionReader, Format, identify
from cica_qa.documents.repair import repair_letters
from cica_qa.documents.report import log_report, report_read, report_skipped
from cica_qa.documents.structure import heading_text, parse_blocks, refine
from cica_qa.documents.unreadable import DamagedFileError, EmptyFileError, LargeFileError
from cica_qa.documents.walk import SourceFile, find_files, printable_path
from cica_qa.errors import DocumentError, UnreadableError
from cica_qa.reports import FileReport
from cica_qa.types import Document

_log = logging.getLogger(__name__)
_SAME_TEXT = "{} has the same text as {!r}. Remove one of the two."
_SELF_REPAIRING = ("pdf", "image")  # formats whose readers restore the order of letters
_SHOWN_REASONS = 20
_TITLED_CHARS = 50_000  # length of the beginning of a text that is searched for its title
_SURROGATE = re.compile("[\ud800-\udfff]")
_T = TypeVar("_T")


@dataclass(slots=True)
class LoadedDocuments:
    """The documents that were read, and why others were not.

    ``skipped`` and ``unreadable`` map a document id to the reason. Skipped files hold nothing to
    index (empty, a duplicate, of an unsupported type); unreadable ones may. ``files`` has a
    report on every file.
    """

    documents: list[Document] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)
    files: list[FileReport] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class FileContent:
    """The documents of a file, the format they were read as, and notes on them."""

    format: Format
    documents: tuple[Document, ...]
    repairs: tuple[FileNote, ...] = ()
    doubts: tuple[FileNote, ...] = ()


def load_paths(paths: Iterable[Path | str], limits: Limits = DEFAULT_LIMITS) -> LoadedDocuments:
    """Read files, and folders with all the documents in them.

    A document's id is its path relative to the given folder, or the file name of a file given
    itself; a file with several documents appends their own ids. Unreadable files in a folder are
    skipped and reported. Links that lead out of the folder are skipped, so that the given paths
    alone decide what is read.

    Raises ``DocumentError`` if a path given itself cannot be read, or if nothing was read at all.
    """
    loaded = LoadedDocuments()
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
                f"two documents would be called {found.doc_id!r} ({printable_path(found.path)} "
                "is the second). Rename one, or index the folder that holds both."
            )
        seen[target] = found.doc_id
        try:
            if found.refusal:
                raise DocumentError(found.refusal)
            content = read_file(found.path, found.doc_id, limits)
            fresh = [document for document in content.documents if document.text not in texts]
            if not fresh:
                first = texts[content.documents[0].text]
                raise DocumentError(_SAME_TEXT.format(printable_path(found.path), first))
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
    """Read a file that holds a single document. Raises ``DocumentError``."""
    content = read_file(path, doc_id or printable_path(path.name))
    if content.format.many:
        raise DocumentError(
            f"{printable_path(path)} holds several documents. Load it by load_paths."
        )
    return content.documents[0]


def read_file(path: Path, doc_id: str, limits: Limits = DEFAULT_LIMITS) -> FileContent:
    """Read a file of any format. Raises ``DocumentError``."""
    name = printable_path(path)
    data = _bytes_of(path, name, limits)
    if not data.strip():
        raise EmptyFileError(_empty(name))
    kind, renamed = identify(data, path.suffix, name)
    if kind.many:
        reader = cast(CollectionReader, kind.load(name))
        entries = _guarded(lambda: list(reader(data, name, limits)), kind, name)
        return _several(entries, kind, path, doc_id)
    read = _guarded(lambda: kind.load(name)(data, name, limits), kind, name)
    if kind.name not in _SELF_REPAIRING:
        read = repair_letters(read)
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
            document, _ = _document(repair_letters(read), kind, path, inner)
            documents[inner] = document
        doubts += read.doubts
    if not documents:
        raise EmptyFileError(f"{printable_path(path)} holds no document: {'; '.join(doubts[:3])}.")
    return FileContent(kind, tuple(documents.values()), (), tuple(doubts))


def _document(
    result: Read, kind: Format, path: Path, doc_id: str
) -> tuple[Document, list[FileNote]]:
    """Return the document made of a reader's result, and notes on repairs."""
    repairs = list(result.repairs)
    told = dict(result.metadata)
    encoding = told.get("encoding")
    if encoding in ENCODING_NAMES:
        told["encoding"] = ENCODING_NAMES[encoding]
        repairs = [file_note("encoding", encoding=ENCODING_NAMES[encoding]), *repairs]
    told.setdefault("pages", str(len(result.pages)) if result.pages else "")
    own = path.name if kind.many else doc_id
    told["format"] = result.markup if kind.name in ("plain", "markdown", "jsonl") else kind.name
    told["path"] = printable_path(doc_id.rpartition("/")[0] or own) if kind.many else doc_id
    document = Document(
        doc_id,
        "",
        _storable(result.text),
        printable_path(path),
        {_storable(key): _storable(value) for key, value in told.items() if value},
        tuple(refine(result.text, result.blocks)),
        result.pages,
    )
    return replace(document, title=_storable(result.title) or _first_title(document, path)), repairs


def _first_title(document: Document, path: Path) -> str:
    if not document.blocks:
        document = replace(document, text=document.text[:_TITLED_CHARS])
    first = next(iter(parse_blocks(document)), None)
    if first is not None and first.kind == "title":
        return heading_text(document.text, first)
    return printable_path(path.stem)


def _guarded(read: Callable[[], _T], kind: Format, name: str) -> _T:
    """Call a reader; any exception from a library becomes an error of this file alone."""
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


def _skip(loaded: LoadedDocuments, doc_id: str, error: DocumentError) -> None:
    lost = isinstance(error, UnreadableError)
    (loaded.unreadable if lost else loaded.skipped)[doc_id] = str(error)
    _tell(loaded, report_skipped(doc_id, str(error)))


def _note_link(loaded: LoadedDocuments, file: SourceFile, first: str) -> None:
    """Report a link to a file read before; the same path given twice is not reported."""
    if file.path.is_symlink() and all(file.doc_id != report.path for report in loaded.files):
        note = f"{printable_path(file.path)} is another name of {first!r}."
        _tell(loaded, report_skipped(file.doc_id, note))


def _tell(loaded: LoadedDocuments, report: FileReport) -> None:
    loaded.files.append(report)
    log_report(report)


def _empty(name: str) -> str:
    return f"{name} is empty: it has no text to search. Fill it or leave it out."


def _nothing_read(named: list[Path], skipped: Mapping[str, str]) -> str:
    places = ", ".join(map(printable_path, named)) or "no path given"
    reasons = [f"\n  {reason}" for reason in list(skipped.values())[:_SHOWN_REASONS]]
    if len(skipped) > _SHOWN_REASONS:
        reasons.append(f"\n  … and {len(skipped) - _SHOWN_REASONS} more")
    return (
        f"no readable document in {places}. Add one that ends in {_suffixes()}.{''.join(reasons)}"
    )


def _suffixes() -> str:
    return " ".join(suffix for one in FORMATS for suffix in one.suffixes[:1])


def _storable(text: str) -> str:
    """Replace lone surrogates, which cannot be encoded as UTF-8, by U+FFFD."""
    return _SURROGATE.sub("\ufffd", text)
