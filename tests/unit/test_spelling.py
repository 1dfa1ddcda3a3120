"""Misspelt words become words of the collection; all other words are unchanged."""

from __future__ import annotations

import random
from collections.abc import Container, Mapping, Sequence

import pytest

from cica_qa.arabic.analyze import Analyzer, stem
from cica_qa.arabic.letters import fold
from cica_qa.arabic.spelling import Correction, Speller, passage_support
from cica_qa.evaluation.misspell import misspell
from cica_qa.index.vocabulary import Vocabulary, words_of

PASSAGES = (
    "مونتريال مدينة كبيرة في كندا، وفيها مقر المنظمة",
    "الطيران المدني الدولي تنظمه المنظمة من مقرها في كندا",
    "اتفاقية شيكاغو وقعت عام 1944، والأمانة تحفظ وثائق الاتفاقية",
    "السلامة في الطيران أول أهداف المنظمة",
    "ينتخب المجلس رئيسا كل ثلاث سنوات",
    "Kazakhstan joined the agency",
)


def speller(*passages: str, known: Container[str] = ()) -> Speller:
    """One that knows the words of some passages."""
    words = Vocabulary.from_words(Analyzer().words(passage) for passage in passages)
    return Speller(*words_of([words], [None]), known)


def fits(rest: str, candidates: Sequence[str]) -> list[float]:
    """The best passages hold each of the candidates."""
    return [1.0] * len(candidates)


@pytest.mark.parametrize(
    ("question", "text", "changes"),
    [
        ("أين مقر المنظممة؟", "أين مقر المنظمة؟", (("المنظممة", "المنظمة"),)),  # doubled
        ("ما هي المنظةم؟", "ما هي المنظمة؟", (("المنظةم", "المنظمة"),)),  # swapped
        ("ما أهداف المنطمة؟", "ما أهداف المنظمة؟", (("المنطمة", "المنظمة"),)),  # next key
        ("متى وقعت اتفاقية شيكاقو؟", "متى وقعت اتفاقية شيكاغو؟", (("شيكاقو", "شيكاغو"),)),
        ("ماذا عن الأمااانة؟", "ماذا عن الأمااانة؟", ()),  # two edits away
        ("أين مونتريل في كندا؟", "أين مونتريال في كندا؟", (("مونتريل", "مونتريال"),)),
        ("joined Kazakhsttan", "joined Kazakhstan", (("Kazakhsttan", "Kazakhstan"),)),
        (
            "المنظممة والطيرران",
            "المنظمة والطيرران",
            (("المنظممة", "المنظمة"),),
        ),  # «والطيران» is not a word of the collection
    ],
)
def test_a_misspelt_word_becomes_a_known_one(
    question: str, text: str, changes: tuple[tuple[str, str], ...]
) -> None:
    assert speller(*PASSAGES).correct(question) == Correction(text, changes)


@pytest.mark.parametrize(
    "question",
    [
        "أين مقر المنظمة وما أهداف السلامة",  # known words
        "كيف نصل إلى المنظمات وبالطيران؟",  # other forms of known words
        "من هو أينشتاين؟",  # a name the collection lacks
        "هل كان مش ده؟",  # function words
        "عم",  # a short word
        "194 و19444 وA380",  # numbers
        "what joins teh agenci of the world tody",  # mostly unknown: not its language
        "Кто это",  # another script
        "؟!",
        "",
    ],
)
def test_words_that_are_not_clearly_misspelt_are_kept(question: str) -> None:
    assert speller(*PASSAGES).correct(question) == Correction(question, ())


def test_a_prefixed_verb_is_a_form_of_its_stem() -> None:
    assert Speller({"بحق": 5}, {}).correct("يحق", fits).changes == (("يحق", "بحق"),)
    assert Speller({"بحق": 5, "حق": 1}, {}).correct("يحق", fits).changes == ()


def test_an_empty_collection_corrects_nothing() -> None:
    assert speller().correct("أين مقر المنظممة؟") == Correction("أين مقر المنظممة؟")


def test_the_more_frequent_of_two_equal_candidates_wins() -> None:
    few_and_many = {"الجمال": 2, "الجدال": 400}
    assert Speller(few_and_many, {}).correct("الجثال").text == "الجدال"


def test_the_collection_decides_how_a_word_is_spelt() -> None:
    knows = speller("الأمانة العامة", "الأمانة", "الامانة", "سؤال", "Asia")
    assert knows.correct("الامانه العامه") == Correction(
        "الأمانة العامة", (("الامانه", "الأمانة"), ("العامه", "العامة"))
    )
    assert knows.correct("ما الامانة").changes == ()  # it is spelt that way, too
    assert knows.correct("الأماننة العامّة".replace("ّ", "")).text == "الأمانة العامة"
    assert knows.correct("سوال asia").text == "سؤال Asia"


@pytest.mark.parametrize("typed", ["الزجاد", "وبالزجاد", "بزجاد", "للزجاد"])
def test_words_known_elsewhere_need_stronger_evidence(typed: str) -> None:
    counts = {"الزجاج": 9, "وبالزجاج": 9, "بزجاج": 9, "للزجاج": 9}
    assert Speller(counts, {}).correct(typed).changes
    assert Speller(counts, {}, {"زجاد"}).correct(typed).changes == ()
    assert Speller(counts, {}, {"زجا"}).correct(typed).changes  # no clitic at its end


def test_a_letter_before_a_short_known_word_is_not_a_clitic() -> None:
    assert Speller({"رجلا": 9}, {}, {"جلا"}).correct("بجلا").text == "رجلا"


