"""The switches of the normaliser, and the mapping of its result to the original."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import fields, replace

import pytest

from cica_qa.arabic.normalize import Normalizer, NormalizerOptions

NAMES = [field.name for field in fields(NormalizerOptions)]
ON = NormalizerOptions(**dict.fromkeys(NAMES, True))
OFF = NormalizerOptions(**dict.fromkeys(NAMES, False))


def only(*switches: str) -> Normalizer:
    return Normalizer(replace(OFF, **dict.fromkeys(switches, True)))


@pytest.mark.parametrize(
    ("switch", "text", "folded"),
    [
        ("compatibility", "ﻻ", "لا"),
        ("compatibility", "ﷺ", "صلى الله عليه وسلم"),
        ("compatibility", "ﻛﺘﺎﺏ", "كتاب"),
        ("compatibility", "１ﬁ½", "1fi1⁄2"),
        ("compatibility", "ﹰ", "ً"),
        ("diacritics", "مُحَمَّدٌ", "محمد"),
        ("diacritics", "هٰذا", "هذا"),
        ("diacritics", "رَحْمَةًۭ", "رحمة"),
        ("diacritics", "سلامࣰ", "سلام"),
        ("diacritics", "مو\u0654تمر", "مؤتمر"),
        ("diacritics", "ا\u0653ثار", "آثار"),
        ("diacritics", "café", "café"),
        ("tatweel", "المؤتمـــر", "المؤتمر"),
        ("alef", "آأإٱا", "ااااا"),
        ("alef_maqsura", "على", "علي"),
        ("ta_marbuta", "مدرسة", "مدرسه"),
        ("foreign_letters", "کتاب گفت یک ہے", "كتاب كفت يك هي"),
        ("foreign_letters", "پچژڤ", "بجزف"),
        ("digits", "۲۳٫۵٪", "23.5%"),
        ("digits", "١٬٠٠٠", "1,000"),
        ("invisible", "می\u200cخواهم", "میخواهم"),
        ("invisible", "\u202aABC\u202c\u200f", "ABC"),
        ("invisible", "\ufeffنص\u00ad", "نص"),
        ("case", "CICA", "cica"),
    ],
)
def test_each_switch_folds_its_characters(switch: str, text: str, folded: str) -> None:
    assert only(switch)(text) == folded
    assert Normalizer(OFF)(text) == text


@pytest.mark.parametrize(
    ("switch", "folded"),
    [
        ("compatibility", "ﻻم ا ي ه ك 3 ن cica"),
        ("diacritics", "لامُ ا ي ه ك 3 ن cica"),
        ("tatweel", "لامــ ا ي ه ك 3 ن cica"),
        ("alef", "لام آ ي ه ك 3 ن cica"),
        ("alef_maqsura", "لام ا ى ه ك 3 ن cica"),
        ("ta_marbuta", "لام ا ي ة ك 3 ن cica"),
        ("foreign_letters", "لام ا ي ه ک 3 ن cica"),
        ("digits", "لام ا ي ه ك ٣ ن cica"),
        ("invisible", "لام ا ي ه ك 3 ن\u200f cica"),
        ("case", "لام ا ي ه ك 3 ن CICA"),
    ],
)
def test_each_switch_folds_what_no_other_does(switch: str, folded: str) -> None:
    text = "ﻻمُــ آ ى ة ک ٣ ن\u200f CICA"
    assert Normalizer(ON)(text) == "لام ا ي ه ك 3 ن cica"
    assert Normalizer(replace(ON, **{switch: False}))(text) == folded


@pytest.mark.parametrize(
    ("text", "found", "original"),
    [
        ("قال مُحَمَّدٌ نعم", "محمد", "مُحَمَّدٌ"),
        ("عقد المؤتمـــر أمس", "المؤتمر", "المؤتمـــر"),
        ("النبي ﷺ قال", "الله", "ﷺ"),
        ("ﻻ تعليق", "لا", "ﻻ"),
        ("قرأ ﻛﺘﺎﺑﹰﺎ جيدا", "كتابا", "ﻛﺘﺎﺑﹰﺎ"),
        ("نحو ۲۳٫۵٪ منهم", "23.5%", "۲۳٫۵٪"),
        ("\u202bقال\u200f: نعم\u202c", "نعم", "نعم"),
        ("هو مو\u0654تمر كبير", "مؤتمر", "مو\u0654تمر"),
        ("م\u064e\u200d\u0651 ن", "م", "م\u064e\u200d\u0651"),
        ("من ن\U0001d165ص", "ن\U0001d165", "ن\U0001d165"),
    ],
)
def test_a_word_maps_to_its_exact_original(text: str, found: str, original: str) -> None:
    result = Normalizer(ON).normalize(text)
    at = result.text.index(found)
    start, end = result.original_span(at, at + len(found))
    assert text[start:end] == original


def test_a_part_of_a_ligature_maps_to_the_whole_ligature() -> None:
    result = Normalizer(ON).normalize("ﷺ")
    assert result.original_span(5, 6) == (0, 1)


def test_empty_spans_map_to_empty_spans() -> None:
    result = Normalizer(ON).normalize("مُـر")
    assert result.text == "مر"
    assert result.original_span(0, 0) == (0, 0)
    assert result.original_span(1, 1) == (3, 3)
    assert result.original_span(2, 2) == (4, 4)


@pytest.mark.parametrize("span", [(-1, 1), (0, 3), (2, 1)])
def test_a_span_outside_the_text_is_refused(span: tuple[int, int]) -> None:
    with pytest.raises(IndexError, match="outside 0:2"):
        Normalizer(ON).normalize("مر").original_span(*span)


@pytest.mark.parametrize("text", ["", "\u200f", "ـ", "\u064e"])
def test_a_text_may_be_folded_to_nothing(text: str) -> None:
    result = Normalizer(ON).normalize(text)
    assert result.text == ""
    assert result.original_span(0, 0) == (len(text), len(text))


def test_the_fingerprint_depends_on_every_switch() -> None:
    one_off = [Normalizer(replace(ON, **{name: False})).fingerprint for name in NAMES]
    assert len({Normalizer(ON).fingerprint, Normalizer(OFF).fingerprint, *one_off}) == 12
    assert Normalizer(ON).fingerprint == Normalizer(ON).fingerprint


def test_every_mark_that_camel_tools_removes_is_removed() -> None:
    from camel_tools.utils.charsets import AR_DIAC_CHARSET

    assert [mark for mark in AR_DIAC_CHARSET if Normalizer(ON)(f"ب{mark}") != "ب"] == []


def test_the_fingerprint_is_the_same_on_every_machine() -> None:
    """It is in every manifest: a change here makes users rebuild their indexes."""
    assert Normalizer(ON).fingerprint == "5bfd9e99ae475fad"


def test_a_hostile_run_of_invisible_marks_takes_linear_time() -> None:
    before = time.thread_time()
    assert Normalizer(ON)("ا" + "\u200c" * 200_000 + "ب") == "اب"
    assert time.thread_time() - before < 2


def test_no_part_of_camel_tools_that_downloads_is_imported() -> None:
    program = (
        "import sys; from cica_qa.arabic.normalize import Normalizer;"
        "Normalizer()('مُحَمَّد');"
        "print(*(name for name in sys.modules if name.startswith('camel_tools.')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = {name.split(".")[1] for name in done.stdout.split()}
    assert "utils" in loaded
    assert loaded.isdisjoint(
        {"data", "morphology", "disambig", "ner", "sentiment", "dialectid", "tagger"}
    )
