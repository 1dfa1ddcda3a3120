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
from cica_qa.arabic.clauses import BY_WHOM, QUESTION_WORDS, clauses
from cica_qa.arabic.letters import fold, fold_in_place

Kind = Literal[
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
class Asked:
    """One thing that a question asks for.

    ``text`` is the part of the question that asks it; ``noun`` the word that says of what kind
    the answer is («دولة» in «كم دولة», «مدينة» in «في أي مدينة»), or nothing. ``several`` is
    whether more than one thing may answer.
    """

    kind: Kind
    text: str
    noun: str = ""
    several: bool = False


_WORD = re.compile(r"[^\W_]+")
# As ``fold`` leaves them.
_PREPOSITION = r"(?:(?:في|من|الي|علي|عن|ب|خلال|منذ|مع|قبل|بعد|تحت|لدي|عند|حول|بين)\s)?"
_TIME = (
    "(?:ال)?(?:عام|سنه|تاريخ|يوم|شهر|قرن|عصر|عهد|وقت|عقد|فتره|ساعه|موسم|فصل|اعوام|سنوات|ايام|زمن)"
)
_PLACE = (
    "(?:ال)?(?:مدينه|دوله|بلد|بلده|بلاد|قاره|مكان|منطقه|محافظه|موقع|ولايه|قريه|عاصمه|اقليم|مقر|"
    "جزيره"
    "|مقاطعه|شارع|ملعب|متحف|جامعه|مدن|دول|بلدان|مناطق|حي|اتجاه|جهه)"
)
_PERSON = (
    "(?:ال)?(?:رييس|ريس|ملك|شخص|عالم|لاعب|مدرب|قايد|موسس|مخترع|مكتشف|كاتب|مولف|شاعر|امير|وزير|"
    "خليفه|سلطان|"
    "ممثل|ممثله|مغني|مخرج|مدير|امين|حاكم|امبراطور|نبي|مهندس|فنان|رسام|فيلسوف|صاحب|رجل|امراه)"
)
_MEASURE = (
    "(?:ال)?(?:عدد|نسبه|مساحه|سعر|طول|ارتفاع|عمر|تكلفه|سرعه|قيمه|كميه|مقدار|وزن|حجم|مده|معدل|"
    "درجه|مبلغ|سن"
    "|عمق|قطر|كتله|متوسط|ترتيب|رقم|مجموع|اجمالي|ميزانيه|تعداد)"
)
_REASON = "(?:ال)?(?:سبب|اسباب|دافع|دوافع|علل|عله|غرض)"
_MANNER = "(?:ال)?(?:طريقه|كيفيه|طرق|خطوات|وسيله|وسايل)"
# Plurals that may be a list, without their article: sound ones, and broken ones by their pattern.
_PLURAL = re.compile(
    r"\w{2,}ات|\w{3,}(?:ون|ين)|ا\wي?\w?ا\w|م\wا\wي?\w|\wوا\wي?\w|\w{2}اي\w|ا\w{2}ا\w|ت\wا\wي\w"
    r"|\w{2}ا(?!\wه)\w{2}|\w{2}ا\wي\w|ا\w[^اي][^اويت]ه|اسيله|انديه|ادويه|ابنيه|اغذيه|اوعيه"
    r"|دول|مدن|شروط|حقوق|فروع|طرق|كتب|سبل|فرق|علوم|اسس|صور|جزر|مهام"
    r"|قيم|ادله|اجزا|اعضا|اسما|اشيا"
)
# Behind four letters «ه» is rather the ة of a singular: «إدارة».
_POSSESSIVE = re.compile(r"(?<=\w{4})(?:ها|هم|هما)$|(?<=\w{5})ه$")
_VERB = re.compile(r"[سبك]?(?:[يت]\w{1,2}ا\w{1,2}|[يت]\w{2,}(?:ون|ين))")
_NO_PLURAL = frozenset(
    """
    does was الذين ذات بين اين حين دين سنين عين الان صين يابان ولايه مسافه مقاطعه اتجاه اتحاد
    اربعه ارمله اجنده
    """.split()
)
_LAM_PLURALS = frozenset("الوان القاب الحان الياف الغاز البان الات الاف".split())
"""Plurals whose «ال» is no article."""
_BE = r"(?:\s?(?:هو|هي|هم|هما|هن|هني)\b|\s(?:كان|كانت|يكون|تكون))?"
_COUNTED = r"(?:(?:يبلغ|تبلغ|بلغ|بلغت|كان|كانت|هو|هي|يوجد|توجد|من|عدد)\s)*(?P<noun>\w+)"
_ENGLISH_BE = r"(?:is|are|was|were|do|does|did|can|could|has|have|had|will|would)"

# In order: the first that matches tells. ``noun`` is the word that names the kind of answer.
_RULES: tuple[tuple[Kind, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern))  # type: ignore[misc]
    for kind, pattern in (
        ("thing", r"هل\s.*\sام\s(?!لا\b)"),  # «هل هي مدينة أم قرية؟» asks which of the two
        ("yesno", rf"(?:هل|اليس|الم)\s|{_ENGLISH_BE}\s|.*\s(?:ولا|ام|او)\s(?:لا|لأ)\W*$"),
        ("comparison", r".*\b(?:الفرق|الفروق|الفارق|فرق|الاختلاف|قارن|مقارنه)\b|ايهما\b"),
        ("comparison", r".*\b(?:differences?|compare[ds]?)\b"),
        (
            "reason",
            rf"(?:لماذا|لما|لم)\b|{_PREPOSITION}(?:ما|ماذا|اي){_BE}\s{_REASON}\b|ل?اي\s{_REASON}",
        ),
        ("reason", r"why\b|what (?:is|are|was|were) the reasons?\b"),
        ("date", r"(?:في\s)?(?:ال)?(?P<noun>ساعه)\sكم\b"),
        ("number", r"(?:و)?كل\s(?P<noun>كم)\b"),
        ("number", r"(?:عدد|مساحه|نسبه)\s(?P<noun>\w+?)(?:ها|هم|ه)\b"),
        ("number", rf"{_PREPOSITION}(?:كل\s)?ب?كم\b(?:\s{_COUNTED})?"),
        (
            "number",
            rf"{_PREPOSITION}(?:ما|اي|ماذا|اذكر){_BE}\s(?:(?P<noun>ترتيب)|"
            rf"(?:ال)?عدد\s(?P<name>\w+)|{_MEASURE})\b",
        ),
        ("number", r"how (?P<noun>often)\b"),
        ("number", r"how (?:many|much|old|long|far|tall|big|large|often)\b(?:\s(?P<noun>\w+))?"),
        ("number", r"what (?:is|was) the (?:number|percentage|population|price|age|area)\b"),
        (
            "date",
            rf"(?:من[ذا]\s|حتي\s|الي\s)?متي\b|{_PREPOSITION}(?:اي|ما|كم){_BE}\s(?P<noun>{_TIME})\b",
        ),
        (
            "date",
            rf"(?:since |in |by )?(?:when {_ENGLISH_BE}\b|what (?:year|date|day|month|century)|"
            rf"which year)\b",
        ),
        ("place", rf"(?:من\s|الي\s)?اين\b|{_PREPOSITION}(?:اي|ما|ماذا){_BE}\s(?P<noun>{_PLACE})\b"),
        ("place", r"(?:from |in )?(?:where|(?:what|which) (?:city|country|place|state))\b"),
        (
            "person",
            rf"(?:الي |علي |عن |مع |ل|{BY_WHOM} )?من"
            r"(?!\s(?:ماذا|اي|خلال|بين|حيث|ضمن|كم|متي)\b)(?:\s|\W*$)",
        ),
        ("place", rf"ما{_BE}\sاسم\s(?P<noun>{_PLACE})\b"),
        ("person", rf"(?:ما|اي){_BE}\s(?:اسم\s)?(?P<noun>{_PERSON})\b"),
        ("person", r"(?:by |to |with )?(?:who|whom|whose)\b"),
        ("manner", rf"كيف\b|{_PREPOSITION}(?:ما|اي){_BE}\s(?P<noun>{_MANNER})\b|how\b"),
        ("list", r"(?:اذكر|عدد|سم|اسرد|اعط|اعطني|اعطي|list|name)\b(?:\s(?P<noun>\w+))?"),
        (
            "list",
            rf"(?:ما|ماذا|اي){_BE}(?<!هو)\s(?:(?:اهم|ابرز|بعض)\s)?(?P<noun>\w+)",
        ),
        ("list", r"(?:what|which)(?: are| were)?(?: the)?(?: main)? (?P<noun>[a-z]+s)\b"),
        ("definition", r"(?:عرف|اشرح|وضح)\b|.*\b(?:تعريف|معني|المقصود|يعني|تعني|المراد)\b"),
        ("definition", r"what does .* (?:mean|stand for)\b|define\b"),
        ("definition", r"(?:ما|ماذا|من)\s?(?:هو|هي)\s(?P<noun>\w+)(?:\s\w+){0,4}\W*$"),
        ("definition", r"what (?:is|are|was) (?:an? |the )?(?P<noun>\w+)(?: \w+){0,4}\W*$"),
    )
)
# What is often written for «ما هو», «ما اسم», «ما الذي», «ماذا», «أي»: as ``fold`` leaves both.
_MISSPELT = (
    (re.compile(r"(?<!\w)([وف]?)ما(?=(?:هو|هي|هم|هن|الاسم|اسم)(?!\w))"), r"\1ما "),
    (re.compile(r"(?<!\w)([وف]?)ماسم(?!\w)"), r"\1ما اسم"),
    (re.compile(r"(?<!\w)([وف]?)مال(?=(?:ذي|دي|تي)(?!\w))"), r"\1ما ال"),
    (re.compile(r"(?<!\w)([وفبل]{0,2})مادا(?!\w)"), r"\1ماذا"),
    (re.compile(r"(?<!\w)([وفبل]?)ايه(?=\s\w)"), r"\1اي"),
)
# What asks for a thing where nothing else says what it asks for: no yes or no answers it.
_ASKS_A_THING = re.compile(
    r"\b[وفبلك]?(?:ما|ماذا|مما|من|ممن|اي|فيما|فيم|عم|بم|علام|what|which)\b"
    r"|^\W*(?:اذكر|اعط|اعطي|اعطني|سم|عدد|الام|give|name)\b"
)
_ASKS = re.compile(
    rf"(?<!\w)[وفبل]?(?:{QUESTION_WORDS}|اي)\b"
    r"|^\W*[وف]?(?:من(?!\s(?:بين|خلال|ضمن|حيث|اجل)\b)|ما)\s"
    r"|\b(?:what|when|where|who|whom|whose|why|how|which)\b|^\W*(?:is|are|was|were|do|does|did)\s"
)
_BETWEEN = re.compile(r"(?<!\w)(?:بين|between|compare)\s(.+?)\W*$")
_SPLIT = re.compile(r"\sو\s?(?:بين\s)?(?=\w)|\s(?:and|with|to)\s")
_LEADING = re.compile(r"^(?:[^\w]+|(?:طيب|حسنا|و|ثم|and|so)\s)+")
_AND = re.compile(r"^[وف](?=(?:متي|اين|كم|لماذا|كيف|هل|ماذا|ما|من|اي|لمن|في)\b)")


