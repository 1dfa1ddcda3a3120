"""Notes on files for their reports: in English, with keys for translation."""

from __future__ import annotations

from collections.abc import Sequence

NOTE_TEXTS = {
    "encoding": "it was {encoding}, and was decoded as such",
    "format": "by its content it is {format}, and was read as such",
    "decoded_again": "its letters had been decoded wrongly, and were decoded again",
    "reversed": "its letters stood back to front, and were put in order",
    "damaged_letters": "{count} characters are damaged (�)",
    "few_arabic": "it has few Arabic letters",
    "strange_letters": "its letters do not stand as in Arabic: perhaps they were read wrongly",
    "copies": "{count} documents have the text of others and were left out",
    "id_twice": "the id {id} is used twice; its second document was left out",
    "line": "line {number} is no document ({error}) and was left out",
    "lines_more": "{count} more lines are no documents and were left out",
    "cut_off": "the file is cut off: it has {found} documents of {count}",
    "deep": "it is nested so deeply that its innermost parts were not read",
    "embeds": "it embeds other documents, which were not read",
    "chapters_missing": "{count} of its chapters are missing from the file",
    "sheets_hidden": "these sheets are hidden and were left out: {sheets}",
    "formulas": "{count} formulas have no value in the file; open it, save it, and index it again",
    "slides_mute": "these slides have no text, perhaps pictures of it: {slides}",
    "slides_hidden": "these slides are hidden and were left out: {slides}",
    "ocr": "read by OCR, with a confidence of {confidence}",
    "ocr_unsure": "OCR is unsure of what it read (confidence {confidence}): compare the picture",
    "pages_reversed": "text that was stored back to front was turned ({where})",
    "pages_scanned": "pictures were read by OCR with a confidence of {confidence} ({where})",
    "pages_corrected": (
        "a damaged text layer was corrected by OCR with a confidence of {confidence} ({where})"
    ),
    "pages_mended": (
        "a damaged text layer was replaced by OCR with a confidence of {confidence} ({where})"
    ),
    "pages_damaged": "the text layer does not say what is shown ({where})",
    "pages_picture": "pictures without text were left out ({where}): {missing}",
    "pages_unread": ("pictures were not read, as OCR failed or the time was over ({where})"),
    "pages_unreadable": "damaged pages were left out ({where})",
    "pages_blank": "no text was found in pictures ({where})",
    "pages_unsure": "OCR is unsure of what it read ({where})",
    "page": "page {page}",
    "pages": "pages {pages}",
    "no_tesseract": "the program Tesseract is not installed. {install}",
    "no_data": "Tesseract lacks its data for {languages}. {install}",
    "install_ocr": (
        "Install the extra `ocr` (pip install 'cica-qa[ocr]') and the program Tesseract with its "
        "data for Arabic (on Debian and Ubuntu: apt-get install tesseract-ocr tesseract-ocr-ara)."
    ),
}
"""The English text of each note, by key."""


class FileNote(str):
    """A short English sentence with the ``key`` and ``parts`` to translate it by.

    A part is a text, several texts, or another note.
    """

    key: str
    parts: dict[str, str | Sequence[str]]


def file_note(key: str, **parts: str | int | Sequence[str]) -> FileNote:
    """Return the note of a key in ``NOTE_TEXTS`` with its parts filled in."""
    told = {name: str(part) if isinstance(part, int) else part for name, part in parts.items()}
    english = {
        name: part if isinstance(part, str) else ", ".join(part) for name, part in told.items()
    }
    return custom_note(key, NOTE_TEXTS[key].format(**english), told)


def custom_note(
    key: str, english: str, parts: dict[str, str | Sequence[str]] | None = None
) -> FileNote:
    """Return a note whose English text is given, not taken from ``NOTE_TEXTS``."""
    made = FileNote(english)
    made.key, made.parts = key, parts or {}
    return made
