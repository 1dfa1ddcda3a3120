"""The ways people word and type questions: dialects, politeness, keywords, typing errors."""

from __future__ import annotations

import random
import re

from benchmarks.training.made.row import arabic_digits

_ASIDE = {
    "متى": "امتى|إمتى|إيمتى|وقتاش|متى",
    "أين": "فين|وين|فين|وين|أين",
    "كم": "كام|قديش|شحال|كم|جم",
    "بكم": "بكام|بقديش|بشحال|بكم|بجم",
    "ما هي": "إيه هي|شو هي|شنو هي|وش هي|شنو|إيش هي|ما",
    "ما هو": "إيه هو|شو هو|شنو هو|وش هو|شنو|إيش هو|ما",
    "ما": "إيه|شو|شنو|وش|إيش|ما",
    "ماذا": "إيه|شو|شنو|وش|إيش",
    "من هو": "مين|مين هو|منو|شكون|من",
    "من هي": "مين|مين هي|منو|شكون|من",
    "من الذي": "مين اللي|منو اللي|شكون اللي",
    "من": "مين|منو|شكون|مين",
    "لماذا": "ليه|ليش|علاش|لويش",
    "كيف": "إزاي|كيفاش|شلون|كيف",
    "هل يجوز": "ينفع|يصير|ممكن|يجوز|واش يجوز|هو ينفع|عادي",
    "هل يمكن": "ينفع|يصير|ممكن|واش ممكن|هو ممكن|فيه إمكانية",
    "هل": "هو|واش|يعني|هل|هل|هو",
    "إلى متى": "لحد امتى|لغاية امتى|لأي متى|لإيمتى",
    "على من": "على مين|على منو",
    "لمن": "لمين|حق مين|لمنو",
    "أي": "أنهي|أي|أيّ",
}
_BY_LENGTH = sorted(_ASIDE, key=len, reverse=True)
_BEFORE = (
    "لو سمحت|من فضلك|بدي أعرف|عايز أعرف|أبغى أعرف|أريد أن أعرف|ممكن أعرف|بغيت نعرف|السلام عليكم،|"
    "عندي سؤال:|أرجو إفادتي:|حاب أعرف|مرحبا،|لو تكرمت|حابب أسأل"
).split("|")
_BEHIND = "لو سمحت|من فضلك|وشكرا|بالضبط|حسب المستند|يا ريت|شكرًا".split("|")
_LETTERS = re.compile(r"[\u0621-\u064a]{5,}")
_MARKS = str.maketrans("", "", "ًٌٍَُِّْ")


def asked(question: str, rng: random.Random) -> str:
    """Return the question as one of many people might type it."""
    if rng.random() < 0.3:
        question = _in_dialect(question, rng)
    if rng.random() < 0.06:
        question = f"{rng.choice(_BEFORE)} {question}"
    elif rng.random() < 0.04:
        question = f"{question.rstrip('؟ ')} {rng.choice(_BEHIND)}؟"
    if rng.random() < 0.25:
        question = question.rstrip("؟ ")
    elif rng.random() < 0.05:
        question = question.replace("؟", "?")
    if rng.random() < 0.6:
        question = question.translate(_MARKS)
    if rng.random() < 0.2:
        question = _bare(question, rng)
    if rng.random() < 0.05:
        question = _slip(question, rng)
    if rng.random() < 0.35:
        question = arabic_digits(question)
    return question


def _in_dialect(question: str, rng: random.Random) -> str:
    for word in _BY_LENGTH:
        if question.startswith(f"{word} "):
            said = rng.choice(_ASIDE[word].split("|"))
            return said + question[len(word) :]
    return question


def _bare(question: str, rng: random.Random) -> str:
    pairs = rng.sample([("أ", "ا"), ("إ", "ا"), ("ة ", "ه "), ("ى ", "ي "), ("آ", "ا")], 2)
    for written, typed in pairs:
        question = question.replace(written, typed)
    return question


def _slip(question: str, rng: random.Random) -> str:
    places = list(_LETTERS.finditer(question))
    if not places:
        return question
    at = rng.choice(places)
    i = rng.randrange(at.start() + 1, at.end() - 1)
    style = rng.random()
    if style < 0.4:
        return question[:i] + question[i + 1 :]
    if style < 0.7:
        return question[:i] + question[i] + question[i:]
    return question[:i] + question[i + 1] + question[i] + question[i + 2 :]
