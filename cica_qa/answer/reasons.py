"""Why a question is not answered, in Arabic, as far as a person can check it."""

from __future__ import annotations

from collections.abc import Sequence

from cica_qa.arabic.letters import fold

UNANSWERED = "لم أجد جوابًا مؤكدًا في الوثائق."
NO_PASSAGE = "لا يوجد في الوثائق مقطع قريب من السؤال."
WEAK_SUPPORT = "لم أجد في أقرب المقاطع جملةً تجيب عن السؤال بثقة كافية."
_NOT_MENTIONED = "لم يرد في أقرب المقاطع ذكر: {}."
_WORDS_NAMED = 3
_MAY_BE_VERBS = ("ي", "ت")
"""How verbs of the present begin: what is done may be said otherwise, so they are not named."""


def abstention_reason(missing: Sequence[str], found: bool) -> str:
    """Return why there is no answer.

    ``missing`` are the words of the question that the nearest passages do not have, ``found`` is
    whether there are any passages.
    """
    if not found:
        return NO_PASSAGE
    named = [word for word in missing if not fold(word).startswith(_MAY_BE_VERBS)]
    if named and len(missing) <= _WORDS_NAMED:
        return _NOT_MENTIONED.format("، ".join(f"«\u2068{word}\u2069»" for word in named))
    return WEAK_SUPPORT
