"""Stretches of a sentence of the kind a question asks for: dates, numbers, places, reasons.

All work on normalised text, whose offsets they return. Like ``questions`` these are rules: they
find the shape of an answer, not whether it is the answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from cica_qa.arabic.analyze import is_stop_word, stem
from cica_qa.arabic.letters import fold, fold_in_place
from cica_qa.arabic.numbers import numbers
from cica_qa.arabic.questions import Kind

Place = tuple[int, int]

_MONTH = (
    "(?:يناير|فبراير|مارس|[اأ]بريل|مايو|يونيو|يونيه|يوليو|يوليه|اغسطس|سبتمبر|اكتوبر|نوفمبر|"
    "ديسمبر|نيسان"
    "|ايار|حزيران|تموز|اب|ايلول|تشرين (?:ال)?(?:اول|ثاني)|كانون (?:ال)?(?:اول|ثاني)|شباط|اذار|"
    "محرم|صفر"
    "|ربيع (?:ال)?(?:اول|اخر|ثاني)|جمادي (?:ال)?(?:اولي|اخره|ثانيه)|رجب|شعبان|رمضان|شوال"
    "|ذ[وي] (?:ال)?(?:قعده|حجه)|جانفي|فيفري|افريل|جوان|جويليه|اوت)"
)
_DAY = "(?:ال)?(?:سبت|احد|اثنين|ثلاثاء|اربعاء|خميس|جمعه)"
_ERA = (
    r"(?:\s?(?:ميلادي[اه]?|هجري[اه]?|للهجره|هـ|ه|م|ق\.?\s?م\.?|قبل الميلاد|بعد الميلاد)(?![\w]))?"
)
_MEASURE = (
    r"كم|كلم|كيلومتر\w*|كيلو ?متر\w*|متر\w*|سم|ملم|طن\w*|كغم?|درجه"
    r"|دولار\w*|ريال\w*|دينار\w*|درهم\w*|جنيه\w*|ليره|يورو"
)
_YEAR = rf"\d{{1,4}}(?:\s?[-–/]\s?\d{{2,4}})?{_ERA}"
_PART = "(?:(?:اوايل|اواخر|منتصف|مطلع|نهايه|بدايه|اول|اخر|خلال|حوالي|نحو|منذ)\\s)?"
_DATE = re.compile(
    rf"{_PART}(?:(?:يوم\s)?{_DAY}[،,]?\s)?(?:\d{{1,2}}(?:\s?[-–]\s?\d{{1,2}})?\s(?:من\s)?)?(?:شهر\s)?{_MONTH}(?!\w)"
    rf"(?:\s?[/-]\s?{_MONTH}(?!\w))?(?:[،,]?\s(?:من\s)?(?:(?:ال)?(?:عام|سنه)\s)?{_YEAR})?"
    rf"|{_PART}(?:ال)?(?:عام|عامي|سنه|سنتي|اعوام|سنوات)\s{_YEAR}(?:\sو\s?{_YEAR})*"
    rf"|{_PART}(?:ال)?قرن\s(?:ال)?\w+(?:\sعشر|\sو\s?(?:ال)?عشرين)?{_ERA}"
    rf"|{_PART}(?:ال)?(?:عشرين|ثلاثين|اربعين|خمسين|ستين|سبعين|ثمانين|"
    rf"تسعين)ي?ات(?:\s(?:من\s)?(?:ال)?قرن\s(?:ال)?\w+(?:\sعشر)?)?"
    rf"|\d{{1,2}}[/-]\d{{1,2}}[/-]\d{{2,4}}"
    rf"|(?<![\d.,])(?:1\d{{3}}|20\d\d)(?!\d|[.,]\d|\s?[٪%]|\s(?:{_MEASURE})(?!\w))(?:\s?[-–]\s?\d{{2,4}})?{_ERA}"
    rf"|\d{{2,4}}\s?(?:هـ|ميلاديه?|هجريه?|ق\.?\s?م|م|قبل الميلاد)(?!\w)"
    rf"|\d[\d,.،]*\s(?:مليون\s|الف\s)?(?:سنه|عام)(?!\w)(?:\sمضت)?"
    rf"|(?:يوم\s){_DAY}|(?:ال)?ساعه\s\w+(?:[:.]\d\d)?"
    rf"|(?:منذ|قبل)\s(?:\w+\s){{0,2}}(?:عام|عاما|سنه|سنوات|اعوام|قرون|ايام|اشهر|يوما)(?!\w)"
)
_APPROXIMATE = re.compile(
    r"(?:(?:اكثر|اقل|ازيد) من|حوالي|نحو|قرابه|ما يقارب|ما يقرب من|تقريبا|بين|ما بين)\s$"
)
_UNIT = re.compile(
    r"\s?(?:%|في المي?[اءيه]{1,3}|بالمي?[اءيه]{1,3})|\s(?:" + _MEASURE + r")"
    r"(?:\s(?:مربع\w*|مكعب\w*|مءويه|امريكي\w*|\w+ي))?"
)
_FOLLOWING = re.compile(r"\s(\w+)")
_FREQUENCY = re.compile(
    r"(?:مره|مرات|مرتين|مرتان)(?:\s(?:واحده|اخري))?(?:\s(?:كل|في ال|بال)\s?\w+(?:\s\w+)?)?"
    r"|كل\s(?:\w+\s)?(?:عام|سنه|سنوات|اعوام|شهر|اشهر|اسبوع|يوم|عامين|سنتين)(?!\w)|سنويا|شهريا|يوميا"
)
# «سنتان ونصف»، «ساعة إلا ربعًا».
_AND_PART = (
    r"\s(?:و(?:نصف|ربع|ثلث)|الا\s(?:ربع|ثلث)ا?)(?!\w)"
    r"(?:\sال(?:ساعه|دقيقه|سنه|عام|قرن|شهر|يوم|الف|مليون|مليار)(?!\w)|(?!\sال))"
)
_MORE = re.compile(_AND_PART)
# Duals and fractions: how many without a number.
_AMOUNT = re.compile(
    r"(?<!\w)(?:"
    r"(?:\w{3,}تين|\w{3,}تان|سنتين|سنتان"
    r"|(?:يوم|عام|شهر|قرن|فريق|اسبوع|عقد|مرت|شخص|كتاب|ولد|طفل|حزب|لاعب|متر)(?:ين|ان))"
    rf"(?:{_AND_PART})?"
    rf"|(?:ساعه|دقيقه|سنه|عام|قرن|شهر|يوم){_AND_PART}"
    r"|(?:ال)?(?:نصف|ثلث|ثلثي|ثلثين|ربع|خمس)\s\w+)(?:\sتقريبا)?(?!\w)"
)
_SHORTEST_COUNTED = 3
_LASTS = re.compile("(?:ال)?(?:مده|وقت|زمن|فتره)")
_TIME = re.compile(
    r"(?:ثاني|ثوان|دقيق|دقايق|ساع|يوم|ايام|اسبوع|اسابيع|شهر|شهور|اشهر|سن[هتو]|سنين|عام|اعوام|عقد|عقود|قرن"
    r"|قرون)"
)
_AND = re.compile(r"\s?و?")
_RANKS = frozenset("ترتيب رقم مرتبه الترتيب المرتبه الرقم".split())
_STOP = (
    "التي|الذي|الذين|اللذين|حيث|عندما|بعد|قبل|خلال|منذ|حتي|عام|سنه|ان|كان|كانت|وهو|وهي|وقد|هو|"
    "هي|ثم|لكن|مما|كما"
    "|من|في|الي|علي|عن|مع|بين|بسبب|لان|او|و"
)
_NAME_WORD = rf"(?!(?:{_STOP})(?!\w))(?!و(?:ال|قد|كان|هو|هي|ي|ت)\w*)[^\W\d_]+"
_IN = r"(?:في|الي|من|قرب|داخل|شمال|جنوب|شرق|غرب|وسط|بمدينه|بمنطقه|مدينه)"
_NOT_PLACE = (
    r"(?!(?:ال)?(?:عام|سنه|قرن|شهر|يوم|حين|ذلك|هذا|هذه|تلك|نفس|حاله|كل|بعض|اطار|مجال|ظل|وقت|"
    r"ايام|خلال|ما|من|ان)(?!\w))"
    rf"(?!{_MONTH}(?!\w))(?!\d)"
)
_PLACE = re.compile(
    rf"(?<!\w)[وف]?(?:{_IN}\s|ب(?=ال))(?P<place>{_NOT_PLACE}{_NAME_WORD}(?:\s{_NAME_WORD}){{0,3}}"
    rf"(?:،\s?{_NAME_WORD}(?:\s{_NAME_WORD})?(?=\s?[.،؛)]|\s?$))?)"
)
_TITLE = (
    "(?:ال)?(?:رييس|ملك|امير|شيخ|امام|دكتور|سيد|سيده|قايد|جنرال|وزير|خليفه|سلطان|امبراطور|عالم|"
    "مهندس"
    "|كاتب|شاعر|مخترع|مدرب|لاعب|ممثل|قديس|نبي|بابا|لورد|سير|حاخام|بروفيسور|استاذ|مخرج|مغني|فنان)"
)
_PERSON = re.compile(
    rf"(?<!\w)[وفلب]?(?P<person>{_TITLE}ه?\s{_NAME_WORD}(?:\s{_NAME_WORD}){{0,2}})"
    rf"|(?<!\w)(?P<name>(?:\w+\s)?(?:بن|ابن|ابو|ابي|عبد|ال)\s\w+(?:\s(?:بن|ابن)\s\w+)*)"
)
_REASON = re.compile(
    r"(?<!\w)[وف]?(?:لان\w{0,3}|بسبب|نتيجه|نظرا|لكي|كي|من اجل|بهدف|بغرض|بغيه|حيث ان\w{0,3}|اذ "
    r"ان\w{0,3}|مما ادي|جراء|بفضل"
    r"|تجنبا|خوفا|سعيا|رغبه|في اعقاب|اثر|ضروري\w?|يعود ذلك|يرجع|لذلك|ل(?=(?:[تيا]|"
    r"م[عنقكبح])\w{3,}))"
)
_MANNER = re.compile(
    r"(?<!\w)[وف]?(?:من خلال|عن طريق|بواسطه|عبر|باستخدام|باستعمال|بطريقه|بواسطه|وذلك ب|"
    r"ب(?=[تا]\w{4,})|حيث|بدون)"
)
_LISTS = re.compile(
    r"(?<!\w)(?:مثل|منها|ومنها|وهي|وهم|وهما|تشمل|يشمل|وتشمل|ويشمل|تضم|يضم|بما في ذلك|كالتالي|"
    r"كما يلي|ابرزها|اهمها|such as|including)(?!\w)"
    r"|:\s|،[^،]+،[^،]+|(?:\sو(?!ال\w+ي[نه]\b)\w{3,}.{0,40}){2}"
)
_DEFINES = re.compile(
    r"(?<!\w)[وف]?(?:هو|هي|عباره عن|يعني|تعني|يعرف ب\w*|تعرف ب\w*|يقصد ب\w*|يسمي|تسمي|يمثل|تمثل"
    r"|يعد|تعد|يعتبر|تعتبر|هم)\s"
)
_SOME = re.compile(r"[^\W_]")
_CLAUSE_END = re.compile(r"[.؛;!؟?]|\s[–-]\s|$")


def spans_of(kind: Kind, text: str, noun: str = "") -> list[Place]:
    """Return the stretches of a normalised text that are of a kind, in order.

    ``noun`` says what is counted: numbers of it come alone, where there are any. Kinds that
    have no shape of their own have no spans.
    """
    folded = fold_in_place(text)
    if kind == "date":
        return _bare_dates(folded)
    if kind == "number":
        return _numbers(text, folded, noun)
    pattern = {"place": _PLACE, "person": _PERSON}.get(kind)
    if pattern:
        return [match.span(match.lastgroup or 0) for match in pattern.finditer(folded)]
    if kind == "list":
        listed = dict.fromkeys(_first_word(folded, m.start()) for m in _LISTS.finditer(folded))
        return [(start, _clause_end(folded, start)) for start in listed]
    marker = {"reason": _REASON, "manner": _MANNER, "definition": _DEFINES}.get(kind)
    if marker is None:
        return []
    starts = [m.end() if kind == "definition" else m.start() for m in marker.finditer(folded)]
    return [(start, _clause_end(folded, start)) for start in starts]


def _bare_dates(folded: str) -> list[Place]:
    return [
        m.span() for m in _DATE.finditer(folded) if not folded[m.start() - 1 : m.start()].isalnum()
    ]


def _numbers(text: str, folded: str, noun: str) -> list[Place]:
    if fold(noun) in ("مره", "مرات") and (often := [m.span() for m in _FREQUENCY.finditer(folded)]):
        return often
    dates = _bare_dates(folded)
    found, counted = [], []
    for number in numbers(text):
        inside = any(start <= number.start < end for start, end in dates)
        if number.ordinal != (fold(noun) in _RANKS) or (inside and not noun):
            continue
        place, counts = _with_noun(folded, number.start, number.end, noun)
        found.append(place)
        if counts:
            counted.append(place)
    found = [place for place in found if not any(s <= place[0] < e for s, e in dates)]
    if counted or (counted := _two(folded, noun)):
        return counted
    found = sorted(found + [match.span() for match in _AMOUNT.finditer(folded)])
    lasting = [place for place in found if _TIME.search(folded, *place)]
    return _joined(folded, lasting) if lasting and _LASTS.fullmatch(fold(noun)) else found


def _joined(folded: str, places: Sequence[Place]) -> list[Place]:
    """The places, those as one that «و» alone parts: «ساعتان وعشر دقائق»."""
    joined = [places[0]]
    for start, end in places[1:]:
        if _AND.fullmatch(folded, joined[-1][1], start):
            joined[-1] = joined[-1][0], end
        else:
            joined.append((start, end))
    return joined


def _two(folded: str, noun: str) -> list[Place]:
    """Where two of what is counted stand: for «كوبًا», «كوبان», and for «جريدة», «جريدتين»."""
    bare = re.sub("[اه]$", "", fold(noun))
    if len(bare) < _SHORTEST_COUNTED:
        return []
    both = re.compile(rf"(?<!\w)[وفبل]?(?P<both>{re.escape(bare)}ت?(?:ان|ين))(?!\w)")
    return [match.span("both") for match in both.finditer(folded)]


def _with_noun(folded: str, start: int, end: int, noun: str) -> tuple[Place, bool]:
    """A number with «أكثر من» before it and its unit or noun behind; and whether it counts it."""
    before = _APPROXIMATE.search(folded[:start])
    start = before.start() if before else start
    unit = _UNIT.match(folded, end)
    if unit:
        return (start, unit.end()), False
    following = list(_FOLLOWING.finditer(folded, end, end + 60))[:3]
    if not following or following[0].start() != end or is_stop_word(following[0][1]):
        return (start, end), False
    counts = bool(noun) and skeleton(following[0][1]) == skeleton(noun)
    end = following[0].end()
    for adjective in following[1:]:
        if adjective.start() != end or not _agrees(adjective[1]):
            break
        end = adjective.end()
    more = _MORE.match(folded, end)
    return (start, more.end() if more else end), counts


@lru_cache(1 << 14)
def skeleton(word: str) -> str:
    """Return the consonants of a word's stem, which its broken plural shares: أعضاء and عضو."""
    return "".join(letter for letter in stem(fold(word)) if letter not in "اوي")


def _agrees(word: str) -> bool:
    """Whether a word behind a counted noun looks like its adjective: «دولة عضوًا»."""
    return len(word) >= 4 and word[-1] in "اه" and word[:1] not in "وفيل"


def _first_word(folded: str, start: int) -> int:
    match = _SOME.search(folded, start)
    return match.start() if match else start


def _clause_end(folded: str, start: int) -> int:
    match = _CLAUSE_END.search(folded, start)
    end = match.start() if match else len(folded)
    return start + len(folded[start:end].rstrip(" ،,:"))


def clauses(text: str) -> Iterator[Place]:
    """Yield the stretches of a normalised text between commas, colons and brackets."""
    for match in re.finditer(r"[^،,؛;:()\[\]«»\"]+", text):
        start, end = match.span()
        bare = text[start:end]
        if bare.strip(" ."):
            yield start + len(bare) - len(bare.lstrip()), end - (len(bare) - len(bare.rstrip(" .")))