def understand(question: str) -> tuple[Asked, ...]:
    """Return what a normalised question asks for, in its order; at least one thing.

    «متى وأين عُقد الاجتماع؟» asks for a date and a place: each ``text`` has what is shared.
    """
    parts = [clause for clause in clauses(question) if clause]
    asked: list[Asked] = []
    lead = ""  # «خلال المباراة، …»: what is said before anything is asked belongs to what is
    for number, clause in enumerate(parts):
        if not _ASKS.search(fold(clause)) and number + 1 < len(parts):
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


def _compared(question: str) -> tuple[Asked, ...]:
    """What each side of «ما الفرق بين أ وب؟» is; nothing where the sides cannot be told apart."""
    folded = fold_in_place(question)
    match = _BETWEEN.search(folded)
    if match is None:
        return ()
    start, end = match.span(1)
    splits = list(_SPLIT.finditer(folded, start, end))
    first = _WORD.match(folded, start)
    if not splits or first is None:
        return ()
    # «بين مجلس الدول والحكومات ومجلس الوزراء»: the second side often begins like the first
    alike = [one for one in splits if folded.startswith(first[0], one.end())]
    split = next(iter(alike), None) or splits[(len(splits) - 1) // 2]
    ask = "what is {}?" if folded.isascii() else "ما {}؟"
    sides = question[start : split.start()].strip(), question[split.end() : end].strip()
    return tuple(Asked("definition", ask.format(side)) for side in sides if side)


def _carries(clause: str) -> bool:
    return any(not is_stop_word(word) for word in _WORD.findall(fold(clause)))


def _is_question_word(clause: str) -> bool:
    folded = re.sub(r"^\W*[وف]?", "", fold(clause)).strip()
    return re.fullmatch(rf"(?:{QUESTION_WORDS}|when|where|who|why|how|what)\W*", folded) is not None


def _one(clause: str) -> Asked:
    folded = fold(clause)
    for wrong, right in _MISSPELT:
        folded = wrong.sub(right, folded)
    for start in _starts(folded):
        for kind, rule in _RULES:
            match = rule.match(folded, start)
            if match is None:
                continue
            noun = _noun(match)
            if kind == "list" and not _is_plural(noun):
                continue
            plural = _is_plural(noun) or folded.startswith(("من هم ", "من هن "), start)
            several = plural and kind in ("list", "person", "place", "manner")
            return Asked(kind, clause, noun, several)
    bare = not _ASKS_A_THING.search(folded) and folded.rstrip()[-1:] in "؟?"
    return Asked("yesno" if bare and folded else "thing", clause)


def _starts(folded: str) -> Iterator[int]:
    """Where the asking may begin: at the first word, else at a question word further on."""
    lead = _LEADING.match(folded)
    first = lead.end() if lead else 0
    attached = _AND.match(folded[first:])
    yield first + (attached.end() if attached else 0)
    later = r"(?<!\w)[وف]?(?=(?:متي|اين|كم|لماذا|كيف|هل|ماذا|اي|when|where|who|why|how)\b)"
    if re.match(r"(?:what|which|how|why)\b", folded):
        return
    for match in re.finditer(later, folded):
        if match.end() > first:
            yield match.end()


def _tail(clause: str) -> str:
    """A clause without the question word it begins with."""
    match = _WORD.search(clause)
    return clause[match.end() :].strip() if match else clause


def _noun(match: re.Match[str]) -> str:
    groups = match.groupdict()
    noun = groups.get("noun") or groups.get("name") or ""
    return "مره" if noun in ("كم", "often") else noun  # «كل كم سنة» asks how often


def _is_plural(noun: str) -> bool:
    if noun.isascii():
        return (
            noun.endswith("s") and noun not in _NO_PLURAL and not noun.endswith(("ss", "is", "us"))
        )
    if _VERB.fullmatch(noun):
        return False
    if noun not in _LAM_PLURALS:
        noun = re.sub(r"^ال(?=\w{3})", "", noun)
    if noun in _NO_PLURAL:
        return False
    return any(_PLURAL.fullmatch(form) for form in (noun, _POSSESSIVE.sub("", noun)))
