"""A PDF file as a whole: opened, read page by page, with OCR where its text is no use."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar

import pypdfium2
import pypdfium2.raw as pdfium

from cica_qa.documents.pdf import tesseract
from cica_qa.documents.pdf.damage import Signs, Verdict, agreement, judge, total
from cica_qa.documents.pdf.pages import PageRead, read_page
from cica_qa.documents.pdf.reconcile import Faults, Frame, reconcile
from cica_qa.documents.pdf.reversed import is_reversed, turned
from cica_qa.documents.pdf.rules import Rules
from cica_qa.documents.pdf.scan import Scan, has_pictures, read_scan, to_pieces
from cica_qa.documents.reading import Limits
from cica_qa.documents.unreadable import (
    DamagedFileError,
    EncryptedFileError,
    LargeFileError,
    MisnamedFileError,
)
from cica_qa.errors import UnreadableError

_T = TypeVar("_T")
_lock = threading.Lock()  # PDFium may be used by one thread at a time
_HEAD = 1024  # bytes in which a PDF says that it is one
_FEW_LETTERS = 20  # of a page that may be a picture with a page number
_LEAST_CONFIDENCE = 0.6
_SAMPLE = 30  # words: what a page must have to be compared with its picture
_BETTER = 0.04  # of the words: how many more OCR makes known ones of a damaged page
_CLEAR = 0.8  # the confidence of OCR that is worth comparing
_ENOUGH = 0.9  # of the known words of OCR: what a corrected layer has at least
_PICTURED = 70.0  # of 100: what OCR reads where the text layer has nothing
_AGREE = 0.7  # of the words of a page: how many OCR reads in a sound one


@dataclass(slots=True)
class Opened:
    """What was read of a file. ``notes`` are the pages of each kind, numbered from 1."""

    pages: list[PageRead] = field(default_factory=list)
    info: dict[str, str] = field(default_factory=dict)
    notes: dict[str, list[int]] = field(default_factory=dict)
    confidences: list[float] = field(default_factory=list)

    def note(self, kind: str, page: int) -> None:
        """Remember a page for the report."""
        self.notes.setdefault(kind, []).append(page)


def read_file(data: bytes, name: str, limits: Limits) -> Opened:
    """Read all pages of a PDF. Raises ``UnreadableError``."""
    _check(data, name, limits)
    end = time.monotonic() + limits.seconds
    with _lock:
        try:
            document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            raise _refused(error, name) from error
        try:
            return _read(document, name, limits, end)
        finally:
            document.close()


def _check(data: bytes, name: str, limits: Limits) -> None:
    if not data:
        raise DamagedFileError(f"{name} is empty (0 bytes). Bring the file again.")
    if len(data) > limits.file_bytes:
        raise LargeFileError(
            f"{name} has {len(data):,} bytes, more than the limit of {limits.file_bytes:,}. "
            "Split the file or raise the limit."
        )
    if b"%PDF-" not in data[:_HEAD]:
        raise MisnamedFileError(
            f"{name} is not a PDF, whatever its name says. Give it the ending of what it is."
        )


def _refused(error: pypdfium2.PdfiumError, name: str) -> UnreadableError:
    if getattr(error, "err_code", None) == pdfium.FPDF_ERR_PASSWORD:
        return EncryptedFileError(
            f"{name} is encrypted and needs a password. Save a copy without one."
        )
    if getattr(error, "err_code", None) == pdfium.FPDF_ERR_SECURITY:
        return EncryptedFileError(
            f"{name} is protected in a way that cannot be read. Save a copy without protection."
        )
    return DamagedFileError(
        f"{name} is damaged or cut off: no PDF can be made of it. Bring the file again."
    )


def _read(document: Any, name: str, limits: Limits, end: float) -> Opened:
    count = len(document)
    if not count:
        raise DamagedFileError(f"{name} has no pages, or is cut off. Bring the file again.")
    if count > limits.pages:
        raise LargeFileError(
            f"{name} has {count:,} pages, more than the limit of {limits.pages:,}. "
            "Split the file or raise the limit."
        )
    opened = Opened(info=_info(document))
    pictures: list[int] = []
    right = left = 0
    for index in range(count):
        if time.monotonic() > end:
            raise LargeFileError(
                f"{name}: reading took longer than {limits.seconds:g} seconds, the limit. "
                "Split the file or raise the limit."
            )
        read = _with_page(document, index, partial(_text_page, rtl=right >= left))
        if read is None:
            opened.note("unreadable", index + 1)
            read = (PageRead([], Rules(), Signs(), 0.0, 842.0), False)
        page, shows_pictures = read
        right += page.signs.arabic
        left += page.signs.letters - page.signs.arabic
        if page.signs.letters < _FEW_LETTERS and shows_pictures:
            pictures.append(index)
        _turn(page, opened, index)
        opened.pages.append(page)
    _Scanner(document, name, opened, end).mend(pictures)
    return opened


def _with_page(document: Any, index: int, read: Callable[[Any], _T]) -> _T | None:
    """Open a page, read it and close it; ``None`` where it cannot be opened."""
    try:
        page = document[index]
    except pypdfium2.PdfiumError:
        return None
    try:
        return read(page)
    except pypdfium2.PdfiumError:
        return None
    finally:
        page.close()


def _text_page(page: Any, rtl: bool) -> tuple[PageRead, bool]:
    read = read_page(page, rtl)
    return read, read.signs.letters < _FEW_LETTERS and has_pictures(page)


def _turn(page: PageRead, opened: Opened, index: int) -> None:
    """Set a page right whose text is back to front."""
    if is_reversed([piece.text for piece in page.pieces]):
        for piece in page.pieces:
            piece.text = turned(piece.text)
        page.signs = Signs.of([piece.text for piece in page.pieces], page.signs.unmapped)
        opened.note("reversed", index + 1)


@dataclass(slots=True)
class _Scanner:
    """Reads pages by OCR whose text layer is missing or does not say what they show."""

    document: Any
    name: str
    opened: Opened
    end: float
    faults: Faults = field(default_factory=Faults)

    def mend(self, pictures: Sequence[int]) -> None:
        """Read the pictures and the damaged pages; where OCR is missing, note them."""
        pages = self.opened.pages
        whole = total(page.signs for page in pages)
        verdicts = [judge(page.signs, whole) for page in pages]
        doubtful = [i for i, verdict in enumerate(verdicts) if verdict is not Verdict.SOUND]
        if not pictures and not doubtful:
            return
        if tesseract.missing():
            for index in pictures:
                self.opened.note("picture", index + 1)
            for index in doubtful:
                if verdicts[index] is Verdict.DAMAGED:
                    self.opened.note("damaged", index + 1)
            return
        for index in pictures:
            self._replace(index)
        for index in self._lying(doubtful, verdicts):
            self._replace(index)

    def _lying(self, doubtful: list[int], verdicts: list[Verdict]) -> list[int]:
        """Of the doubtful pages those that are damaged, by comparing a sample with its picture."""
        damaged = [index for index in doubtful if verdicts[index] is Verdict.DAMAGED]
        unsure = [index for index in doubtful if verdicts[index] is Verdict.UNSURE]
        enough = [i for i in unsure if self.opened.pages[i].signs.words >= _SAMPLE]
        sample = min(enough, key=lambda i: self.opened.pages[i].signs.share, default=None)
        if sample is None:
            return damaged
        found = self._scan(sample)
        if found is None:
            return damaged
        if tesseract.confidence(found.words) < _CLEAR:
            return damaged
        page, words = self.opened.pages[sample], [word.text for word in found.words]
        agreed = agreement([piece.text for piece in page.pieces], words)
        if agreed >= _AGREE or Signs.of(words).share < page.signs.share + _BETTER:
            return damaged
        return sorted(doubtful)

    def _scan(self, index: int) -> Scan | None:
        left = self.end - time.monotonic()
        if left <= 0:
            return None
        try:
            return _with_page(
                self.document,
                index,
                lambda page: read_scan(page, f"{self.name}, page {index + 1}", left),
            )
        except UnreadableError:
            return None

    def _replace(self, index: int) -> None:
        page = self.opened.pages[index]
        had = page.signs.letters >= _FEW_LETTERS
        found = self._scan(index)
        if found is None:
            self.opened.note("damaged" if had else "unread", index + 1)
            return
        if not found.words:
            self.opened.note("damaged" if had else "blank", index + 1)
            return
        mended = _corrected(page, found, self.faults) if had else None
        if mended is None:
            height = page.top - page.bottom
            signs = Signs.of([piece.text for piece in found.pieces])
            mended = PageRead(found.pieces, Rules(), signs, 0, height, scanned=True)
        if page.signs.words >= _FEW_LETTERS and mended.signs.share < page.signs.share:
            self.opened.note("damaged", index + 1)
            return
        sure = tesseract.confidence(found.words)
        self.opened.confidences.append(sure)
        kind = ("mended" if mended.scanned else "corrected") if had else "scanned"
        self.opened.note(kind, index + 1)
        if sure < _LEAST_CONFIDENCE:
            self.opened.note("unsure", index + 1)
        self.opened.pages[index] = mended


def _corrected(page: PageRead, scan: Scan, faults: Faults) -> PageRead | None:
    """Return a page with its words corrected by OCR, or nothing where OCR alone is better."""
    frame = Frame(page.left, page.bottom, scan.height, scan.dpi)
    pieces, apart = reconcile(page.pieces, scan.words, frame, faults)
    if not pieces:
        return None
    rest = [word for word in apart if word.confidence >= _PICTURED]
    for piece in to_pieces(rest, scan.height, scan.dpi):
        left, right = piece.left + page.left, piece.right + page.left
        pieces.append(replace(piece, left=left, right=right, y=piece.y + page.bottom))
    signs = Signs.of([piece.text for piece in pieces])
    alone = Signs.of([piece.text for piece in scan.pieces])
    if signs.common < _ENOUGH * alone.common or signs.share < _ENOUGH * alone.share:
        return None
    return replace(page, pieces=pieces, signs=signs)


def _info(document: Any) -> dict[str, str]:
    """Title, author, producer and the day of creation, as far as the file tells them."""
    told = {key: value.strip() for key, value in document.get_metadata_dict().items()}
    info = {"title": told.get("Title", ""), "author": told.get("Author", "")}
    info["producer"] = told.get("Producer", "") or told.get("Creator", "")
    date = re.match(r"(?:D:)?(\d{4})(\d\d)?(\d\d)?", told.get("CreationDate", ""))
    info["created"] = "-".join(part for part in date.groups() if part) if date else ""
    return {key: value for key, value in info.items() if value}
