"""The questions that the reader is measured on, from sets that its training left out."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.training.mixture import load, mine
from benchmarks.training.pairs import NO, YES
from benchmarks.training.sets import Question, read_lines, span_questions, verdict_questions
from cica_qa.arabic.sentences import sentence_spans

VARIETIES = ("msa", "egy", "glf", "lev", "mgr")
VERDICT_SETS = (
    "arnli_ar",
    "ans_stance_ar",
    "farstail_fa",
    "indonli_id",
    "fever_symmetric_en",
    "condaqa_en",
    "sharc_en",
    "boolq_en",
)
ENGLISH = "XQuAD-ar asked in English"
SHORTEST_TEXT = 20
"""The minimum length of a passage, in characters."""
WRONG = 5
"""The number of wrong passages of the pool that a question is asked of."""
POOL = ("xquad_ar", "arcd_train", "ardqa_dev", "mlqa_ar_dev")
"""The sets whose passages form the pool, together with passages of no set."""
_UNREADABLE = ("count", "whole", "follow_up")
"""Kinds of questions on real documents that no span of a single line answers."""


@dataclass(frozen=True, slots=True)
class RealQuestion:
    """A question on a real document with the lines that contain the answer.

    ``verdict`` is ``YES`` or ``NO`` if that is the answer, otherwise None.
    """

    question: str
    text: str
    golds: tuple[str, ...]
    verdict: int | None


def span_sets(data: Path, sample: int | None = None) -> dict[str, list[Question]]:
    """Return the questions of each set, or a sample of each."""
    sets = {
        "XQuAD-ar": span_questions(data, "xquad_ar"),
        ENGLISH: load(data, "xquad en-ar"),
        "ARCD train": span_questions(data, "arcd_train"),
    }
    for variety in VARIETIES:
        sets[f"ArDQA dev, {variety}"] = span_questions(
            data, "ardqa_dev", lambda row, own=variety: row["question_variety"] == own
        )
    return {name: sampled(questions, sample) for name, questions in sets.items()}


def verdict_sets(data: Path, sample: int | None = None) -> dict[str, list[Question]]:
    """Return the yes/no questions of each set that are reserved for measuring."""
    return {
        name: sampled(verdict_questions(data, name, measured=True), sample) for name in VERDICT_SETS
    }


def sampled(questions: list[Question], sample: int | None) -> list[Question]:
    """Return all questions, or a random sample, the same each time."""
    if sample is None or sample >= len(questions):
        return questions
    return random.Random(7).sample(questions, sample)


def without_answer(question: Question) -> str | None:
    """Return a passage without the sentences that contain an answer; None if little is left."""
    text, span = question.context, question.span or (0, 0)
    kept = [
        text[start:end]
        for start, end in sentence_spans(text)
        if (end <= span[0] or start >= span[1]) and not holds(text[start:end], question.answers)
    ]
    left = " ".join(kept)
    return left if len(left) >= SHORTEST_TEXT else None


def other_passage(question: Question, rng: random.Random) -> str | None:
    """Return another passage of the document that contains no answer, or None."""
    others = [text for text in question.others if text != question.context]
    others = [text for text in others if not holds(text, question.answers)]
    return rng.choice(others) if others else None


def wrong_passages(data: Path, questions: Sequence[Question]) -> list[list[str]]:
    """Return for each question the most similar passages, by n-grams, that do not answer it.

    They come from the pool: the passages of all measured sets, and passages of no set.
    """
    contexts = [row["context"] for name in POOL for row in read_lines(data / f"{name}.jsonl")]
    contexts += [row["text"] for row in read_lines(data / "wikipedia_distractors.jsonl")]
    found = mine(questions, list(dict.fromkeys(contexts)), 4 * WRONG)
    return [_nearest_without(*pair) for pair in zip(questions, found, strict=True)]


def _nearest_without(question: Question, near: Iterable[str]) -> list[str]:
    own = {question.context, *question.others}
    kept = [text for text in near if text not in own and not holds(text, question.answers)]
    return kept[:WRONG]


def holds(text: str, answers: Sequence[str]) -> bool:
    """Return whether a text contains one of the answers."""
    return any(answer in text for answer in answers if answer)


def real_questions(folder: Path) -> Iterator[RealQuestion]:
    """Yield the questions on real documents that one or several lines answer."""
    says = {"نعم": YES, "لا": NO}
    texts = {
        file.name: file.read_text(encoding="utf-8") for file in sorted((folder / "docs").iterdir())
    }
    for row in read_lines(folder / "questions.jsonl"):
        verdict = says.get(row.get("yes_no", ""))
        several = row["must_all"] and len(row["gold"]) > 1
        if not row["answerable"] or (verdict is None and (several or row["kind"] in _UNREADABLE)):
            continue
        text = texts[row["doc"]]
        places = [(text.find(gold), len(gold)) for gold in row["gold"]]
        lines = [_lines(text, at, at + length) for at, length in places if at >= 0]
        if lines:
            used = lines if several else lines[:1]
            golds = tuple(gold for gold in row["gold"] if gold in "\n".join(used))
            yield RealQuestion(row["question"], "\n".join(dict.fromkeys(used)), golds, verdict)


def _lines(text: str, start: int, end: int) -> str:
    first = text.rfind("\n", 0, start) + 1
    last = text.find("\n", end)
    return text[first : last if last >= 0 else len(text)]
