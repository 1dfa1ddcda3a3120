"""Negation: whether a text denies something, and which of its words are denied."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cica_qa.arabic.letters import fold_in_place
from cica_qa.arabic.lexicon import pattern
from cica_qa.arabic.matching import WordForms


def denies(text: str) -> bool:
    """Return whether a normalised text contains a negation or a verb of forbidding or refusing."""
    return negations(text) > 0


def negations(text: str) -> int:
    """Return how many negations and verbs of forbidding or refusing a normalised text has."""
    return len(pattern("denies").findall(_without_false_denials(text)))


def denied_share(text: str, words: Sequence[str]) -> float:
    """Return the share of the given words in a text that it denies, between 0 and 1.

    A negation covers the rest of its clause: in «الراتب 11000 ريال، ولا يوفر سكنا» only the second
    half is denied. The result is 0 if the text contains none of the words.
    """
    said, denied = [0.0] * len(words), [0.0] * len(words)
    for clause in _clauses(_without_false_denials(text)):
        said = _updated_coverage(said, clause, words)
        if negation := pattern("denies").search(clause):
            denied = _updated_coverage(denied, clause[negation.end() :], words)
    total = sum(said)
    return sum(denied) / total if total else 0.0


def _without_false_denials(text: str) -> str:
    return pattern("denies_nothing").sub(" ", fold_in_place(text))


def _clauses(text: str) -> Iterator[str]:
    start = 0
    for end in pattern("clause_end").finditer(text):
        yield text[start : end.start()]
        start = end.end()
    yield text[start:]


def _updated_coverage(coverage: Sequence[float], text: str, words: Sequence[str]) -> list[float]:
    forms = WordForms(text)
    return [
        max(before, forms.coverage_with_synonyms(word))
        for before, word in zip(coverage, words, strict=True)
    ]
