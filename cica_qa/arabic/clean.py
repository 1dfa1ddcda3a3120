"""Cleaning of questions as people type them."""

from __future__ import annotations

import re

from cica_qa.arabic.sentences import has_word
from cica_qa.errors import QuestionError

# Control characters and lone surrogates are not text, and break tokenizers and JSON.
_NOT_TEXT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
# Bidirectional controls and the byte order mark would reorder the text shown next to them.
_DIRECTIONS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+")


def clean_question(question: str, limit: int) -> str:
    """Return the question on one line, without characters that are not text.

    Raises ``QuestionError`` if the result is empty, contains no letter or digit, or is longer
    than ``limit`` characters.
    """
    cleaned = " ".join(_DIRECTIONS.sub("", _NOT_TEXT.sub(" ", question)).split())
    if not cleaned:
        raise QuestionError("the question is empty. Type one.", arabic="اكتب سؤالًا من فضلك.")
    if len(cleaned) > limit:
        raise QuestionError(
            f"the question has {len(cleaned)} characters; {limit} is the most. Shorten it.",
            arabic=f"السؤال أطول مما ينبغي: الحد الأقصى لعدد الأحرف هو {limit}. اختصره من فضلك.",
        )
    if not has_word(cleaned):
        raise QuestionError(
            "the question has no words. Ask in words.",
            arabic="لا توجد كلمات في السؤال. اكتب سؤالك بالكلمات من فضلك.",
        )
    return cleaned
