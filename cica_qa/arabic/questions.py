"""What a question asks for: a person, a place, a date, a number, a list, a reason, yes or no.

The rules match the words of a normalised question in English or MSA (``dialect.to_msa`` converts
dialects). They determine the kind of the answer, not where to find it.
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

    ``text`` is the part of the question that asks for it. ``noun`` is the word that names the
    kind of answer («دولة» in «كم دولة», «مدينة» in «في أي مدينة»), or empty. ``several`` is
    whether the answer may consist of several things.
    """

    kind: QuestionKind
    text: str
    noun: str = ""
    several: bool = False


def parse_question(question: str) -> tuple[SubQuestion, ...]:
    """Return the things that a normalised question asks for, in order; at least one.

    «متى وأين عُقد الاجتماع؟» asks for a date and a place; what they share is in both texts. The
    two sides of a comparison become two definitions.
    """
    parts = [clause for clause in question_clauses(question) if clause]
    asked: list[SubQuestion] = []
    lead = ""  # «خلال المباراة، …»: an introduction belongs to the clause that asks
    for number, clause in enumerate(parts):
        if not pattern("asks").search(fold(clause)) and number + 1 < len(parts):
            lead += f"{clause}، " if _has_content(clause) else ""
            continue
        shared = next((later for later in parts[number:] if _has_content(later)), "")
        if shared and shared is not clause and _is_question_word(clause):
            clause = f"{clause} {_without_question_word(shared)}"
        one = _parse_clause(clause)
        asked.append(replace(one, text=lead + one.text))
        lead = ""
    if len(asked) == 1 and asked[0].kind == "comparison":
        return _compared_sides(asked[0].text) or tuple(asked)
    return tuple(asked) or (_parse_clause(question),)


def _compared_sides(question: str) -> tuple[SubQuestion, ...]:
    """Ask for each side of «ما الفرق بين أ وب؟»; empty if the sides cannot be separated."""
    folded = fold_in_place(question)
    match = pattern("compared").search(folded)
    if match is None:
        return ()
    start, end = match.span(1)
    splits = list(pattern("compared_with").finditer(folded, start, end))
    first = WORD.match(folded, start)
    if not splits or first is None:
        return ()
    # The second side often begins like the first: «بين مجلس الدول والحكومات ومجلس الوزراء».
    alike = [one for one in splits if folded.startswith(first[0], one.end())]
    split = next(iter(alike), None) or splits[(len(splits) - 1) // 2]
    ask = "what is {}?" if folded.isascii() else wording("define")
    sides = question[start : split.start()].strip(), question[split.end() : end].strip()
    return tuple(SubQuestion("definition", ask.format(side)) for side in sides if side)


def _has_content(clause: str) -> bool:
    return any(not is_stop_word(word) for word in WORD.findall(fold(clause)))


def _is_question_word(clause: str) -> bool:
    folded = re.sub(r"^\W*[وف]?", "", fold(clause)).strip()
    return pattern("question_word").fullmatch(folded) is not None


def _parse_clause(clause: str) -> SubQuestion:
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
    return pattern_list("question_rules")  # type: ignore[return-value]  # the file names only these kinds


def _starts(folded: str) -> Iterator[int]:
    """Yield where a rule may match: at the first word, then at question words further on."""
    lead = pattern("leading").match(folded)
    first = lead.end() if lead else 0
    attached = pattern("attached").match(folded[first:])
    yield first + (attached.end() if attached else 0)
    if re.match(r"(?:what|which|how|why)\b", folded):
        return
    for match in pattern("asks_further_on").finditer(folded):
        if match.end() > first:
            yield match.end()


def _without_question_word(clause: str) -> str:
    """Return a clause without its first word, the question word."""
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
