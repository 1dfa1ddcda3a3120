"""Replies to input that is not a question about the documents."""

from __future__ import annotations

import re
from typing import NamedTuple

from cica_qa.arabic.letters import fold
from cica_qa.arabic.normalize import Normalizer

GREETING = "أهلًا وسهلًا. اسألني عمّا ورد في الوثائق."
GREETING_OF_PEACE = "وعليكم السلام ورحمة الله وبركاته. اسألني عمّا ورد في الوثائق."
WELL = "بخير، شكرًا لسؤالك. اسألني عمّا ورد في الوثائق."
THANKS = "على الرحب والسعة."
FAREWELL = "مع السلامة."
INSULT = "يؤسفني أن الجواب لم يُرضِك. أعِد صياغة سؤالك وسأحاول من جديد."
IDENTITY = "أنا برنامج يجيب عن الأسئلة بألفاظ الوثائق المفهرسة نفسها، ويذكر موضع كل جواب فيها."
INSTRUCTION = "لا أعمل إلا بما أُعددتُ له: الإجابة عن الأسئلة من الوثائق المفهرسة."
OUTSIDE = "هذا خارج ما أستطيعه: لا أجيب إلا عن الأسئلة التي تُستخرج أجوبتها من الوثائق."


class _Exchange(NamedTuple):
    pattern: re.Pattern[str]
    reply: str


