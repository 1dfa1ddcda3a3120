"""Yes or no: whether a sentence that speaks of what was asked affirms or denies it."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from cica_qa.answer.extract import Ranked
from cica_qa.answer.support import COVERED, places_alike
from cica_qa.arabic.letters import fold_in_place
from cica_qa.arabic.matching import Forms
from cica_qa.arabic.normalize import NormalizedText
from cica_qa.arabic.numbers import numbers

YES, NO = "نعم", "لا"
_WORD = re.compile(r"[^\W_]+")
_NEGATION = re.compile(
    r"(?<!\w)[وف]?(?:لا|لم|لن|ليس|ليست|ليسوا|ما(?=\s(?:كان|عاد|زال))|دون|بدون|غير|عدم|يمنع|تمنع|يحظر|تحظر|ممنوع\w*|محظور\w*"
    r"|يستحيل|تعذر|ينفي|نفي|رفض\w*|يرفض|not|no|never|cannot|without)(?!\w)"
)
# Negations that deny nothing: «ما زال», «لا سيما», «ليس فقط».
_EMPTY = re.compile(
    r"(?<!\w)(?:ما زال\w*|لا يزال\w*|لا تزال\w*|لا سيما|لا بد|ليس فقط|لا شك|الا وهو|ما لم)"
)
_BREAK = re.compile(r"[،,؛;:.!؟?()]|(?<!\w)(?:لكن|ولكن|بينما|الا ان|غير ان|بل)(?!\w)")
# What is said one way or another: «هل يجوز…؟» is answered by «لا يحق…».
_MAY = re.compile(r"[يت](?:جوز|حق|مكن\w*|ستطيع\w*|قدر\w*|سمح|سوغ|تاح)")
_ENOUGH = 0.5
"""How much of the question a sentence must have to prove or deny it, by weight."""
_ALIKE = 0.8
"""How like a word has to be to say the same: clothes are like shoes, where washing is spoken of."""


def polarity(question: str, sentence: NormalizedText, best: Ranked) -> str:
    """Return ``YES``, ``NO``, or nothing where a sentence does not tell.

    ``question`` and ``sentence``, the text of the candidate of ``best``, are normalised. What
    counts is the part of the sentence that has the last word of the question: «…، ولكن ليس لديهم حق
    التصويت» denies that they vote.
    """
    if best.candidate.replies_to is not None:
        return ""  # what it replies to may be asked otherwise, and it says «نعم» itself
    support = best.support
    known = np.maximum(support.context, support.meaning)
    if support.share(known) < _ENOUGH:
        return ""
    asked = {number.value for number in numbers(question) if not number.ordinal}
    said = {number.value for number in numbers(sentence.text) if not number.ordinal}
    if asked and not asked & said:
        return NO if said else ""
    meant = np.where(support.meaning >= _ALIKE, support.meaning, 0)
    told = np.maximum(support.context, meant).tolist()
    if _untold(dict(zip(support.words, told, strict=True))) or _unknown_name(question, best):
        return ""
    at = _last_word(sentence, best)
    clause = sentence.text if at is None else _clause(sentence.text, at)
    denies = _denies(clause)
    if at is None and denies:  # which part of the sentence is denied is not known
        return ""
    return NO if denies != _denies(question) else YES


def _untold(known: Mapping[str, float]) -> bool:
    """Whether an Arabic word is not covered: that Russia is a member tells nothing of China.

    Between languages meanings are never as near. Numbers have been compared.
    """
    return any(
        covered < COVERED and not (word.isascii() or numbers(word) or _MAY.fullmatch(word))
        for word, covered in known.items()
    )


def _unknown_name(question: str, best: Ranked) -> bool:
    """Whether a question in English names what the candidate does not: no meaning makes up for it.

    «Is it in Astana?» is not answered by another city.
    """
    first = _WORD.search(question)
    named = zip(best.support.words, best.support.context, strict=True)
    return any(
        word[0].isupper() and covered < COVERED and first is not None and word != first[0]
        for word, covered in named
    )


def _last_word(sentence: NormalizedText, best: Ranked) -> int | None:
    """Where the last word of the question stands in a sentence, or the word nearest in meaning."""
    words = tuple(best.support.words)
    if not words:
        return None
    text, last = sentence.text, words[-1]
    places = [match.start() for match in _WORD.finditer(text) if _same(match[0], last)]
    if places or not last.isascii():  # letters tell better, where they can
        return places[-1] if places else None
    alike = places_alike(best.candidate, sentence, {last: 1.0})
    return alike[last][0] if last in alike else None


def _same(one: str, other: str) -> bool:
    return Forms(one).holds(other) >= COVERED


def _denies(text: str) -> bool:
    return _NEGATION.search(_EMPTY.sub(" ", fold_in_place(text))) is not None


def _clause(sentence: str, at: int) -> str:
    """The stretch between breaks around a place; a word that breaks opens what follows it."""
    breaks = [match.start() for match in _BREAK.finditer(fold_in_place(sentence))]
    start = max((place for place in breaks if place <= at), default=0)
    end = min((place for place in breaks if place > at), default=len(sentence))
    return sentence[start:end]
