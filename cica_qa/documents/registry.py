"""The registry of file formats, one line each, and the detection of a file's format."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol

from cica_qa.documents.encoding import decode
from cica_qa.documents.file_notes import FileNote, custom_note, file_note
from cica_qa.documents.package import encrypted_message
from cica_qa.documents.reading import Limits, Read
from cica_qa.documents.unreadable import (
    ArchiveError,
    EncryptedFileError,
    MisnamedFileError,
    NotInstalledError,
    OldOfficeError,
)
from cica_qa.errors import UnreadableError


class DocumentReader(Protocol):
    """A reader of one file format."""

    def __call__(self, data: bytes, name: str, limits: Limits) -> Read:
        """Return the content of a file. ``name`` is used in error messages only.

        Raises ``UnreadableError``.
        """


class CollectionReader(Protocol):
    """A reader of files that hold several documents."""

    def __call__(self, data: bytes, name: str, limits: Limits) -> Iterator[tuple[str, Read]]:
        """Yield the id and the content of each document. Raises ``UnreadableError``."""


@dataclass(frozen=True, slots=True)
class FileSignature:
    """The evidence for a file's format: its first bytes and the names in its archive."""

    head: bytes
    parts: frozenset[str] = frozenset()

    def holds(self, folder: str) -> bool:
        """Return whether the archive contains a folder."""
        return any(part.startswith(folder) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Format:
    """A file format.

    Attributes:
        name: The identifier, as in the metadata of documents.
        label: The name shown to people.
        suffixes: The file name suffixes, the usual one first.
        reader: The reader as ``module:function``.
        accepts: Whether a file's signature shows this format. Text formats have no signature and
            are recognised by suffix alone.
        extra: The extra of this package that the reader needs.
        many: Whether a file holds several documents; the reader is then a ``CollectionReader``.

    """

    name: str
    label: str
    suffixes: tuple[str, ...]
    reader: str
    accepts: Callable[[FileSignature], bool] | None = None
    extra: str = ""
    many: bool = False

    @property
    def note(self) -> FileNote:
        """The label as a translatable note."""
        return custom_note(f"format_{self.name}", self.label)

    def load(self, name: str) -> DocumentReader:
        """Import the reader for the file ``name``.

        Raises ``UnreadableError`` if a package that it needs is not installed.
        """
        module, _, function = self.reader.partition(":")
        try:
            reader: DocumentReader = getattr(import_module(module), function)
        except ModuleNotFoundError as error:
            wanted = f"cica-qa[{self.extra}]" if self.extra else str(error.name)
            raise NotInstalledError(
                f"{name} is {self.label}; to read it, install what is missing ({error.name}): "
                f"pip install '{wanted}'"
            ) from error
        return reader


_HTML = re.compile(rb"(?:\s|<!--.*?-->|<\?xml[^>]*>)*<(?:!doctype\s+html|html)\b", re.I | re.S)
_IMAGES = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"GIF87a", b"GIF89a")


def _is_image(content: FileSignature) -> bool:
    head = content.head
    return (
        head.startswith(_IMAGES)
        or (head.startswith(b"RIFF") and head[8:12] == b"WEBP")
        or (head.startswith(b"BM") and head[6:10] == bytes(4))
    )


def _is_mhtml(content: FileSignature) -> bool:
    start = content.head.lower()
    return b"mime-version:" in start and b"multipart/related" in start


