"""Correction of a damaged text layer with OCR, word by word.

The lines, punctuation, digits and Latin letters come from the layer, the Arabic letters from OCR
where they are better.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import product
from math import prod

from cica_qa.documents.pdf.damage import is_broken
from cica_qa.documents.pdf.letters import is_arabic_glyph, is_mark
from cica_qa.documents.pdf.lexicon import is_common
from cica_qa.documents.pdf.lines import LinePiece
from cica_qa.documents.pdf.tesseract import OcrWord

_TOKEN = re.compile(r"(\W*)(.*?)(\W*)", re.DOTALL)
_LEAST = 0.5  # share of a layer's Arabic words that must match OCR for it to be of use
_ALIKE, _MERGED = 0.4, 0.75  # least similarity of a matching word, and of merged words
_GUESSES = 64  # greatest number of readings of a word that are tried
_RARE = 0.02  # error rate of a letter up to which errors are put down to chance
_JOINTS = ((1, 1), (2, 1), (1, 2), (3, 1), (1, 3))  # pairs (words of the layer, words of OCR)
_MOST = 30  # words: a longer run without a common word is left as it is


_Pair = tuple[Sequence[str], Sequence[OcrWord]]


@dataclass(frozen=True, slots=True)
class Frame:
    """The placement of a page's picture.

    ``left`` and ``bottom`` are its lower left corner in points, ``height`` is in pixels.
    """

    left: float
    bottom: float
    height: int
    dpi: float

    def place(self, word: OcrWord) -> tuple[float, float]:
        """Return the centre of a word in points."""
        scale = 72 / self.dpi
        x = self.left + (word.left + word.width / 2) * scale
        return x, self.bottom + (self.height - word.top - word.height / 2) * scale


def reconcile(
    pieces: Sequence[LinePiece], words: Sequence[OcrWord], frame: Frame, faults: LetterFaults
) -> tuple[list[LinePiece], list[OcrWord]]:
    """Return the pieces of a layer with corrected words, and the OCR words outside of them.

    No pieces are returned if OCR reads something entirely different. ``faults`` hold what was
    learnt from the other pages of the file, and learn from this one.
    """
    lines, apart = _by_piece(pieces, words, frame)
    if 2 * len(apart) > len(words):  # the text is oriented differently from the picture
        return [], list(words)
    pairs = [list(_pairs(piece.text.split(), lines[at])) for at, piece in enumerate(pieces)]
    arabic = sum(_is_word(token) for piece in pieces for token in piece.text.split())
    both = sum(map(_is_word, (t for line in pairs for s, w in line if w for t in s)))
    if not both or both < _LEAST * arabic:
        return [], list(words)
    for line in pairs:
        faults.learn(line)
    mended = [
        replace(piece, text=_mended(line, faults))
        for piece, line in zip(pieces, pairs, strict=True)
    ]
    return mended, apart


def _by_piece(
    pieces: Sequence[LinePiece], words: Sequence[OcrWord], frame: Frame
) -> tuple[defaultdict[int, list[OcrWord]], list[OcrWord]]:
    """Return the words within each piece, by its index, and the words outside of all."""
    lines: defaultdict[int, list[OcrWord]] = defaultdict(list)
    apart: list[OcrWord] = []
    for word in words:
        x, y = frame.place(word)
        near = [
            (abs(y - piece.y - 0.25 * piece.height), place)
            for place, piece in enumerate(pieces)
            if piece.left - 0.3 * piece.height < x < piece.right + 0.3 * piece.height
            and -0.3 * piece.height < y - piece.y < 0.8 * piece.height
        ]
        if near:
            lines[min(near)[1]].append(word)
        else:
            apart.append(word)
    return lines, apart


def _mended(pairs: Sequence[_Pair], faults: LetterFaults) -> str:
    """Return the text of a line with the words of OCR where they are better."""
    text = " ".join(text for layer, ocr in pairs for text in _chosen(layer, ocr, faults))
    return "".join(c for c in text if not is_mark(c)) if faults.marks else text


@dataclass(slots=True)
class LetterFaults:
    """The systematic errors of a text layer, learnt where OCR is sure.

    ``meant`` counts for each letter what OCR reads in its place, ``dropped`` the letters that
    the layer omits; ``broken`` of ``words`` have impossible marks.
    """

    meant: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    dropped: Counter[str] = field(default_factory=Counter)
    words: int = 0
    broken: int = 0

    def learn(self, pairs: Sequence[_Pair]) -> None:
        """Learn from pairs in which OCR reads known words."""
        for tokens, words in pairs:
            self.words += len(tokens)
            self.broken += sum(map(is_broken, tokens))
            texts = [word.text for word in words]
            layer, ocr = _joined(tokens), _joined(texts)
            if layer and ocr and _known(texts) and (layer == ocr or not _known(tokens)):
                self._compare(layer, ocr)

    def _compare(self, layer: str, ocr: str) -> None:
        for kind, start, end, first, last in _changes(layer, ocr):
            if kind == "insert":
                self.dropped.update(ocr[first:last])
            elif end - start == last - first:
                for letter, read in zip(layer[start:end], ocr[first:last], strict=True):
                    self.meant[letter][read] += 1
            else:
                for letter in layer[start:end]:
                    self.meant[letter][ocr[first:last]] += 1

    @property
    def marks(self) -> bool:
        """Whether the marks of the layer are wrong."""
        return self.broken > _RARE * self.words

    def wrong(self, letter: str) -> bool:
        """Return whether a letter of the layer often differs from what is shown."""
        seen = self.meant.get(letter, Counter())
        return seen.total() - seen[letter] > _RARE * seen.total()

    def explain(self, layer: str, ocr: str) -> bool:
        """Return whether known errors explain ``layer`` in place of ``ocr``."""
        for kind, start, end, first, last in _changes(layer, ocr):
            if kind == "insert":
                right = (self.meant.get(c, Counter())[c] for c in ocr[first:last])
                counts = zip(ocr[first:last], right, strict=True)
                if any(self.dropped[letter] > _RARE * count for letter, count in counts):
                    return True
            elif kind != "equal" and any(map(self.wrong, layer[start:end])):
                return True
        return False

    def guess(self, token: str) -> str:
        """Return a word that OCR missed, corrected by the known errors if that gives a word."""
        choices = [self._readings(letter) for letter in token]
        if prod(map(len, choices)) > _GUESSES or _known([token]):
            return token
        likely = sorted(product(*choices), key=lambda ways: -prod(count for _, count in ways))
        texts = ("".join(read for read, _ in ways) for ways in likely)
        return next((text for text in texts if _known([text])), token)

    def _readings(self, letter: str) -> list[tuple[str, float]]:
        """Return what a letter may stand for, with the share of each."""
        seen = self.meant.get(letter, Counter())
        shares = [(read, count / seen.total()) for read, count in seen.items()]
        return [one for one in shares if one[1] > _RARE] or [(letter, 1.0)]


def _pairs(tokens: Sequence[str], words: Sequence[OcrWord]) -> Iterator[_Pair]:
    """Yield the words of a layer paired with those of OCR; either side may be empty."""
    layer, ocr = [_core(token) for token in tokens], [_core(word.text) for word in words]
    matcher = SequenceMatcher(None, layer, ocr, autojunk=False)
    for _, start, end, first, last in matcher.get_opcodes():
        if end - start == last - first and layer[start:end] == ocr[first:last]:
            yield from ((tokens[start + i : start + i + 1], words[first + i : first + i + 1])
                        for i in range(end - start))  # fmt: skip
        elif max(end - start, last - first) > _MOST:
            yield tokens[start:end], ()
        else:
            yield from _aligned(tokens[start:end], words[first:last])


def _aligned(tokens: Sequence[str], words: Sequence[OcrWord]) -> list[_Pair]:
    """Return the alignment of two short runs of words with the greatest similarity."""
    layer, ocr = [_core(token) for token in tokens], [_core(word.text) for word in words]
    best: dict[tuple[int, int], tuple[float, tuple[int, int]]] = {(0, 0): (0.0, (0, 0))}
    for i in range(len(layer) + 1):
        for j in range(len(ocr) + 1):
            for a, b in (*_JOINTS, (1, 0), (0, 1)):
                before = best.get((i - a, j - b))
                if before is None:
                    continue
                gain = _likeness("".join(layer[i - a : i]), "".join(ocr[j - b : j]))
                if a and b and gain < (_ALIKE if a == b else _MERGED):
                    continue
                score = before[0] + gain
                if (i, j) not in best or score > best[i, j][0]:
                    best[i, j] = (score, (a, b))
    pairs = []
    i, j = len(layer), len(ocr)
    while i or j:
        a, b = best[i, j][1]
        pairs.append((tokens[i - a : i], words[j - b : j]))
        i, j = i - a, j - b
    return pairs[::-1]


def _is_word(token: str) -> bool:
    core = _core(token)
    return len(core) > 2 and is_arabic_glyph(core[0])


def _changes(layer: str, ocr: str) -> Sequence[tuple[str, int, int, int, int]]:
    return SequenceMatcher(None, layer, ocr, autojunk=False).get_opcodes()


def _joined(texts: Sequence[str]) -> str:
    return "".join(map(_core, texts))


@lru_cache(maxsize=50_000)
def _likeness(layer: str, ocr: str) -> float:
    if not layer or not ocr:
        return 0.0
    matcher = SequenceMatcher(None, layer, ocr, autojunk=False)
    return matcher.ratio() if matcher.real_quick_ratio() >= _ALIKE else 0.0


def _chosen(tokens: Sequence[str], words: Sequence[OcrWord], faults: LetterFaults) -> list[str]:
    """Return the better reading of a pair, that of the layer or that of OCR."""
    if not words or not tokens:
        return list(map(faults.guess, tokens))
    layer, ocr = _joined(tokens), _joined([word.text for word in words])
    if layer == ocr:
        return list(tokens) if len(tokens) <= len(words) else [_dressed(tokens, words)]
    if not any(map(is_arabic_glyph, layer)) or not all(is_arabic_glyph(c) for c in ocr):
        return list(tokens)
    known, better = _known(tokens), _known([word.text for word in words])
    if known == better:
        better = faults.explain(layer, ocr)
    return [_dressed(tokens, words)] if better else list(tokens)


def _dressed(tokens: Sequence[str], words: Sequence[OcrWord]) -> str:
    """Return the letters of OCR with the punctuation of the layer."""
    text = " ".join(word.text for word in words)
    before, _, _ = _parts(tokens[0])
    _, _, after = _parts(tokens[-1])
    lead, core, trail = _parts(text)
    # Punctuation that the layer shows as a letter comes from OCR.
    return (before or _stops(lead)) + core + (after or _stops(trail))


def _stops(text: str) -> str:
    return text if set(text) <= set(".:؛،؟!()") else ""


def _parts(token: str) -> tuple[str, str, str]:
    found = _TOKEN.fullmatch(token)
    return (found[1], found[2], found[3]) if found else ("", token, "")


def _known(texts: Sequence[str]) -> bool:
    cores = [_core(text) for text in texts]
    return all(not any(map(is_arabic_glyph, core)) or is_common(core) for core in cores)


def _core(text: str) -> str:
    """Return the letters and digits of a word, without marks and kashida."""
    return "".join(c for c in text if c.isalnum() and not is_mark(c) and c != "ـ")
