"""Whether a text contains a word in some form, judged by letters, stems and synonyms."""

from __future__ import annotations

import re
from functools import cached_property, lru_cache

from cica_qa.arabic.analyze import bare_word, fold_loosely, number_terms, stem_terms, word_grams
from cica_qa.arabic.letters import ARTICLE, WORD, fold
from cica_qa.arabic.lexicon import pattern
from cica_qa.arabic.synonyms import synonym_stems

SYNONYM_COVERAGE = 0.8
"""The coverage of a word of which the text contains only a synonym."""
_ALIF_AND_MORE = re.compile(r"~ا\w{3,}")
_OFFICE_HOLDER = re.compile(r"\w\wي\w")  # «وزير»
_WEAK_MIDDLE = re.compile(r"(\w[وي])ي(\w)")


class WordForms:
    """The words of a normalised text, indexed for comparison with other words."""

    def __init__(self, text: str) -> None:
        self._text = text
        words = [_forms(word) for word in dict.fromkeys(WORD.findall(text))]
        self._grams = [grams for grams, _, _ in words]
        self._stems = frozenset(stem for _, stems, _ in words for stem in stems)

    def contains(self, word: str) -> bool:
        """Return whether the text contains a form of the word itself, not just a related word."""
        return any(stem in self._stems for stem in _forms(word)[1] if not stem.startswith("~"))

    def coverage_with_synonyms(self, word: str) -> float:
        """Return the coverage of a word, or ``SYNONYM_COVERAGE`` if a synonym covers it better."""
        held = self.coverage(word)
        if held >= SYNONYM_COVERAGE or self._stems.isdisjoint(_synonyms(word)):
            return held
        return SYNONYM_COVERAGE

    @cached_property
    def _numbers(self) -> frozenset[str]:
        return frozenset(number_terms(self._text))

    def coverage(self, word: str) -> float:
        """Return how well the text covers a word, between 0 and 1.

        It is 1 if a word of the text has the same stem, or is the same number written
        differently. Otherwise it is the share of the word's character 4-grams that the most
        similar word of the text contains.
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
    """Return the 4-grams of a word, its stems, and its values in digits if it is a number."""
    form = fold_loosely(word)
    values = number_terms(word) or ([word] if word.isdigit() else [])
    grams = frozenset(word_grams(bare_word(fold(word))))
    return grams, _stems(form) if form else frozenset(), tuple(values)


@lru_cache(1 << 14)
def _synonyms(word: str) -> frozenset[str]:
    return synonym_stems(_forms(word)[1])


def _stems(form: str) -> frozenset[str]:
    """Return the stems of a word, and those of related forms that texts often use instead.

    - A verb in the feminine past also gets the stems of the masculine: «تأسست», «تأسس».
    - «اجتماع», «أهداف» and «أعلن» also get their consonants without the alif of the pattern, which
      they share with «تجتمع», «هدف» and «يعلن».
    - «تصويت» also gets its root with the weak letter, which it shares with «يصوت».

    An office and its holder must not match («أمانة» and «أمين», «وزارة» and «وزير»), although
    both match «وزراء» and verbs of the same root.
    """
    past = form.endswith("ت") and len(form) >= 4 and form[-2] not in "اي"
    stems = {*stem_terms(form), *(stem_terms(form[:-1]) if past else ())}
    if hers := pattern("hers").fullmatch(form):
        stems |= {*stem_terms(f"{hers[1]}ه")}
    if form[0] in "وفبل" and len(form) >= 5:  # the «ف» of «فروعكم» belongs to its stem
        stems |= {*stem_terms(ARTICLE + form)}
    if verb := pattern("and_verb").fullmatch(form):
        stems |= {*stem_terms(verb[1])}
    weak = map(_WEAK_MIDDLE.fullmatch, stems)
    stems |= {f"~{match[1]}{match[2]}" for match in weak if match}
    stems |= {f"~{stem[2:]}" for stem in stems if _ALIF_AND_MORE.fullmatch(stem)}
    # Consonants get one tilde for office holders, two for offices, and both forms for the rest.
    roots = {stem for stem in stems if stem.startswith("~")}
    if pattern("office").fullmatch(form):
        return frozenset(stems - roots | {f"~{root}" for root in roots})
    if any(map(_OFFICE_HOLDER.fullmatch, stems)):
        return frozenset(stems)
    return frozenset(stems | {f"~{root}" for root in roots})
