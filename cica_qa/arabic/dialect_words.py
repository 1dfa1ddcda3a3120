"""Everyday verbs and nouns of the dialects, said as a collection in MSA says them.

A word changes only where the collection has its MSA counterpart in far more passages than the
word itself. So what is also a word of MSA, with another meaning, stays where it is in use.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from cica_qa.arabic.letters import fold

_FAR_MORE = 3


def entries(lines: str) -> Iterator[tuple[str, str]]:
    """Read ``MSA: dialect dialect …`` lines; nothing before the colon leaves the word out."""
    for line in lines.strip().split("\n"):
        msa, words = line.split(":")
        yield from ((word, msa.strip()) for word in words.split())


# As ``fold`` leaves them; names (زين, مي, توم) and what heads many MSA questions (شغل منصب) are
# left out.
_FORMS = dict(
    entries(
        """
الماء: الميه المويه المي الماي الميا
العمل: الشغل
الخبز: العيش
اليوم: النهارده النهاردا اليومه
أمس: امبارح مبارح البارح لبارح
الله: ربنا
النوم: النعاس
عندما: لما
غدا: بكره بكرا غدوه باجر
صباحا: الصبح صباحيه
ليلا: بالليل بليل
قليلا: شويه شوي شويا اشويه شويتين
كثيرا: هوايه بالزاف كتيرا برشه
بسرعة: دغيا فيسع بسرعه
بالضبط: بالظبط بالزبط
اسمه: سميته سميتو
اسمها: سميتها
يجب: خاصو خصو خاصك خصك خاصنا خصنا خاصها خصها خاصهم خصهم
ذهب: راح مشي
ذهبت: راحت
ذهبوا: راحوا راحو
جاء: اجا اجي جا جه ايجا اجه
جاءت: اجت جت جات ايجت
جاؤوا: اجوا اجو جاو ايجوا
أصبح: بقي
أصبحت: ولات
أصبحوا: ولاو
فعل: سوا سوي
فعلت: سوت
فعلوا: سووا سوو
رأى: شاف
رأت: شافت
رأوا: شافوا شافو
وجد: لقي لقا
وجدت: لقت لقات
وجدوا: لقوا لقو لقاو
وضع: حط
وضعت: حطت حطات
وضعوا: حطوا حطو
جعل: خلي خلا
جعلت: خلت خلات
جعلوا: خلوا خلو خلاو
أعطى: عطي عطا
أعطت: عطت عطات
أعطوا: عطوا عطو عطاو
أخذ: خدا خذا اخد
أخذت: خدت خدات خذت اخدت
أخذوا: خدوا خدو خداو خذوا اخدوا اخدو
اشترى: شري شرا اشترا
اشترت: شرت شرات
اشتروا: شروا شرو شراو
بدأ: بلش ابتدا
بدأت: بلشت ابتدت
بدأوا: بداو بلشوا بلشو ابتدوا
انتهى: خلص
انتهت: خلصت
أراد: بغا بغي
أرادت: بغت بغات
أرادوا: بغوا بغاو
تزوج: اتجوز تجوز
تزوجت: اتجوزت تجوزت تجوزات
ولد: اتولد انولد تزاد
ولدت: اتولدت انولدت تزادت
"""
    )
)
# Without the article; they are known with it too.
_NOUNS = dict(
    entries(
        """
طعام: اكل ماكله ماكلا
أطعمة: اكلات ماكولات
أرز: رز
ساخن: سخن سخون
ساخنة: سخنه سخونه
بارد: ساقع
باردة: ساقعه
منزل: حوش
غرفة: اوضه اوظه قوضه
غرف: اوض
مطبخ: كوزينه
نافذة: شباك
نوافذ: شبابيك
رجل: راجل زلمه
رجال: رجاله زلم رياييل رجاجيل
امرأة: مرا حرمه
نساء: ستات حريم نسوان عيالات
أولاد: ولاد وليدات
أطفال: عيال دراري بزوره زعاطيط
طفل: عيل بزر
سيارة: عربيه طوموبيل طونوبيل كرهبه موتر
سيارات: عربيات طوموبيلات سيايير كراهب
مال: فلوس مصاري مصريات بيزات
وقت: وكت
أوقات: اوكات
صغير: زغير صغيور
صغيرة: زغيره صغيوره
صغار: زغار
جيد: كويس منيح مليح مزيان
جيدة: كويسه منيحه مليحه مزيانه
جيدون: كويسين مناح ملاح
سيئ: خايب
سيئة: خايبه
جميل: زوين
جميلة: زوينه
ثقيل: تقيل
ثقيلة: تقيله
ثلج: تلج
ثلاجة: تلاجه
ثعلب: تعلب
ثلث: تلت
ثلاثين: تلاتين
مئتين: ميتين
مستشفى: سبيطار صبيطار سبيتار اسبيتار خستخانه
أطباء: دكاتره
شارع: زنقه
مدرسة: ليكول سكويله
صورة: تصويره
صور: تصاور تصاوير
هاتف: تلفون تليفون موبايل
تلفاز: تلفزه
مطار: ايربورت
متجر: دكان حانوت
مدينة: مدينا
طماطم: بندوره قوطه مطيشه طماطه
دجاج: فراخ جاج دياي
لحم: لحمه
شاي: اتاي
ملعقة: معلقه
كوب: كبايه كاسه
أشياء: حاجات حوايج شغلات
شيء: حاجه حويجه شغله
نصف: نص
سبب: سبه
حذاء: جزمه صباط كندره
أحذية: جزم كنادر
عظم: عضم
عظام: عضام
ظهر: ضهر
يوم: نهار
أيام: ايامات
ثاني: تاني
ثانية: تانيه
آخرين: تانيين
جميع: كاع
"""
    )
)
WORDS = frozenset(_FORMS) | frozenset(_NOUNS)
"""Words that the dialects have, folded; nouns without the article."""
# Stems of the imperfect, without the letter of the person.
_VERBS = dict(
    entries(
        """
