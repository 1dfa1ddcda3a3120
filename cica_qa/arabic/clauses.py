"""The clauses of a question that asks for several things: «متى بدأ وكم دولة يضم؟»."""

from __future__ import annotations

from collections.abc import Iterator

from cica_qa.arabic.letters import WORD, fold
from cica_qa.arabic.lexicon import pattern

_MARKS = " ؟?.!"


def question_clauses(question: str) -> Iterator[str]:
    """Yield the clauses of a normalised question: those that ask, and those that lead up to one."""
    folded = fold(question)
    if len(folded) != len(question):  # fold() drops the lone hamza, but offsets must match
        folded = "".join(fold(letter) or letter for letter in question)
    end = len(question.rstrip(_MARKS))
    if question[:end].endswith("ة"):  # «ومن مدرسة؟» must not look like «ومن كتبه؟»
        folded = folded[: end - 1] + "ة" + folded[end:]
    start = 0
    for match in pattern("next_clause").finditer(folded):
        if match.start() > start and WORD.search(question[start : match.start()]):
            yield question[start : match.start()].strip()
            start = match.end()
    yield question[start:].strip()
