"""What the answerer hands to the reader: the passages and the lines of a search, with their labels.

The questions are those of ``benchmarks.answering.sources``. Their texts are in two halves, so that
a network that learnt from one can be tried on the other.
"""

from __future__ import annotations

import pickle
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer

from benchmarks.answering.sources import Asked
from benchmarks.answering.trials import searched
from benchmarks.training.mixture import Draw
from benchmarks.training.pairs import NEITHER, NO, YES, Pair, Target, join
from benchmarks.training.sets import normalized_span, normalizer
from cica_qa.answer import verdict
from cica_qa.answer.candidates import Candidate, candidates
from cica_qa.answer.evidence import as_line, retrieved
from cica_qa.answer.select import Weights
from cica_qa.documents.units import Linear
from cica_qa.evaluation.misspell import misspell
from cica_qa.types import Hit, Unit

PASSAGES = 4
LINES = 10
"""How many passages and lines, the first ones, are kept of a search: more than an answer reads."""
ANSWERING = 0.5
"""How often a question that has an answer is joined with what answers it."""
MISSPELT, UNMARKED = 0.12, 0.15
"""How often words of a question are misspelt, and how often it goes without its mark."""
_VERDICTS = {verdict.YES: YES, verdict.NO: NO}


@dataclass(frozen=True, slots=True)
class Handed:
    """A question with the texts that are found for it, apart by whether they answer."""

    question: str
    answering: tuple[Target, ...]
    others: tuple[Target, ...]
    half: int


def handed_over(asked: Iterable[Asked], kept: Path) -> list[Handed]:
    """Return what is found for questions, from the file ``kept`` where it is there."""
    if kept.exists():
        read: list[Handed] = pickle.loads(kept.read_bytes())
        return read
    found = [own for one in asked if (own := handed(one))]
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(pickle.dumps(found))
    return found


def handed(one: Asked) -> Handed | None:
    """Search for a question and return what is found; None where nothing is."""
    own = searched(one)
    if own is None:
        return None
    promise = Weights.fitted(read=False).promising
    near = sorted(
        candidates(own.hits), key=lambda each: -promise(retrieved(own.meant, each, own.hits))
    )
    lines = [as_line(each, one.retriever.store.document) for each in near[:LINES]]
    texts = [
        *((_whole(hit), hit.passage.text) for hit in own.hits[:PASSAGES]),
        *((each, _text(each, line)) for each, line in zip(near, lines, strict=False)),
    ]
    asks = own.meant.kind == "yesno"
    targets = [target for each, text in texts if (target := _target(one, each, text, asks))]
    answering = tuple(target for target in targets if target.answerable)
    others = tuple(target for target in targets if not target.answerable)
    return Handed(own.question, answering, others, one.half)


def draw_of(questions: Sequence[Handed], tokenizer: Tokenizer) -> Draw:
    """Return a way to draw a pair: of a question, and of what answers it or what does not."""

    def drawn(rng: random.Random) -> Pair | None:
        own = rng.choice(questions)
        first, second = own.answering, own.others
        if rng.random() >= ANSWERING:
            first, second = second, first
        target = rng.choice(first or second)
        question = own.question
        if rng.random() < MISSPELT:
            question = misspell(question, 0.15, rng)
        if rng.random() < UNMARKED:
            question = question.rstrip(" ؟?")
        return join(tokenizer, normalizer(question), target, rng)

    return drawn


def _whole(hit: Hit) -> Candidate:
    """A passage, as if it were a candidate."""
    passage = hit.passage
    span = Unit(passage.start, passage.end, "sentence")
    return Candidate(hit, span, 0, len(passage.units) - 1, 0.0, ())


def _text(one: Candidate, line: Linear | None) -> str:
    return line.text if line else one.text


def _target(one: Asked, candidate: Candidate, text: str, asks: bool) -> Target | None:
    """A text with what the reader should say; None where that is not known."""
    right = one.right(candidate)
    part = next((part for part in one.parts if part in candidate.text), "")
    if not right and not part:
        if one.holds(candidate):
            return None
        return Target(normalizer(text), None, False, NEITHER, asks)
    said = _VERDICTS.get(one.verdict)
    if said is not None:
        return Target(normalizer(text), None, True, said, True)
    gold = part if part and not right else _longest(one.golds, text)
    if not gold or text.count(gold) > 1:  # nobody can tell which of them answers
        return Target(normalizer(text), None, True)
    start = text.index(gold)
    normal, span = normalized_span(text, (start, start + len(gold)))
    return Target(normal, span if span[0] < span[1] else None, True)


def _longest(golds: Iterable[str], text: str) -> str:
    return max((gold for gold in golds if gold in text), key=len, default="")
