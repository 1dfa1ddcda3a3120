"""Dialect questions said in MSA: «فين» is «أين», «ديال» nothing.

Egyptian, Levantine, Iraqi, Gulf and Maghrebi question words, pronouns, negations, particles,
numbers and verb prefixes. Everyday nouns and verbs are in ``dialect_words``; the others stay as
they are: those are for the encoder to know.
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

# MSA that ``fold`` makes look like «إيه»: «أية دولة», «آية», «أيه بي سي».
_HAMZA = re.compile("[أآ].*|.*ة")


def is_dialect(question: str) -> bool:
    """Whether a normalised question holds a word that marks it as dialect."""
    words = LETTERS.findall(question)
    return any(_dialect_word(word, words[0]) is not None for word in words)


def _dialect_word(word: str, first: str) -> str | None:
    """The MSA of an unmistakable dialect word, in a question that begins with ``first``."""
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
    """The MSA of the words that MSA does not have."""
    numbers = {word: msa[0] for word, _, _, *msa in entries("numbers") if msa}
    return {**word_list("dialect", "function"), **word_list("dialect", "spelling"), **numbers}


def to_msa(question: str, vocabulary: Mapping[str, int] = _NO_WORDS) -> str:
    """Return a normalised question with its dialect words said in MSA.

    Ambiguous words («دي», «حق») change only beside an unmistakable dialect word. So do verb
    prefixes («بيقول», «كيقول») and everyday words («فلوس»), and only as ``vocabulary`` allows:
    the folded words of the collection, with the number of passages that have each. A prefix
    goes where they lack the word, an everyday word where its MSA is in far more passages. A
    question in MSA comes back as it is.
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
