"""The smallest stretch of a sentence that answers: what is highlighted in it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from cica_qa.arabic.analyze import is_stop_word
from cica_qa.arabic.letters import fold, fold_in_place
from cica_qa.arabic.matching import Forms
from cica_qa.arabic.questions import Asked
from cica_qa.arabic.spans import Place, clauses, skeleton, spans_of

_WORD = re.compile(r"[^\W_]+")
_FOUND = 0.6  # how much of a word's letters make it the same word
_WHERE = re.compile(r"(?<!\w)اين(?!\w)")
_IN = re.compile(r"\s(?:في\s)?")
_UNTIL_DATE = re.compile(r"\s(?:في\s|بين\s(?:عامي\s)?)?\(?")
_LABEL = re.compile(r"\s*([^:؟?.]{2,80}):\s")


class Mark(NamedTuple):
    """A word of a sentence that is a word of the question, or like one where not ``exact``."""

    start: int
    end: int
    weight: float
    word: str
    exact: bool = True


_JOINTS = re.compile(
    r"(?<!\w)(?:و|ف)?(?:هو|هي|هم|كان|كانت|يعد|تعد|يعتبر|تعتبر|ب|في|من|على|إلى|عن|أن|ان|التي|الذي)$"
)


def focus(
    asked: Asked, sentence: str, weights: Mapping[str, float], alike: Mapping[str, Place]
) -> list[Place]:
    """Return where in a normalised sentence the answer stands; nothing where all of it answers.

    There are several where several numbers are asked for at once («كم عدد الدول والمنظمات؟»).
    ``weights`` are the words of the question, with what each counts; ``alike`` says of some where
    in the sentence the word nearest in meaning stands.
    """
    marks = _matched(sentence, weights)
    seen = {mark.word for mark in marks}
    marks += [Mark(*place, weights[w], w, False) for w, place in alike.items() if w not in seen]
    marks.sort()
    question = Forms(" ".join([asked.text, *weights]))
    typed = [
        place
        for place in spans_of(asked.kind, sentence, asked.noun)
        if _new_words(sentence, place, question) or _is_two(sentence, place, asked)
    ]
    if asked.kind == "definition":  # «أ: هو ب» asked for «ب» is answered by «أ»
        half = sum(weights.values()) / 2
        typed = [place for place in typed if sum(_inside(place, marks).values()) < half]
    if asked.kind == "number" and typed:
        return _counted(typed, marks)
    if typed:
        return [min(typed, key=lambda place: (_distance(place, marks), place))]
    if asked.kind in ("thing", "definition", "person", "place", "list"):
        found = _beside(sentence, marks, question)
        return [found] if found else []
    return []


def where(asked: Asked, sentence: str, weights: Mapping[str, float], place: Place) -> Place:
    """Return what is marked of a normalised sentence where a reader points at ``place``.

    Where «أين» asks, that is the one place right behind a word of the question, as «عمّان» in «توفي
    في عمّان»: what the reader points at beside it gives way, what it points at with it ends before
    a date and the next clause.
    """
    behind = _place_behind(sentence, weights) if _WHERE.search(fold_in_place(asked.text)) else None
    if behind is None:
        return place
    start, end = behind
    if end <= place[0] or place[1] <= start:
        return behind
    dates = [first for first, _ in spans_of("date", sentence) if first >= end]
    dated = any(_UNTIL_DATE.fullmatch(sentence, end, first) for first in dates)
    clause = min((last for _, last in clauses(sentence) if last >= end), default=len(sentence))
    return place[0], min(place[1], end if dated else clause)


def _place_behind(sentence: str, weights: Mapping[str, float]) -> Place | None:
    """The place right behind a word of the question, if there is but one."""
    said = [mark.end for mark in _matched(sentence, weights)]
    question = Forms(" ".join(weights))
    found = [
        place
        for place in spans_of("place", sentence)
        if any(_IN.fullmatch(sentence, end, place[0]) for end in said if end < place[0])
        and _new_words(sentence, place, question)
    ]
    return found[0] if len(found) == 1 else None


def _counted(typed: Sequence[Place], marks: Sequence[Mark]) -> list[Place]:
    """The number that counts most of what is asked, and others that count what it does not."""
    inside = {place: _inside(place, marks) for place in typed}
    best = max(typed, key=lambda p: (sum(inside[p].values()), -_distance(p, marks), -p[0]))
    kept, covered = [best], set(inside[best])
    for place in typed:
        if len(inside[place]) > 1 and not covered.issuperset(inside[place]):
            kept.append(place)
            covered |= set(inside[place])
    return sorted(kept)


def _inside(place: Place, marks: Sequence[Mark]) -> dict[str, float]:
    """The words of the question inside a stretch, with what they weigh."""
    return {mark.word: mark.weight for mark in marks if place[0] <= mark.start < place[1]}


def _matched(sentence: str, weights: Mapping[str, float]) -> list[Mark]:
    """The words of a sentence that are words of the question, with what they weigh."""
    found = []
    for match in _WORD.finditer(sentence):
        form = Forms(match[0])
        for word in sorted(weights, key=lambda word: -weights[word]):
            if form.means(word) >= _FOUND or skeleton(match[0]) == skeleton(word):
                found.append(Mark(match.start(), match.end(), weights[word], word))
                break
    return found


def _new_words(sentence: str, place: Place, question: Forms) -> bool:
    words = _WORD.findall(sentence[slice(*place)])
    return any(question.holds(word) < _FOUND and not is_stop_word(fold(word)) for word in words)


def _is_two(sentence: str, place: Place, asked: Asked) -> bool:
    """Whether it is the dual of what is counted: «كتابان» where «كم كتابًا» asks."""
    word = sentence[slice(*place)]
    return word.endswith(("ان", "ين")) and Forms(asked.noun).has(word)


def _distance(place: Place, marks: Sequence[Mark]) -> float:
    """How far a stretch is from the words of the question, in characters, near ones first."""
    start, end = place
    gaps = [(max(start - mark.end, mark.start - end, 0), mark.weight) for mark in marks]
    total = sum(weight for _, weight in gaps)
    return sum(weight * min(gap, 80) for gap, weight in gaps) / total if total else 0.0


def _beside(sentence: str, marks: Sequence[Mark], question: Forms) -> Place | None:
    """The clause next to the words of the question that says something new."""
    label = _LABEL.match(sentence)
    if label and _new_words(sentence, label.span(1), question):
        rest = label.end()
        behind = sum(mark.weight for mark in marks if mark.start >= rest)
        if behind > sum(mark.weight for mark in marks if mark.start < rest):
            return label.span(1)
    best, place = 0.0, None
    for start, end in clauses(sentence):
        own = [mark for mark in marks if mark.exact and start <= mark.start < end]
        for piece in _pieces(start, end, own):
            piece = _trimmed(sentence, piece)
            if piece[1] <= piece[0] or not _new_words(sentence, piece, question):
                continue
            score = 1.0 / (10 + _distance(piece, marks))
            if score > best:
                best, place = score, piece
    return place


def _pieces(start: int, end: int, marks: Sequence[Mark]) -> list[Place]:
    """A clause cut at the words of the question."""
    edges = [start, *(edge for mark in marks for edge in (mark.start, mark.end)), end]
    return [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if b > a]


def _trimmed(sentence: str, place: Place) -> Place:
    """A stretch without the joining words, marks and white space at its edges."""
    start, end = place
    words = list(_WORD.finditer(sentence, start, end))
    while words and is_stop_word(fold(words[0][0])):
        words.pop(0)
    while words and (is_stop_word(fold(words[-1][0])) or _JOINTS.search(words[-1][0])):
        words.pop()
    return (words[0].start(), words[-1].end()) if words else (start, start)
