"""Reading pictures of text with the program Tesseract."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from functools import lru_cache

from cica_qa.errors import UnreadableError

DPI = 200
_LANGUAGES = ("ara", "eng")
_LEAST_CONFIDENCE = 25.0  # of 100: what is read with less is a stain, not a word
INSTALL = (
    "Install the extra `ocr` (pip install 'cica-qa[ocr]') and the program Tesseract with its data "
    "for Arabic (on Debian and Ubuntu: apt-get install tesseract-ocr tesseract-ocr-ara)."
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word and its box in pixels from the upper left. ``line`` tells its line in the picture."""

    text: str
    left: int
    top: int
    width: int
    height: int
    confidence: float
    line: tuple[int, int, int]


def missing() -> str:
    """Return what keeps pictures from being read, or an empty text."""
    if shutil.which("tesseract") is None:
        return f"the program Tesseract is not installed. {INSTALL}"
    absent = [name for name in _LANGUAGES if name not in _installed()]
    if absent:
        return f"Tesseract lacks its data for {' and '.join(absent)}. {INSTALL}"
    return ""


@lru_cache(maxsize=1)
def _installed() -> frozenset[str]:
    shown = subprocess.run(  # noqa: S603 - fixed arguments
        ["tesseract", "--list-langs"],  # noqa: S607 - found on the path like any program
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return frozenset((shown.stdout + shown.stderr).split())


def read_words(picture: bytes, name: str, seconds: float, dpi: int = DPI) -> list[Word]:
    """Read the words of a picture (PGM, PNG …) in reading order, on one thread.

    Raises ``UnreadableError`` where Tesseract fails or needs more than ``seconds``.
    """
    command = ["tesseract", "-", "-", "-l", "+".join(_LANGUAGES), "--dpi", str(dpi), "tsv"]
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments, the picture goes to its input
            command,
            input=picture,
            capture_output=True,
            timeout=max(seconds, 1.0),
            check=True,
            env={**os.environ, "OMP_THREAD_LIMIT": "1"},
        )
    except subprocess.TimeoutExpired as error:
        raise UnreadableError(
            f"{name}: reading its pictures took longer than the limit. "
            "Split the file or raise the limit of seconds."
        ) from error
    except (subprocess.CalledProcessError, OSError) as error:
        raise UnreadableError(
            f"{name}: Tesseract could not read the picture. Check that it opens in a viewer."
        ) from error
    return _parsed(done.stdout.decode("utf-8", "replace"))


def _parsed(table: str) -> list[Word]:
    words: list[Word] = []
    for row in table.splitlines()[1:]:
        cells = row.split("\t")
        if len(cells) < 12 or cells[0] != "5" or not cells[11].strip():
            continue
        block, paragraph, line = int(cells[2]), int(cells[3]), int(cells[4])
        left, top, width, height = map(int, cells[6:10])
        confidence = float(cells[10])
        if confidence >= _LEAST_CONFIDENCE:
            place = (block, paragraph, line)
            words.append(Word(cells[11].strip(), left, top, width, height, confidence, place))
    return words


def confidence(words: list[Word]) -> float:
    """Return the mean confidence of the words, between 0 and 1, each by its length."""
    letters = sum(len(word.text) for word in words)
    if not letters:
        return 0.0
    return sum(word.confidence * len(word.text) for word in words) / letters / 100
