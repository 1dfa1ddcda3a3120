"""The training mixture: sets with their shares, and the variation of each question drawn."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from tokenizers import Tokenizer

from benchmarks.training.cloze import asked
from benchmarks.training.made import Made, made_rows
from benchmarks.training.pairs import NEITHER, NO, YES, Pair, Target, join
from benchmarks.training.sets import (
    Question,
    find,
    normalized,
    normalized_span,
    normalizer,
    read_lines,
    span_questions,
    verdict_questions,
)
from cica_qa.arabic.sentences import sentence_spans
from cica_qa.evaluation.dialect_noise import DIALECTS, say_in_dialect
from cica_qa.evaluation.misspell import misspell

Draw = Callable[[random.Random], Pair | None]
Shares = Mapping[str, float]
HELD_OUT = ("xquad_ar", "xquad_other", "arcd_train", "ardqa_dev")
"""The sets for measuring. The trunk of the training has nothing of them or of their articles."""
CLOZE, MADE = "cloze", "made"
CLOZE_TEXTS = ("wikipedia_distractors", "wiki_ar", "saudi_laws_ar")
SHINGLE = 8
NEAREST = 4
"""The number of similar passages of the set that are drawn besides those of its document."""
OTHER_PASSAGE, SENTENCE_OUT, LONGER = 0.16, 0.10, 0.10
"""How often a question is paired with another passage of its document, with its own passage without
the sentence that answers, or with both passages."""
_WORD = re.compile(r"\w+")


def draws(data: Path, tokenizer: Tokenizer, shares: Shares) -> tuple[list[Draw], list[float]]:
    """Return for each set with a share a function that draws a pair, and the shares."""
    texts = Texts(data) if CLOZE in shares else None
    made: list[Draw] = []
    for name in shares:
        if name == CLOZE:
            assert texts is not None
            made.append(_cloze(texts, tokenizer))
        elif name == MADE:
            made.append(_made(data, tokenizer))
        else:
            made.append(_questions(load(data, name), tokenizer))
    return made, list(shares.values())


def load(data: Path, name: str) -> list[Question]:
    """Return the questions of a set."""
    if name in ("xquad en-ar", "xquad x-ar"):
        return _across(data, name)
    if find(data, name).parent.name in ("verdicts", "tables"):
        return verdict_questions(data, name)
    articles = {row["title"] for row in read_lines(data / "xquad_ar.jsonl")}
    if name == "squad_en":  # without a title, nobody can tell what a paragraph is about
        return span_questions(data, name, lambda row: row["title"] not in {"", *articles})
    found = span_questions(data, name)
    if found and found[0].arabic:
        pool = list(dict.fromkeys(question.context for question in found))
        for question, near in zip(found, mine(found, pool, NEAREST + 1), strict=True):
            question.others += [text for text in near if text != question.context]
    return found


def _across(data: Path, name: str) -> list[Question]:
    """Return XQuAD's Arabic paragraphs with questions in English, or in its other languages."""
    arabic = {question.qid: question for question in span_questions(data, "xquad_ar")}
    found = []
    for row in read_lines(data / "xquad_other.jsonl"):
        own = arabic.get(row["qid"])
        if own and (row["language"] == "en") == (name == "xquad en-ar"):
            found.append(
                Question(
                    name,
                    own.qid,
                    row["question"],
                    own.context,
                    own.span,
                    True,
                    False,
                    answers=own.answers,
                    others=own.others,
                )
            )
    return found