فعل: دير سوي
ذهب: روح
أتي: جي يجي
صبح: ولي
رى: شوف
تحدث: هضر
ضع: حط
جعل: خلي
جد: لاقي لقي لقا
أخذ: اخد خد
جلس: قعد كعد
شتري: شري
بدأ: بلش
طبخ: طيب
نتظر: ستني تسني
نظر: بص
خرج: طلع
دخل: خش
نظف: نضف
رسل: بعت صيفط
عمل: شتغل
جلب: جيب
عطي: دي
نتهي: خلص
تزوج: تجوز
تذكر: فتكر
"""
    )
)
_ARTICLES = {"": "", "ال": "ال", "وال": "وال", "بال": "بال", "لل": "لل", "كال": "كال"}
# «فالبلاد» is «في البلاد» in the Maghreb, «عالبلاد» «على البلاد» in the Levant.
_JOINED = {"فال": "في ال", "عال": "على ال"}
_VERB = re.compile("(?P<person>[يتنا])(?P<stem>.+?)(?P<plural>و(?:ا|ن)?)?(?P<object>ها|هم|ه)?")
# «بهالحالات» is «بهذه الحالات».
_THIS = re.compile("(?P<before>[وبلكفع]?)هال(?P<noun>.{2,})")
_BEFORE_THIS = {"ف": "في ", "ع": "على "}


def said_in_msa(word: str, vocabulary: Mapping[str, int]) -> str | None:
    """Return the MSA for a folded word, or ``None`` where the collection does not say it so.

    ``vocabulary`` maps the folded words of the collection to how many passages have each.
    """
    if word in _FORMS:
        return _more_usual(_FORMS[word], [_FORMS[word]], [word], vocabulary)
    return _noun(word, vocabulary) or _verb(word, vocabulary) or _taken_apart(word, vocabulary)


def _noun(word: str, vocabulary: Mapping[str, int]) -> str | None:
    for before, msa_before in (_ARTICLES | _JOINED).items():
        noun = word.removeprefix(before)
        if word.startswith(before) and noun in _NOUNS:
            msa = _NOUNS[noun]
            forms = ([msa, f"ال{msa}"], [noun, f"ال{noun}"])
            return _more_usual(msa_before + msa, *forms, vocabulary)
    return None


def _verb(word: str, vocabulary: Mapping[str, int]) -> str | None:
    match = _VERB.fullmatch(word)
    if match is None or match["stem"] not in _VERBS:
        return None
    stem, msa, person = match["stem"], _VERBS[match["stem"]], match["person"]
    forms = ([one + msa for one in "يت"], {word, *(one + stem for one in "يت")})
    if match["plural"] and person in "يت":  # «نديرو» is «we» in the Maghreb
        msa = msa.rstrip("ىي") + "ون"
    if match["object"]:
        msa = msa.replace("ى", "ا") + match["object"]
    said = (("أ" if person == "ا" else person) + msa).replace("أأ", "آ")
    return _more_usual(said, *forms, vocabulary)


def _taken_apart(word: str, vocabulary: Mapping[str, int]) -> str | None:
    """What the dialects write together, where the collection knows the noun."""
    if word in vocabulary:
        return None
    for before, msa in _JOINED.items():
        if word.startswith(before) and f"ال{word[len(before) :]}" in vocabulary:
            return msa + word[len(before) :]
    match = _THIS.fullmatch(word)
    if match is None:
        return None
    noun = f"ال{match['noun']}"
    noun = _noun(noun, vocabulary) or noun
    if fold(noun) not in vocabulary:
        return None
    this = "هذه" if fold(noun).endswith(("ه", "ات")) else "هذا"
    return f"{_BEFORE_THIS.get(match['before'], match['before'])}{this} {noun}"


def _more_usual(
    said: str, msa: Iterable[str], dialect: Iterable[str], vocabulary: Mapping[str, int]
) -> str | None:
    """``said``, if the collection has far more of the forms ``msa`` than of ``dialect``."""
    of_msa = sum(vocabulary.get(fold(form), 0) for form in msa)
    of_dialect = sum(vocabulary.get(form, 0) for form in dialect)
    return said if of_msa > _FAR_MORE * of_dialect else None
