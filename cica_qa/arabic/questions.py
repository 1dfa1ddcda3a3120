"""What a question asks for: a person, a place, a date, a number, a list, a reason, yes or no.

Rules over the words of a normalised question, in MSA (``dialect.to_msa`` brings dialects there)
or English. They say what shape an answer has; where to find it is for the evidence to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from cica_qa.arabic.analyze import is_stop_word
from cica_qa.arabic.clauses import question_clauses
from cica_qa.arabic.letters import WORD, fold, fold_in_place
from cica_qa.arabic.lexicon import pattern, pattern_list, word_list, wording

QuestionKind = Literal[
    "person",
    "place",
    "date",
    "number",
    "definition",
    "list",
    "reason",
    "manner",
    "yesno",
    "comparison",
    "thing",
]


@dataclass(frozen=True, slots=True)
class SubQuestion:
    """One thing that a question asks for.

    ``text`` is the part of the question that asks it; ``noun`` the word that says of what kind
    the answer is («دولة» in «كم دولة», «مدينة» in «في أي مدينة»), or nothing. ``several`` is
    whether more than one thing may answer.
    """

    kind: QuestionKind
    text: str
    noun: str = ""
    several: bool = False


def parse_question(question: str) -> tuple[SubQuestion, ...]:
    """Return what a normalised question asks for, in its order; at least one thing.

    «متى وأين عُقد الاجتماع؟» asks for a date and a place: each ``text`` has what is shared.
    """
    parts = [clause for clause in question_clauses(question) if clause]
    asked: list[SubQuestion] = []
    lead = ""  # «خلال المباراة، …»: what is said before anything is asked belongs to what is
    for number, clause in enumerate(parts):
        if not pattern("asks").search(fold(clause)) and number + 1 < len(parts):
            lead += f"{clause}، " if _carries(clause) else ""
            continue
        shared = next((later for later in parts[number:] if _carries(later)), "")
        if shared and shared is not clause and _is_question_word(clause):
            clause = f"{clause} {_tail(shared)}"
        one = _one(clause)
        asked.append(replace(one, text=lead + one.text))
        lead = ""
    if len(asked) == 1 and asked[0].kind == "comparison":
        return _compared(asked[0].text) or tuple(asked)
    return tuple(asked) or (_one(question),)


def _compared(question: str) -> tuple[SubQuestion, ...]:
    """What each side of «ما الفرق بين أ وب؟» is; nothing where the sides cannot be told apart."""
    folded = fold_in_place(question)
    match = pattern("compared").search(folded)
    if match is None:
        return ()
    start, end = match.span(1)
    splits = list(pattern("compared_with").finditer(folded, start, end))
    first = WORD.match(folded, start)
    if not splits or first is None:
        return ()
    # «بين مجلس الدول والحكومات ومجلس الوزراء»: the second side often begins like the first
    alike = [one for one in splits if folded.startswith(first[0], one.end())]
    split = next(iter(alike), None) or splits[(len(splits) - 1) // 2]
    ask = "what is {}?" if folded.isascii() else wording("define")
    sides = question[start : split.start()].strip(), question[split.end() : end].strip()
    return tuple(SubQuestion("definition", ask.format(side)) for side in sides if side)


def _carries(clause: str) -> bool:
    return any(not is_stop_word(word) for word in WORD.findall(fold(clause)))


def _is_question_word(clause: str) -> bool:
    folded = re.sub(r"^\W*[وف]?", "", fold(clause)).strip()
    return pattern("question_word").fullmatch(folded) is not None


def _one(clause: str) -> SubQuestion:
    folded = fold(clause)
    for right, wrong in pattern_list("question_spellings"):
        folded = wrong.sub(right, folded)
    for start in _starts(folded):
        for kind, rule in _rules():
            match = rule.match(folded, start)
            if match is None:
                continue
            noun = _noun(match)
            if kind == "list" and not _is_plural(noun):
                continue
            plural = _is_plural(noun) or pattern("who_are").match(folded, start)
            several = bool(plural) and kind in ("list", "person", "place", "manner")
            return SubQuestion(kind, clause, noun, several)
    bare = not pattern("asks_a_thing").search(folded) and folded.rstrip()[-1:] in "؟?"
    return SubQuestion("yesno" if bare and folded else "thing", clause)


def _rules() -> tuple[tuple[QuestionKind, re.Pattern[str]], ...]:
    return pattern_list("question_rules")  # type: ignore[return-value]


def _starts(folded: str) -> Iterator[int]:
    """Where the asking may begin: at the first word, else at a question word further on."""
    lead = pattern("leading").match(folded)
    first = lead.end() if lead else 0
    attached = pattern("attached").match(folded[first:])
    yield first + (attached.end() if attached else 0)
    if re.match(r"(?:what|which|how|why)\b", folded):
        return
    for match in pattern("asks_further_on").finditer(folded):
        if match.end() > first:
            yield match.end()


def _tail(clause: str) -> str:
    """A clause without the question word it begins with."""
    match = WORD.search(clause)
    return clause[match.end() :].strip() if match else clause


def _noun(match: re.Match[str]) -> str:
    groups = match.groupdict()
    noun = groups.get("noun") or groups.get("name") or ""
    how_often = pattern("how_often").fullmatch(noun)  # «كل كم سنة»
    return wording("once") if how_often else noun


def _is_plural(noun: str) -> bool:
    no_plural = noun in word_list("plurals", "not")
    if noun.isascii():
        return noun.endswith("s") and not no_plural and not noun.endswith(("ss", "is", "us"))
    if pattern("imperfect").fullmatch(noun):
        return False
    if noun not in word_list("plurals", "lam"):
        noun = pattern("article").sub("", noun)
    if noun in word_list("plurals", "not"):
        return False
    forms = (noun, pattern("possessive").sub("", noun))
    return any(map(pattern("plural").fullmatch, forms))
