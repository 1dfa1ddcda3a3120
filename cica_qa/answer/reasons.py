"""Reasons for abstentions, in Arabic and checkable by a person."""

from __future__ import annotations

from collections.abc import Sequence

from cica_qa.arabic.letters import fold

UNANSWERED = "لم أجد جوابًا مؤكدًا في الوثائق."
NO_PASSAGE = "لا يوجد في الوثائق مقطع قريب من السؤال."
WEAK_SUPPORT = "لم أجد في أقرب المقاطع جملةً تجيب عن السؤال بثقة كافية."
_NOT_MENTIONED = "لم يرد في أقرب المقاطع ذكر: {}."
_MAX_NAMED_WORDS = 3
_VERB_PREFIXES = ("ي", "ت")
"""First letters of present-tense verbs, which are not named: texts may use another verb."""


def abstention_reason(missing: Sequence[str], found: bool) -> str:
    """Return the reason why there is no answer.

    ``missing`` are the words of the question that the nearest passages do not contain, ``found``
    is whether there are any passages.
    """
    if not found:
        return NO_PASSAGE
    named = [word for word in missing if not fold(word).startswith(_VERB_PREFIXES)]
    if named and len(missing) <= _MAX_NAMED_WORDS:
        return _NOT_MENTIONED.format("، ".join(f"«\u2068{word}\u2069»" for word in named))
    return WEAK_SUPPORT
