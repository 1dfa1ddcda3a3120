"""Dialect questions said in MSA: «فين» is «أين», «ديال» nothing.

Egyptian, Levantine, Iraqi, Gulf and Maghrebi question words, pronouns, negations, particles,
numbers and verb prefixes. Everyday nouns and verbs are in ``dialect_words``; the others stay as
they are: those are for the encoder to know.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from cica_qa.arabic.dialect_words import entries, said_in_msa
from cica_qa.arabic.letters import fold

_WORD = re.compile(r"[^\W\d_]+")
_NO_WORDS: Mapping[str, int] = MappingProxyType({})

# As ``fold`` leaves them. What is no word of MSA: each marks its question as dialect.
_DIALECT = dict(
    entries(
        """
ما: ايه ايش اش وش ويش شو شنو شنهو شنهي شنوه شنوا شنيه اشنو اشنوه شنهوا وشو وشهو شهو
بماذا: بايه بايش بشو بشنو باشنو
لماذا: ليه ليش ليهش لويش علاش لشو لايش
من: مين منو منهو شكون اشكون
لمن: لمين لمنو
أين: فين وين فاين وينه وينها وينهم فينه فينها فينهم
إلى أين: لوين لفين
من أين: منين
متى: امتي امتا ايمتي ايمتا ايمته يمتي فوقاش وقتاش فوكاش شوكت شوقت
كيف: ازاي ازيي كيفاش كيفش شلون اشلون
كم: كام قديش قداش اديش شحال اشحال شقد اشقد
بكم: بكام بشحال بقديش بقداش بيش
هل: واش
أي: اشمن شمن انهو
في ماذا: فاش
الذي: اللي
والذي: واللي
هذا: ده هاد هادا هاذا هيدا هالشي
هذه: هذي هاذي هيدي
في هذا: فهاد فهادا فهاذ
في هذه: فهادي فهادو
بهذا: بهاد بهادا
بهذه: بهادي
لهذا: لهاد
هؤلاء: هدول هادول هذول هادو
ليس: مش مب مهب موب مهوب
يوجد: كاين اكو
توجد: كاينه
لا يوجد: مفيش مافيش ماكو ماكاينش
من أجل: عشان علشان منشان مشان
لكي: باش
الآن: دلوقتي دلوقت هسه هسع هلق هلقيت دابا الحين هالحين ذحين دحين
أيضا: برضه برضو
هكذا: كده كدا هيك هكا جذي
بعد ذلك: بعدين
يجب أن: لازم
نحن: احنا نحنا
أنتم: انتو انتوا
كثيرا: بزاف وايد هواي برشا
إذا: ايلا
مثل: متل كيما
يريد: عايز عاوز يبغي
تريد: عايزه عاوزه تبغي
أريد: ابغي
: ديال ديالو ديالها ديالهم ديالي ديالك بتاع بتاعه بتاعت بتاعته بتاعها بتاعهم بتوع نتاع
"""
    )
)
# Words of number and measure: these say what is asked, so they are no function words.
_SPELLINGS = dict(
    entries(
        """
أكثر: اكتر
كثير: كتير
الكثير: الكتير
الثاني: التاني
الثانية: التانيه
الثالث: التالت
الثالثة: التالته
الثامن: التامن
ثلاثة: تلاته
ثمانية: تمنيه تمانيه
اثنين: اتنين
أحد عشر: حداشر احدعش حدعش حداعش حداش
اثني عشر: اتناشر اطناشر اتنعش طنعش اثنعش طناش
ثلاثة عشر: تلاتاشر تلتاشر تلطاشر تلتعش ثلطعش تلطاش
أربعة عشر: اربعتاشر اربعتعش اربطعش ربعطاش
خمسة عشر: خمستاشر خمسطاشر خمستعش خمسطعش خمسطاش
ستة عشر: ستاشر سطاشر ستعش سطعش سطاش
سبعة عشر: سبعتاشر سبعتعش سبعطعش سبعطاش
ثمانية عشر: تمنتاشر تمنتعش ثمنطعش تمنطاش
تسعة عشر: تسعتاشر تسعتعش تسعطعش تسعطاش
"""
    )
)
_HOW_MUCH = re.compile(r"(?<!\w)(?P<by>ب?)[قأا]د (?:[إأا]يه|[إأا]يش|شو)(?!\w)")
# What is also a word or a name of MSA: only in a question that is dialect anyway.
_AMBIGUOUS = dict(
    entries(
        """
