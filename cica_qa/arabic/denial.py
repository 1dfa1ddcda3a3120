"""Whether a text denies something, and how much of what it says is denied."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cica_qa.arabic.letters import fold_in_place
from cica_qa.arabic.lexicon import pattern
from cica_qa.arabic.matching import WordForms


def denies(text: str) -> bool:
    """Return whether a normalised text has a negation, or a verb of forbidding or refusing."""
    return pattern("denies").search(_without_false_denials(text)) is not None


def denied_share(text: str, words: Sequence[str]) -> float:
    """Return how much of some words a text denies, as a share of what it has of them.

    A negation covers what follows it in its clause: of «الراتب 11000 ريال، ولا يوفر سكنا» it is
    the second half. The result is 0 where the text has none of the words.
    """
    said, denied = [0.0] * len(words), [0.0] * len(words)
    for clause in _clauses(_without_false_denials(text)):
        said = _raised(said, clause, words)
        if negation := pattern("denies").search(clause):
            denied = _raised(denied, clause[negation.end() :], words)
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


def _raised(held: Sequence[float], text: str, words: Sequence[str]) -> list[float]:
    forms = WordForms(text)
    return [
        max(before, forms.coverage_with_synonyms(word))
        for before, word in zip(held, words, strict=True)
    ]
