"""How far a text has the words of another, by their letters."""

from __future__ import annotations

import re
from functools import cached_property, lru_cache

from cica_qa.arabic.analyze import bare_word, fold_loosely, number_terms, stem_terms, word_grams
from cica_qa.arabic.letters import ARTICLE, WORD, fold
from cica_qa.arabic.lexicon import pattern
from cica_qa.arabic.synonyms import synonym_stems

SYNONYM_COVERAGE = 0.8
"""How much of a word a text has that says it otherwise."""
_ALIF_AND_MORE = re.compile(r"~ا\w{3,}")
_HOLDER = re.compile(r"\w\wي\w")  # «وزير»
_WEAK_MIDDLE = re.compile(r"(\w[وي])ي(\w)")


class WordForms:
    """The words of a normalised text, ready to be compared with others."""

    def __init__(self, text: str) -> None:
        self._text = text
        words = [_forms(word) for word in dict.fromkeys(WORD.findall(text))]
        self._grams = [grams for grams, _, _ in words]
        self._stems = frozenset(stem for _, stems, _ in words for stem in stems)

    def contains(self, word: str) -> bool:
        """Return whether the text has the word itself, in any form, and not only its kin."""
        return any(stem in self._stems for stem in _forms(word)[1] if not stem.startswith("~"))

    def coverage_with_synonyms(self, word: str) -> float:
        """Return how much the text has of a word, or of one that means the same."""
        held = self.coverage(word)
        if held >= SYNONYM_COVERAGE or self._stems.isdisjoint(_synonyms(word)):
            return held
        return SYNONYM_COVERAGE

    @cached_property
    def _numbers(self) -> frozenset[str]:
        return frozenset(number_terms(self._text))

    def coverage(self, word: str) -> float:
        """Return how much of a word the text has, between 0 and 1.

        A word with the same stem is the same word, as is a number written otherwise; any other
        counts by the share of character 4-grams that the text's most similar word has of it.
        """
        grams, stems, numbers = _forms(word)
        if not self._stems.isdisjoint(stems):
            return 1.0
        if numbers and not (self._numbers | self._stems).isdisjoint(numbers):
            return 1.0
        shared = map(len, map(grams.intersection, self._grams))
        return max(shared, default=0) / len(grams)


@lru_cache(1 << 14)
def _forms(word: str) -> tuple[frozenset[str], frozenset[str], tuple[str, ...]]:
    """The 4-grams of a word, its stems, and where it is a number its values in digits."""
    form = fold_loosely(word)
    values = number_terms(word) or ([word] if word.isdigit() else [])
    grams = frozenset(word_grams(bare_word(fold(word))))
    return grams, _stems(form) if form else frozenset(), tuple(values)


@lru_cache(1 << 14)
def _synonyms(word: str) -> frozenset[str]:
    return synonym_stems(_forms(word)[1])


def _stems(form: str) -> frozenset[str]:
    """The stems of a word, and those of its kin that question and text often say otherwise.

    Of a verb in the feminine past («تأسست») those of «تأسس»; of «اجتماع», «أهداف» and «أعلن» also
    the consonants without the alif that the pattern puts before them, as «تجتمع», «هدف» and «يعلن»
    have them; of «تصويت» the root with its weak letter, as «يصوت» has it. An office is not who
    holds it («أمانة» and «أمين», «وزارة» and «وزير»), though both are kin to «وزراء» and verbs.
    """
    past = form.endswith("ت") and len(form) >= 4 and form[-2] not in "اي"
    stems = {*stem_terms(form), *(stem_terms(form[:-1]) if past else ())}
    if hers := pattern("hers").fullmatch(form):
        stems |= {*stem_terms(f"{hers[1]}ه")}
    if form[0] in "وفبل" and len(form) >= 5:  # «فروعكم» has no «و» or «ف» before its stem
        stems |= {*stem_terms(ARTICLE + form)}
    if verb := pattern("and_verb").fullmatch(form):
        stems |= {*stem_terms(verb[1])}
    weak = map(_WEAK_MIDDLE.fullmatch, stems)
    stems |= {f"~{match[1]}{match[2]}" for match in weak if match}
    stems |= {f"~{stem[2:]}" for stem in stems if _ALIF_AND_MORE.fullmatch(stem)}
    # Holders have one mark before their consonants, offices two, all other words both.
    roots = {stem for stem in stems if stem.startswith("~")}
    if pattern("office").fullmatch(form):
        return frozenset(stems - roots | {f"~{root}" for root in roots})
    if any(map(_HOLDER.fullmatch, stems)):
        return frozenset(stems)
    return frozenset(stems | {f"~{root}" for root in roots})
