"""Notes on files in Arabic: every note has a translation with all its parts."""

from __future__ import annotations

import copy
import json

import pytest

from cica_qa.chat.texts import noted, words
from cica_qa.documents.file_notes import NOTE_TEXTS, file_note
from cica_qa.documents.registry import FORMATS

ENGLISH = {f"note_{key}": text for key, text in NOTE_TEXTS.items()} | {
    f"note_format_{one.name}": one.label for one in FORMATS
}


def test_the_page_has_every_note_and_no_other() -> None:
    assert {key: en for key, (_, en) in words().items() if key.startswith("note_")} == ENGLISH


@pytest.mark.parametrize(
    ("key", "told", "english", "arabic"),
    [
        ("few_arabic", {}, "it has few Arabic letters", "حروفه العربية قليلة."),
        (
            "damaged_letters",
            {"count": 2},
            "2 characters are damaged (�)",
            "حروف تالفة (�): \u20682\u2069.",
        ),
        (
            "sheets_hidden",
            {"sheets": ["سر", "Q1 {x}"]},
            "these sheets are hidden and were left out: سر, Q1 {x}",
            "أوراق مخفية تُركت: \u2068سر\u2069، \u2068Q1 {x}\u2069.",
        ),
        (
            "pages_blank",
            {"where": file_note("pages", pages=["1", "4–6"])},
            "no text was found in pictures (pages 1, 4–6)",
            "صور لم يُعثر فيها على نص (ص \u20681\u2069، \u20684–6\u2069).",
        ),
        (
            "format",
            {"format": FORMATS[2].note},
            "by its content it is a web page, and was read as such",
            "محتواه صفحة ويب، خلافًا لاسمه، وقد قُرئ على ذلك.",
        ),
    ],
)
def test_a_note_says_the_same_in_both_languages(
    key: str, told: dict[str, object], english: str, arabic: str
) -> None:
    note = file_note(key, **told)
    assert (note, noted(note)) == (english, arabic)
    assert json.loads(json.dumps(note)) == english
    assert noted(copy.deepcopy(note)) == arabic
