"""Follow-up questions: what they leave out is in what was said before."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from cica_qa.answer.reasons import UNANSWERED
from cica_qa.arabic.analyze import content_words, is_stop_word
from cica_qa.arabic.dialect import to_msa
from cica_qa.arabic.letters import fold
from cica_qa.arabic.normalize import Normalizer
from cica_qa.arabic.questions import parse_question
from cica_qa.types import Turn

_WORD = re.compile(r"[^\W_]+")
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
# «ما هي لغات العمل؟» has no pronoun that points back.
_COPULA = re.compile(r"(?<!\w)(ما|ماذا|من|اي|كيف)\s(?:هو|هي|هم|هن|هما)(?=\s\w)")
_POSSESSED = re.compile(r"\w{4,}(?:ها|هم|هما)")
# Neither what is asked about nor anything to find: what a topic can do without.
_ASKING = re.compile(
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
_BARE_WORDS, _FEW_WORDS = 2, 3
_TURNS_BACK = 4
_SHORT_ANSWER = 6


@dataclass(frozen=True, slots=True)
class ResolvedQuestion:
    """A question in its conversation.

    ``carried`` is what it takes from earlier turns, in their own words; nothing where it stands
    alone. ``alone`` is whether it may do so: then it is tried without them first. ``nth`` is the
    item of the list before that it asks for, counted from 1 (-1 is the last), ``more`` whether
    it asks to go on with the answer before; else they are 0 and false.
    """

    question: str
    carried: str = ""
    alone: bool = True
    nth: int = 0
    more: bool = False

    @property
    def whole(self) -> str:
        """The question with what it takes from before."""
        return f"{self.question} {self.carried}".strip()


def resolve_question(
    question: str, history: Sequence[Turn], normalizer: Normalizer
) -> ResolvedQuestion:
    """Return what a question means after ``history``, oldest turn first."""
    turns = [turn for turn in history if _WORD.search(turn.question)]
    if not turns:
        return ResolvedQuestion(question)
    words = _WORD.findall(fold(to_msa(normalizer(question))))
    nth = _nth(words)
    if nth or (_MORE.match(fold(normalizer(question))) and _MORE_WORDS.issuperset(words)):
        before = topic_question(turns, normalizer)
        return ResolvedQuestion(question, before, alone=False, nth=nth, more=not nth)
    if not is_follow_up(question, normalizer):
        return ResolvedQuestion(question)
    carried = _without(_carried(turns, normalizer), question, normalizer)
    return ResolvedQuestion(question, carried, alone=not is_bare(question, normalizer))


def is_follow_up(question: str, normalizer: Normalizer) -> bool:
    """Whether a question may go on from what was said before.

    It opens with «و…», has hardly a word of its own, or has few and a pronoun, its own or at the
    end of a word («رئيسها»).
    """
    normal = normalizer(question)
    if _OPENERS.match(normal) or is_bare(question, normalizer):
        return True
    words = _WORD.findall(_COPULA.sub(r"\1", fold(normal)))
    few = len(content_words(normal)) <= _FEW_WORDS
    return few and any(word in _PRONOUNS or _POSSESSED.fullmatch(word) for word in words[1:])


def is_bare(question: str, normalizer: Normalizer) -> bool:
    """Whether a question has too few words of its own to be searched by them."""
    words = [w for w in _WORD.findall(fold(to_msa(normalizer(question)))) if not is_stop_word(w)]
    return len(words) < _BARE_WORDS


def topic_question(turns: Sequence[Turn], normalizer: Normalizer) -> str:
    """Return the last question that was about something, with what it took from before."""
    for at in range(len(turns) - 1, -1, -1):
        found = resolve_question(
            turns[at].question, turns[max(0, at - _TURNS_BACK) : at], normalizer
        )
        if not (found.nth or found.more):
            return found.whole
    return turns[-1].question


def _nth(words: Sequence[str]) -> int:
    """Which item «وما الثاني؟» asks for; 0 where a question asks about anything else."""
    bare = [word[1:] if word[1:] in _ORDINALS and word[0] in "وف" else word for word in words]
    ordinals = [_ORDINALS[word] for word in bare if word in _ORDINALS]
    others = [w for w in bare if w not in _ORDINALS and not _ASKING.fullmatch(w) and len(w) > 1]
    return ordinals[0] if len(ordinals) == 1 and not others else 0


def _carried(turns: Sequence[Turn], normalizer: Normalizer) -> str:
    """What the last questions were about, back to one that says enough, and a short answer."""
    topics: list[str] = []
    for turn in reversed(turns[-_TURNS_BACK:]):
        topics.insert(0, _topic(turn.question, normalizer))
        if _says_enough(turn.question, normalizer):
            break
    return " ".join([*topics, _named(turns[-1], normalizer)]).strip()


def _says_enough(question: str, normalizer: Normalizer) -> bool:
    """Whether a question tells its topic by itself, even where it opens with «و»."""
    words = content_words(to_msa(normalizer(question)))
    return len(words) >= _FEW_WORDS or not is_follow_up(question, normalizer)


def _named(turn: Turn, normalizer: Normalizer) -> str:
    """The short answer before, where it names what the next question may be about."""
    answer = turn.answer.strip(" .،؛")
    asked = parse_question(to_msa(normalizer(turn.question)))[0].kind
    names = asked in ("person", "place", "definition") and not answer.startswith(UNANSWERED[:-1])
    return answer if names and 0 < len(answer.split()) <= _SHORT_ANSWER else ""


def _topic(question: str, normalizer: Normalizer) -> str:
    """A question without the words that ask at its beginning, and without its mark."""
    words = question.strip(" ؟?.!").split()
    kept = list(words)
    while kept and _asks(kept[0], normalizer):
        kept.pop(0)
    return " ".join(kept)


def _asks(word: str, normalizer: Normalizer) -> bool:
    return all(map(_ASKING.fullmatch, _WORD.findall(fold(to_msa(normalizer(word))))))


def _without(carried: str, question: str, normalizer: Normalizer) -> str:
    """What is carried over but for words that the question has itself."""
    own = {fold(word) for word in _WORD.findall(normalizer(question))}
    seen: set[str] = set()
    kept = []
    for word in carried.split():
        key = fold(normalizer(word)).strip(" ؟?.,،؛:!")
        if key not in own and (key not in seen or is_stop_word(key)):
            kept.append(word)
        seen.add(key)
    return " ".join(kept)
