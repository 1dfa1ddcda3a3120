"""Every word of the interface, in Arabic, and the agreement of nouns with numbers."""

from __future__ import annotations

from collections.abc import Sequence

PAGE_TITLE = "اسأل وثائقك"
NO_DOCUMENTS = "لا وثائق بعد"
SUBTITLE = "أجوبة منقولة بنصّها من الوثيقة، ومع كل جواب موضعه في الأصل."

WELCOME_TITLE = "عمَّ تودّ أن تسأل؟"
WELCOME = (
    "اكتب سؤالك، وسيأتيك الجواب بألفاظ الوثيقة نفسها، وبجانبه رقمٌ تختاره لترى موضعه في النص الأصلي."
)
EXAMPLES = "أمثلة على الأسئلة"
QUESTION = "سؤالك"
PLACEHOLDER = "اكتب سؤالك هنا…"
SEND = "إرسال"
NEW = "محادثة جديدة"
THINKING = "أبحث في النص…"

ABOUT = "بناءً على ما سبق:"
READ_AS = "فهمتُ سؤالك هكذا:"


def searched_as(typed: str, searched: str) -> str:
    """Say that a word was taken for another; each is isolated, as they may differ in script."""
    return f"بحثتُ عن «\u2068{searched}\u2069» بدل «\u2068{typed}\u2069»."


def forgotten(kept: int) -> str:
    """Say that follow-ups rest on the last questions only, from here on."""
    if kept == 0:
        return "كل سؤال هنا قائم بذاته، ولا يُراعى ما سبقه."
    if kept <= 2:
        last = ("السؤال الأخير", "السؤالان الأخيران")[kept - 1]
    elif 3 <= kept % 100 <= 10:
        last = f"آخر {kept} أسئلة"
    else:
        last = f"آخر {kept} سؤالًا"
    return f"طالت المحادثة، فلا يُراعى من الآن ممّا سبق إلا {last}."


CONVERSATION = "المحادثة"
ASKED = "السؤال"
ABSTAINED = "لا جواب في النص"
NEAREST = "أقرب المقاطع إلى سؤالك:"
NOTICE = "تنبيه"
UNEXPECTED = "حدث خطأ غير متوقَّع. سؤالك باقٍ في خانة الكتابة؛ أعِد المحاولة من فضلك."

ASIDE_TITLE = "المصدر"
ASIDE = "اختر رقم استشهاد في أحد الأجوبة ليظهر هنا موضعه في النص الأصلي."
NEAR_SOURCE = "مقطع قريب من السؤال، لا جوابٌ عنه"
CLOSE = "إغلاق المصدر"


def citation(number: int) -> str:
    """Name a citation: «الاستشهاد 2»."""
    return f"الاستشهاد {number}"


def chip(number: int, place: str) -> str:
    """Say what choosing a citation does, for those who hear the page."""
    return f"الاستشهاد {number}: اعرض موضعه في «{place}»"


def near_chip(place: str) -> str:
    """Say what choosing a near passage does, for those who hear the page."""
    return f"اعرض المقطع القريب: «{place}»"


def documents(count: int) -> str:
    """Return the count and its noun in agreement: وثيقتان، 3 وثائق، 11 وثيقة."""
    if count == 0:
        return NO_DOCUMENTS
    if count <= 2:
        return ("وثيقة واحدة", "وثيقتان")[count - 1]
    return f"{count} وثائق" if 3 <= count % 100 <= 10 else f"{count} وثيقة"


def names(titles: Sequence[str], shown: int = 3) -> str:
    """List titles in guillemets and count those left out: «أ»، «ب»، و4 وثائق أخرى.

    Each title is isolated, so that one in English does not reorder its neighbours.
    """
    listed = [f"«\u2068{title}\u2069»" for title in titles[:shown]]
    left = len(titles) - len(listed)
    if left == 1:
        listed.append("ووثيقة أخرى")
    elif left == 2:
        listed.append("ووثيقتان أخريان")
    elif left:
        listed.append(f"و{documents(left)} أخرى")
    return "، ".join(listed)
