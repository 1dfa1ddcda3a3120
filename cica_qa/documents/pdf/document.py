"""The pages of a PDF file, read from the text layer or, where that is unusable, by OCR."""

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
from cica_qa.documents.pdf.damage import Signs, Verdict, agreement, judge, total_signs
from cica_qa.documents.pdf.pages import PageContent, read_page
from cica_qa.documents.pdf.reconcile import Frame, LetterFaults, reconcile
from cica_qa.documents.pdf.reversed import is_reversed, reverse_line
from cica_qa.documents.pdf.rules import PageRules
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
_lock = threading.Lock()  # PDFium is not thread-safe
_HEAD = 1024  # bytes at the beginning that must contain the signature of a PDF
_FEW_LETTERS = 20  # a page with fewer may be a picture with a page number
_LEAST_CONFIDENCE = 0.6  # of OCR, below which its result is doubtful
_SAMPLE = 30  # least number of words of a page that is compared with its picture
_BETTER = 0.04  # gain in the share of known words that makes OCR the better reading
_CLEAR = 0.8  # least confidence of OCR for a comparison
_ENOUGH = 0.9  # least share of OCR's known words that a corrected layer must have
_PICTURED = 70.0  # least confidence, in percent, of OCR words missing in the text layer
_AGREE = 0.7  # share of a page's words that OCR confirms if the text layer is sound


@dataclass(slots=True)
class PdfContent:
    """The content of a file. ``notes`` maps each kind of note to page numbers from 1."""

    pages: list[PageContent] = field(default_factory=list)
    info: dict[str, str] = field(default_factory=dict)
    notes: dict[str, list[int]] = field(default_factory=dict)
    confidences: list[float] = field(default_factory=list)

    def note(self, kind: str, page: int) -> None:
        """Add a page to the notes of a kind."""
        self.notes.setdefault(kind, []).append(page)


def read_pages(data: bytes, name: str, limits: Limits) -> PdfContent:
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


def _read(document: Any, name: str, limits: Limits, end: float) -> PdfContent:
    count = len(document)
    if not count:
        raise DamagedFileError(f"{name} has no pages, or is cut off. Bring the file again.")
    if count > limits.pages:
        raise LargeFileError(
            f"{name} has {count:,} pages, more than the limit of {limits.pages:,}. "
            "Split the file or raise the limit."
        )
    opened = PdfContent(info=_info(document))
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
            read = (PageContent([], PageRules(), Signs(), 0.0, 842.0), False)
        page, shows_pictures = read
        right += page.signs.arabic
        left += page.signs.letters - page.signs.arabic
        if page.signs.letters < _FEW_LETTERS and shows_pictures:
            pictures.append(index)
        _turn(page, opened, index)
        opened.pages.append(page)
    _Scanner(document, name, opened, end).restore(pictures)
    return opened


def _with_page(document: Any, index: int, read: Callable[[Any], _T]) -> _T | None:
    """Open a page, read it and close it. Returns None if PDFium fails."""
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


def _text_page(page: Any, rtl: bool) -> tuple[PageContent, bool]:
    read = read_page(page, rtl)
    return read, read.signs.letters < _FEW_LETTERS and has_pictures(page)


def _turn(page: PageContent, opened: PdfContent, index: int) -> None:
    """Reverse the text of a page if it is stored back to front."""
    if is_reversed([piece.text for piece in page.pieces]):
        for piece in page.pieces:
            piece.text = reverse_line(piece.text)
        page.signs = Signs.of([piece.text for piece in page.pieces], page.signs.unmapped)
        opened.note("reversed", index + 1)


@dataclass(slots=True)
class _Scanner:
    """Reads pages by OCR whose text layer is missing or differs from what they show."""

    document: Any
    name: str
    opened: PdfContent
    end: float
    faults: LetterFaults = field(default_factory=LetterFaults)

    def restore(self, pictures: Sequence[int]) -> None:
        """Read pictures and damaged pages by OCR, or note them if OCR is not installed."""
        pages = self.opened.pages
        whole = total_signs(page.signs for page in pages)
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
        for index in self._damaged(doubtful, verdicts):
            self._replace(index)

    def _damaged(self, doubtful: list[int], verdicts: list[Verdict]) -> list[int]:
        """Return the damaged ones of the doubtful pages.

        Unsure pages are damaged if the worst of them disagrees with its picture.
        """
        damaged = [index for index in doubtful if verdicts[index] is Verdict.DAMAGED]
        unsure = [index for index in doubtful if verdicts[index] is Verdict.UNSURE]
        enough = [i for i in unsure if self.opened.pages[i].signs.words >= _SAMPLE]
        sample = min(enough, key=lambda i: self.opened.pages[i].signs.share, default=None)
        if sample is None:
            return damaged
        found = self._scan(sample)
        if found is None:
            return damaged
        if tesseract.mean_confidence(found.words) < _CLEAR:
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
            mended = PageContent(found.pieces, PageRules(), signs, 0, height, scanned=True)
        if page.signs.words >= _FEW_LETTERS and mended.signs.share < page.signs.share:
            self.opened.note("damaged", index + 1)
            return
        sure = tesseract.mean_confidence(found.words)
        self.opened.confidences.append(sure)
        kind = ("mended" if mended.scanned else "corrected") if had else "scanned"
        self.opened.note(kind, index + 1)
        if sure < _LEAST_CONFIDENCE:
            self.opened.note("unsure", index + 1)
        self.opened.pages[index] = mended


def _corrected(page: PageContent, scan: Scan, faults: LetterFaults) -> PageContent | None:
    """Return a page with its words corrected by OCR, or None if OCR alone is better."""
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
    """Return the title, author, producer and date of creation that the file specifies."""
    told = {key: value.strip() for key, value in document.get_metadata_dict().items()}
    info = {"title": told.get("Title", ""), "author": told.get("Author", "")}
    info["producer"] = told.get("Producer", "") or told.get("Creator", "")
    date = re.match(r"(?:D:)?(\d{4})(\d\d)?(\d\d)?", told.get("CreationDate", ""))
    info["created"] = "-".join(part for part in date.groups() if part) if date else ""
    return {key: value for key, value in info.items() if value}
