"""The letters that a glyph shows, from the characters it is mapped to."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_ALEFS = frozenset("اأإآٱ")
_LAM = "ل"
_BULLETS = frozenset((0xF0B7, 0xF0A7, 0xF0D8, 0xF076, 0xF0FC, 0xF0A8, 0xF02D, 0xF06C, 0xF06E))
_RARE = frozenset("ؠؾؿڡٮٯ")
# Scripts that Arabic texts quote: Greek and Cyrillic, Hebrew, kana and CJK, Hangul.
_AT_HOME = (("\u0370", "\u052f"), ("\u05d0", "\u05ea"), ("\u3040", "\u30ff"),
            ("\u4e00", "\u9fff"), ("\uac00", "\ud7af"))  # fmt: skip
_VOWELS = frozenset("ًٌٍَُِْٰ")


@lru_cache(maxsize=8192)
def is_mark(text: str) -> bool:
    """Return whether a text consists of combining marks only (tashkeel, Quranic signs)."""
    return bool(text) and all(unicodedata.category(character) == "Mn" for character in text)


@lru_cache(maxsize=8192)
def is_arabic_glyph(character: str) -> bool:
    """Return whether a character is an Arabic letter."""
    if not character or "\u0700" <= character < "\u0750":  # Syriac
        return False
    return unicodedata.bidirectional(character) == "AL"


@lru_cache(maxsize=8192)
def is_odd(character: str) -> bool:
    """Return whether a character occurs in Arabic text only if a glyph is mapped wrongly."""
    if character < "\u0180" or "\u2000" <= character <= "\u2bff":
        return False
    if any(first <= character <= last for first, last in _AT_HOME):
        return False
    if "\u0600" <= character <= "\u06ff" or "\ufb50" <= character <= "\ufdff":
        return character in _RARE or unicodedata.category(character) == "Cn"
    return character.isalpha() or unicodedata.category(character) in ("Co", "Cn", "Mn", "Mc")


@lru_cache(maxsize=4096)
def decode_letter(code: int) -> str:
    """Return the text of a character code; a presentation form becomes its letters."""
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF or code in (0, 0xFEFF, 0xFFFE, 0xFFFF):
        return ""
    if code in _BULLETS:
        return "•"
    character = chr(code)
    if 0xFB50 <= code <= 0xFDF1 or 0xFE70 <= code <= 0xFEFC or code == 0xFDF2:
        return unicodedata.normalize("NFKC", character).replace(" ", "")
    if unicodedata.category(character) in ("Cc", "Cf"):
        return "\u00ad" if code in (2, 0xAD) else ""
    return character


@lru_cache(maxsize=4096)
def decode_ligature(characters: str) -> str | None:
    """Return the letters of a ligature in logical order, or None if the order is unknown.

    ``characters`` are those of one glyph in the order in which they came. A lam goes before its
    alef, a letter before its marks, a shadda before its vowel.
    """
    text = _unpacked(characters)
    letters = [character for character in reversed(text) if not is_mark(character)]
    marks = "".join(sorted((c for c in text if is_mark(c)), key=lambda c: c in _VOWELS))
    alefs = "".join(character for character in letters if character in _ALEFS)
    others = [character for character in letters if character not in _ALEFS]
    if not any(map(is_arabic_glyph, letters)):
        return "".join(reversed(letters)) + marks
    if sorted(others) == ["ل", "ل", "ه"] and len(alefs) <= 1:
        return alefs + "لل" + marks + "ه"
    if others == [_LAM] and len(alefs) == 1:
        return _LAM + alefs + marks
    if sum(character != "ـ" for character in letters) <= 1:
        return "".join(letters) + marks
    return None


def _unpacked(text: str) -> str:
    """Undo Ghostscript's encoding of لا as one CJK character made of both letters' low bytes."""
    for character in text:
        if 0x2100 <= ord(character) <= 0x4AFF and len(text) > 1:
            pair = "".join(chr(0x600 | byte) for byte in divmod(ord(character), 256))
            if all(map(is_arabic_glyph, pair)):
                rest = text.replace(character, "", 1).replace(pair[0], "", 1)
                return pair + rest
    return text
