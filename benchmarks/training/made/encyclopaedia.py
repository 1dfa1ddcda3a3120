"""Questions over real sentences of an encyclopaedia, except pages used by test sets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from benchmarks.training.made.laws import passages
from benchmarks.training.made.row import Made, found, missing, polar
from benchmarks.training.made.words import Draw, words

_NUMBER = re.compile(r"(?<![\w/.,\-])\d{1,4}(?![\w/.,\-])")
_VERB = re.compile(
    r"^(تقع|يقع|ولد|ولدت|توفي|توفيت|تأسس|تأسست|يعتبر|تعتبر|بلغ|يبلغ|تبلغ|حصل|حصلت|فاز|شغل|انتقل|أسس|تخرج|صدر|صدرت|يتكون|تتكون|يعيش|تعيش|انضم|لعب|بدأ|بدأت|انتهت|كتب|درس|عمل|شارك|نشر|افتتح|استمر|وقعت|سجل|اشتهر|اشتهرت|تولى|ينتمي|تنتمي)\s"
)
_NEGATED = re.compile(r"^(?:لا|ليس|ليست) (?!يزال|تزال|سيما|بد|شك)(?P<rest>\S.+)")
_DEFINES = re.compile(r"^(?:\([^)]*\) ?)?(?:\([^)]*\) ?)?(?P<is>هو|هي) (?P<body>[^.\n]{15,260})")
_WORD = re.compile(r"[\w\u064b-\u0652]+")
_SPLIT = re.compile(r"(?<=[.؟!])\s+")
_ONLY = re.compile(r"\b(?:إلا|الا|سوى|فقط|بل|لكن|بالضرورة|أيضا|كذلك)\b")
_PERSON = re.compile(
    r"(?:سياسي|لاعب|ممثلة?|مغنية?|كاتبة?|شاعرة?|عالم|ملك|رئيس|مخرج|فيلسوف|مدرب|طبيب|مهندس|صحفي|قائد)\b"
)
_AMBIGUOUS = {"العين", "سوسة", "حائل", "عنابة", "صفاقس"}
"""Town names that are also common words."""


@dataclass(frozen=True, slots=True)
class Page:
    """A paragraph, its sentences that state a fact, and the definition it opens with, if any."""

    title: str
    text: str
    sentences: tuple[str, ...]
    defined: re.Match[str] | None


@cache
def _pages(data: Path) -> tuple[tuple[Page, ...], tuple[Page, ...]]:
    """Return the paragraphs that state facts, and those that define their title."""
    banned_titles, shingles = _left_out(data)
    pages = []
    for row in passages(data / "passages" / "wiki_ar.jsonl.gz"):
        title, text = row["title"], row["text"].strip()
        if not 120 < len(text) < 700 or title in banned_titles:
            continue
        page = Page(title, text, tuple(_fact_sentences(text)), _defined(title, text))
        if (page.sentences or page.defined) and shingles.isdisjoint(_shingles(text)):
            pages.append(page)
    return tuple(p for p in pages if p.sentences), tuple(p for p in pages if p.defined)


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
        if 6 <= len(s.split()) <= 26
        and (_VERB.match(s) or _NEGATED.match(s))
        and "؟" not in s
        and "\n" not in s
    ]


def wiki_row(data: Path, rng: Draw) -> Made | None:
    """Return a yes/no question made from a sentence of an encyclopaedia."""
    facts, definitions = _pages(data)
    if rng.random() < 0.3:
        return _definition(rng.choice(definitions), rng.choice(definitions), rng)
    page = rng.choice(facts)
    title, text, whole = page.title, page.text, rng.choice(page.sentences)
    clause = whole.split("،")[0]
    sentence = clause if len(clause.split()) > 4 and rng.random() < 0.5 else whole
    shown = f"{title} | {text}" if rng.random() < 0.6 else text
    draw = rng.random()
    if negated := _NEGATED.match(sentence):
        if draw >= 0.72 or _ONLY.search(sentence):
            return None
        if negated["rest"].split()[0][0] not in "يت":
            return None
        return polar("wiki", f"هل {negated['rest']}؟", shown, "no")
    named = sentence if title.split()[0] in sentence else f"{sentence} ({title})"
    if draw < 0.36:
        return polar("wiki", f"هل {named}؟", shown, "yes")
    if draw < 0.72:
        changed = _changed(sentence, text, rng)
        if changed is None:
            return None
        named = changed if title.split()[0] in changed else f"{changed} ({title})"
        return polar("wiki", f"هل {named}؟", shown, "no")
    rest = text.replace(whole, "").strip(" .")
    if len(rest) < 80:
        return None
    return polar("wiki", f"هل {named}؟", f"{title} | {rest}", "neither")


def _defined(title: str, text: str) -> re.Match[str] | None:
    name = title.split(" (")[0]
    return _DEFINES.match(text[len(name) :].lstrip()) if text.startswith(name + " ") else None


def _definition(page: Page, other: Page, rng: Draw) -> Made | None:
    """Return «ما هو X؟», answered by the words after «X هو», or asked about another X."""
    text, defined = page.text, page.defined
    if not defined:
        return None
    asked, verb = page.title.split(" (")[0], defined["is"]
    absent = rng.random() < 0.35
    if absent:
        asked = other.title.split(" (")[0]
        if asked in text:
            return None
    meant = other.defined if absent else defined
    human = meant and _PERSON.match(meant["body"])
    form = rng.choice(
        ("من {v} {n}؟", "من {v} {n}؟", "من {n}؟")
        if human
        else (
            "ما {v} {n}؟",
            "ما {n}؟",
            "ما معنى {n}؟",
            "ما تعريف {n}؟",
            "عرف {n}",
            "ما المقصود بـ«{n}»؟",
        )
    )
    question = form.format(v=verb, n=asked)
    shown = f"{page.title} | {text}" if rng.random() < 0.3 else text
    if absent:
        return missing("definition", question, shown)
    start = shown.index(defined["body"])
    return found("definition", question, shown, (start, start + len(defined["body"])))


def _changed(sentence: str, text: str, rng: Draw) -> str | None:
    numbers = list(_NUMBER.finditer(sentence))
    if numbers:
        at = rng.choice(numbers)
        number = int(at[0])
        alike = [
            n[0] for n in _NUMBER.finditer(text) if len(n[0]) == len(at[0]) and n[0] not in sentence
        ]
        if alike and rng.random() < 0.6:
            return sentence[: at.start()] + rng.choice(alike) + sentence[at.end() :]
        shift = rng.choice((-12, -7, -5, -3, -2, 2, 3, 4, 6, 11))
        new = str(number + shift if number > 31 else (number + shift) % 28 + 1)
        if int(new) > 0 and new not in text:
            return sentence[: at.start()] + new + sentence[at.end() :]
    for name in ("country", "city", "month"):
        present = [
            w
            for w in words(name)
            if w in sentence and w not in _AMBIGUOUS and re.search(rf"(?<!\w){w}(?!\w)", sentence)
        ]
        if present:
            old = rng.choice(present)
            new = rng.choice([w for w in words(name) if w not in text])
            return re.sub(rf"(?<!\w){old}(?!\w)", new, sentence, count=1)
    return None
