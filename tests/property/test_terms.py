"""Properties of the terms of any text, and of any question converted to MSA."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from cica_qa.arabic.analyze import Analyzer, stem
from cica_qa.arabic.dialect import is_dialect, to_msa
from cica_qa.arabic.letters import fold
from cica_qa.arabic.normalize import Normalizer

LETTERS = "ابتثجحخدذرزسشصضطظعغفقكلمنهويىةءأإآؤئ"
WORDS = st.sampled_from(
    "ايه وش شو شنو مين فين امتى ليه ازاي كام اللي ده دي عم راح بيقول كيقول حق مش هو المؤتمر "
    "الرز بالرز نديرو يشوفوا هالرز فالدولة تقدر "
    "يجتمع ثمانية وعشرون ٢٨ 3.5 CICA ء".split()
)
VOCABULARY = {"دوله": 1, "الدوله": 1, "الارز": 2, "يفعل": 2, "يري": 2}
ARABIC = st.text(st.sampled_from(LETTERS + " "), max_size=30)
TEXT = st.one_of(st.text(max_size=40), ARABIC, st.lists(WORDS, max_size=8).map(" ".join))


@given(TEXT)
@example("ء")
@example("أم ء")
@example("1992م ب28 ²")
def test_terms_are_not_empty_and_a_question_has_no_others(text: str) -> None:
    normalised = Normalizer()(text)
    asked = Analyzer().question_terms(normalised)
    held = Analyzer().passage_terms(normalised)
    assert asked.keys() == held.keys() == {"stems", "grams"}
    for field, terms in asked.items():
        assert all(terms)
        assert set(terms) <= set(held[field])
        assert bool(terms) == bool(held[field])  # something is left wherever there was something


@given(st.text(st.sampled_from(LETTERS), min_size=1, max_size=12))
def test_a_stem_is_part_of_its_word_and_keeps_three_letters(word: str) -> None:
    folded = fold(word)
    stemmed = stem(folded)
    assert stemmed in folded
    assert len(stemmed) >= min(3, len(folded))


@given(TEXT)
def test_conversion_to_msa_is_idempotent(text: str) -> None:
    normalised = Normalizer()(text)
    said = to_msa(normalised, VOCABULARY)
    assert to_msa(said, VOCABULARY) == said
    assert is_dialect(normalised) or said == normalised
