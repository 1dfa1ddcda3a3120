"""Questions made from sentences by taking a span out of them.

After Lewis et al., "Unsupervised Question Answering by Cloze Translation" (ACL 2019), without the
translation: Arabic puts a question word first and leaves the rest of the sentence unchanged. The
texts need no questions of their own, so the supply is unlimited, on any subject.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from typing import get_args

from benchmarks.training.spans import Place, Shape, spans_of
from cica_qa.arabic.analyze import is_stop_word
from cica_qa.arabic.sentences import sentence_spans

A_SENTENCE = 2
"""The most questions made from one sentence."""
BESIDE = 10
"""The most words that a question takes from before, and from after, the span taken out."""
_ASKED = {
    "date": ("متى", "متى", "متى", "في أي عام", "في أي سنة", "في أي وقت", "ما هو تاريخ"),
    "number": ("كم", "كم", "كم عدد", "ما عدد", "ما هو عدد", "كم يبلغ"),
    "part": ("ما نسبة", "ما هي نسبة", "كم نسبة", "كم"),
    "place": ("أين", "أين", "أين", "في أي مكان", "في أي مدينة", "في أي بلد", "في أي دولة"),
    "person": ("من", "من", "من هو", "من الذي", "ما اسم"),
    "thing": ("ما", "ماذا", "ما هو", "ما هي", "ما الذي", "ما التي", "ما اسم", "أي"),
}
_LED = {
    "في": ("في ماذا", "فيم", "في أي شيء"),
    "من": ("من ماذا", "مم", "من أي شيء"),
    "الي": ("إلى ماذا", "إلى أين", "إلام"),
    "علي": ("على ماذا", "علام", "على أي شيء"),
    "عن": ("عن ماذا", "عم", "عن أي شيء"),
    "مع": ("مع من", "مع ماذا"),
    "بين": ("بين ماذا",),
}
_WORD = re.compile(r"[^\s،,؛;:()\[\]{}«»\"“”.؟?!]+")
_VERB = re.compile(r"[يتن]\w{3,}|كان\w*|قام\w*|تم")


def asked(text: str, rng: random.Random) -> Iterator[tuple[str, Place]]:
    """Yield questions and the spans of their answers in a normalised text."""
    for start, end in sentence_spans(text):
        sentence = text[start:end]
        kinds = _stretches(sentence)
        rng.shuffle(kinds)
        made = 0
        for kind, (first, last) in kinds:
            if made == A_SENTENCE or is_stop_word(sentence[first:last]):
                continue
            question = _question(kind, sentence, first, last, rng)
            if question:
                made += 1
                yield question, (start + first, start + last)


def _stretches(sentence: str) -> list[tuple[str, Place]]:
    found: list[tuple[str, Place]] = []
    for kind in get_args(Shape):
        for first, last in spans_of(kind, sentence):
            part = kind == "number" and re.search(r"%|٪|بالم|في الم", sentence[first:last])
            found.append(("part" if part else kind, (first, last)))
    taken = [place for _, place in found]
    for first, last in _phrases(sentence):
        if not any(a < last and b > first for a, b in taken):
            found.append(("thing", (first, last)))
    return found


def _phrases(sentence: str) -> Iterator[Place]:
    """Yield runs of up to four content words that do not begin with a verb."""
    run: list[Place] = []
    for word in _WORD.finditer(sentence):
        between = sentence[run[-1][1] : word.start()] if run else ""
        stop = is_stop_word(word[0]) or (not run and _VERB.fullmatch(word[0]))
        if run and (stop or between != " "):
            yield from _cut(run)
            run = []
        if not stop:
            run.append(word.span())
    if run:
        yield from _cut(run)


def _cut(run: list[Place]) -> Iterator[Place]:
    if len(run) <= 4:
        yield run[0][0], run[-1][1]


def _question(kind: str, sentence: str, first: int, last: int, rng: random.Random) -> str:
    before = _WORD.findall(sentence[:first])
    behind = _WORD.findall(sentence[last:])
    led = before[-1] if before and kind in ("thing", "place", "date") else ""
    while before and is_stop_word(before[-1]) and kind != "thing":
        before.pop()
    word = rng.choice(_ASKED[kind])
    folded = led.replace("إ", "ا").replace("ى", "ي").lstrip("و")
    if kind == "thing" and folded in _LED:
        before.pop()
        word = rng.choice(_LED[folded])
    if kind == "number" and ("عدد" in word or rng.random() < 0.6):
        counted = _WORD.findall(sentence[first:last])
        behind = [w for w in counted if not re.search(r"\d", w)][-1:] + behind
    near = _thinned(before[-BESIDE:], rng), _thinned(behind[:BESIDE], rng)
    rest = near[1] + near[0] if kind != "number" and rng.random() < 0.25 else near[0] + near[1]
    if kind == "number" and rng.random() < 0.7:
        rest = near[1] + near[0]
    if sum(not is_stop_word(w) for w in rest) < 3:
        return ""
    if rest[0][:1] in "وف" and len(rest[0]) > 4:
        rest = [rest[0][1:], *rest[1:]]
    return f"{word} {' '.join(rest[:14])}؟"


def _thinned(words: Sequence[str], rng: random.Random) -> list[str]:
    """Drop some words and inflect others, since a question repeats only part of a text."""
    share = rng.choice((0.0, 0.15, 0.3, 0.45))
    kept = [word for word in words if rng.random() > share]
    return [_otherwise(word) if rng.random() < 0.2 else word for word in kept]


def _otherwise(word: str) -> str:
    if len(word) > 5 and word.startswith(("ال", "وال")):
        return word[word.index("ل") + 1 :]
    if len(word) > 4 and word.endswith(("ة", "ه", "ات", "ون", "ين")):
        return word[: -1 if word[-1] in "ةه" else -2]
    return word
