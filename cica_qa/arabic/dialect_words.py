"""Everyday verbs and nouns of the dialects, replaced by MSA that a collection uses.

A word is replaced only if its MSA counterpart occurs in far more passages than the word itself.
A dialect word that is also an MSA word with another meaning is therefore kept where a collection
uses it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cica_qa.arabic.letters import ARTICLE, fold
from cica_qa.arabic.lexicon import pattern, word_list, wording

_FAR_MORE = 3


def is_dialect_word(word: str) -> bool:
    """Return whether a folded word (a noun without its article) belongs to a dialect."""
    return word in word_list("dialect", "form") or word in word_list("dialect", "noun")


def msa_word(word: str, vocabulary: Mapping[str, int]) -> str | None:
    """Return the MSA for a folded word, or None if the collection does not prefer it.

    ``vocabulary`` maps the folded words of the collection to the number of passages with each.
    """
    if form := word_list("dialect", "form").get(word):
        return _more_usual(form, [form], [word], vocabulary)
    return _noun(word, vocabulary) or _verb(word, vocabulary) or _taken_apart(word, vocabulary)


def _noun(word: str, vocabulary: Mapping[str, int]) -> str | None:
    nouns = word_list("dialect", "noun")
    for before in ("", *word_list("clitics", "dialect_noun"), *word_list("clitics", "joined")):
        noun = word.removeprefix(before)
        if word.startswith(before) and noun in nouns:
            msa = nouns[noun]
            forms = ([msa, ARTICLE + msa], [noun, ARTICLE + noun])
            said = word_list("clitics", "joined").get(before, before) + msa
            return _more_usual(said, *forms, vocabulary)
    return None


def _verb(word: str, vocabulary: Mapping[str, int]) -> str | None:
    match, verbs = pattern("dialect_verb").fullmatch(word), word_list("dialect", "verb")
    if match is None or match["stem"] not in verbs:
        return None
    stem, msa, person = match["stem"], verbs[match["stem"]], match["person"]
    forms = ([one + msa for one in "يت"], {word, *(one + stem for one in "يت")})
    if match["plural"] and person in "يت":  # but «نديرو» is first person plural in the Maghreb
        msa = msa.rstrip("ىي") + wording("plural")
    if match["object"]:
        msa = msa.replace("ى", "ا") + match["object"]
    said = (("أ" if person == "ا" else person) + msa).replace("أأ", "آ")
    return _more_usual(said, *forms, vocabulary)


def _taken_apart(word: str, vocabulary: Mapping[str, int]) -> str | None:
    """Return the MSA for words that dialects write as one, if the collection has the noun."""
    if word in vocabulary:
        return None
    for before, msa in word_list("clitics", "joined").items():
        if word.startswith(before) and ARTICLE + word[len(before) :] in vocabulary:
            return msa + word[len(before) :]
    match = pattern("this").fullmatch(word)
    if match is None:
        return None
    noun = ARTICLE + match["noun"]
    noun = _noun(noun, vocabulary) or noun
    if fold(noun) not in vocabulary:
        return None
    feminine = pattern("feminine").fullmatch(fold(noun))
    this = wording("this_feminine" if feminine else "this_masculine")
    apart = word_list("clitics", "before_this").get(match["before"])
    return f"{apart + ' ' if apart else match['before']}{this} {noun}"


def _more_usual(
    said: str, msa: Iterable[str], dialect: Iterable[str], vocabulary: Mapping[str, int]
) -> str | None:
    """Return ``said`` if the collection has far more of the ``msa`` forms than of ``dialect``."""
    of_msa = sum(vocabulary.get(fold(form), 0) for form in msa)
    of_dialect = sum(vocabulary.get(form, 0) for form in dialect)
    return said if of_msa > _FAR_MORE * of_dialect else None