def test_a_known_word_is_corrected_if_the_evidence_is_very_strong() -> None:
    often = {"المنظمة": 1, "المنظمه": 900}
    assert Speller(often, {}, {"المنظممه"}).correct("المنظممه").text == "المنظمه"


def test_a_known_word_does_not_become_a_function_word() -> None:
    everywhere = {"من": 900, "أن": 900}
    assert Speller(everywhere, {}).correct("ضمن الخطة", fits).text == "من الخطة"
    assert Speller(everywhere, {}, {"ضمن"}).correct("ضمن الخطة", fits).text == "ضمن الخطة"


def test_a_known_word_does_not_become_a_frequent_similar_word() -> None:
    common = {"الامن": 9}
    assert Speller(common, {}, {"الامين"}).correct("من الأمين العام", fits).changes == ()
    assert Speller(common, {}).correct("من الأمين العام", fits).text == "من الامن العام"


def test_a_known_word_is_still_spelt_as_the_collection_spells_it() -> None:
    knows = speller("الأمانة", known={"الامانه"})
    assert knows.correct("الامانه").text == "الأمانة"


def test_known_words_are_looked_up_only_before_a_correction() -> None:
    class Refused(Container[str]):
        def __contains__(self, word: object) -> bool:
            raise AssertionError(word)

    knows = speller(*PASSAGES, known=Refused())
    assert knows.correct("من هو أينشتاين في كندا؟").changes == ()
    with pytest.raises(AssertionError, match="شيكغو"):
        knows.correct("اتفاقية شيكغو")


def test_dialect_words_need_stronger_evidence() -> None:
    counts = {"عياب": 9, "غياب": 9}
    assert Speller(counts, {}).correct("عيال").changes == ()
    assert Speller(counts, {}).correct("غيال").text == "غياب"


def test_dialect_questions_need_stronger_evidence() -> None:
    knows = speller(*PASSAGES)
    assert knows.correct("شيكغو").text == "شيكاغو"
    assert knows.correct("شيكغو", dialect=True).changes == ()
    assert knows.correct("المنظممة", dialect=True).text == "المنظمة"


def test_the_rest_of_the_question_decides_between_candidates() -> None:
    def support(rest: str, candidates: Sequence[str]) -> list[float]:
        favoured = "الجبال" if "تسلق" in rest else "الجمال"
        return [float(candidate == favoured) for candidate in candidates]

    knows = speller("الجمال الجبال تسلق رعي")
    assert knows.correct("تسلق الجثال", support).text == "تسلق الجبال"
    assert knows.correct("رعي الجثال", support).text == "رعي الجمال"


def test_support_is_the_fit_of_the_best_passage_with_the_candidate() -> None:
    def terms(text: str) -> dict[str, list[str]]:
        return {"stems": [stem(word) for word in Analyzer().words(text)]}

    passages = [terms(text) for text in PASSAGES]

    def best(wanted: Mapping[str, Sequence[str]], holding: str | None) -> float:
        """Counts the stems that a passage shares with the question."""
        stems = set(wanted["stems"])
        within = [p["stems"] for p in passages if holding is None or holding in p["stems"]]
        return float(max((len(stems & set(own)) for own in within), default=0))

    support = passage_support(best, terms)
    # «كندا» and «المنظمة» are both in the first passage, one of them in the second and fourth.
    assert support("كندا المنظمة مدينة", ["مونتريال", "الطيران", "رئيسا", "زرافة"]) == [
        1.0,
        pytest.approx(2 / 3),
        0.0,
        0.0,
    ]
    assert support("زرافة", ["مونتريال", "رئيسا"]) == [0.5, 0.5]


def test_a_very_long_question_is_only_corrected_at_its_start() -> None:
    corrected = speller(*PASSAGES).correct(" ".join(["المنظممة"] * 300))
    assert len(corrected.changes) == 16
    assert corrected.text.split().count("المنظمة") == 16
    assert corrected.text.split()[15:17] == ["المنظمة", "المنظممة"]


QUESTION = "ما هي أكبر مدينة في جنوب أفريقيا وكم عدد سكانها؟"


def test_misspelling_is_the_same_for_the_same_seed() -> None:
    assert misspell(QUESTION, 0.3, random.Random(7)) == misspell(QUESTION, 0.3, random.Random(7))
    slips = {misspell(QUESTION, 0.3, random.Random(seed)) for seed in range(20)}
    assert len(slips) > 15


def test_misspelling_changes_the_given_share_of_words() -> None:
    rng = random.Random(1)
    words = QUESTION.strip("؟").split()
    long_words = sum(len(word) >= 3 for word in words)
    changed = [
        sum(a != b for a, b in zip(words, misspell(QUESTION, 0.3, rng)[:-1].split(), strict=True))
        for _ in range(1000)
    ]
    assert long_words == 7  # 2.1 words: two, and three in one question of ten
    assert set(changed) == {2, 3}
    assert sum(changed) == pytest.approx(2100, abs=30)
    assert misspell(QUESTION, 0.0, rng) == QUESTION


def test_folding_undoes_easy_misspellings_but_not_hard_ones() -> None:
    for seed in range(200):
        rng = random.Random(seed)
        hard = misspell("المدرسة", 1.0, rng, hard=1.0)
        assert fold(hard) != fold("المدرسة")
        easy = misspell("المدرسة", 1.0, rng, hard=0.0)
        assert easy != "المدرسة"
        assert fold(easy) == fold("المدرسة")


def test_a_share_beyond_one_is_refused() -> None:
    with pytest.raises(ValueError, match=r"share 30 and hard 0\.75 must be between 0 and 1"):
        misspell(QUESTION, 30, random.Random(1))
