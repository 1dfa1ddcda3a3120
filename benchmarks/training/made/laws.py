"""Questions over real articles of laws: by number, by content, and about what they allow."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from benchmarks.training.made.row import Made, found, missing, polar
from benchmarks.training.made.words import ORDINALS, Draw

_ARTICLE = re.compile(r"^(?P<law>.+?) — (?P<number>المادة [^—:]{3,40})$")
_MAY = re.compile(r"^(?P<not>لا )?(?P<verb>يجوز|يحق)(?P<rest> [^.؛:]{20,190}?)(?=[.؛]|$)")
_EXCEPT = re.compile(r" إلا | الا | ما لم | دون | إذا | بشرط | غير | متى | ويجوز| ولا ")
_LED = {
    "خلال": "خلال كم من الوقت",
    "لمدة": "لأي مدة",
    "بنسبة": "بأي نسبة",
    "بغرامة": "بأي غرامة",
}
_TERM = re.compile(
    r"(?:^|[.:؛]\s*)(?P<before>[^.:؛\n]{15,160}?) (?P<led>خلال|لمدة|بنسبة|بغرامة)"
    r" (?P<term>[^.،؛:\n]{0,45}?"
    r"(?:يوما?ً?ا?|أيام|شهرا?ً?|أشهر|سنة|سنوات|ساعة|أسبوع|ريال|المائة|المئة|%)(?!\w))"
)


@dataclass(frozen=True, slots=True)
class Article:
    law: str
    number: str
    text: str


@cache
def articles(data: Path) -> tuple[tuple[Article, ...], ...]:
    """Return the articles of each law with several short ones."""
    laws: dict[str, list[Article]] = {}
    for row in passages(data / "passages" / "saudi_laws_ar.jsonl.gz"):
        named = _ARTICLE.match(row["title"])
        text = row["text"].strip()
        if named and 40 < len(text) < 700:
            number = _number(named["number"])
            if number:
                laws.setdefault(named["law"], []).append(Article(named["law"], number, text))
    return tuple(tuple(found) for found in laws.values() if len({a.number for a in found}) > 3)


def _number(text: str) -> str | None:
    kept = []
    for word in text.split():
        if word != "المادة" and not re.fullmatch(r"و?(ال)?[\w]*(ى|ة|ون|شرة|عشرة|ن|ر|ع|س)", word):
            break
        kept.append(word)
    return " ".join(kept) if 2 <= len(kept) <= 5 and len(kept) == len(text.split()) else None


def passages(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


_TEXT_OF = (
    "ما نص {n}؟", "ماذا تقول {n}؟", "على ماذا تنص {n}؟", "{n}", "اذكر نص {n}", "نص {n} من {l}",
    "ماذا ورد في {n}؟", "شو بتقول {n}؟", "ما مضمون {n} من {l}؟", "وش تقول {n} من {l}؟",
)  # fmt: skip


def law_row(data: Path, rng: Draw) -> Made | None:
    """Return a question by number, or by content, over articles of a real law."""
    law = rng.choice(articles(data))
    first = rng.randrange(len(law))
    shown = list(law[first : first + rng.choice((1, 1, 2, 3))])
    while sum(len(a.text) for a in shown) > 900 and len(shown) > 1:
        shown.pop()
    asked = rng.randrange(len(shown))
    draw = rng.random()
    text, spans = _written(shown, rng)
    article = shown[asked]
    if draw < 0.4:
        question = rng.choice(_TEXT_OF).format(n=_said(article.number, rng), l=article.law)
        return found("law", question, text, spans[asked])
    if draw < 0.62:
        absent = [a for a in law if a.number not in {s.number for s in shown}]
        if absent and rng.random() < 0.7:
            number, name = rng.choice(absent).number, article.law
        else:
            number, name = article.number, rng.choice(articles(data))[0].law
            if name == article.law:
                return None
        form = rng.choice([f for f in _TEXT_OF if "{l}" in f or name == article.law])
        return missing("law", form.format(n=_said(number, rng), l=name), text)
    return _content_row(article, text, shown, rng)


def _said(number: str, rng: Draw) -> str:
    name = number.removeprefix("المادة ").replace(" ", "_")
    if name in ORDINALS and rng.random() < 0.6:
        n = ORDINALS.index(name) + 1
        return rng.choice((f"المادة {n}", f"المادة رقم {n}", f"مادة {n}", f"المادة ({n})"))
    return number


def _written(shown: list[Article], rng: Draw) -> tuple[str, list[tuple[int, int]]]:
    text = f"{shown[0].law} | " if rng.random() < 0.75 else ""
    spans = []
    mark = rng.choice((" | ", ": ", ":\n", " | "))
    for n, article in enumerate(shown):
        if n:
            text += "\n"
        text += article.number + mark
        spans.append((len(text), len(text) + len(article.text)))
        text += article.text
    return text, spans


@cache
def _rulings(data: Path) -> tuple[Article, ...]:
    """Return the articles that open by allowing or forbidding something."""
    return tuple(a for law in articles(data) for a in law if _MAY.match(a.text))


def ruling_row(data: Path, rng: Draw) -> Made | None:
    """Return a yes/no question about what an article allows."""
    article = rng.choice(_rulings(data))
    rule = _MAY.match(article.text)
    if not rule or _EXCEPT.search(rule["rest"]):
        return None
    text, _ = _written([article], rng)
    if rng.random() < 0.28:
        other = rng.choice(_rulings(data))
        if other.law == article.law:
            return None
        text, _ = _written([other], rng)
        return polar("law", f"هل {rule['verb']}{rule['rest']}؟", text, "neither")
    barred = bool(rule["not"])
    draw = rng.random()
    if draw < 0.6:
        question = f"هل {rule['verb']}{rule['rest']}؟"
        return polar("law", question, text, "no" if barred else "yes")
    if draw < 0.8:
        question = f"هل لا {rule['verb']}{rule['rest']}؟"
        return polar("law", question, text, "yes" if barred else "no")
    if rule["rest"].split()[0].startswith(("ل", "أن")):
        return None
    return polar("law", f"هل يُحظر{rule['rest']}؟", text, "yes" if barred else "no")


def _content_row(article: Article, text: str, shown: list[Article], rng: Draw) -> Made | None:
    clauses = list(_TERM.finditer(article.text))
    if not clauses:
        return None
    clause = rng.choice(clauses)
    subject = re.sub(r"^[\s\d٠-٩\-–.)]+", "", clause["before"]).rstrip(" ،–-")
    if not 4 <= len(subject.split()) <= 18:
        return None
    question = f"{_LED[clause['led']]} {subject}؟"
    if rng.random() < 0.35:
        rest = [a for a in shown if a is not article]
        if not rest:
            return None
        left, _ = _written(rest, rng)
        return None if clause["term"] in left else missing("law", question, left)
    start = text.index(article.text) + clause.start("led")
    return found("law", question, text, (start, start + clause.end("term") - clause.start("led")))
