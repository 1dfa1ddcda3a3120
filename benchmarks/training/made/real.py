"""Questions over real articles of laws and real sentences of an encyclopaedia."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from benchmarks.training.made.row import Made, found, missing, polar
from benchmarks.training.made.words import ORDINALS, Draw, words

_ARTICLE = re.compile(r"^(?P<law>.+?) — (?P<number>المادة [^—:]{3,40})$")
_NUMBER = re.compile(r"(?<![\w/.,\-])\d{1,4}(?![\w/.,\-])")
_VERB = re.compile(
    r"^(تقع|يقع|ولد|ولدت|توفي|توفيت|تأسس|تأسست|يعتبر|تعتبر|بلغ|يبلغ|تبلغ|حصل|حصلت|فاز|شغل|انتقل|أسس|تخرج|صدر|صدرت|يتكون|تتكون|يعيش|تعيش|انضم|لعب|بدأ|بدأت|انتهت|كتب|درس|عمل|شارك|نشر|افتتح|استمر|وقعت|سجل|اشتهر|اشتهرت|تولى|ينتمي|تنتمي)\s"
)
_MAY = re.compile(r"^(?P<not>لا )?(?P<verb>يجوز|يحق)(?P<rest> [^.،؛:]{20,150})[.،؛]")
_WORD = re.compile(r"[\w\u064b-\u0652]+")
_SPLIT = re.compile(r"(?<=[.؟!])\s+")
_CLOZE = re.compile(r"(?:خلال|مدة|بنسبة|غرامة) ")


@dataclass(frozen=True, slots=True)
class Article:
    law: str
    number: str
    text: str


@cache
def articles(data: Path) -> tuple[tuple[Article, ...], ...]:
    """Return the articles of each law with several short ones."""
    laws: dict[str, list[Article]] = {}
    for row in _rows(data / "passages" / "saudi_laws_ar.jsonl.gz"):
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


def _rows(path: Path) -> Iterator[dict[str, str]]:
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
    return _may_row(article, text, rng) or _which_row(article, text, rng, shown)


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
        text += _written_number(article.number, mark)
        spans.append((len(text), len(text) + len(article.text)))
        text += article.text
    return text, spans


def _written_number(number: str, mark: str) -> str:
    return number + mark


def _may_row(article: Article, text: str, rng: Draw) -> Made | None:
    rule = _MAY.match(article.text)
    if not rule:
        return None
    barred = bool(rule["not"])
    if " إلا" in rule["rest"] or "ما لم" in rule["rest"] or " دون " in rule["rest"]:
        return None
    form = rng.choice(("هل {v}{r}؟", "هل {v}{r}؟", "هل لا {v}{r}؟" if barred else "هل {v}{r}؟"))
    verdict = "no" if barred and "هل لا" not in form else "yes"
    if rng.random() < 0.4 and not barred:
        form, verdict = "هل يُمنع ويحظر أن{r}؟" if False else "هل من غير الجائز{r}؟", "no"
        if rule["rest"].split()[0].startswith("ل"):
            return None
    return polar("law", form.format(v=rule["verb"], r=rule["rest"]), text, verdict)


def _which_row(article: Article, text: str, rng: Draw, shown: list[Article]) -> Made | None:
    numbers = list(re.finditer(r"(خلال|مدة|بنسبة|بغرامة|لمدة) ", article.text))
    if not numbers:
        return None
    at = rng.choice(numbers)
    tail = re.match(
        r"[^.،؛:\n]{4,60}?(?=[.،؛:\n]| من | إذا | على | قبل | بعد |$)", article.text[at.end() :]
    )
    before = article.text[: at.start()].split(".")[-1].split("،")[-1].split()
    if not tail or len(before) < 3:
        return None
    start = text.index(article.text) + at.start()
    led = {
        "خلال": "خلال كم",
        "مدة": "كم مدة",
        "لمدة": "لكم من الوقت",
        "بنسبة": "بأي نسبة",
        "بغرامة": "بأي غرامة",
    }
    question = f"{led[at[1]]} {' '.join(before[-9:])}؟"
    if rng.random() < 0.35:
        rest = [a for a in shown if a is not article]
        if not rest:
            return None
        other, _ = _written(rest, rng)
        return None if tail[0] in other else missing("law", question, other)
    return found("law", question, text, (start, start + len(at[0]) + tail.end()))


@cache
def _wiki(data: Path) -> tuple[tuple[str, str], ...]:
    banned_titles, shingles = _left_out(data)
    kept = []
    for row in _rows(data / "passages" / "wiki_ar.jsonl.gz"):
        text = row["text"].strip()
        if not 120 < len(text) < 700 or row["title"] in banned_titles:
            continue
        if any(piece in shingles for piece in _shingles(text)):
            continue
        if _fact_sentences(text):
            kept.append((row["title"], text))
    return tuple(kept)


def _left_out(data: Path) -> tuple[set[str], set[int]]:
    titles: set[str] = set()
    shingles: set[int] = set()
    for name in ("arcd_train", "xquad_ar", "ardqa_dev"):
        with (data / f"{name}.jsonl").open(encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                if name == "arcd_train":
                    titles.add(row["title"])
                shingles.update(_shingles(row["context"]))
    return titles, shingles


def _shingles(text: str) -> Iterator[int]:
    found = _WORD.findall(text)
    return (hash(" ".join(found[i : i + 8])) for i in range(len(found) - 7))


def _fact_sentences(text: str) -> list[str]:
    return [
        s.rstrip(" .")
        for s in _SPLIT.split(text)
        if 6 <= len(s.split()) <= 26 and _VERB.match(s) and "؟" not in s and "\n" not in s
    ]


def wiki_row(data: Path, rng: Draw) -> Made | None:
    """Return a yes-or-no question made of a sentence of an encyclopaedia."""
    title, text = rng.choice(_wiki(data))
    sentence = rng.choice(_fact_sentences(text))
    shown = f"{title} | {text}" if rng.random() < 0.6 else text
    draw = rng.random()
    named = sentence if title.split()[0] in sentence else f"{sentence} ({title})"
    if draw < 0.36:
        return polar("wiki", f"هل {named}؟", shown, "yes")
    if draw < 0.72:
        changed = _changed(sentence, text, rng)
        if changed is None:
            return None
        named = changed if title.split()[0] in changed else f"{changed} ({title})"
        return polar("wiki", f"هل {named}؟", shown, "no")
    rest = text.replace(sentence, "").strip(" .")
    if len(rest) < 80:
        return None
    return polar("wiki", f"هل {named}؟", f"{title} | {rest}", "neither")


def _changed(sentence: str, text: str, rng: Draw) -> str | None:
    numbers = list(_NUMBER.finditer(sentence))
    if numbers:
        at = rng.choice(numbers)
        number = int(at[0])
        new = str(number + rng.choice((-12, -7, -5, -3, -2, 2, 3, 4, 6, 11)))
        if int(new) > 0 and new not in text:
            return sentence[: at.start()] + new + sentence[at.end() :]
    for name in ("country", "city", "month"):
        present = [w for w in words(name) if re.search(rf"(?<!\w){w}(?!\w)", sentence)]
        if present:
            old = rng.choice(present)
            new = rng.choice([w for w in words(name) if w not in text])
            return re.sub(rf"(?<!\w){old}(?!\w)", new, sentence, count=1)
    return None
