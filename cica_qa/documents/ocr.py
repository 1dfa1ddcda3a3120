"""Pictures of text (PNG, JPEG, TIFF, WebP …), read by Tesseract; needs the extra ``ocr``."""

from __future__ import annotations

import io
import time
import warnings
from collections.abc import Iterator
from statistics import fmean
from typing import TYPE_CHECKING

import numpy as np

from cica_qa.arabic.script import is_arabic_text
from cica_qa.documents.file_notes import FileNote, file_note
from cica_qa.documents.pdf import tesseract
from cica_qa.documents.pdf.blocks import PageLines, write_pages
from cica_qa.documents.pdf.layout import read_layout
from cica_qa.documents.pdf.rules import PageRules
from cica_qa.documents.pdf.scan import read_picture
from cica_qa.documents.reading import Limits, Read
from cica_qa.documents.unreadable import (
    DamagedFileError,
    LargeFileError,
    NotInstalledError,
    PictureError,
)
from cica_qa.errors import UnreadableError

if TYPE_CHECKING:
    from PIL.Image import Image

_MOST_PIXELS = 100_000_000
_LEAST_CONFIDENCE = 0.6
_HEIGHT = 11.0  # inches: the height of a sheet of paper


def read_image(data: bytes, name: str, limits: Limits) -> Read:
    """Read the text of a picture. Each picture of a file that holds several is a page.

    Raises ``UnreadableError`` if OCR is not installed, the data is not a picture, or a limit is
    exceeded.
    """
    _check(data, name, limits)
    started = time.monotonic()
    pages: list[PageLines] = []
    sure: list[float] = []
    for number, picture in enumerate(_pictures(data, name, limits), start=1):
        left = limits.seconds - (time.monotonic() - started)
        if left <= 0:
            raise LargeFileError(
                f"{name}: reading took longer than {limits.seconds:g} seconds, the limit. "
                "Split the file or raise the limit."
            )
        dpi = _resolution(picture)
        about = f"{name}, picture {number}"
        scan = read_picture(np.asarray(picture), dpi, about, left)
        rtl = is_arabic_text(" ".join(word.text for word in scan.words))
        lines = read_layout(scan.pieces, PageRules(), rtl)
        pages.append(PageLines(lines, 0, picture.height * 72 / dpi, scanned=True))
        if scan.words:
            sure.append(tesseract.mean_confidence(scan.words))
    written = write_pages(pages)
    if not written.text.strip():
        raise PictureError(
            f"{name}: no text was found in the picture. Check that it is upright and sharp."
        )
    confidence = fmean(sure)
    return Read(
        written.text,
        blocks=tuple(written.blocks),
        pages=tuple(written.pages),
        metadata={"pages": str(len(pages)), "ocr_confidence": f"{confidence:.2f}"},
        repairs=(file_note("ocr", confidence=f"{confidence:.0%}"),),
        doubts=_doubts(confidence),
    )


def _doubts(confidence: float) -> tuple[FileNote, ...]:
    if confidence >= _LEAST_CONFIDENCE:
        return ()
    return (file_note("ocr_unsure", confidence=f"{confidence:.0%}"),)


def _check(data: bytes, name: str, limits: Limits) -> None:
    if not data:
        raise DamagedFileError(f"{name} is empty (0 bytes). Bring the file again.")
    if len(data) > limits.file_bytes:
        raise LargeFileError(
            f"{name} has {len(data):,} bytes, more than the limit of {limits.file_bytes:,}. "
            "Make the picture smaller."
        )
    missing = tesseract.missing()
    if missing:
        raise NotInstalledError(f"{name} is a picture, and {missing}")


def _pictures(data: bytes, name: str, limits: Limits) -> Iterator[Image]:
    try:
        from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError
    except ImportError as error:
        raise NotInstalledError(
            f"{name} is a picture, and Pillow is not installed. {tesseract.INSTALL}"
        ) from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data)) as opened:
                if opened.width * opened.height > _MOST_PIXELS:
                    raise LargeFileError(
                        f"{name} has {opened.width} x {opened.height} pixels, more than the limit "
                        f"of {_MOST_PIXELS:,}. Make the picture smaller."
                    )
                count = getattr(opened, "n_frames", 1)
                if count > limits.pages:
                    raise LargeFileError(
                        f"{name} has {count:,} pictures, more than the limit of {limits.pages:,}. "
                        "Split the file."
                    )
                moving = opened.format in ("GIF", "WEBP", "PNG")
                frames = [opened] if moving else ImageSequence.Iterator(opened)
                for frame in frames:
                    yield ImageOps.exif_transpose(frame).convert("L")
    except UnreadableError:
        raise
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, MemoryError) as error:
        raise DamagedFileError(
            f"{name} is no picture that can be read, or is cut off. "
            "Check that it opens in a viewer, and save it as PNG or JPEG."
        ) from error
    except Image.DecompressionBombError as error:
        raise LargeFileError(f"{name} has too many pixels. Make the picture smaller.") from error


def _resolution(picture: Image) -> int:
    """Return the resolution, in dots per inch, at which the picture is as high as a page."""
    return min(max(round(max(picture.height, picture.width) / _HEIGHT), 70), 400)
