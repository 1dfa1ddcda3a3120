"""Where a question asks for a second thing: «متى بدأ وكم دولة يضم؟»."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cica_qa.arabic.letters import fold

_WORD = re.compile(r"[^\W_]+")
# As ``fold`` leaves them.
BY_WHOM = "(?:علي يد|علي يدي|علي ايدي|من قبل|من طرف|بواسطه)"
QUESTION_WORDS = (
    r"متي|اين|كم|لماذا|كيف|هل|ماذا|بماذا|لمن|ما(?=\s(?:هو|هي|هم|ال\w|اسم|سبب|عدد|دور|مهمه|وظيفه))"
    r"|من(?=\s(?:هو|هي|هم|الذي|التي|الذين|قام|كان))|اذكر|عدد(?=\s(?!ال))|في اي|اي"
)
# «، ومن فاز» and «، وما أثره»: without the comma these are «and of» and «and what».
_WHO = (
    r"من(?=\s(?!ال|بين|ثم|خلال|هنا|هذا|هذه|اهم|حيث|ناحيه|جهه|بعد|قبل|اجل|دون)\w{2,}\s\w)"
    r"|ما(?!\s(?:زال|يزال|دام|لم|لا)\b)"
)
# «وعلى يد من؟», «ومن أسسها؟» at the end of a question.
_NO_ONE = "ال|ضمن|بين|خلال|حول|بعد|قبل|اجل|داخل|جانب|اهم|ابرز|اشهر|اكبر|اكثر"
_AT_THE_END = rf"(?:(?:{BY_WHOM}|مع|الي|عن)\sمن|من\s(?!{_NO_ONE})\w{{2,}}(?:ها|هم|ه))\W*$"
_NEXT = re.compile(
    rf"[،,؛;؟?.]\s*(?:و\s?|ثم\s)?(?=(?:{QUESTION_WORDS}|{_WHO})\b)|\sو(?=(?:{QUESTION_WORDS})\b)"
    rf"|\sو(?={_AT_THE_END})"
    r"|(?:[,;?]\s*|\s)and\s(?=(?:when|where|who|why|how|what|which)\b)"
)
_MARKS = " ؟?.!"


def clauses(question: str) -> Iterator[str]:
    """Yield the parts of a normalised question that ask, or lead to what does, each by itself."""
    folded = fold(question)
    if len(folded) != len(question):  # folding drops the lone hamza
        folded = "".join(fold(letter) or letter for letter in question)
    end = len(question.rstrip(_MARKS))
    if question[:end].endswith("ة"):  # «ومن مدرسة؟» is no «ومن كتبه؟»
        folded = folded[: end - 1] + "ة" + folded[end:]
    start = 0
    for match in _NEXT.finditer(folded):
        if match.start() > start and _WORD.search(question[start : match.start()]):
            yield question[start : match.start()].strip()
            start = match.end()
    yield question[start:].strip()