هذا: دا
هذه: دي هاي هادي
الذي: يلي
ليس: مو ماشي
الآن: هلا
عندما: ملي
مثل: زي بحال
أيضا: كمان
سوف: غادي
أريد: بدي
لماذا: علاه
ولماذا: وليه
شيء: شي
فقط: بس
يريد: بدو بده
أي: انهي
في: ف
: تبع تبعه تبعها تبعهم حق حقه حقها حقهم مال مالت تاع تاعه د
"""
    )
)
_UNMISTAKABLE = _DIALECT | _SPELLINGS
FUNCTION_WORDS = frozenset(_DIALECT)
"""The function words of the dialects that MSA does not have, folded."""
_FUTURE = frozenset("راح رح".split())
_PROGRESSIVE = frozenset(("عم",))
_VERB = re.compile("[يتن].{2,}|ا(?!ل).{2,}")
# «نقدر نعمل»: alone it may be MSA («يقدر عدد السكان»).
_CAN = re.compile("[يتن](?:[قك]در|نجم)(?:وا?)?")
# «بيقول», «منقول», «كيقول», «كايقول», «تايقول»; «حيقول», «هيقول».
_PREFIXED_VERB = re.compile(
    "(?:(?:ب|م(?=ن)|كا?|تا(?=[ين]))|(?P<future>[حه]ا?))(?P<verb>[يتن].{2,})"
)
_NOMINAL = re.compile("ال.+|هو|هي|هم|هن")  # what «ما» rather than «ماذا» asks about
# Question words that are names too (Shaw, Finn, Wayne, "A" as in ABC): none asks a second time.
_NAMES = frozenset("شو فين وين ايه كام مين اش".split())
_ASKING = frozenset("ما ماذا بماذا لماذا من أين متى كيف كم بكم".split())
_MSA_QUESTION_WORDS = frozenset("ما ماذا من متي اين كيف كم لماذا هل اي".split())
# MSA that ``fold`` makes look like «إيه»: «أية دولة», «آية», «أيه بي سي».
_NOT_EH = re.compile("[أآ].*|.*ة")


def is_dialect(question: str) -> bool:
    """Whether a normalised question holds a word that marks it as dialect."""
    words = _WORD.findall(question)
    return any(_dialect_word(word, words[0]) is not None for word in words)


def _dialect_word(word: str, first: str) -> str | None:
    """The MSA of an unmistakable dialect word, in a question that begins with ``first``."""
    folded = fold(word)
    if folded in _NAMES and fold(first) in _MSA_QUESTION_WORDS:
        return None
    if folded == "ايه" and _NOT_EH.fullmatch(word):
        return None
    msa = _UNMISTAKABLE.get(folded)
    if folded in _AMBIGUOUS:
        return None
    if msa is None and folded[:1] in ("و", "ف") and _UNMISTAKABLE.get(folded[1:]) in _ASKING:
        asking = _dialect_word(word[1:], first)  # «وفين», «فكام»
        return None if asking is None else folded[0] + asking
    return msa


def to_msa(question: str, vocabulary: Mapping[str, int] = _NO_WORDS) -> str:
    """Return a normalised question with its dialect words said in MSA.

    Ambiguous words («دي», «حق») change only beside an unmistakable dialect word. So do verb
    prefixes («بيقول», «كيقول») and everyday words («فلوس»), and only as ``vocabulary`` allows:
    the folded words of the collection, with the number of passages that have each. A prefix
    goes where they lack the word, an everyday word where its MSA is in far more passages. A
    question in MSA comes back as it is.
    """
    if not is_dialect(question):
        return question
    question = _HOW_MUCH.sub(r"\g<by>كم", question)
    rewritten = _WORD.sub(lambda match: _rewritten(question, match, vocabulary), question)
    return re.sub(r"\s+", " ", rewritten).strip()


def _rewritten(question: str, match: re.Match[str], vocabulary: Mapping[str, int]) -> str:
    word, following = fold(match[0]), _WORD.match(question, match.end() + 1)
    follower = fold(following[0]) if following else ""
    if word in _FUTURE | _PROGRESSIVE and _VERB.fullmatch(follower):
        return "سوف" if word in _FUTURE else ""
    first = _WORD.search(question)
    msa = _dialect_word(match[0], first[0] if first else "")
    if msa is None:
        msa = _AMBIGUOUS.get(word)
    if msa is not None:
        asks_what = msa in ("ما", "وما", "فما")
        noun = _NOMINAL.fullmatch(follower) or (following and following[0].endswith("ة"))
        return f"{msa}ذا" if asks_what and not noun else msa
    prefixed = _PREFIXED_VERB.fullmatch(match[0])
    if not (prefixed and vocabulary and word not in vocabulary):
        return _everyday(word, follower, vocabulary) or match[0]
    verb = _everyday(fold(prefixed["verb"]), follower, vocabulary) or prefixed["verb"]
    return ("س" if prefixed["future"] else "") + verb


def _everyday(word: str, follower: str, vocabulary: Mapping[str, int]) -> str | None:
    if _CAN.fullmatch(word) and _VERB.fullmatch(follower):
        return f"{word[0]}ستطيع"
    return said_in_msa(word, vocabulary)
