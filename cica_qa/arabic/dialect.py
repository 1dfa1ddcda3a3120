"""Dialect questions rewritten in MSA: «فين» becomes «أين», «ديال» is dropped.

Covers Egyptian, Levantine, Iraqi, Gulf and Maghrebi question words, pronouns, negations,
particles, numbers and verb prefixes. Everyday nouns and verbs are in ``dialect_words``. All other
words are left to the encoder.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from cica_qa.arabic.dialect_words import msa_word
from cica_qa.arabic.letters import LETTERS, fold
from cica_qa.arabic.lexicon import entries, pattern, word_list, wording

_NO_WORDS: Mapping[str, int] = MappingProxyType({})

# MSA words that ``fold`` turns into «ايه», like «إيه»: «أية دولة», «آية», «أيه بي سي».
_HAMZA = re.compile("[أآ].*|.*ة")


def is_dialect(question: str) -> bool:
    """Return whether a normalised question contains an unmistakable dialect word."""
    words = LETTERS.findall(question)
    return any(_dialect_word(word, words[0]) is not None for word in words)


def _dialect_word(word: str, first: str) -> str | None:
    """Return the MSA for an unmistakable dialect word in a question that begins with ``first``."""
    folded = fold(word)
    in_msa = fold(first) in word_list("question_words", "msa")
    if in_msa and folded in word_list("question_words", "name"):
        return None
    if folded in word_list("question_words", "without_hamza") and _HAMZA.fullmatch(word):
        return None
    msa = _unmistakable().get(folded)
    if folded in word_list("dialect", "ambiguous"):
        return None
    asks = fold(_unmistakable().get(folded[1:], "")) in word_list("question_words", "behind_and")
    if msa is None and asks and folded[:1] in word_list("clitics", "conjunction"):
        asking = _dialect_word(word[1:], first)  # «وفين», «فكام»
        return None if asking is None else folded[0] + asking
    return msa


@cache
def _unmistakable() -> dict[str, str]:
    """Return the MSA for each folded word that does not exist in MSA."""
    numbers = {word: msa[0] for word, _, _, *msa in entries("numbers") if msa}
    return {**word_list("dialect", "function"), **word_list("dialect", "spelling"), **numbers}


def to_msa(question: str, vocabulary: Mapping[str, int] = _NO_WORDS) -> str:
    """Return a normalised question with its dialect words replaced by MSA.

    A question without an unmistakable dialect word is returned unchanged. In the others,
    ambiguous words («دي», «حق») are replaced too. Verb prefixes («بيقول», «كيقول») and everyday
    words («فلوس») are replaced only if ``vocabulary`` supports it: it maps the folded words of
    the collection to the number of passages that contain each. A prefix is dropped if the
    collection lacks the prefixed word; an everyday word is replaced if its MSA counterpart is
    in far more passages.
    """
    if not is_dialect(question):
        return question
    question = pattern("how_much").sub(rf"\g<by>{wording('how_much')}", question)
    rewritten = LETTERS.sub(lambda match: _rewritten(question, match, vocabulary), question)
    return re.sub(r"\s+", " ", rewritten).strip()


def _rewritten(question: str, match: re.Match[str], vocabulary: Mapping[str, int]) -> str:
    word, following = fold(match[0]), LETTERS.match(question, match.end() + 1)
    follower = fold(following[0]) if following else ""
    if word in word_list("dialect", "before_verb") and pattern("verb").fullmatch(follower):
        return word_list("dialect", "before_verb")[word]
    first = LETTERS.search(question)
    msa = _dialect_word(match[0], first[0] if first else "")
    if msa is None:
        msa = word_list("dialect", "ambiguous").get(word)
    if msa is not None:
        asks_what = pattern("what").fullmatch(msa)
        noun = pattern("nominal").fullmatch(follower) or (following and following[0].endswith("ة"))
        return msa[:-2] + wording("what") if asks_what and not noun else msa
    prefixed = pattern("prefixed_verb").fullmatch(match[0])
    if not (prefixed and vocabulary and word not in vocabulary):
        return _everyday(word, follower, vocabulary) or match[0]
    verb = _everyday(fold(prefixed["verb"]), follower, vocabulary) or prefixed["verb"]
    return ("س" if prefixed["future"] else "") + verb


def _everyday(word: str, follower: str, vocabulary: Mapping[str, int]) -> str | None:
    if pattern("can").fullmatch(word) and pattern("verb").fullmatch(follower):
        return word[0] + wording("can")
    return msa_word(word, vocabulary)
