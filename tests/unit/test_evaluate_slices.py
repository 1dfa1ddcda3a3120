"""The columns by which figures are broken down."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cica_qa.evaluation.slices import slice_columns, worth_slicing
from cica_qa.evaluation.types import Gold, Question
from cica_qa.types import Turn


def columns(asked: str, **known: object) -> dict[str, str]:
    return slice_columns(Question("q1", asked, **known), asked)


def test_all_derived_columns_of_a_question() -> None:
    assert columns("متى تأسّست المنظمة؟") == {
        "asks": "date",
        "script": "arabic",
        "length": "1–3",
        "dialect": "msa",
        "answerable": "unknown",
        "turn": "first",
    }


def test_columns_of_the_set_are_kept() -> None:
    found = columns(
        "وأين مقرها؟",
        golds=(Gold("مونتريال", 3, "d1"), Gold("كندا", 9, "d2")),
        answerable=True,
        history=(Turn("ما الإيكاو؟", "منظمة"),),
        columns={"topic": "geography", "length": "short"},
    )
    assert found["document"] == "d1"
    assert found["answerable"] == "yes"
    assert found["turn"] == "follow-up"
    assert found["topic"] == "geography"
    assert found["length"] == "short"
    assert columns("أين؟", answerable=False, golds=(Gold("كندا"),)) == {
        **columns("أين؟"),
        "answerable": "no",
    }


def test_columns_depend_on_the_text_as_asked() -> None:
    found = slice_columns(Question("q1", "أين المقر؟"), "فين المقر دلوقتي يا جماعة؟")
    assert (found["asks"], found["dialect"], found["length"]) == ("place", "colloquial", "4–7")


@pytest.mark.parametrize("name", ["dialect", "question_variety"])
def test_the_dialect_of_the_set_is_kept(name: str) -> None:
    found = columns("فين المقر؟", columns={name: "egy"})
    assert found[name] == "egy"
    assert ("dialect" in found) == (name == "dialect")


@pytest.mark.parametrize(
    ("asked", "script"),
    [
        ("أين المقر؟", "arabic"),
        ("Where is it?", "latin"),
        ("ما هي ICAO؟", "mixed"),
        ("1944؟", "other"),
        ("", "other"),
        ("ﺃﻳﻦ؟", "arabic"),
        ("Où est-ce ?", "latin"),
    ],
)
def test_scripts(asked: str, script: str) -> None:
    assert columns(asked)["script"] == script


@pytest.mark.parametrize(
    ("words", "length"),
    [(0, "1–3"), (3, "1–3"), (4, "4–7"), (7, "4–7"), (8, "8–12"), (12, "8–12"), (13, "13+")],
)
def test_lengths(words: int, length: str) -> None:
    assert columns(" ".join(["كلمة"] * words))["length"] == length


def test_columns_worth_slicing() -> None:
    assert worth_slicing(Counter("aab"))
    assert worth_slicing(Counter([*range(40), 1]))
    assert not worth_slicing(Counter("aaa"))
    assert not worth_slicing(Counter("abc"))
    assert not worth_slicing(Counter([*range(41), 1]))
    assert not worth_slicing(Counter())


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.text(max_size=60))
def test_any_text_is_accepted(asked: str) -> None:
    assert all(columns(asked).values())
