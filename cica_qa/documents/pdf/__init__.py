"""PDF files: text in logical order with its structure, and reports of damage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice, takewhile
from statistics import fmean

from cica_qa.documents.file_notes import FileNote, file_note
from cica_qa.documents.pdf import tesseract
from cica_qa.documents.pdf.blocks import PageLines, write_pages
from cica_qa.documents.pdf.document import PdfContent, read_pages
from cica_qa.documents.pdf.furniture import PagePieces, drop_furniture, running_text
from cica_qa.documents.pdf.layout import read_layout
from cica_qa.documents.pdf.letters import is_arabic_glyph
from cica_qa.documents.pdf.writer import StructuredText
from cica_qa.documents.reading import Limits, Read
from cica_qa.documents.unreadable import NotInstalledError, PictureError
from cica_qa.errors import UnreadableError

_RUNNING = 100  # characters; a longer block is running text, not a heading
_TITLE_LINES = 2
_REPAIRS = ("reversed", "scanned", "corrected", "mended")
_DOUBTS = ("damaged", "picture", "unread", "unreadable", "blank", "unsure")


def read_pdf(data: bytes, name: str, limits: Limits) -> Read:
    """Read a PDF: its text in reading order, its blocks, its pages and any doubts.

    Headers, footers and page numbers are left out of the text; headers and footers are kept in
    the metadata. Pages that are pictures, or whose text layer is damaged, are read by OCR if it
    is installed. Raises ``UnreadableError`` if nothing can be read or a limit is exceeded.
    """
    opened = read_pages(data, name, limits)
    pages = [PagePieces(page.pieces, page.bottom, page.top, []) for page in opened.pages]
    drop_furniture(pages)
    written = _written(opened, pages)
    if not written.text.strip():
        raise _nothing(opened, name)
    metadata = {**opened.info, "pages": str(len(pages))}
    for zone in ("header", "footer"):
        if text := running_text(pages, zone):
            metadata[zone] = text
    if opened.confidences:
        metadata["ocr_confidence"] = f"{fmean(opened.confidences):.2f}"
    return Read(
        written.text,
        title=title_of(opened.info, written),
        blocks=tuple(written.blocks),
        pages=tuple(written.pages),
        metadata=metadata,
        repairs=_told(opened, _REPAIRS),
        doubts=_told(opened, _DOUBTS),
    )


def _written(opened: PdfContent, pages: Sequence[PagePieces]) -> StructuredText:
    arabic = sum(page.signs.arabic for page in opened.pages)
    letters = sum(page.signs.letters for page in opened.pages)
    lines: list[PageLines] = []
    for page, read in zip(pages, opened.pages, strict=True):
        own = read.signs.letters >= 20
        rtl = 2 * read.signs.arabic >= read.signs.letters if own else 2 * arabic >= letters
        layout = read_layout(page.pieces, read.rules, rtl)
        lines.append(PageLines(layout, page.bottom, page.top, read.scanned))
    return write_pages(lines)


def title_of(info: Mapping[str, str], written: StructuredText) -> str:
    """Return the title of a document.

    This is the title in the file's metadata if it is in the script of the text and not a file
    name, else the largest heading before the running text, over two lines at most.
    """
    told = info.get("title", "")
    headings = [block for block in written.blocks if block.kind == "heading"]
    arabic = any(map(is_arabic_glyph, written.text))
    if told and any(map(is_arabic_glyph, told)) == arabic and "." not in told[-5:]:
        return told
    running = (b.start for b in written.blocks if b.end - b.start > _RUNNING)
    first = next(running, len(written.text))
    above = [block for block in headings if block.start < first]
    if not above:
        return ""
    largest = min(block.level for block in above)
    place = written.blocks.index(next(b for b in above if b.level == largest))
    parts = takewhile(lambda b: b.kind == "heading" and b.level == largest, written.blocks[place:])
    return " ".join(written.text[b.start : b.end] for b in islice(parts, _TITLE_LINES))


def _told(opened: PdfContent, kinds: Sequence[str]) -> tuple[FileNote, ...]:
    confidence = fmean(opened.confidences) if opened.confidences else 0.0
    return tuple(
        file_note(
            f"pages_{kind}",
            where=_named(pages),
            confidence=f"{confidence:.0%}",
            missing=(kind == "picture" and tesseract.missing()) or "",
        )
        for kind in kinds
        if (pages := opened.notes.get(kind))
    )


def _named(pages: Sequence[int]) -> FileNote:
    """Return a note that lists pages: «page 3», «pages 1, 4–6»."""
    runs: list[list[int]] = []
    for page in pages_in_order(pages):
        if runs and page == runs[-1][-1] + 1:
            runs[-1].append(page)
        else:
            runs.append([page])
    texts = [str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs]
    return file_note("pages", pages=texts) if len(pages) > 1 else file_note("page", page=texts[0])


def pages_in_order(pages: Sequence[int]) -> list[int]:
    """Return the distinct page numbers in ascending order."""
    return sorted(set(pages))


def _nothing(opened: PdfContent, name: str) -> UnreadableError:
    if opened.notes.get("picture"):
        missing = tesseract.missing()
        return NotInstalledError(f"{name} holds pictures of pages only, and {missing}")
    if opened.notes.get("unread"):
        return PictureError(
            f"{name} holds pictures of pages, and OCR could not read any. Scan it again."
        )
    return PictureError(
        f"{name} has no text that can be read. Scan it again or bring the original."
    )
