"""Reading pictures of text with the program Tesseract."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from dataclasses import dataclass, replace
from functools import lru_cache

from cica_qa.documents.file_notes import FileNote, file_note
from cica_qa.documents.pdf.letters import is_arabic, is_mark
from cica_qa.documents.pdf.lexicon import is_common
from cica_qa.documents.pdf.picture import Grey, enlarged, to_pgm
from cica_qa.documents.unreadable import LargeFileError, PictureError

DPI = 200
_LANGUAGES = ("ara", "eng")
_LOCAL = ("-c", "thresholding_method=2")  # Sauvola: paper is told from ink by its surroundings
_MANY = 0.15  # of the words: where more are doubtful, they are read a third time
_AGAIN = 1.3  # how much larger the second reading sees a picture
_LEAST = 25.0  # of 100: what is read with less is a stain, not a word
_SURE, _SURER = 75.0, 10.0  # of 100
_SAME_PLACE = 0.5  # of a box: how much of it another word covers that is the same one
_MARKS = dict.fromkeys((0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)))
INSTALL = file_note("install_ocr")


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


def missing() -> FileNote | None:
    """Return what keeps pictures from being read, if anything does."""
    if shutil.which("tesseract") is None:
        return file_note("no_tesseract", install=INSTALL)
    absent = [name for name in _LANGUAGES if name not in _installed()]
    if absent:
        return file_note("no_data", languages=absent, install=INSTALL)
    return None


@lru_cache(maxsize=1)
def _installed() -> frozenset[str]:
    shown = subprocess.run(
        ["tesseract", "--list-langs"],  # noqa: S607 - found on the path like any program
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return frozenset((shown.stdout + shown.stderr).split())


def read_words(picture: Grey, name: str, seconds: float) -> list[Word]:
    """Read the words of a grey picture in reading order, on one thread.

    It is read as Arabic. Where a word is doubtful or may be a number, it is read again somewhat
    larger: in both languages, which is better at numbers and Latin and worse at Arabic, and
    where many are, line by line as Arabic. Of the readings of a word the best one is taken.
    Raises ``UnreadableError`` where Tesseract fails or needs more than ``seconds``.
    """
    end = time.monotonic() + seconds
    words = _parsed(_run(to_pgm(picture), name, ["-l", "ara", *_LOCAL], seconds))
    doubtful = sum(map(_is_doubtful, words))
    if doubtful:
        larger = to_pgm(enlarged(picture, _AGAIN))
        if doubtful > _MANY * len(words):
            lines = _run(larger, name, ["-l", "ara", "--psm", "6"], end - time.monotonic())
            words = vote(words, _parsed(lines, _AGAIN))
        both = _run(larger, name, ["-l", "ara+eng"], end - time.monotonic())
        words = merge(words, _parsed(both, _AGAIN))
    return [word for word in words if word.confidence >= _LEAST or len(_bare(word.text)) > 2]


def vote(words: list[Word], others: list[Word]) -> list[Word]:
    """Put words of another reading of the same script in the place of worse ones."""
    chosen: list[Word] = []
    used: set[int] = set()
    for word in words:
        over = [
            place for place, other in enumerate(others)
            if _overlap(word, other) > _SAME_PLACE and place not in used
        ]  # fmt: skip
        theirs = [others[place] for place in over]
        if theirs and not _digits(word.text) and _outvotes(theirs, word):
            used.update(over)
            chosen += [replace(other, line=word.line) for other in theirs]
        else:
            chosen.append(word)
    return chosen


def _outvotes(theirs: list[Word], word: Word) -> bool:
    """Return whether another reading of a word is a word where it is none, or much surer of it."""
    known, better = _is_likely(word), all(map(_is_likely, theirs))
    if known != better:
        return better
    return len(theirs) == 1 and theirs[0].confidence > word.confidence + _SURER


def _is_likely(word: Word) -> bool:
    """Return whether a word is a common one, or too short to tell and read with confidence."""
    bare = _bare(word.text)
    return is_common(bare) if len(bare) > 2 else word.confidence >= _SURE


def merge(words: list[Word], both: list[Word]) -> list[Word]:
    """Put words of the second reading in the place of those that the first read worse."""
    merged: list[Word] = []
    used: set[int] = set()
    for word in words:
        over = [
            place for place, other in enumerate(both)
            if _overlap(word, other) > _SAME_PLACE and place not in used
        ]  # fmt: skip
        if over and all(_is_better(both[place], word) for place in over):
            used.update(over)
            merged += [replace(both[place], line=word.line) for place in over]
        else:
            merged.append(word)
    return merged


def _is_doubtful(word: Word) -> bool:
    number = any(map(str.isdigit, word.text))
    return number or word.confidence < _SURE or not is_common(_bare(word.text))


def _is_better(other: Word, word: Word) -> bool:
    """Return whether the second reading of a word is to be believed."""
    if any(map(is_arabic, other.text)):
        return is_common(_bare(other.text)) and not _is_known(word) and not _digits(word.text)
    if _digits(word.text) and _digits(other.text):
        return not any(map(str.isalpha, other.text)) or other.confidence > word.confidence
    if _is_known(word):
        return False
    return len(other.text) > 2 and other.confidence > max(word.confidence + 15, _SURE)


def _is_known(word: Word) -> bool:
    bare = _bare(word.text)
    return len(bare) > 2 and is_common(bare)


def _digits(text: str) -> bool:
    return any(map(str.isdigit, text))


def _bare(text: str) -> str:
    return "".join(c for c in text if is_arabic(c) and c != "ـ" and not is_mark(c))


def _overlap(word: Word, other: Word) -> float:
    """Return the share of the other word's box that the word's box covers."""
    wide = min(word.left + word.width, other.left + other.width) - max(word.left, other.left)
    high = min(word.top + word.height, other.top + other.height) - max(word.top, other.top)
    return max(wide, 0) * max(high, 0) / max(other.width * other.height, 1)


def _run(picture: bytes, name: str, options: list[str], seconds: float) -> str:
    command = ["tesseract", "-", "-", "--dpi", str(DPI), *options, "tsv"]
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments, the picture goes to its input
            command,
            input=picture,
            capture_output=True,
            timeout=max(seconds, 0.1),
            check=True,
            env={**os.environ, "OMP_THREAD_LIMIT": "1"},
        )
    except subprocess.TimeoutExpired as error:
        raise LargeFileError(
            f"{name}: reading its pictures took longer than the limit. "
            "Split the file or raise the limit of seconds."
        ) from error
    except (subprocess.CalledProcessError, OSError) as error:
        raise PictureError(
            f"{name}: Tesseract could not read the picture. Check that it opens in a viewer."
        ) from error
    return done.stdout.decode("utf-8", "replace")


def _parsed(table: str, scale: float = 1.0) -> list[Word]:
    words: list[Word] = []
    for row in table.splitlines()[1:]:
        cells = row.split("\t")
        if len(cells) < 12 or cells[0] != "5" or not cells[11].strip():
            continue
        block, paragraph, line = int(cells[2]), int(cells[3]), int(cells[4])
        left, top, width, height = (round(int(cell) / scale) for cell in cells[6:10])
        confidence = float(cells[10])
        place = (block, paragraph, line)
        if text := cells[11].translate(_MARKS).strip():
            words.append(Word(text, left, top, width, height, confidence, place))
    return words


def confidence(words: list[Word]) -> float:
    """Return the mean confidence of the words, between 0 and 1, each by its length."""
    letters = sum(len(word.text) for word in words)
    if not letters:
        return 0.0
    return sum(word.confidence * len(word.text) for word in words) / letters / 100
