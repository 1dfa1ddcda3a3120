"""Stretches of a text that made questions ask for."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.training.spans import Shape, spans_of
from cica_qa.arabic.normalize import Normalizer

normalize = Normalizer()


def found(shape: Shape, text: str) -> list[str]:
    text = normalize(text)
    return [text[start:end] for start, end in spans_of(shape, text)]


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("بدأ العمل في عام 1992، ثم توقف.", ["عام 1992"]),
        ("تأسست 1996.", ["1996"]),
        ("ولد في 20 أغسطس 1858 م.", ["20 أغسطس 1858 م"]),
        ("يوم الجمعة ١٢ رمضان ١٤٤٥هـ", ["يوم الجمعة 12 رمضان 1445ه"]),
        ("في أوائل القرن التاسع عشر", ["أوائل القرن التاسع عشر"]),
        ("منذ ثلاثة أعوام", ["منذ ثلاثة أعوام"]),
        ("في 874م.", ["874م"]),
        ("طوله 1200 متر وسعره 1,500", []),
        ("سعره 1500 ريال منذ 1999", ["1999"]),
        ("لا تاريخ هنا.", []),
    ],
)
def test_dates(text: str, dates: list[str]) -> None:
    assert found("date", text) == dates


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("تضم 28 دولة عضوًا و 5 منظمات دولية مراقبة.", ["28 دولة عضوا", "5 منظمات دولية مراقبة"]),
        ("بلغت أكثر من 3.5 مليون نسمة، أي 15%.", ["أكثر من 3.5 مليون نسمة", "15%"]),
        ("اخلطه دقيقتين تقريبًا.", ["دقيقتين تقريبا"]),
        ("عقد في عام 1999 بثلاث لغات", ["بثلاث لغات"]),
        ("السعر: 1200 ريال", ["1200 ريال"]),
        ("استغرق ثلاث سنوات ونصف السنة هناك", ["ثلاث سنوات ونصف السنة"]),
        ("مضت سنتان ونصف", ["سنتان ونصف"]),
        ("رحل 500 رجل ونصف السكان", ["500 رجل"]),
        ("بلا عدد", []),
    ],
)
def test_numbers(text: str, numbers: list[str]) -> None:
    assert found("number", text) == numbers


def test_places_and_persons() -> None:
    assert found("place", "عُقد في ألماتي، كازاخستان، وتم") == ["ألماتي، كازاخستان"]
    assert found("place", "في عام 1999 وفي حين") == []
    assert found("person", "رأى الرئيس نزارباييف أن") == ["الرئيس نزارباييف"]


@given(
    st.sampled_from(get_args(Shape)),
    st.text(st.sampled_from("في عام 1992،.ةالمدينه 5 دول لأن هو ")),
)
def test_spans_lie_in_the_text_in_order(shape: Shape, text: str) -> None:
    spans = spans_of(shape, text)
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert [start for start, _ in spans] == sorted(start for start, _ in spans)
