"""From the stretch that the reader points at to what is marked: whole names, amounts, lists."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence, Set
from itertools import pairwise
from types import MappingProxyType

from cica_qa.answer.candidates import Candidate
from cica_qa.arabic.analyze import bare_word, is_stop_word
from cica_qa.arabic.letters import fold, fold_in_place
from cica_qa.arabic.numbers import numbers
from cica_qa.arabic.spans import Place
from cica_qa.models.reader.reader import Reading
from cica_qa.models.reader.spans import ReadSpan

Readings = Mapping[str, Reading]
"""What the trained reader makes of passages, by their ids."""
NOTHING_READ: Readings = MappingProxyType({})

_WORD = re.compile(r"[^\W_]+")
# Adjectives as they are written, for «مئة» is none; the rest as ``fold_in_place`` leaves it.
_DEFINITE = re.compile(r"(?<!\w)[وف]?(?:ال|بال|كال|لل)\w{3,}$")
_ADJECTIVE = re.compile(r"\sال\w{2,}ي(?P<she>[ةه])?(?!\w)")
_ADJECTIVE_ALONE = re.compile(r"(?P<noun>(?<!\w)ال\w{3,}\s)ال\w{2,}ي[ةه]?(?!\w)")
_PARTICLE = r"(?<!\w)(?:عبد|بن|ابن|بنت|ابو|ابي|ال|سان|فان|فون|دي|دو|van|von|de)"
_OPENS_NAME = re.compile(rf"{_PARTICLE}$")
_BEFORE_NAME = re.compile(rf"{_PARTICLE}\s$")
_NAME = re.compile(r"\s[^\W\d_]+")
_NUMBER = re.compile(r"(?:\d|(?<!\w)(?:الف|الاف|مليون|ملايين|مليار|مليارات))$")
_UNIT = re.compile(
    r"\s?(?:[%٪]|في الم[اي]*ه|بالم[اي]*ه)"
    r"|\s(?:الف|الاف|مليون|ملايين|مليار|مليارات|بليون|تريليون|كم2?|كلم|كيلومتر\w*|متر\w*|سم|ملم|ميل\w*"
    r"|طن\w*|كغم?|كيلوغرام\w*|درجه|دولار\w*|يورو|جنيه\w*|ريال\w*|دينار\w*|درهم\w*)(?!\w)"
    r"(?:\s(?:مربع|مكعب|امريكي|استرليني)ا?(?!\w)|\sمءويه)?"
)
# Between the items of a list; what ends it; what opens a clause and no item.
_AND = re.compile(
    r"\s?،\s?و?|\s(?=و\w)|\sاو\s|\s?،?\s(?:بالاضافه الي|فضلا عن|الي جانب|وكذلك|وايضا)\s"
)
_END = re.compile(
    r"[.؛;:!؟?()\[\]«»\"]"
    r"|(?<!\w)[وف]?(?:التي|الذي|الذين|حيث|لكن|مما|بينما|كما|عندما|بعد|قبل|قد|هو|هي|كان\w*|خلال|منذ"
    r"|في\s(?:ال)?(?:عام|سنه|قرن|شهر|يوم))(?!\w)"
)
_CLAUSE = re.compile(
    r"و?(?:[يت]\w{2,}[^اهء\W]|كان\w*|قام\w*|هو|هي|لم|لا|لن|ليس\w*|انه?\w*|(?:ال)?بعض\w*)"
)
_LONGEST_ITEM = 4
_NEXT_CLAUSE = re.compile(r"\s?[،؛]\s")
# «عشرين إلى ثلاثين»، «سنة ونصف».
_JOINS = re.compile(r"[-–/]|(?<!\w)(?:الي|حتي|او)(?!\w)|(?<!\w)و")
_ASKS_NAME = re.compile(
    r"(?<!\w)(?:ال)?(?:اسم|عنوان|لقب)(?:ه|ها|هم)?(?!\w)|\b(?:name|title|called)\b"
)
# «مجلة عنوانها «آفاق»», as ``fold_in_place`` leaves it.
_NAMED = re.compile(
    r"(?:(?<!\w)[وب]?(?:اسم|عنوان|لقب)(?:ه|ها|هم)?|(?<!\w)(?:[يت]سمي|سميت?|المسما[هي]?|[يت]دعي)"
    r"|\b(?:called|named|titled))\s?[«\"“]([^«»\"“”]+)[»\"”]"
)


def words_said(question: str) -> frozenset[str]:
    """Return the words of a normalised question, as ``marked`` compares them."""
    return frozenset(map(bare_word, _words(question)))


def marked(
    candidate: Candidate,
    readings: Readings,
    said: Set[str] = frozenset(),
    normalize: Callable[[str], str] = str,
) -> ReadSpan | None:
    """Return the stretch of a candidate that the reader would mark, if it read its passage.

    One that only repeats what is ``said`` in the question gives way to the best one beside it, one
    in another clause than that which is asked about to the best one in it. The score stays that of
    the best stretch of all: it tells how well the sentence answers.
    """
    passage, span = candidate.hit.passage, candidate.span
    reading = readings.get(passage.passage_id)
    if reading is None:
        return None
    start, end = span.start - passage.start, span.end - passage.start
    best = reading.best(start, end)
    if best is None:
        return None
    found = best
    clause = _asked_clause(passage.text[start:end], said, normalize) if said else None
    if clause and not start + clause[0] <= best.start < start + clause[1]:
        start, end = start + clause[0], start + clause[1]
        found = reading.best(start, end) or best

    def repeats(one: ReadSpan) -> bool:
        words = _words(normalize(passage.text[one.start : one.end]))
        return all(is_stop_word(word) or bare_word(word) in said for word in words)

    if said and repeats(found):
        beside = (reading.best(start, found.start), reading.best(found.end, end))
        telling = [one for one in beside if one and not repeats(one)]
        found = max(telling, key=lambda one: one.score, default=found)
    return ReadSpan(found.start + passage.start, found.end + passage.start, best.score)


def _words(text: str) -> list[str]:
    return [fold(word) for word in _WORD.findall(text)]


def _asked_clause(text: str, said: Set[str], normalize: Callable[[str], str]) -> Place | None:
    """Return, of clauses that begin with one word, that with most of what is ``said``.

    «يتحمل المؤجر الصيانة، ويتحمل المستأجر الوقود» says two things, and a question asks for one.
    None where clauses begin otherwise, or no one of them has most.
    """
    edges = [0, *(comma.end() for comma in _NEXT_CLAUSE.finditer(text)), len(text)]
    clauses = list(pairwise(edges))
    words = [_words(normalize(text[slice(*clause)])) for clause in clauses]
    if len(clauses) < 2 or not all(words) or len({own[0].removeprefix("و") for own in words}) > 1:
        return None
    held = [len({*map(bare_word, own)} & said) for own in words]
    return clauses[held.index(max(held))] if held.count(max(held)) == 1 else None


def complete(text: str, place: Place, several: bool, name: bool = False) -> Place:
    """Return what is marked of a normalised text where the reader points at a place.

    ``several`` is whether more than one thing is asked for, ``name`` whether a name is.
    """
    place = whole(text, *place)
    if several:
        return whole(text, *listed(text, *place))
    named = [match.span(1) for match in _NAMED.finditer(fold_in_place(text))] if name else []
    return next((one for one in named if one[0] < place[1] and place[0] < one[1]), place)


def amount(text: str, place: Place, counted: Sequence[Place]) -> Place:
    """Return what is marked of a normalised text: the clause that counts, up to what else it does.

    ``counted`` are the numbers of what is asked for. «عشرة أسابيع، منها أربعة قبل الولادة» is ten
    weeks, and «عشرة أيام مرة واحدة» ten days.
    """
    first = place[0]
    for comma in [*_NEXT_CLAUSE.finditer(text, *place), None]:
        end = comma.start() if comma else place[1]
        for own in counted:
            if first < own[1] and own[0] < end:
                return first, min(end, _next_count(text, own[1], end, counted))
        first = comma.end() if comma else end
    return place


def _next_count(text: str, start: int, end: int, counted: Sequence[Place]) -> int:
    """Where a number ends before one of something else follows it; ``end`` where none does."""
    for number in numbers(text[start:end]):
        at = start + number.start
        between = text[start:at]
        joined = _JOINS.search(fold_in_place(between)) or any(a <= at < b for a, b in counted)
        return end if joined else start
    return end


def asks_name(question: str) -> bool:
    """Whether a normalised question asks what something is called."""
    return _ASKS_NAME.search(fold_in_place(question)) is not None


def whole(text: str, start: int, end: int) -> Place:
    """Return a stretch of a normalised text with what the name or amount in it still needs.

    The adjective of its noun («الجمعية الطبية» needs «الأمريكية») or the noun of its adjective, the
    rest of «عبد الله», the unit of a number.
    """
    folded = fold_in_place(text)
    while _NUMBER.search(folded, start, end) and (unit := _UNIT.match(folded, end)):
        end = unit.end()
    while needed := _needed_behind(text, start, end):
        end = needed
    if before := _BEFORE_NAME.search(folded, 0, start):
        return before.start(), end
    alone = [one for one in _ADJECTIVE_ALONE.finditer(text, 0, end) if one.end("noun") == start]
    return (alone[0].start() if alone else start), end


def _needed_behind(text: str, start: int, end: int) -> int | None:
    """Where the word behind a stretch ends, if the last word of the stretch needs it."""
    folded = fold_in_place(text)
    if _OPENS_NAME.search(folded, start, end):
        name = _NAME.match(folded, end)
        return name.end() if name else None
    noun, adjective = _DEFINITE.search(folded, start, end), _ADJECTIVE.match(text, end)
    if noun is None or adjective is None:
        return None
    agrees = adjective["she"] or not noun[0].endswith(("ه", "ات"))
    return adjective.end() if agrees else None


def listed(text: str, start: int, end: int) -> Place:
    """Return a stretch of a normalised text with what is listed behind it."""
    folded = fold_in_place(text)
    stop = _END.search(folded, end)
    limit = stop.start() if stop else len(folded)
    ends, joined = [end], False
    while match := _AND.match(folded, ends[-1], limit):
        following = _AND.search(folded, match.end() + 1, limit)
        words = [*_WORD.finditer(folded, match.end(), following.start() if following else limit)]
        if not words or len(words) > _LONGEST_ITEM or _CLAUSE.fullmatch(words[0][0]):
            break
        ends.append(words[-1].end())
        joined |= match[0].strip() != "،" or words[0][0].startswith("و")
    # One comma alone need not part two items: «فيتامين دال، أهمية قصوى».
    return start, ends[-1] if joined or len(ends) > 2 else end
