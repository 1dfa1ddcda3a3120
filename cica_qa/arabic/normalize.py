"""The normaliser: one spelling for what Arabic readers take to be the same word.

Built on the character functions of CAMeL Tools (Obeid et al., "CAMeL Tools: An Open Source Python
Toolkit for Arabic NLP", LREC 2020). It adds what they leave unchanged: tatweel, digits, Persian
and Urdu letters, invisible marks, and presentation forms of diacritics.

Text is folded one cluster (a character and its marks) at a time, so that each character of the
result maps to the exact span of the original that it came from.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import asdict, dataclass
from functools import cache

import numpy as np
from camel_tools.utils.normalize import (
    normalize_alef_ar,
    normalize_alef_maksura_ar,
    normalize_teh_marbuta_ar,
    normalize_unicode,
)
from numpy.typing import NDArray

_VERSION = 1
_CACHED_CLUSTERS = 1 << 16

_TATWEEL = "\u0640"
# Soft hyphen, Arabic letter mark, zero-width and bidi controls, word joiner, byte order mark.
_INVISIBLE = "\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
# Harakat and Koranic signs: a superset of CAMeL's dediac_ar, whose import takes half a second.
_MARKS = "\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed"
_MARKS_EXTENDED = "\u0898-\u089f\u08ca-\u08e1\u08e3-\u08ff"
# Presentation forms of diacritics: NFKC would put a space or a tatweel before each.
_MARK_FORMS = "\ufc5e-\ufc63\ufcf2-\ufcf4\ufe70-\ufe7f"
# Thai, Lao and Katakana letters that NFKC turns into combining marks.
_HIDDEN_MARKS = "\u0e33\u0eb3\uff9e\uff9f"

_LETTERS = str.maketrans(
    {
        **dict.fromkeys("\u06a9\u06aa\u06ab\u06ac\u06af\u06b1\u0762\u0763", "ك"),  # ک گ …
        **dict.fromkeys("\u06cc\u06cd\u06ce\u06d0\u06d2\u06d3\u0678", "ي"),  # ی ے …
        **dict.fromkeys("\u06be\u06c0\u06c1\u06c2\u06d5\u06ff", "ه"),  # ھ ہ ە …
        "\u06c3": "ة",
        **dict.fromkeys("\u0672\u0673\u0675", "ا"),
        **dict.fromkeys("\u06c4\u06c5\u06c6\u06c7\u06c8\u06c9\u06ca\u06cb\u06cf", "و"),
        **dict.fromkeys("\u067e\u067b\u0680", "ب"),  # پ
        **dict.fromkeys("\u0679\u067a\u067d\u067f", "ت"),  # ٹ
        **dict.fromkeys("\u0686\u0683\u0684\u0687", "ج"),  # چ
        **dict.fromkeys("\u0688\u0689\u068a\u068c\u068d\u0690", "د"),  # ڈ
        **dict.fromkeys("\u0691\u0692\u0693\u0695\u0696", "ر"),  # ڑ
        **dict.fromkeys("\u0698\u0697", "ز"),  # ژ
        **dict.fromkeys("\u06a4\u06a2\u06a5\u06a7\u06a8", "ف"),  # ڤ ڥ, and the Maghrebi ڧ ڨ
        **dict.fromkeys("\u06ba\u06bb\u06bc", "ن"),  # ں
    }
)
_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹٫٬٪", "01234567890123456789.,%")


@dataclass(frozen=True, slots=True)
class NormalizerOptions:
    """What is folded. The defaults retrieve best (``benchmarks/normalize.py``).

    The encoder distinguishes أ from ا, ة from ه and upper from lower case, and folding them makes
    it worse, so those switches are off. Code that compares words folds more (``letters.fold``).

    compatibility   Unicode NFKC: presentation forms, ligatures, full-width characters
    diacritics      harakat, tanween, shadda, superscript alef, Koranic signs: removed
    tatweel         removed
    alef            أ إ آ ٱ -> ا
    alef_maqsura    ى -> ي
    ta_marbuta      ة -> ه
    foreign_letters Persian and Urdu letters -> the nearest Arabic letter
    digits          Arabic-Indic and Persian digits and separators -> ASCII
    invisible       zero-width and bidirectional marks: removed
    case            Latin letters -> lower case
    """

    compatibility: bool = True
    diacritics: bool = True
    tatweel: bool = True
    alef: bool = False
    alef_maqsura: bool = False
    ta_marbuta: bool = False
    foreign_letters: bool = True
    digits: bool = True
    invisible: bool = True
    case: bool = False


@dataclass(frozen=True, slots=True)
class NormalizedText:
    """A normalised text and its alignment with the original.

    ``starts`` and ``ends`` have shape ``(len(text),)``: the half-open span of the original
    cluster that each character of ``text`` came from, in code points.
    """

    text: str
    original: str
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """Map a span of ``text`` to the exact span of ``original``, including its marks.

        An empty span maps to an empty span. Raises ``IndexError`` if the span is not in the text.
        """
        if not 0 <= start <= end <= len(self.text):
            raise IndexError(f"span {start}:{end} is outside 0:{len(self.text)}")
        if start == end:
            at = int(self.starts[start]) if start < len(self.text) else len(self.original)
            return at, at
        return int(self.starts[start]), int(self.ends[end - 1])


class Normalizer:
    """Folds text according to its options. Safe to share between threads."""

    def __init__(self, options: NormalizerOptions | None = None) -> None:
        self.options = options or NormalizerOptions()
        self._folded = _FoldedClusters(self.options)

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that change with the options and the algorithm."""
        switches = f"{_VERSION}:{sorted(asdict(self.options).items())}"
        return hashlib.sha256(switches.encode()).hexdigest()[:16]

    def __call__(self, text: str) -> str:
        """Return the normalised text only."""
        return "".join(map(self._folded.__getitem__, _cluster_pattern().findall(text)))

    def normalize(self, text: str) -> NormalizedText:
        """Return the normalised text with its alignment to the original."""
        clusters = _cluster_pattern().findall(text)
        folded = list(map(self._folded.__getitem__, clusters))
        lengths = np.fromiter(map(len, clusters), np.int64, len(clusters))
        copies = np.fromiter(map(len, folded), np.int64, len(folded))
        ends = np.cumsum(lengths)
        return NormalizedText(
            "".join(folded), text, np.repeat(ends - lengths, copies), np.repeat(ends, copies)
        )