_HERE = "cica_qa.documents"
PLAIN = Format("plain", "plain text", (".txt", ".text"), f"{_HERE}.text:read_plain")
FORMATS = (
    PLAIN,
    Format("markdown", "Markdown", (".md", ".markdown"), f"{_HERE}.text:read_markdown"),
    Format("html", "a web page", (".html", ".htm", ".xhtml"), f"{_HERE}.html:read_html",
           lambda content: _HTML.match(content.head.replace(b"\0", b"")) is not None),
    Format("mhtml", "a saved web page", (".mhtml", ".mht"), f"{_HERE}.html:read_mhtml", _is_mhtml),
    Format("pdf", "PDF", (".pdf",), f"{_HERE}.pdf:read_pdf",
           lambda content: b"%PDF-" in content.head[:1024]),
    Format("docx", "a Word file", (".docx", ".docm", ".dotx"), f"{_HERE}.docx:read_docx",
           lambda content: content.holds("word/")),
    Format("pptx", "a presentation", (".pptx", ".pptm", ".ppsx"), f"{_HERE}.slides:read_pptx",
           lambda content: content.holds("ppt/")),
    Format("xlsx", "a spreadsheet", (".xlsx", ".xlsm"), f"{_HERE}.sheets:read_xlsx",
           lambda content: content.holds("xl/") and "xl/workbook.bin" not in content.parts),
    Format("csv", "a table", (".csv", ".tsv", ".tab"), f"{_HERE}.delimited:read_csv"),
    Format("epub", "a book", (".epub",), f"{_HERE}.epub:read_epub",
           lambda content: "META-INF/container.xml" in content.parts),
    Format("odt", "an OpenDocument text", (".odt", ".ott"), f"{_HERE}.odt:read_odt",
           lambda content: b"opendocument.text" in content.head[:200]),
    Format("rtf", "rich text", (".rtf",), f"{_HERE}.rtf:read_rtf",
           lambda content: content.head.startswith(b"{\\rtf")),
    Format("jsonl", "lines of JSON", (".jsonl", ".ndjson"), f"{_HERE}.jsonl:read_jsonl", many=True),
    Format("image", "a picture", (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp"),
           f"{_HERE}.ocr:read_image", _is_image, extra="ocr"),
)  # fmt: skip
BY_SUFFIX = {suffix: one for one in FORMATS for suffix in one.suffixes}

HEAD = 4096
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LOCKED_OFFICE = "EncryptedPackage".encode("utf-16-le")
_ARCHIVES = (
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"Rar!",
    b"7z\xbc\xaf",
    b"\x1f\x8b",
    b"BZh91AY",
    b"\xfd7zXZ",
)


def by_content(data: bytes) -> Format | None:
    """Return the format that a file's content shows, or None for text without a signature."""
    content = FileSignature(data[:HEAD].removeprefix(b"\xef\xbb\xbf"), _parts(data))
    return next((one for one in FORMATS if one.accepts and one.accepts(content)), None)


def identify(data: bytes, suffix: str, name: str) -> tuple[Format, FileNote | None]:
    """Return the format of a file, and a note if its suffix says otherwise.

    Raises ``UnreadableError`` for files of an unsupported format.
    """
    told = BY_SUFFIX.get(suffix.lower())
    found = by_content(data)
    if found is not None:
        return found, None if found is told else _by_content(found)
    if data.startswith(_OLD_OFFICE):
        if _LOCKED_OFFICE in data:
            raise EncryptedFileError(encrypted_message(name))
        raise OldOfficeError(
            f"{name} is a file of an old Office. Save it as .docx, .xlsx or .pptx to index it."
        )
    if data.startswith(_ARCHIVES) and not (told and told.accepts and not _parts(data)):
        raise ArchiveError(f"{name} is an archive. Unpack it to index what is in it.")
    if told is None or told.accepts is None or data.startswith(_ARCHIVES):
        return told or PLAIN, None
    if told.name == "html":  # a fragment of a page, without <html>
        return told, None
    try:
        decode(data, name)
    except UnreadableError as error:
        raise MisnamedFileError(
            f"{name} is not {told.label}, or is damaged. Save it again, or give it its right name."
        ) from error
    return PLAIN, _by_content(PLAIN)


def _by_content(found: Format) -> FileNote:
    return file_note("format", format=found.note)


def _parts(data: bytes) -> frozenset[str]:
    if not data.startswith(b"PK"):
        return frozenset()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return frozenset(archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        return frozenset()
