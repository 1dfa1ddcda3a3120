"""Exact match, F1 and citations against handmade cases and the published scripts."""

from __future__ import annotations

import re
import string
import sys
import unicodedata
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cica_qa.evaluation.reading import (
    AnswerNormalization,
    answer_tokens,
    citation_scores,
    exact_match,
    f1,
    holds,
    sentence_right,
)
from cica_qa.evaluation.types import Gold
from cica_qa.types import Citation

PUNCTUATION = {
    chr(code) for code in range(sys.maxunicode) if unicodedata.category(chr(code))[0] == "P"
} | set(string.punctuation)
WORD = st.sampled_from(
    "the a an The A. theatre an. 1,944 ال الملك والملك الالم قال، «قال» مُدير ١٩٤٤ … – ; _".split()
)
TEXT = st.one_of(
    st.lists(WORD, max_size=6).map(" ".join),
    st.text(st.sampled_from("الملك وى ةabthen. ،؟«»-–_\n\t\u00a0\u0130\u064e1١"), max_size=25),
)
RULES = st.sampled_from(("arabic", "squad", "mlqa"))
quick = settings(max_examples=400, deadline=None, derandomize=True)


def published_words(text: str, rules: AnswerNormalization) -> list[str]:
    """Return the words as the published scripts of SQuAD v1.1 and MLQA v1 for Arabic do."""
    text = text.lower()
    if rules == "squad":
        text = text.translate(dict.fromkeys(map(ord, string.punctuation)))
        return re.sub(r"\b(a|an|the)\b", " ", text).split()
    text = text.translate(dict.fromkeys(map(ord, PUNCTUATION)))
    return re.sub(r"\sال^|ال", " ", text).split()


def published_f1(prediction: str, gold: str, rules: AnswerNormalization) -> float:
    mine, other = published_words(prediction, rules), published_words(gold, rules)
    same = sum((Counter(mine) & Counter(other)).values())
    if same == 0:
        return 0
    precision, recall = same / len(mine), same / len(other)
    return 2 * precision * recall / (precision + recall)


@pytest.mark.parametrize(
    ("text", "arabic", "squad", "mlqa"),
    [
        ("المُنظّمة الدولية.", "منظمه دوليه", "المُنظّمة الدولية", "مُنظّمة دولية"),
        ("قال الأمير: «لا»", "قال امير لا", "قال الأمير «لا»", "ق أمير لا"),
        ("بال ال الأم", "بال ال الام", "بال ال الأم", "ب أم"),
        ("The U.S. (an ally)", "the u s an ally", "us ally", "the us an ally"),
        ("عام ١٩٤٤م", "عام 1944م", "عام ١٩٤٤م", "عام ١٩٤٤م"),
        ("شيء_ما", "شي ما", "شيءما", "شيءما"),
        ("؟!", "", "؟", ""),
    ],
)
def test_what_counts_as_a_word(text: str, arabic: str, squad: str, mlqa: str) -> None:
    assert answer_tokens(text) == arabic.split()
    assert answer_tokens(text, "squad") == squad.split()
    assert answer_tokens(text, "mlqa") == mlqa.split()


@pytest.mark.parametrize(
    ("prediction", "golds", "rules", "exact", "overlap"),
    [
        ("المنظّمة الدولية", ["منظمه الدوليه"], "arabic", 1.0, 1.0),
        ("في مدينة مونتريال", ["مونتريال", "كندا"], "arabic", 0.0, 0.5),
        ("مدينة مونتريال الكندية", ["كندا", "مونتريال، مدينة"], "arabic", 0.0, 0.8),
        ("نعم نعم", ["نعم"], "arabic", 0.0, 2 / 3),
        ("المنظمة", ["منظمة"], "squad", 0.0, 0.0),
        ("the Eiffel Tower!", ["Eiffel tower"], "squad", 1.0, 1.0),
        ("the Eiffel Tower", ["Eiffel tower"], "arabic", 0.0, 0.8),
        ("المنظمة", ["منظمة"], "mlqa", 1.0, 1.0),
        ("المنظمة", ["منظمه"], "mlqa", 0.0, 0.0),
        ("", ["منظمة"], "arabic", 0.0, 0.0),
        ("منظمة", [""], "squad", 0.0, 0.0),
        ("", [], "arabic", 1.0, 1.0),
        ("؟", [], "mlqa", 1.0, 1.0),
        ("منظمة", [], "arabic", 0.0, 0.0),
    ],
)
def test_scores_by_hand(
    prediction: str, golds: list[str], rules: AnswerNormalization, exact: float, overlap: float
) -> None:
    assert exact_match(prediction, golds, rules) == exact
    assert f1(prediction, golds, rules) == pytest.approx(overlap)