class _FoldedClusters(dict[str, str]):
    """A cache of folded clusters: a text has few distinct ones."""

    def __init__(self, options: NormalizerOptions) -> None:
        super().__init__()
        self._options = options

    def __missing__(self, cluster: str) -> str:
        folded = _fold(cluster, self._options)
        if len(self) < _CACHED_CLUSTERS and len(cluster) <= 8:
            self[cluster] = folded
        return folded


def _fold(cluster: str, options: NormalizerOptions) -> str:
    """Fold a cluster until nothing changes, since one switch can expose work for another."""
    folded = _fold_once(cluster, options)
    while folded != cluster:
        cluster, folded = folded, _fold_once(folded, options)
    return folded


def _fold_once(text: str, options: NormalizerOptions) -> str:
    """Apply every switch once; invisible marks go first, because they keep NFKC from composing."""
    if options.invisible:
        text = re.sub(f"[{_INVISIBLE}]", "", text)
    if options.compatibility:
        text = normalize_unicode(re.sub(f"[{_MARK_FORMS}]", _bare_mark, text))
    if options.tatweel:
        text = text.replace(_TATWEEL, "")
    if options.foreign_letters:
        text = text.translate(_LETTERS)
    if options.diacritics:
        # Compose first: و with a combining hamza is ؤ, not و with a mark to remove.
        text = unicodedata.normalize("NFC", text)
        text = re.sub(f"[{_MARKS}{_MARKS_EXTENDED}]", "", text)
    if options.alef:
        text = normalize_alef_ar(text)
    if options.alef_maqsura:
        text = normalize_alef_maksura_ar(text)
    if options.ta_marbuta:
        text = normalize_teh_marbuta_ar(text)
    if options.digits:
        text = text.translate(_DIGITS)
    return text.lower() if options.case else text


def _bare_mark(form: re.Match[str]) -> str:
    return unicodedata.normalize("NFKC", form[0]).strip(f" {_TATWEEL}")


@cache
def _cluster_pattern() -> re.Pattern[str]:
    """Return a pattern for one character with its combining marks and tatweel.

    A run of invisible marks that no other mark follows is a cluster of its own; otherwise the
    search would be quadratic. Marks beyond the Basic Multilingual Plane have a class of their
    own behind a cheap look-ahead: a single class for all would lose the fast table of ``re`` and
    be ten times slower.
    """
    combining = f"{_combining(0x300, 0x10000)}{_TATWEEL}{_MARK_FORMS}{_HIDDEN_MARKS}"
    astral = _combining(0x10000, 0x20000) + "\U000e0100-\U000e01ef"
    invisible = f"[{_INVISIBLE}]++(?=[{combining}]|[{astral}])"
    return re.compile(
        f"(?s)(?:[{_INVISIBLE}]++|.)(?:[{combining}]|{invisible}|(?![\0-\uffff])[{astral}])*"
    )


def _combining(first: int, last: int) -> str:
    characters = map(chr, range(first, last))
    return "".join(c for c in characters if unicodedata.category(c).startswith("M"))
