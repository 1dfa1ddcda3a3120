"""Noise for questions: how other writers and keyboards would write the same question.

Each variant changes how a question is written, not what it asks. Random choices are seeded, so a
question looks the same in every evaluation.
"""

from __future__ import annotations

import hashlib
import random
import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import cache, partial
from itertools import pairwise
from types import MappingProxyType

from cica_qa.evaluation.dialect_noise import DIALECTS, say_in_dialect
from cica_qa.evaluation.misspell import misspell

Noise = Callable[[str, random.Random], str]
"""Returns a text with noise; all random choices come from the generator."""

_SHARE = 0.3
_TATWEEL = "\u0640"
_ZWJ = "\u200d"
# Combining marks, except U+0653 to U+0655, which turn ا into آ or أ.
_MARK = (
    "\u0610-\u061a\u064b-\u0652\u0656-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8"
    "\u06ea-\u06ed"
)
_RIDING = f"{_MARK}\u0653-\u0655"
_LETTER = (
    "\u0620-\u063f\u0641-\u064a\u066e\u066f\u0671-\u06d3\u06d5\u06ee\u06ef\u06fa-\u06fc\u06ff"
    "\u0750-\u077f"
)
_LETTERS = re.compile(f"[{_LETTER}]")
_MARKS = re.compile(f"[{_MARK}]")
_CLUSTER = re.compile(f"[{_LETTER}][{_RIDING}]*")
_WORD = re.compile(f"(?:[{_LETTER}][{_RIDING}]*)+")
_WRITTEN = re.compile(f"[{_LETTER}{_RIDING}{_TATWEEL}{_ZWJ}]+")
_BARE = re.compile(f"[{_LETTER}](?![{_RIDING}{_TATWEEL}])")
_NEVER_VOWELLED = "اآىٱ"
_VOWELS = "\u064e\u064f\u0650"
_INSIDE = f"{_VOWELS}\u0652\u0651"
# The marks that may precede a letter that lengthens a vowel.
_BEFORE = MappingProxyType(
    {**dict.fromkeys("اىة", "\u064e"), "و": "\u064e\u064f\u0652", "ي": "\u064e\u0650\u0652"}
)
_VOWELLED = 0.6  # the share of possible letters, which makes about half of all letters
_DIGITS = str.maketrans("0123456789٠١٢٣٤٥٦٧٨٩", "٠١٢٣٤٥٦٧٨٩0123456789")
_SEATS = MappingProxyType({"أ": "اإ", "إ": "اأ", "آ": "اأ", "ؤ": "وئ", "ئ": "يؤ"})
_ENDINGS = MappingProxyType({"ة": "ه", "ه": "ة", "ى": "ي", "ي": "ى"})
_END = "؟?!.…؛;:،,۔"


def add_noise(text: str, variant: str, seed: str) -> str:
    """Return a text with one of ``VARIANTS``, determined by the text, the variant and the seed.

    A text with nothing to change is returned as it is. Raises ``ValueError`` for an unknown
    variant.
    """
    if variant not in VARIANTS:
        raise ValueError(f"no variant {variant!r}: there are {', '.join(VARIANTS)}")
    digest = hashlib.sha256(f"{variant}\0{seed}".encode("utf-8", "surrogatepass")).digest()
    rng = random.Random(int.from_bytes(digest))  # noqa: S311  # noise, not cryptography
    return VARIANTS[variant](text, rng)


# ---- marks ---------------------------------------------------------------------------------


def _undiacritised(text: str, _: random.Random) -> str:
    return _MARKS.sub("", text)


def _diacritised(text: str, rng: random.Random) -> str:
    """Add a mark, plausible at its place, to about half of the letters that have none."""

    def marked(match: re.Match[str]) -> str:
        letter, at = match[0], match.start()
        if letter in _NEVER_VOWELLED or rng.random() >= _VOWELLED:
            return letter
        begins = at == 0 or not _WRITTEN.match(text[at - 1])
        ends = not _WRITTEN.match(text, match.end())
        usual = _VOWELS if begins or ends else _INSIDE
        return letter + rng.choice(_BEFORE.get(text[match.end() : match.end() + 1], usual))

    return _BARE.sub(marked, text)


def _tatweel(text: str, rng: random.Random) -> str:
    """Insert one to three tatweels after a letter that joins the next one."""

    def stretched(letters: list[str], rng: random.Random) -> list[str]:
        joined = [
            at
            for at, (one, other) in enumerate(pairwise(letters))
            if "initial" in _forms(one[0]) and "final" in _forms(other[0])
        ]
        if joined:
            letters[rng.choice(joined)] += _TATWEEL * rng.randint(1, 3)
        return letters

    return _in_some_words(text, stretched, rng, shortest=2)


# ---- letters -------------------------------------------------------------------------------


def _hamza(text: str, rng: random.Random) -> str:
    """Move each hamza to another seat or drop it; swap final ة with ه, and ى with ي."""

    def swapped(match: re.Match[str]) -> str:
        letters = _CLUSTER.findall(match[0])
        for at, cluster in enumerate(letters):
            letter = cluster[0]
            if letter in "أإ" and at > 0 and letters[at - 1][0] not in "لوف":
                letter = "ا"  # nobody writes «تإسست»
            elif letter in _SEATS:
                letter = rng.choice(_SEATS[letter])
            elif letter == "ا" and at == 0 and len(letters) > 2 and letters[1][0] != "ل":
                letter = rng.choice("أإ")
            elif at == len(letters) - 1 > 0:
                letter = _ENDINGS.get(letter, letter)
            letters[at] = letter + cluster[1:]
        return "".join(letters)

    return _WORD.sub(swapped, text)