def mine(questions: Sequence[Question], pool: Sequence[str], kept: int) -> list[list[str]]:
    """Return for each question the ``kept`` most similar passages by character n-grams."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 4), sublinear_tf=True)
    matrix = vectorizer.fit_transform(map(normalized, pool))
    found = []
    for at in range(0, len(questions), 256):
        part = questions[at : at + 256]
        asked_of = vectorizer.transform([normalized(question.question) for question in part])
        for line in (asked_of @ matrix.T).toarray():
            found.append([pool[i] for i in (-line).argsort(kind="stable")[:kept]])
    return found


def _questions(questions: list[Question], tokenizer: Tokenizer) -> Draw:
    def drawn(rng: random.Random) -> Pair | None:
        question = rng.choice(questions)
        target = target_of(question, rng)
        return target and join(tokenizer, varied(question, rng), target, rng)

    return drawn


def target_of(question: Question, rng: random.Random) -> Target | None:
    """Return what a question is paired with: its passage, another one, or part of it."""
    if question.span is None:
        text = normalized(question.context)
        return Target(text, None, question.answerable, question.verdict, question.asks_verdict)
    text, span = normalized_span(question.context, question.span)
    if span[0] >= span[1]:
        return None
    chance = rng.random()
    if chance < OTHER_PASSAGE and question.others:
        return _without_answer(normalized(rng.choice(question.others)), question)
    chance -= OTHER_PASSAGE
    if 0 <= chance < SENTENCE_OUT:
        return _without_answer(_sentence_out(text, span), question)
    chance -= SENTENCE_OUT
    if 0 <= chance < LONGER and question.others:
        other = normalized(rng.choice(question.others))
        if other != text and rng.random() < 0.5:
            shift = len(other) + 1
            return Target(f"{other}\n{text}", (span[0] + shift, span[1] + shift), True)
        return Target(f"{text}\n{other}", span, True)
    return Target(text, span, True)


def _without_answer(text: str, question: Question) -> Target | None:
    answers = map(
        normalized,
        (question.context[slice(*question.span)] if question.span else "", *question.answers),
    )
    if len(text) < 20 or any(answer and answer in text for answer in answers):
        return None
    return Target(text, None, False)


def _sentence_out(text: str, span: tuple[int, int]) -> str:
    kept = [text[a:b] for a, b in sentence_spans(text) if b <= span[0] or a >= span[1]]
    return " ".join(kept)


def varied(question: Question, rng: random.Random) -> str:
    """Return a normalised question, unchanged, with dialect question words, or misspelt."""
    text, chance = question.question, rng.random()
    if question.arabic and question.source != "ardqa_dev" and not question.asks_verdict:
        if chance < 0.25:
            text = say_in_dialect(rng.choice(DIALECTS), text, rng)
        elif chance < 0.4:
            text = misspell(text, 0.15, rng)
    if rng.random() < 0.15:
        text = text.rstrip(" ؟?")
    return normalizer(text)


class Texts:
    """Passages without questions that share no run of words with a measured set."""

    def __init__(self, data: Path) -> None:
        taken: set[str] = set()
        titles: set[str] = set()
        for name in HELD_OUT:
            if name != "xquad_other":
                for row in read_lines(find(data, name)):
                    taken |= _shingles(row["context"])
                    titles.add(row.get("title", ""))
        self._lines: list[tuple[str, str]] = []
        for name in CLOZE_TEXTS:
            for row in read_lines(find(data, name)):
                fits = row["title"] not in titles and 80 < len(row["text"]) < 2500
                if fits and not taken & _shingles(row["text"]):
                    self._lines.append((row["title"], row["text"]))

    def draw(self, rng: random.Random) -> str:
        """Return a normalised passage."""
        return normalizer(rng.choice(self._lines)[1])


def _shingles(text: str) -> set[str]:
    words = _WORD.findall(normalized(text))
    return {" ".join(words[at : at + SHINGLE]) for at in range(0, len(words) - SHINGLE + 1)}


def _cloze(texts: Texts, tokenizer: Tokenizer) -> Draw:
    def drawn(rng: random.Random) -> Pair | None:
        text = texts.draw(rng)
        made = list(asked(text, rng))
        if not made:
            return None
        question, span = rng.choice(made)
        target: Target | None = Target(text, span, True)
        if rng.random() < OTHER_PASSAGE:
            shorter, answer = _sentence_out(text, span), text[slice(*span)]
            target = (
                Target(shorter, None, False)
                if len(shorter) > 20 and answer not in shorter
                else None
            )
        if rng.random() < 0.3:
            question = normalizer(say_in_dialect(rng.choice(DIALECTS), question, rng))
        return target and join(tokenizer, question, target, rng)

    return drawn


def _made(data: Path, tokenizer: Tokenizer) -> Draw:
    """Return a draw from generated documents (``benchmarks.training.made``), anew in each block."""
    verdicts = {"neither": NEITHER, "yes": YES, "no": NO}
    block: random.Random | None = None
    rows: Iterator[Made] = iter(())

    def drawn(rng: random.Random) -> Pair | None:
        nonlocal block, rows
        if rng is not block:
            block, rows = rng, made_rows(data, rng.getrandbits(32))
        row = next(rows)
        text, span = normalizer(row.text), None
        if row.span:
            text, span = normalized_span(row.text, row.span)
        asks = span is None  # unanswerable questions also teach «neither»
        target = Target(text, span, row.answerable, verdicts[row.verdict], asks)
        return join(tokenizer, normalizer(row.question), target, rng)

    return drawn
