"""OCR with the program Tesseract."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from dataclasses import dataclass, replace
from functools import lru_cache

from cica_qa.documents.file_notes import FileNote, file_note
from cica_qa.documents.pdf.letters import is_arabic_glyph, is_mark
from cica_qa.documents.pdf.lexicon import is_common
from cica_qa.documents.pdf.picture import Grey, enlarged, to_pgm
from cica_qa.documents.unreadable import LargeFileError, PictureError

DPI = 200
_LANGUAGES = ("ara", "eng")
_LOCAL = ("-c", "thresholding_method=2")  # Sauvola's local threshold between paper and ink
_MANY = 0.15  # share of doubtful words above which they are read a third time
_AGAIN = 1.3  # enlargement of the picture for the second reading
_LEAST = 25.0  # percent: least confidence of a short word that is not a stain
_SURE, _SURER = 75.0, 10.0  # percent: confidence of a sure word; lead of a much surer one
_SAME_PLACE = 0.5  # share of a box that the same word in another reading covers
_MARKS = dict.fromkeys((0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)))
INSTALL = file_note("install_ocr")


@dataclass(frozen=True, slots=True)
class OcrWord:
    """A word and its box in pixels from the upper left.

    ``confidence`` is in percent; ``line`` identifies its block, paragraph and line.
    """

    text: str
    left: int
    top: int
    width: int
    height: int
    confidence: float
    line: tuple[int, int, int]


def missing() -> FileNote | None:
    """Return a note on what is missing for OCR, or None if nothing is."""
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


def read_words(picture: Grey, name: str, seconds: float) -> list[OcrWord]:
    """Read the words of a grey picture in reading order, on one thread.

    The picture is read as Arabic. If any word is doubtful or may be a number, it is read again,
    enlarged, in Arabic and English, which is better at numbers and Latin but worse at Arabic; if
    many words are doubtful, also as one block of Arabic. The best reading of each word is kept.
    Raises ``UnreadableError`` if Tesseract fails or takes longer than ``seconds``.
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
        words = merge_readings(words, _parsed(both, _AGAIN))
    return [word for word in words if word.confidence >= _LEAST or len(_bare(word.text)) > 2]


def vote(words: list[OcrWord], others: list[OcrWord]) -> list[OcrWord]:
    """Replace words by better ones from another reading in the same language."""
    chosen: list[OcrWord] = []
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


def _outvotes(theirs: list[OcrWord], word: OcrWord) -> bool:
    """Return whether another reading is likelier to be words, or much surer of a single one."""
    known, better = _is_likely(word), all(map(_is_likely, theirs))
    if known != better:
        return better
    return len(theirs) == 1 and theirs[0].confidence > word.confidence + _SURER


def _is_likely(word: OcrWord) -> bool:
    """Return whether a word is common or, if it is short, read with confidence."""
    bare = _bare(word.text)
    return is_common(bare) if len(bare) > 2 else word.confidence >= _SURE


def merge_readings(words: list[OcrWord], both: list[OcrWord]) -> list[OcrWord]:
    """Replace words by better ones from the bilingual reading."""
    merged: list[OcrWord] = []
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


def _is_doubtful(word: OcrWord) -> bool:
    number = any(map(str.isdigit, word.text))
    return number or word.confidence < _SURE or not is_common(_bare(word.text))


def _is_better(other: OcrWord, word: OcrWord) -> bool:
    """Return whether the bilingual reading of a word is better."""
    if any(map(is_arabic_glyph, other.text)):
        return is_common(_bare(other.text)) and not _is_known(word) and not _digits(word.text)
    if _digits(word.text) and _digits(other.text):
        return not any(map(str.isalpha, other.text)) or other.confidence > word.confidence
    if _is_known(word):
        return False
    return len(other.text) > 2 and other.confidence > max(word.confidence + 15, _SURE)


def _is_known(word: OcrWord) -> bool:
    bare = _bare(word.text)
    return len(bare) > 2 and is_common(bare)


def _digits(text: str) -> bool:
    return any(map(str.isdigit, text))


def _bare(text: str) -> str:
    return "".join(c for c in text if is_arabic_glyph(c) and c != "ـ" and not is_mark(c))


def _overlap(word: OcrWord, other: OcrWord) -> float:
    """Return the share of the other word's box covered by the word's box."""
    wide = min(word.left + word.width, other.left + other.width) - max(word.left, other.left)
    high = min(word.top + word.height, other.top + other.height) - max(word.top, other.top)
    return max(wide, 0) * max(high, 0) / max(other.width * other.height, 1)


def _run(picture: bytes, name: str, options: list[str], seconds: float) -> str:
    command = ["tesseract", "-", "-", "--dpi", str(DPI), *options, "tsv"]
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments, picture on standard input
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


def _parsed(table: str, scale: float = 1.0) -> list[OcrWord]:
    words: list[OcrWord] = []
    for row in table.splitlines()[1:]:
        cells = row.split("\t")
        if len(cells) < 12 or cells[0] != "5" or not cells[11].strip():
            continue
        block, paragraph, line = int(cells[2]), int(cells[3]), int(cells[4])
        left, top, width, height = (round(int(cell) / scale) for cell in cells[6:10])
        confidence = float(cells[10])
        place = (block, paragraph, line)
        if text := cells[11].translate(_MARKS).strip():
            words.append(OcrWord(text, left, top, width, height, confidence, place))
    return words


def mean_confidence(words: list[OcrWord]) -> float:
    """Return the mean confidence of the words from 0 to 1, weighted by length."""
    letters = sum(len(word.text) for word in words)
    if not letters:
        return 0.0
    return sum(word.confidence * len(word.text) for word in words) / letters / 100
