"""The candidates of each question with their features, gathered once and cached in a file."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.answering.sources import Asked
from cica_qa import Turn
from cica_qa.answer.conversation import resolve_question
from cica_qa.answer.evidence import FeatureValues, QuestionContext, gather_evidence, score_of
from cica_qa.answer.focus import focus_spans
from cica_qa.answer.select import AnswerWeights
from cica_qa.answer.verdict import UNREAD
from cica_qa.arabic.normalize import Normalizer
from cica_qa.arabic.questions import parse_question
from cica_qa.models.reader.reader import SpanReader

normalize = Normalizer()


@dataclass(frozen=True, slots=True)
class Tried:
    """A candidate: its features, its passage's score, and whether it is right.

    ``says`` are the probabilities of neither, yes and no; ``marked`` is the text that is in focus.
    """

    features: FeatureValues
    passage: str
    score: float
    right: bool
    holds: bool
    text: str
    marked: str = ""
    says: tuple[float, float, float] = UNREAD


@dataclass(frozen=True, slots=True)
class Trial:
    """A question with its candidates from some documents."""

    source: str
    group: str
    question: str
    kind: str
    answerable: bool
    verdict: str
    golds: tuple[str, ...]
    tried: tuple[Tried, ...]

    @property
    def near_miss(self) -> Trial | None:
        """The trial without the right candidates; None if all or none of them are right."""
        kept = [one for one in self.tried if not (one.right or one.holds)]
        if not kept or len(kept) == len(self.tried):
            return None
        return replace(self, answerable=False, tried=tuple(kept))


def gathered(
    asked: Iterable[Asked], reader: SpanReader | None, weights: AnswerWeights, kept: Path
) -> list[Trial]:
    """Return the trials of questions, from the file ``kept`` if it exists."""
    if kept.exists():
        found: list[Trial] = pickle.loads(kept.read_bytes())
        return found
    trials = [trial for one in asked if (trial := tried(one, reader, weights))]
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(pickle.dumps(trials))
    return trials


def tried(one: Asked, reader: SpanReader | None, weights: AnswerWeights) -> Trial | None:
    """Ask a question and return its trial; None if nothing is found or a number decides."""
    history = [Turn(one.before, "")] if one.before else []
    understood = resolve_question(one.question, history, normalize)
    question = one.question if understood.alone else understood.whole
    carried = "" if understood.alone else understood.carried
    hits = one.retriever.search(question, documents=one.documents)
    if not hits or hits[0].lookups:
        return None
    meant = parse_question(hits[0].match.searched)[0]
    context = QuestionContext(meant, hits, one.retriever.store.document, carried)
    found = gather_evidence(context, normalize, weights.promising, reader)
    if not found:
        return None
    # If one item of a list answers, the whole list is not a right answer.
    parts = any(one.right(own.candidate) for own in found if not own.candidate.is_list)
    rows: Sequence[Tried] = [
        Tried(
            own.features,
            own.candidate.hit.passage.passage_id,
            score_of(own.candidate.hit),
            one.right(own.candidate) and not (own.candidate.is_list and parts),
            one.holds(own.candidate),
            own.candidate.text,
            " … ".join(
                own.candidate.hit.passage.slice(*place) for place in focus_spans(meant, own)
            ),
            own.alone.reading.verdict if own.alone else UNREAD,
        )
        for own in found
    ]
    return Trial(
        one.source,
        one.group,
        one.question,
        meant.kind,
        one.answerable,
        one.verdict,
        tuple(one.golds),
        tuple(rows),
    )


def passages_of(trial: Trial) -> list[float]:
    """Return the scores of the candidates' passages."""
    scores: Mapping[str, float] = {one.passage: one.score for one in trial.tried}
    return list(scores.values())