_END = r"[\s\W]*$"
_ADDRESS = (
    r"(?:\s(?:انت|انتم|يا\s\w+|اخي|اختي|عزيزي|صديقي|جميعا|لك|لكم|بك|بكم|عليكم|جزيلا|كتير|"
    r"كثيرا|اوي|قوي|بزاف|مره|والله|it|you|so much|very much|a lot|there|all))*"
)
# Each pattern matches a whole folded text.
_EXCHANGES = tuple(
    _Exchange(re.compile(rf"\W*(?:{pattern}){_ADDRESS}{_END}", re.IGNORECASE), reply)
    for pattern, reply in (
        (r"(?:ال)?سلام(?:و)?\s?عليكم(?:\sورحمه\sالله)?(?:\s?وبركاته)?|سلام", GREETING_OF_PEACE),
        (
            r"مرحبا(?:\sبك\w*)?|مراحب|اهلا(?:\sوسهلا)?|اهلين|هلا(?:\sوالله)?|يا هلا|هاي|هالو|"
            r"الو|تحياتي|تحيه طيبه",
            GREETING,
        ),
        (
            r"صباح\s(?:ال)?(?:خير|نور|ورد|فل)|مساء\s(?:ال)?(?:خير|نور|ورد)|مسا\s(?:ال)?خير|"
            r"نهارك سعيد|hello|hi|hey|good (?:morning|evening)",
            GREETING,
        ),
        (
            r"(?:كيف|شلون|ازي|كي)\s?(?:حالك|حالكم|الحال|ك|كم|داير|راك)|كيفك|شلونك|ازيك|ايش "
            r"اخبارك|شو اخبارك|شخبارك|اخبارك ايه|عامل ايه|لاباس(?: عليك)?|how are you",
            WELL,
        ),
        (
            r"شكرا|مشكور\w*|يسلمو\w*|تسلم\w*|متشكر\w*|الف شكر|شكر|اشكرك\w*|بارك الله فيك\w*|"
            r"جزاك\w* الله(?: خيرا?)?|يعطيك العافيه|الله يعطيك العافيه|thanks?|thank you|thx|"
            r"merci|ميرسي|تمام|ممتاز|رايع|احسنت|اوكي|ok|okay|great",
            THANKS,
        ),
        (
            r"مع السلامه|الي اللقاء|وداعا|باي|بسلامه|تصبح علي خير|في امان الله|bye|good ?bye",
            FAREWELL,
        ),
        (
            r"من\s(?:انت|تكون)|مين انت|شكون انت|انت مين|منو انت|ما اسمك|شو اسمك|اسمك ايه|ايش "
            r"اسمك|ماذا تستطيع ان تفعل|ماذا تفعل|ماذا يمكنك(?: ان تفعل)?|بماذا تساعدني|كيف تعمل"
            r"|هل انت (?:انسان|بشر|روبوت|برنامج)|(?:who|what) are you|what can you do",
            IDENTITY,
        ),
    )
)
_INSULT = re.compile(
    r"\W*(?:(?:يا|انت|انتي|you|you're|you are)\s)*(?:غبي\w*|احمق|حمقاء|حمار|تافه\w*|سخيف\w*|كلب"
    r"|حقير|اخرس|انقلع|فاشل\w*|زباله|معتوه|ابله|مغفل"
    rf"|stupid|idiot|dumb|shut up|useless){_ADDRESS}{_END}",
    re.IGNORECASE,
)
_INSTRUCTION = re.compile(
    r"(?:تجاهل|انس|اهمل|تخط|تناس)\w*\s(?:\w+\s){0,2}(?:ال)?(?:تعليمات|اوامر|قواعد|توجيهات|وثايق"
    r"|نصوص)|"
    r"(?:ignore|forget|disregard)\s(?:\w+\s){0,3}(?:instructions?|rules?|prompts?|documents?)|"
    r"(?:اعرض|اظهر|اكشف|اطبع|show|reveal|print)\s(?:\w+\s){0,3}(?:التعليمات|تعليماتك|system "
    r"prompt|prompt)|"
    r"(?:تصرف|تظاهر|مثل دور|act|pretend)\s(?:كانك|بانك|انك|as|to be)|(?:you are now|انت الان)\s",
    re.IGNORECASE,
)
_OUTSIDE = re.compile(
    r"\W*(?:(?:من فضلك|لو سمحت|رجاء|ممكن|please|can you|could you|هل يمكنك(?: ان)?|تقدر|اريد(?:"
    r" منك)? ان)\s)*"
    r"(?:(?:ا?كتب|ت?كتب|الف|انظم)\s(?:لي\s|لنا\s)?(?:قصيده|شعر\w*|قصه|مقال\w*|رساله|بريد\w*|كود"
    r"|برنامج\w*|خطاب|نكته)"
    r"|(?:ترجم|تترجم)\s|(?:ارسم|صمم|احجز|اشتر|اتصل|شغل|افتح)\s|(?:قل|احك|احكي|"
    r"قول)\s(?:لي\s)?(?:نكته|قصه|طرفه)|غن\s|احسب\s"
    r"|(?:write|compose)\s(?:me\s)?(?:an?\s)?(?:poem|story|essay|letter|email|code|program)|"
    r"translate\s|draw\s|book\s|tell me a joke"
    r"|كم الساعه(?:\sالان)?\W*$|(?:كيف|ما)\s(?:ال|حال(?:ه)?\sال)طقس(?:\sاليوم)?\W*$|what time "
    r"is it|how is the weather)",
    re.IGNORECASE,
)
_GREETING_FIRST = re.compile(
    r"^\W*(?:السلام عليكم(?: ورحمه الله)?(?: وبركاته)?|مرحبا(?: بكم)?|اهلا(?: وسهلا)?|صباح "
    r"الخير|مساء الخير"
    r"|لو سمحت(?:م)?|من فضلك(?:م)?|رجاء|hello|hi|please)\b[\s،,.!؛:-]*",
    re.IGNORECASE,
)


def reply_to(text: str, normalizer: Normalizer) -> str | None:
    """Return the reply to a greeting, thanks, an insult or an out-of-scope request.

    Returns None for everything that may be a question about the documents.
    """
    folded = " ".join(fold(normalizer(text)).split())
    for pattern, reply in _EXCHANGES:
        if pattern.fullmatch(folded):
            return reply
    rest = _GREETING_FIRST.sub("", folded)
    if rest and rest != folded:
        return reply_to(rest, normalizer)
    if _INSULT.fullmatch(folded):
        return INSULT
    if _INSTRUCTION.search(folded):
        return INSTRUCTION
    return OUTSIDE if _OUTSIDE.match(folded) else None
