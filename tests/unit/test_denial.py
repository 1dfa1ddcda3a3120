"""Negation: it covers the words after it in its clause."""

from __future__ import annotations

import pytest

from cica_qa.arabic.denial import denied_share, denies
from cica_qa.arabic.normalize import Normalizer


def share(text: str, *words: str) -> float:
    normalize = Normalizer()
    return denied_share(normalize(text), [normalize(word) for word in words])


@pytest.mark.parametrize(
    "text",
    ["لا تُقبل البطاقات.", "ولم يُتخذ قرار.", "يُمنع التدخين.", "The pool is not heated."],
)
def test_a_negation_or_a_verb_of_forbidding_denies(text: str) -> None:
    assert denies(Normalizer()(text))


@pytest.mark.parametrize("text", ["ما زال المتحف مفتوحًا.", "لا سيما في الصيف.", "المتحف مفتوح."])
def test_words_that_only_look_like_negations_do_not_deny(text: str) -> None:
    assert not denies(Normalizer()(text))


def test_only_the_clause_of_the_negation_is_denied() -> None:
    text = "الراتب 11000 ريال مع تأمين طبي، ولا يوفر صاحب العمل سكنًا."
    assert share(text, "الراتب", "تأمين") == 0.0
    assert share(text, "سكنًا") == 1.0
    assert share(text, "الراتب", "سكنًا") == 0.5


def test_a_clause_ends_before_a_negation_that_a_conjunction_joins() -> None:
    text = "يُغسل الفلتر بماء وصابون ولا يُغسل بالبنزين"
    assert share(text, "صابون") == 0.0
    assert share(text, "البنزين") == 1.0


def test_words_before_the_negation_are_not_denied() -> None:
    assert share("رقم البطاقة لا يصل إلينا", "البطاقة") == 0.0


@pytest.mark.parametrize("text", ["", "لا", "لا يصل إلينا"])
def test_words_that_the_text_lacks_are_not_denied(text: str) -> None:
    assert share(text, "الحديقة") == 0.0
    assert share(text) == 0.0