def _doubled(text: str, rng: random.Random) -> str:
    def twice(letters: list[str], rng: random.Random) -> list[str]:
        at = rng.randrange(len(letters))
        return [*letters[:at], letters[at][0], *letters[at:]]

    return _in_some_words(text, twice, rng, shortest=3)


def _dropped(text: str, rng: random.Random) -> str:
    """Drop a letter other than the first, whose absence a writer would notice."""

    def without(letters: list[str], rng: random.Random) -> list[str]:
        at = rng.randrange(1, len(letters))
        return letters[:at] + letters[at + 1 :]

    return _in_some_words(text, without, rng, shortest=4)


def _in_some_words(
    text: str,
    edit: Callable[[list[str], random.Random], list[str]],
    rng: random.Random,
    shortest: int,
) -> str:
    """Edit three in ten of the Arabic words of at least ``shortest`` letters, at least one.

    ``edit`` receives the letters of a word, each with its marks.
    """
    words = [(match, _CLUSTER.findall(match[0])) for match in _WORD.finditer(text)]
    words = [(match, letters) for match, letters in words if len(letters) >= shortest]
    if not words:
        return text
    chosen = rng.sample(range(len(words)), max(1, round(_SHARE * len(words))))
    pieces, done = [], 0
    for match, letters in (words[at] for at in sorted(chosen)):
        pieces += [text[done : match.start()], *edit(letters, rng)]
        done = match.end()
    return "".join([*pieces, text[done:]])


# ---- presentation forms --------------------------------------------------------------------


def _presentation_forms(text: str, _: random.Random) -> str:
    return _WRITTEN.sub(lambda match: _shaped(match[0]), text)


def _shaped(word: str) -> str:
    """Return a word in presentation forms, as old software stores it.

    A word is returned as it is if Unicode has no forms for one of its letters, since the letters
    would no longer join.
    """
    if not all(_forms(letter) for letter in _LETTERS.findall(word)):
        return word
    shaped, joined, at = [], False, 0
    while at < len(word):
        alef = word[at : at + 2] in ("لا", "لأ", "لإ", "لآ")
        unit = word[at : at + 2] if alef else word[at]
        at += len(unit)
        forms = _forms(unit)
        if not forms:  # marks leave joining as it is; a tatweel joins on both sides
            shaped.append(unit)
            joined = joined or unit in (_TATWEEL, _ZWJ)
            continue
        backward = joined and "final" in forms
        joined = "initial" in forms
        forward = joined and _takes_join(word[at:])
        position = ("isolated", "initial", "final", "medial")[2 * backward + forward]
        shaped.append(forms[position])
    return "".join(shaped)


def _takes_join(rest: str) -> bool:
    """Return whether the next letter of a word, past any marks, joins the one before it."""
    following = next((one for one in rest if not re.match(f"[{_RIDING}]", one)), "")
    return following in (_TATWEEL, _ZWJ) or "final" in _forms(following)


def _forms(unit: str) -> Mapping[str, str]:
    """Return the presentation forms of a letter or of لا by position; empty if it has none."""
    return _all_forms().get(unit, MappingProxyType({}))


@cache
def _all_forms() -> Mapping[str, Mapping[str, str]]:
    """Return all presentation forms that NFKC turns back into their letters.

    The only ligatures are those of lam and alef, which every typeface has.
    """
    forms: dict[str, dict[str, str]] = {}
    for form in map(chr, (*range(0xFB50, 0xFC00), *range(0xFE80, 0xFEFD))):
        position, *codes = unicodedata.decomposition(form).split(" ")
        unit = "".join(chr(int(code, 16)) for code in codes)
        if unit and unicodedata.normalize("NFKC", form) == unit:
            forms.setdefault(unit, {}).setdefault(position.strip("<>"), form)
    return forms


# ---- the rest ------------------------------------------------------------------------------


def _swapped_digits(text: str, _: random.Random) -> str:
    return text.translate(_DIGITS)


def _no_question_mark(text: str, _: random.Random) -> str:
    bare = text.rstrip()
    if not bare.endswith(tuple(_END)):
        return text
    while bare.endswith(tuple(_END)):
        bare = bare.rstrip(_END).rstrip()
    return bare or text


def _misspelt(text: str, rng: random.Random) -> str:
    return misspell(text, _SHARE, rng) if _LETTERS.search(text) else text


VARIANTS: Mapping[str, Noise] = MappingProxyType(
    {
        "undiacritised": _undiacritised,
        "diacritised": _diacritised,
        "hamza": _hamza,
        "doubled": _doubled,
        "dropped": _dropped,
        "arabic-indic-digits": _swapped_digits,
        "presentation-forms": _presentation_forms,
        "tatweel": _tatweel,
        "no-question-mark": _no_question_mark,
        "misspelt": _misspelt,
        **{dialect: partial(say_in_dialect, dialect) for dialect in DIALECTS},
    }
)
"""The kinds of noise by name.

undiacritised        without harakat, tanween, shadda and Koranic signs
diacritised          a mark at random on about half of the letters that have none
hamza                each hamza on another seat or dropped; final ة and ه, ى and ي swapped
doubled              a letter doubled in three words of ten
dropped              a letter dropped from three words of ten
arabic-indic-digits  0-9 as ٠-٩ and ٠-٩ as 0-9
presentation-forms   letters as U+FB50 to U+FEFC: looks the same, NFKC gives the text back
tatweel              three words of ten stretched
no-question-mark     without ؟ and other final punctuation
misspelt             three words of ten misspelt (``misspell``)
egyptian, gulf, levantine, maghrebi
                     the question words of a dialect (``dialect_noise``)
"""
