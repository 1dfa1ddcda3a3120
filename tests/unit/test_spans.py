"""Stretches of a text that have the shape of an answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cica_qa.arabic.normalize import Normalizer
from cica_qa.arabic.questions import Kind
from cica_qa.arabic.spans import spans_of

normalize = Normalizer()
KINDS: list[Kind] = ["date", "number", "place", "person", "reason", "manner", "definition", "list"]


def found(kind: Kind, text: str, noun: str = "") -> list[str]:
    text = normalize(text)
    return [text[start:end] for start, end in spans_of(kind, text, noun)]


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
    ("text", "noun", "numbers"),
    [
        (
            "تضم 28 دولة عضوًا و 5 منظمات دولية مراقبة.",
            "",
            ["28 دولة عضوا", "5 منظمات دولية مراقبة"],
        ),
        ("تضم 28 دولة عضوًا و 5 منظمات دولية.", "دوله", ["28 دولة عضوا"]),
        ("يجتمع مرة واحدة كل أربع سنوات.", "مره", ["مرة واحدة كل أربع سنوات"]),
        ("بلغت أكثر من 3.5 مليون نسمة، أي 15%.", "", ["أكثر من 3.5 مليون نسمة", "15%"]),
        ("اخلطه دقيقتين تقريبًا.", "مده", ["دقيقتين تقريبا"]),
        ("عقد في عام 1999 بثلاث لغات", "لغه", ["بثلاث لغات"]),
        ("سنتان من تاريخ الشراء.", "مده", ["سنتان"]),
        ("السعر: 1200 ريال", "سعر", ["1200 ريال"]),
        ("60 درجة، ساعتان وعشر دقائق", "مده", ["ساعتان وعشر دقائق"]),
        ("يعمل 3 عمال ثلاثة أيام", "مده", ["ثلاثة أيام"]),
        ("يعمل 3 عمال", "مده", ["3 عمال"]),
        ("استغرق ثلاث سنوات ونصف السنة هناك", "مده", ["ثلاث سنوات ونصف السنة"]),
        ("مضت سنتان ونصف", "مده", ["سنتان ونصف"]),
        ("يدوم ساعة إلا ربعًا", "مده", ["ساعة إلا ربعا"]),
        ("رحل 500 رجل ونصف السكان", "رجلا", ["500 رجل"]),
        ("عاش فيها عشرين سنة ونصفهم هاجر", "مده", ["عشرين سنة"]),
        ("بلا عدد", "", []),
        ("أصدر كتابين ومسرحية", "كتابا", ["كتابين"]),
        ("فيها بنايتان وحديقة", "بنايه", ["بنايتان"]),
        ("فيه مسبحان، والدخول بثلاثين دينارًا", "مسبحا", ["مسبحان"]),
        ("فيه 3 ملاعب وملعبان صغيران", "ملعبا", ["3 ملاعب"]),
        ("فيه مسبحان", "حوضا", []),
    ],
)
def test_numbers(text: str, noun: str, numbers: list[str]) -> None:
    assert found("number", text, noun) == numbers


def test_places_reasons_and_the_rest() -> None:
    assert found("place", "عُقد في ألماتي، كازاخستان، وتم") == ["ألماتي، كازاخستان"]
    assert found("place", "في عام 1999 وفي حين") == []
    assert found("person", "رأى الرئيس نزارباييف أن") == ["الرئيس نزارباييف"]
    assert found("reason", "اختيرت لأنها جميلة. وسافر") == ["لأنها جميلة"]
    assert found("manner", "يعمل من خلال الحوار.") == ["من خلال الحوار"]
    assert found("definition", "التضخم هو ارتفاع الأسعار.") == ["ارتفاع الأسعار"]
    assert found("list", "مع منظمات، مثل الأمم المتحدة.") == ["مثل الأمم المتحدة"]
    assert found("list", "المالية: تشمل التجارة.") == ["تشمل التجارة"]
    assert spans_of("yesno", "نعم في عام 1999") == []


@given(st.sampled_from(KINDS), st.text(st.sampled_from("في عام 1992،.ةالمدينه 5 دول لأن هو ")))
def test_spans_lie_in_the_text_in_order(kind: Kind, text: str) -> None:
    spans = spans_of(kind, text)
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert [start for start, _ in spans] == sorted(start for start, _ in spans)
