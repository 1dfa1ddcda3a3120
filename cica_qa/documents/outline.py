"""Numbered parts of a text: the lines that open them, and the levels of their headings."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from cica_qa.arabic.designations import (
    CODE,
    DOTTED,
    ORDINAL,
    Designation,
    code_pattern,
    opening_designation,
)
from cica_qa.arabic.letters import fold
from cica_qa.arabic.lexicon import folded_rows
from cica_qa.documents.lines import Stanza, TextLine
from cica_qa.types import Block

_OPENS = re.compile(
    r"[\s*_#>]*(?:[A-Za-z]{1,4}[-–]?\d|\d{1,3}\.\d|[\u0621-\u065f\u0670]+(?:\s|[:：(\[-]))"
)
_APART = re.compile(r"[*_]*\s*(?:[:：\-–—=|.)]|$|\t)[*_]*")
_CLEAR = re.compile(r"[*_]*\s*(?:[:：\-–—=|]|\t|$)")
_ON = re.compile(r"\s*(?:من|في|على|إلى|الى|عن|التي|الذي|أعلاه|بشأن|و\S+)(?!\w)")
_ENDS = re.compile(r"[.؟?!،؛…](?:\s|$)")
_TITLE_CHARS, _TITLE_WORDS, _LOOSE_CHARS = 100, 14, 60
_SERIES_MOST = 999
_SHORT = 0.6
_COPULA = re.compile(r"\s(?:هو|هي|هم|ليس|ليست|كان|كانت)\s")
_AMOUNT = re.compile(r"(?<![\d/.-])(?!(?:1[0-9]|20)\d\d)\d[\d.,٬٫]*\s+[\u0621-\u064a]{2,}")
_DIACRITICS = re.compile("[\u0610-\u061a\u064b-\u065f\u0670\u0640]")
_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩", "0123456789")
_COUNTED = re.compile(r"^[\s(\[]*\d{1,3}[.)\]-]\s*|(?:لعام|عام|سنة|العام|رقم|يوم)\s+\d+")


def find_designations(stanzas: Sequence[Stanza]) -> dict[int, Designation]:
    """Return the designations at the start of lines, by the start of the line, in order.

    Unknown nouns, codes and dotted numbers such as «7.2» count if their numbers form a series.
    """
    found: dict[int, Designation] = {}
    unsure: dict[str, list[tuple[int, Designation]]] = defaultdict(list)
    for stanza in stanzas:
        widest = max(len(line.text) for line in stanza.lines)
        before: TextLine | None = None
        for line in stanza.lines:
            one = opening_designation(line.text) if _OPENS.match(line.text) else None
            opens = before is None or before.start in found or _ended(before, widest)
            before = line
            if one is None or not opens:
                continue
            rest = line.text[one.end :]
            if one.word == CODE:
                if _CLEAR.match(rest) and rest.strip():
                    unsure[code_pattern(one.number)].append((line.start, one))
            elif one.word == DOTTED:
                if re.match(r"[*_]*[.)\-–:]?\s+\S", rest):
                    unsure[DOTTED].append((line.start, one))
            elif one.known:
                if _is_part(one, rest):
                    found[line.start] = one
            elif _CLEAR.match(rest) or line.text[one.end - 1 : one.end] in ")]":
                unsure[one.word].append((line.start, one))
    for name, series in unsure.items():
        numbers = [one.number for _, one in series]
        if _dotted_run(numbers) if name == DOTTED else _runs_on(numbers, name):
            found |= dict(series)
    return dict(sorted(found.items()))


def is_titled(line: TextLine, designation: Designation) -> bool:
    """Return whether a line is a designation followed by no more than a title."""
    rest = _APART.sub("", line.text[designation.end :], count=1).strip()
    short = len(rest) <= _TITLE_CHARS and len(rest.split()) <= _TITLE_WORDS
    return (
        designation.word != CODE
        and short
        and not _ENDS.search(rest)
        and not rest.endswith((".", "؟"))
    )


def states_fact(line: str) -> bool:
    """Return whether a line has a verb, a copula or an amount, and so is not a heading."""
    bare = _DIACRITICS.sub("", line).translate(_DIGITS)
    words = bare.split()
    first = fold(words[0]) if words else ""
    parts = folded_rows("openers")
    if first in parts:
        verb = parts[first] == ("verb",)
    else:
        verb = first.startswith("ي") and len(first) >= 4 and first.isalpha()
    if verb and len(words) > 1:
        return True
    told = _COUNTED.sub("", bare)
    return bool(_COPULA.search(bare)) or bool(_AMOUNT.search(told))


def with_levels(blocks: Sequence[Block], parts: Mapping[int, Designation]) -> list[Block]:
    """Return the blocks with levels for the designated headings in ``parts``.

    The kinds of parts (chapter, section, article …) nest by rank, below the heading before them.
    """
    heads = [block for block in blocks if block.kind == "heading"]
    ranks = sorted({parts[b.start].rank for b in heads if b.start in parts})
    found: list[Block] = []
    base, at = 0, 0
    for block in blocks:
        if block.kind == "heading":
            at += 1
            if block.start in parts:
                level = base + 1 + ranks.index(parts[block.start].rank)
                block = replace(block, level=level)
            elif at < len(heads) and heads[at].start in parts:
                base = block.level
        found.append(block)
    return found


def _is_part(designation: Designation, rest: str) -> bool:
    if designation.word == ORDINAL:
        return re.match(r"[*_]*\s*[:：\-–—]", rest) is not None
    if _APART.match(rest):
        return True
    return len(rest) <= _LOOSE_CHARS and not _ENDS.search(rest) and not _ON.match(rest)


def _ended(line: TextLine, widest: int) -> bool:
    """Return whether a line ends by itself rather than wrapping into the next."""
    return line.finished or line.text.endswith((":", "؛", ")")) or len(line.text) < _SHORT * widest


def _runs_on(numbers: Sequence[str], name: str) -> bool:
    values = sorted({int(re.sub(r"\D", "", number) or 0) for number in numbers})
    if len(values) < 2:
        return False
    if "#" in name:
        return True
    steps = all(later - earlier == 1 for earlier, later in pairwise(values))
    return steps and values[-1] <= _SERIES_MOST


def _dotted_run(numbers: Sequence[str]) -> bool:
    """Return whether most dotted numbers follow each other like sections: «1.1», «1.2», «2.1»."""
    if len(numbers) < 2:
        return False
    follows = 0
    for earlier, later in pairwise(numbers):
        a, b = [list(map(int, number.split("."))) for number in (earlier, later)]
        apart = (i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y)
        depth = next(apart, min(len(a), len(b)))
        follows += depth < len(b) and b[depth] == (a[depth] + 1 if depth < len(a) else 1)
    return 2 * follows >= len(numbers) - 1
