"""Follow-up questions, completed from earlier turns of the conversation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from cica_qa.answer.reasons import UNANSWERED
from cica_qa.arabic.analyze import content_words, is_stop_word
from cica_qa.arabic.dialect import to_msa
from cica_qa.arabic.letters import WORD, fold
from cica_qa.arabic.normalize import Normalizer
from cica_qa.arabic.questions import parse_question
from cica_qa.types import Turn

_OPENERS = re.compile(
    r"\W*(?:طيب|طب|حسنا|و|ف|ثم|and|what about|how about)\b|"
    r"\W*[وف](?:ما|ماذا|من|متي|متى|اين|أين|كيف|كم|لماذا|هل|كل|مين|فين|وين|امتي|ليش|ليه|علاش)\b",
    re.IGNORECASE,
)
_PRONOUNS = frozenset(
    """
    فيه فيها فيهم له لها لهم منه منها منهم عنه عنها عنهم به بها بهم اليه اليها عليه عليها عليهم لديه
    لديها لديهم عنده عندها عندهم معه معها معهم ذلك تلك هذا هذه هو هي هم it its they them he she his
    her their that this there
    """.split()
)
# The pronoun of «ما هي لغات العمل؟» does not refer to anything earlier.
_COPULAR_PRONOUN = re.compile(r"(?<!\w)(ما|ماذا|من|اي|كيف)\s(?:هو|هي|هم|هن|هما)(?=\s\w)")
_WITH_POSSESSIVE = re.compile(r"\w{4,}(?:ها|هم|هما)")
# Words that are not part of a topic.
_NO_TOPIC = re.compile(
    r"(?:ما|ماذا|من|متي|اين|كم|كيف|لماذا|هل|اي|عدد|هو|هي|هم|الذي|التي|ماهو|ماهي|طيب|و|عن|في|وما"
    r"|ومن|وكم"
    r"|واين|ومتي|وماذا|وهل|وكيف|what|about|who|when|where|why|how|many|much|is|are|was|were|do|"
    r"does|did|the|and)"
)
_MORE = re.compile(
    r"\W*[وف]?(?:اشرح|وضح|فصل|زدني|زيدني|المزيد|اكمل|تابع|فسر|tell me more|more|explain|go on)\b"
)
_MORE_WORDS = frozenset(
    "اشرح وضح فصل زدني زيدني المزيد مزيد اكمل تابع فسر اكثر لي من ذلك هذا بالتفصيل تفصيل تفاصيل"
    " التفاصيل فضلك"
    " tell me more explain go on please details".split()
)
_ORDINALS = {
    word: number
    for number, words in enumerate(
        (
            "اول الاول الاولي اولها اولهم first",
            "ثاني الثاني الثانيه ثانيها second",
            "ثالث الثالث الثالثه ثالثها third",
            "رابع الرابع الرابعه fourth",
            "خامس الخامس الخامسه fifth",
            "سادس السادس السادسه sixth",
            "سابع السابع السابعه seventh",
            "ثامن الثامن الثامنه eighth",
            "تاسع التاسع التاسعه ninth",
            "عاشر العاشر العاشره tenth",
        ),
        start=1,
    )
    for word in words.split()
} | {"اخير": -1, "الاخير": -1, "الاخيره": -1, "last": -1}
_MIN_WORDS, _FEW_WORDS = 2, 3
_MAX_TURNS = 4
_MAX_ANSWER_WORDS = 6


@dataclass(frozen=True, slots=True)
class ResolvedQuestion:
    """A question in the context of its conversation.

    ``carried`` is what it takes from earlier turns, verbatim; empty if nothing. ``alone`` is
    whether the question may be meant without it, and is tried so first. ``nth`` is the position
    of the item that it asks for in the list of the previous answer, from 1 (-1 is the last), or
    0. ``more`` is whether it asks to continue the previous answer.
    """

    question: str
    carried: str = ""
    alone: bool = True
    nth: int = 0
    more: bool = False

    @property
    def whole(self) -> str:
        """The question with what it takes from earlier turns."""
        return f"{self.question} {self.carried}".strip()


def resolve_question(
    question: str, history: Sequence[Turn], normalizer: Normalizer
) -> ResolvedQuestion:
    """Return a question resolved against ``history``, the earlier turns, oldest first."""
    turns = [turn for turn in history if WORD.search(turn.question)]
    if not turns:
        return ResolvedQuestion(question)
    words = WORD.findall(fold(to_msa(normalizer(question))))
    nth = _asked_position(words)
    if nth or (_MORE.match(fold(normalizer(question))) and _MORE_WORDS.issuperset(words)):
        before = topic_question(turns, normalizer)
        return ResolvedQuestion(question, before, alone=False, nth=nth, more=not nth)
    if not is_follow_up(question, normalizer):
        return ResolvedQuestion(question)
    carried = _without_words_of(_carried_topics(turns, normalizer), question, normalizer)
    return ResolvedQuestion(question, carried, alone=not is_bare(question, normalizer))


def is_follow_up(question: str, normalizer: Normalizer) -> bool:
    """Return whether a question may refer to earlier turns.

    It does if it opens with «و…», has too few words of its own, or has few words and a pronoun,
    either separate or attached («رئيسها»).
    """
    normal = normalizer(question)
    if _OPENERS.match(normal) or is_bare(question, normalizer):
        return True
    words = WORD.findall(_COPULAR_PRONOUN.sub(r"\1", fold(normal)))
    few = len(content_words(normal)) <= _FEW_WORDS
    return few and any(word in _PRONOUNS or _WITH_POSSESSIVE.fullmatch(word) for word in words[1:])


def is_bare(question: str, normalizer: Normalizer) -> bool:
    """Return whether a question has too few content words to be searched by itself."""
    words = [w for w in WORD.findall(fold(to_msa(normalizer(question)))) if not is_stop_word(w)]
    return len(words) < _MIN_WORDS


def topic_question(turns: Sequence[Turn], normalizer: Normalizer) -> str:
    """Return the last question with a topic, with what it took from earlier turns."""
    for at in range(len(turns) - 1, -1, -1):
        found = resolve_question(
            turns[at].question, turns[max(0, at - _MAX_TURNS) : at], normalizer
        )
        if not (found.nth or found.more):
            return found.whole
    return turns[-1].question


def _asked_position(words: Sequence[str]) -> int:
    """Return the position that «وما الثاني؟» asks for, or 0 for any other question."""
    bare = [word[1:] if word[1:] in _ORDINALS and word[0] in "وف" else word for word in words]
    ordinals = [_ORDINALS[word] for word in bare if word in _ORDINALS]
    others = [w for w in bare if w not in _ORDINALS and not _NO_TOPIC.fullmatch(w) and len(w) > 1]
    return ordinals[0] if len(ordinals) == 1 and not others else 0


def _carried_topics(turns: Sequence[Turn], normalizer: Normalizer) -> str:
    """Return the topics of the last questions, back to a self-contained one, and a short answer."""
    topics: list[str] = []
    for turn in reversed(turns[-_MAX_TURNS:]):
        topics.insert(0, _topic(turn.question, normalizer))
        if _is_self_contained(turn.question, normalizer):
            break
    return " ".join([*topics, _short_answer(turns[-1], normalizer)]).strip()


def _is_self_contained(question: str, normalizer: Normalizer) -> bool:
    """Return whether a question states its own topic, even if it opens with «و»."""
    words = content_words(to_msa(normalizer(question)))
    return len(words) >= _FEW_WORDS or not is_follow_up(question, normalizer)


def _short_answer(turn: Turn, normalizer: Normalizer) -> str:
    """Return the previous answer if it is short and names what the next question may mean."""
    answer = turn.answer.strip(" .،؛")
    asked = parse_question(to_msa(normalizer(turn.question)))[0].kind
    names = asked in ("person", "place", "definition") and not answer.startswith(UNANSWERED[:-1])
    return answer if names and 0 < len(answer.split()) <= _MAX_ANSWER_WORDS else ""


def _topic(question: str, normalizer: Normalizer) -> str:
    """Return a question without leading question words and without its question mark."""
    words = question.strip(" ؟?.!").split()
    kept = list(words)
    while kept and _is_question_word(kept[0], normalizer):
        kept.pop(0)
    return " ".join(kept)


def _is_question_word(word: str, normalizer: Normalizer) -> bool:
    return all(map(_NO_TOPIC.fullmatch, WORD.findall(fold(to_msa(normalizer(word))))))


def _without_words_of(carried: str, question: str, normalizer: Normalizer) -> str:
    """Return ``carried`` without the words of the question itself."""
    own = {fold(word) for word in WORD.findall(normalizer(question))}
    seen: set[str] = set()
    kept = []
    for word in carried.split():
        key = fold(normalizer(word)).strip(" ؟?.,،؛:!")
        if key not in own and (key not in seen or is_stop_word(key)):
            kept.append(word)
        seen.add(key)
    return " ".join(kept)
