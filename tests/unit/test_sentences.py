"""Sentence boundaries in Arabic and mixed text."""

from __future__ import annotations

import time

import pytest

from cica_qa.arabic.sentences import has_word, sentence_spans, split_long


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


@pytest.mark.parametrize(
    "expected",
    [
        ["بلغ العدد 3.5 ملايين.", "ثم 1,000."],
        ["زار د. أحمد مصر.", "ثم عاد."],
        ["كتب جيمس أو. ماكينزي وجون إف. كينيدي رسالة.", "ثم سافرا."],
        ["ترجمها ريموند إس. برادلي.", "ونشرتها بي بي سي.", "وقد راجت."],
        ["نُشر في أجهزة السي دي.", "وتعد من أنواعه."],
        ["اسمه المختصر سي.", "ودرس الفن."],
        ["في 300 ق.م. كان الملك."],
        ["(ق.م.) قبل الميلاد.", "نعم."],
        ["The U.S. Army left.", "It won."],
        ["It is, e.g. this one.", "Next."],
        ["قال: «نعم.»", "ثم ذهب."],
        ["«ما هذا؟!»", "سأل.", "لا أدري!"],
        ["قال (نعم.)", "ثم ذهب."],
        ["زر https://example.com/a.b?q=1 أو me@x.com.eg الآن.", "انتهى."],
        ["افتح report.v2.pdf الآن.", "نعم."],
        ["قال...", "ثم سكت…", "ومضى."],
        ["1. نص أول.", "2. نص ثان."],
        ["(١) نص أول.", "(٢) نص ثان."],
        ["یہ جملہ ہے۔", "دوسرا جملہ۔"],
        ["نص بلا علامات"],
        ["سطر أول\nتابع له.", "سطر ثان\nوثالث"],
        ["تأسس عام 1990 م.", "وفي العام نفسه توسع."],
        ["حدث في سنة 1445 هـ.", "ثم انتهى."],
        ["نص.\u202c", "ثم نص.\u200f", "وآخر."],
        ["… قال نعم.", "ثم سكت."],
        ["! قال نعم."],
        ["نعم؟ !", "لا."],
        ["عنوان.", "صغير latin. lower"],
    ],
    ids=lambda expected: expected[0],
)
def test_sentences(expected: list[str]) -> None:
    assert sentences(" ".join(expected)) == expected


def test_the_space_after_a_full_stop_may_be_missing() -> None:
    assert sentences("شعر غرامي.غنته أم كلثوم!نعم") == ["شعر غرامي.", "غنته أم كلثوم!", "نعم"]
    assert sentences("د.أحمد هنا") == ["د.أحمد هنا"]


def test_spans_are_offsets_of_the_whole_text() -> None:
    text = "أولا. ثانيا. ثالثا."
    assert sentence_spans(text, 6, 12) == [(6, 12)]
    assert sentence_spans(text, 5, 19) == [(6, 12), (13, 19)]


@pytest.mark.parametrize("text", ["", " \n\t"])
def test_white_space_has_no_sentences(text: str) -> None:
    assert sentence_spans(text) == []


def test_a_hostile_text_takes_linear_time() -> None:
    before = time.thread_time()
    sentence_spans("نص قصير. " * 40_000)
    sentence_spans("a." * 100_000)
    assert time.thread_time() - before < 5


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("قصير", 10, ["قصير"]),
        ("كلمة أولى، كلمة ثانية هنا", 16, ["كلمة أولى،", "كلمة ثانية هنا"]),
        ("كلمة وأخرى وثالثة", 12, ["كلمة وأخرى", "وثالثة"]),
        ("كلمةطويلةجدا", 5, ["كلمةط", "ويلةج", "دا"]),
        ("مُمُمُمُ", 3, ["مُ", "مُ", "مُ", "مُ"]),
        ("م" + "\u064e" * 6 + "ن", 3, ["م" + "\u064e" * 6, "ن"]),
        ("كلمة " + "." * 8, 6, ["كلمة", "......", ".."]),
    ],
)
def test_long_sentences_are_split(text: str, limit: int, expected: list[str]) -> None:
    assert [text[a:b] for a, b in split_long(text, 0, len(text), limit)] == expected


def test_what_counts_as_a_word() -> None:
    assert has_word("أ")
    assert has_word("٣")
    assert not has_word("ـــ ؟! 😀")
