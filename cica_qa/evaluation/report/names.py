"""The display names of slices and kinds of noise, in Arabic and in English."""

from __future__ import annotations

from collections.abc import Mapping

from cica_qa.evaluation.report.words import BilingualText

DISPLAY_NAMES: Mapping[str, tuple[str, str]] = {
    # Columns
    "asks": ("المطلوب في السؤال", "Asks for"),
    "script": ("حروف السؤال", "Script"),
    "length": ("عدد كلمات السؤال", "Words"),
    "answerable": ("له جواب", "Answerable"),
    "turn": ("موضعه في المحادثة", "Turn"),
    "document": ("الوثيقة", "Document"),
    "section": ("القسم", "Section"),
    "type": ("نوع السؤال", "Type"),
    "dialect": ("اللهجة", "Dialect"),
    "question_variety": ("اللهجة", "Variety"),
    "domain": ("المجال", "Domain"),
    "language": ("اللغة", "Language"),
    "split": ("القسم من المجموعة", "Split"),
    # What a question asks for
    "person": ("شخص", "person"),
    "place": ("مكان", "place"),
    "date": ("تاريخ", "date"),
    "number": ("عدد", "number"),
    "definition": ("تعريف", "definition"),
    "list": ("قائمة", "list"),
    "reason": ("سبب", "reason"),
    "manner": ("كيفية", "manner"),
    "yesno": ("نعم أو لا", "yes or no"),
    "comparison": ("مقارنة", "comparison"),
    "thing": ("غير ذلك", "anything else"),
    # Values
    "arabic": ("عربية", "Arabic"),
    "latin": ("لاتينية", "Latin"),
    "mixed": ("عربية ولاتينية", "both"),
    "other": ("غيرها", "other"),
    "yes": ("نعم", "yes"),
    "no": ("لا", "no"),
    "unknown": ("غير معروف", "unknown"),
    "first": ("سؤال أول", "first"),
    "follow-up": ("سؤال تابع", "follow-up"),
    "followup": ("سؤال تابع", "follow-up"),
    "fact": ("معلومة", "fact"),
    "typo": ("خطأ إملائي", "typo"),
    "why": ("سبب", "why"),
    "multi": ("أكثر من سؤال", "several at once"),
    "unanswerable": ("بلا جواب", "unanswerable"),
    "english": ("الإنجليزية", "English"),
    "colloquial": ("عاميّة", "colloquial"),
    "msa": ("الفصحى", "MSA"),
    "egy": ("المصرية", "Egyptian"),
    "glf": ("الخليجية", "Gulf"),
    "lev": ("الشامية", "Levantine"),
    "mgr": ("المغاربية", "Maghrebi"),
    "egyptian": ("المصرية", "Egyptian"),
    "gulf": ("الخليجية", "Gulf"),
    "levantine": ("الشامية", "Levantine"),
    "maghrebi": ("المغاربية", "Maghrebi"),
    # Noise
    "undiacritised": ("حذف التشكيل", "diacritics stripped"),
    "diacritised": ("إضافة تشكيل", "diacritics added"),
    "hamza": ("خلط الهمزات، والتاء والهاء، والألف والياء", "hamzas, ة/ه and ى/ي mixed up"),
    "doubled": ("تكرار حروف", "letters doubled"),
    "dropped": ("سقوط حروف", "letters dropped"),
    "arabic-indic-digits": ("أرقام الخط الآخر", "digits of the other script"),
    "presentation-forms": ("حروف في صور العرض", "presentation forms"),
    "tatweel": ("تطويل", "tatweel"),
    "no-question-mark": ("بلا علامة استفهام", "no question mark"),
    "misspelt": ("ثلث الكلمات فيه خطأ إملائي", "a third of the words misspelt"),
}


def display_name(text: str) -> BilingualText:
    """Return the display name of a column, value or kind of noise; the text itself by default."""
    return BilingualText(*DISPLAY_NAMES.get(text, (text, text)))
