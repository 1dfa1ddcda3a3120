"""Words that questions and texts say for one another: «مات» and «توفي», «سيارة» and «مركبة»."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from cica_qa.arabic.analyze import stem
from cica_qa.arabic.letters import fold

# By hand, of the general language: a line holds words of one meaning, in the forms whose stems
# differ. Left out are words that mean two things («عين»), or whose stem is that of another word
# («عطلة» and «عطل», «عربة» and «عرب»), and those that are only wider or narrower.
_GROUPS = """
مات ماتت يموت موت توفي توفيت وفاة يتوفى
ولد ولدت يولد مولود مولودة ميلاد مولد
نال نالت ينال حاز حازت يحوز حصل حصلت يحصل الحصول أحرز أحرزت إحراز
بنى بني بنيت يبني بناء شيد شيدت يشيد تشييد أنشأ أنشأت أنشئ أنشئت إنشاء
أسس أسست تأسس تأسست تأسيس أنشأ أنشأت أنشئ أنشئت إنشاء
تزوج تزوجت زواج زوجة زوج
اخترع اخترعت اختراع ابتكر ابتكرت ابتكار
اكتشف اكتشفت اكتشاف عثر عثرت عثور
بدأ بدأت يبدأ بداية انطلق انطلقت ينطلق انطلاق
انتهى انتهت ينتهي نهاية اختتم اختتمت اختتام
استخدم يستخدم استخدام تستخدم استعمل يستعمل استعمال تستعمل
يحتوي تحتوي احتوى يتضمن تتضمن يشمل تشمل شمل
دفع يدفع تدفع سداد سدد يسدد يتحمل تتحمل
ثمن سعر أسعار تكلفة تكاليف كلفة تكلف
راتب رواتب أجر أجور
سيارة سيارات مركبة مركبات
بنزين وقود
بيت بيوت منزل منازل
طالب طالبة طلاب تلميذ تلميذة تلاميذ
طبيب طبيبة أطباء دكتور دكتورة
هدف أهداف غاية غرض أغراض
مسموح يسمح يجوز جائز
ممنوع يمنع محظور يحظر
هاتف هواتف جوال موبايل
بريد إيميل
مدة فترة
أموال نقود فلوس
عقوبة عقوبات جزاء يعاقب
ابن ابنه نجل نجله
غادر غادرت مغادرة سافر سافرت سفر
عاد عادت يعود عودة رجع رجعت يرجع رجوع إرجاع إعادة
أغلق يغلق إغلاق قفل يقفل
صنع صنعت يصنع صناعة أنتج أنتجت إنتاج
نشر نشرت نشره صدر صدرت يصدر صدور إصدار
عمل عملت يعمل وظيفة مهنة اشتغل يشتغل شغل
مؤلف كاتب
ربح أرباح مكسب
خسر خسارة خسائر
قديم أقدم عتيق
أدنى أقل
أقصى أعلى
زاد زيادة يزيد ارتفع ارتفاع يرتفع
نقص نقصان انخفض انخفاض ينخفض
جيش قوات
قتل قتلت مقتل اغتيل اغتيال
"""


def same_meaning(stems: Iterable[str]) -> frozenset[str]:
    """Return the stems of the words that mean the same as a word with one of ``stems``."""
    found = _by_stem()
    return frozenset().union(*(found.get(one, ()) for one in stems))


@lru_cache(1)
def _by_stem() -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for line in _GROUPS.split("\n"):
        stems = frozenset(stem(fold(word)) for word in line.split())
        for one in stems:
            found[one] = found.get(one, frozenset()) | stems
    return found
