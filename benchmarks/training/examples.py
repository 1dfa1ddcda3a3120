"""Question sets as training examples: questions, windows of texts, and where answers lie."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from benchmarks._common import read_jsonl
from benchmarks.training.base import Ids
from cica_qa.arabic.normalize import Normalizer
from cica_qa.evaluation.dialect_noise import DIALECTS, say_in_dialect
from cica_qa.evaluation.misspell import misspell
from cica_qa.reader.text import Window, question_tokens, windows

NEGATIVES = 4
WrongHits = Mapping[str, Sequence[str]]
normalizer = Normalizer()


@dataclass(slots=True)
class Text:
    """A normalised text with its windows, made when they are first asked for."""

    text: str
    found: list[Window] = field(default_factory=list)

    def windows(self, tokenizer: Tokenizer) -> list[Window]:
        if not self.found:
            self.found = windows(tokenizer, self.text)
        return self.found


@dataclass(frozen=True, slots=True)
class Example:
    """A question with where its answer lies in a text, and texts that do not answer it."""

    group: str
    qid: str
    question: str
    text: Text
    start: int
    end: int
    negatives: tuple[Text, ...]
    arabic: bool


@dataclass(frozen=True, slots=True)
class Pair:
    """Tokens of a question and of a window; the positions of the answer's ends, 0 for none."""

    question: Ids
    window: Window
    start: int
    end: int


def load_examples(data: Path, names: Iterable[str], wrong: WrongHits) -> list[Example]:
    """Return the examples of some sets; ``xquad_other`` is read across languages.

    ``wrong`` has the texts that the retriever wrongly finds, by question id.
    """
    found = []
    for name in names:
        rows = read_jsonl(data / f"{name}.jsonl")
        if name == "xquad_other":
            found += _across(rows, read_jsonl(data / "xquad_ar.jsonl"), wrong)
        else:
            found += _examples(name, rows, wrong)
    return found


def _examples(name: str, rows: Sequence[dict[str, Any]], wrong: WrongHits) -> list[Example]:
    texts: dict[str, Text] = {}
    placed: list[tuple[dict[str, Any], Text, tuple[int, int]]] = []
    for row in rows:
        if row["context_id"] not in texts:
            normal = normalizer(row["context"])
            texts[row["context_id"]] = Text(normal)
        if place := answer_place(row):
            placed.append((row, texts[row["context_id"]], place))
    languages = {row.get("language", "arabic") for row in rows}
    found = []
    for language in sorted(languages):
        own = [one for one in placed if one[0].get("language", "arabic") == language]
        pool = list({id(text): text for _, text, _ in own}.values())
        for (row, text, place), near in zip(own, mine(own, pool), strict=True):
            question, arabic = normalizer(row["question"]), language == "arabic"
            hits = tuple(Text(hit) for hit in wrong.get(row["qid"], ())) if arabic else ()
            found.append(Example(name, row["qid"], question, text, *place, near + hits, arabic))
    return found


def answer_place(row: dict[str, Any]) -> tuple[int, int] | None:
    """Return where the answer lies in the normalised context; none where it is not there."""
    context, answer, start = row["context"], row["answers"][0], row["answer_starts"][0]
    if not answer:
        return None
    if context[start : start + len(answer)] != answer:
        start = context.find(answer)
        if start < 0:
            return None
    normal = _normalized(context)
    first = int(np.searchsorted(normal.starts, start, "left"))
    last = int(np.searchsorted(normal.starts, start + len(answer), "left"))
    bare = normal.text[first:last]
    first += len(bare) - len(bare.lstrip(" .،؛:«»\"'()"))
    last -= len(bare) - len(bare.rstrip(" .،؛:«»\"'("))
    return (first, last) if last > first else None


@cache
def _normalized(context: str) -> Any:
    return normalizer.normalize(context)


def mine(
    placed: Sequence[tuple[dict[str, Any], Text, tuple[int, int]]], pool: Sequence[Text]
) -> list[tuple[Text, ...]]:
    """Return for each question the texts that lie nearest by letters without its answer."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 4), sublinear_tf=True)
    matrix = vectorizer.fit_transform([text.text for text in pool])
    found = []
    for at in range(0, len(placed), 256):
        part = placed[at : at + 256]
        asked = vectorizer.transform([normalizer(row["question"]) for row, _, _ in part])
        scores = (asked @ matrix.T).toarray()
        for (row, text, place), line in zip(part, scores, strict=True):
            answers = {text.text[slice(*place)], *map(normalizer, row["answers"])}
            near = np.argsort(-line, kind="stable")[: NEGATIVES * 4]
            wrong = (pool[i] for i in near if line[i] > 0)
            found.append(
                tuple(w for w in wrong if not any(a in w.text for a in answers))[:NEGATIVES]
            )
    return found


def _across(
    others: Sequence[dict[str, Any]], arabic: Sequence[dict[str, Any]], wrong: WrongHits
) -> list[Example]:
    """Questions in other languages of Arabic texts, in Arabic and English of English ones."""
    asked = defaultdict(list)
    for row in others:
        asked[row["qid"]].append(normalizer(row["question"]))
    english = [row for row in others if row["language"] == "en"]
    in_english = {row["qid"]: normalizer(row["question"]) for row in english}
    in_arabic = {row["qid"]: normalizer(row["question"]) for row in arabic}
    found = []
    for one in _examples("xquad_ar", arabic, wrong):
        place = (one.text, one.start, one.end, one.negatives, True)
        found.append(Example("xquad en-ar", one.qid, in_english[one.qid], *place))
        found += [Example("xquad x-ar", one.qid, question, *place) for question in asked[one.qid]]
    for one in _examples("xquad_other", english, {}):
        place = (one.text, one.start, one.end, one.negatives, False)
        found.append(Example("xquad en-en", one.qid, one.question, *place))
        found.append(Example("xquad ar-en", one.qid, in_arabic[one.qid], *place))
    return found


def draw(example: Example, tokenizer: Tokenizer, rng: random.Random, nothing: float) -> Pair | None:
    """Return a pair to train on: with probability ``nothing`` one without an answer."""
    question = question_tokens(tokenizer, _varied(example, rng))
    if rng.random() < nothing:
        if not example.negatives:
            return None
        wrong = rng.choice(example.negatives)
        return Pair(question, rng.choice(wrong.windows(tokenizer)), 0, 0)
    holding = []
    for window in example.text.windows(tokenizer):
        ends = _ends(window, example.start, example.end)
        if ends:
            holding.append(Pair(question, window, *ends))
    return rng.choice(holding) if holding else None


def _varied(example: Example, rng: random.Random) -> str:
    """A question as it is, or in the question words of a dialect, or misspelt."""
    chance = rng.random()
    if not example.arabic or example.group in ("ardqa_dev", "tydiqa_other") or chance > 0.4:
        return example.question
    if example.group.startswith("xquad "):
        return example.question
    if chance < 0.25:
        return normalizer(say_in_dialect(rng.choice(DIALECTS), example.question, rng))
    return normalizer(misspell(example.question, 0.15, rng))


def _ends(window: Window, start: int, end: int) -> tuple[int, int] | None:
    """The first and last token of a stretch of characters, counted from 1; none if cut off."""
    own = [at for at, (a, b) in enumerate(window.places) if b > a and a < end and b > start]
    if not own or window.places[own[0]][0] > start or window.places[own[-1]][1] < end:
        return None
    return own[0] + 1, own[-1] + 1