@quick
@given(TEXT, st.lists(TEXT, min_size=1, max_size=3), st.sampled_from(("squad", "mlqa")))
def test_scores_agree_with_the_published_scripts(
    prediction: str, golds: list[str], rules: AnswerNormalization
) -> None:
    words = published_words(prediction, rules)
    assert answer_tokens(prediction, rules) == words
    same = [published_words(gold, rules) == words for gold in golds]
    assert exact_match(prediction, golds, rules) == float(any(same))
    if words and all(published_words(gold, rules) for gold in golds):
        expected = max(published_f1(prediction, gold, rules) for gold in golds)
        assert f1(prediction, golds, rules) == pytest.approx(expected, abs=1e-12)


@quick
@given(st.one_of(TEXT, st.text()), st.lists(st.one_of(TEXT, st.text()), max_size=3), RULES)
def test_scores_of_any_text_agree(
    prediction: str, golds: list[str], rules: AnswerNormalization
) -> None:
    exact, overlap = exact_match(prediction, golds, rules), f1(prediction, golds, rules)
    assert 0 <= exact <= overlap <= 1 + 1e-12
    assert exact_match(prediction, [*golds, prediction], rules) == 1
    for gold in golds:
        assert f1(prediction, [gold], rules) == pytest.approx(f1(gold, [prediction], rules))


@pytest.mark.parametrize(
    ("text", "golds", "all_of", "held"),
    [
        ("مقرّ المنظّمة في مونتريال.", ["مونتريال"], False, 1.0),
        ("مقر المنظمة في مونتريال", ["المنظمه، في", "باريس"], False, 1.0),
        ("مقر المنظمة في مونتريال", ["مقر في"], False, 0.0),
        ("عام 19440", ["1944"], False, 0.0),
        ("عام ١٩٤٤", ["1944"], False, 1.0),
        ("السلامة والأمن", ["السلامة", "والأمن"], True, 1.0),
        ("السلامة والأمن", ["السلامة", "البيئة"], True, 0.0),
        ("السلامة والأمن", ["السلامة", "البيئة"], False, 1.0),
        ("السلامة؟", ["؟"], False, 0.0),
        ("السلامة؟", ["؟", "السلامة"], True, 0.0),
        ("السلامة", [], False, 0.0),
        ("السلامة", [], True, 0.0),
        ("", ["السلامة"], False, 0.0),
    ],
)
def test_a_text_holds_whole_words(text: str, golds: list[str], all_of: bool, held: float) -> None:
    assert holds(text, golds, all_of) == held


FIRST = Citation(1, "p", "d1", 10, 40, "مقر المنظمة في مونتريال")
OTHER = Citation(1, "p", "d2", 0, 30, "تأسست عام 1944 في شيكاغو")


@pytest.mark.parametrize(
    ("cited", "golds", "all_of", "scores", "sentence"),
    [
        ([FIRST, OTHER], [Gold("مونتريال")], False, (0.5, 1.0), 1.0),
        ([OTHER, FIRST], [Gold("مونتريال")], False, (0.5, 1.0), 0.0),
        ([FIRST, OTHER], [Gold("مونتريال"), Gold("1944"), Gold("باريس")], True, (1, 2 / 3), 1.0),
        ([FIRST, OTHER], [Gold("مونتريال"), Gold("باريس")], False, (0.5, 1.0), 1.0),
        ([FIRST], [Gold("مونتريال", 25, "d1")], False, (1.0, 1.0), 1.0),
        ([FIRST], [Gold("مونتريال", 32, "d1")], False, (1.0, 1.0), 1.0),
        ([FIRST], [Gold("مونتريال", 33, "d1")], False, (0.0, 0.0), 0.0),
        ([FIRST], [Gold("مونتريال", 25, "d2")], False, (0.0, 0.0), 0.0),
        ([FIRST], [Gold("مونتريال", -1, "d2")], False, (1.0, 1.0), 1.0),
        ([], [Gold("مونتريال")], False, (0.0, 0.0), 0.0),
        ([FIRST], [], True, (0.0, 0.0), 0.0),
    ],
)
def test_citations_that_hold_the_answer(
    cited: list[Citation],
    golds: list[Gold],
    all_of: bool,
    scores: tuple[float, float],
    sentence: float,
) -> None:
    assert citation_scores(cited, golds, all_of) == pytest.approx(scores)
    assert sentence_right(cited, golds) == sentence
