"""MSA questions reworded with the question words of a dialect; content words stay as they are."""

from __future__ import annotations

import random
import re
from functools import cache

DIALECTS = ("egyptian", "gulf", "levantine", "maghrebi")
"""The dialects with question words."""

_MARK = "\u064b-\u0652\u0670"
# Words before which «ما» and «من» are not question words, as in «ما زال» and «من بين».
_NOT_ASKED_BY_MA = "زال|يزال|تزال|دام|لم|لا|إذا|اذا|إن|أن|بعد|قبل|بين|هو|هي|هم|هن|هما"
_NOT_ASKED_BY_MAN = (
    "بين|خلال|ضمن|حيث|أجل|اجل|أي|اي|ماذا|كم|متى|أين|اين|ثم|بعد|قبل|غير|دون|هنا|هو|هي|هم"
)
# The MSA pattern and its form in each of ``DIALECTS``; «|» separates alternatives. The first
# matching line wins.
_WORDS = (
    ("ما(?:ذا)? ?(?:هو|هي|هم|هن|هما)", ("إيه", "وش", "شو", "شنو")),
    ("ماذا", ("إيه", "وش", "شو", "شنو")),
    ("لماذا", ("ليه", "ليش", "ليش", "علاش")),
    ("من (?:أين|اين)", ("منين", "من وين", "من وين", "منين")),
    ("(?:أين|اين)", ("فين", "وين", "وين", "فين")),
    ("(?:متى|متي)", ("إمتى", "متى", "إيمتى", "فوقاش")),
    ("بكم", ("بكام", "بكم", "بقديش", "بشحال")),
    (r"(?<!\d)(?<!\d\s)كم", ("كام", "كم", "قديش|كم", "شحال")),  # «100 كم» is a distance
    ("كيف", ("إزاي", "شلون", "كيف", "كيفاش")),
    ("من (?:هو|هي|هم)", ("مين", "منو", "مين", "شكون")),
    (r"هل\s", ("هو ", "", "", "واش ")),
    ("(?:الآن|الان)", ("دلوقتي", "الحين", "هلق", "دابا")),
)
# Only at the start of a question, since elsewhere these are mostly other words.
_FIRST_WORDS = (
    (rf"ما(?=\s(?!(?:{_NOT_ASKED_BY_MA})\b)\w)", ("إيه", "وش", "شو", "شنو")),
    (rf"من(?=\s(?!(?:{_NOT_ASKED_BY_MAN})\b)\w)", ("مين", "منو", "مين", "شكون")),
)


def say_in_dialect(dialect: str, question: str, rng: random.Random) -> str:
    """Return a question with its MSA question words replaced by those of one of ``DIALECTS``.

    Only whole words without diacritics are replaced, also after a prefixed و or ف. Raises
    ``ValueError`` for an unknown dialect.
    """
    column = DIALECTS.index(dialect)

    def reworded(match: re.Match[str]) -> str:
        words = (*_WORDS, *_FIRST_WORDS)[int((match.lastgroup or "")[1:])][1]
        spoken = rng.choice(words[column].split("|"))
        joined = match["and"] or match["first"] or ""
        # An empty replacement would attach the و of «وهل» to the next word.
        return joined + spoken if spoken or not joined.strip() else match[0]

    return _pattern().sub(reworded, question)


@cache
def _pattern() -> re.Pattern[str]:
    """Return the pattern of all question words, each in a group named by its index."""
    numbered = [f"(?P<n{at}>{words})" for at, (words, _) in enumerate((*_WORDS, *_FIRST_WORDS))]
    anywhere, first = "|".join(numbered[: len(_WORDS)]), "|".join(numbered[len(_WORDS) :])
    end = rf"(?![\w{_MARK}])|(?<=\s)"
    return re.compile(
        rf"(?<![\w{_MARK}])(?P<and>[وف]?)(?:{anywhere})(?:{end})"
        rf"|(?P<first>\A[^\w{_MARK}]*[وف]?)(?:{first})"
    )
