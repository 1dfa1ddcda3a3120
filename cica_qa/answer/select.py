"""Which candidate answers best, and how sure it is that the documents answer: fitted weights.

``weights.json`` is what ``python -m benchmarks.answering`` fits, each source left out in turn. The
weights of the order are those of a listwise softmax over the candidates of a question; the
confidence is what boosted trees give the first one, by itself and against the others.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Self

from cica_qa.answer.evidence import CandidateEvidence, FeatureValues, score_of
from cica_qa.answer.trees import BoostedTrees
from cica_qa.arabic.questions import QuestionKind

WEIGHTS_FILE = "weights.json"
RELATIVE = (
    "cosine",
    "meaning",
    "hit",
    "own words",
    "words in context",
    "words meant",
    "least word",
    "read in its passage",
    "read alone",
    "answers",
)
"""Features whose lead over the best other candidate is a feature, too."""
PASSAGE_AHEAD, ONE_PASSAGE, CANDIDATES = "passage ahead", "one passage", "candidates"


@dataclass(frozen=True, slots=True)
class AnswerWeights:
    """What each feature weighs, by its name.

    ``promise`` tells which candidates are worth a closer look, ``order`` which is best and
    ``sure`` how sure that is an answer. ``verdict`` weighs what speaks for yes, no and neither
    (``verdict.py``), and ``least_verdict`` is the probability from which on yes or no is said.
    """

    promise: Mapping[str, float]
    order: Mapping[str, float]
    sure: BoostedTrees
    verdict: Mapping[str, Mapping[str, float]]
    least_verdict: float

    @classmethod
    def fitted(cls, read: bool) -> Self:
        """Return the package's: those for what was ``read``, or for what was not."""
        of = _fitted()["read" if read else "unread"]
        return cls(
            of["promise"],
            of["order"],
            BoostedTrees.of(of["sure"]),
            of["verdict"],
            of["least_verdict"],
        )

    def promising(self, features: FeatureValues) -> float:
        """Return how promising a candidate is, by what is known of it before it is read alone."""
        return weighted_sum(self.promise, features)

    def ordered(self, evidence: Sequence[CandidateEvidence]) -> list[CandidateEvidence]:
        """Return candidates, best first; of equals, the first found first."""
        return sorted(evidence, key=lambda one: -weighted_sum(self.order, one.features))

    def confidence(self, ordered: Sequence[CandidateEvidence], kind: QuestionKind) -> float:
        """Return the probability, between 0 and 1, that the first candidate answers.

        ``kind`` is what the question asks for.
        """
        if not ordered:
            return 0.0
        hits = {one.candidate.hit.passage.passage_id: one.candidate.hit for one in ordered}
        features = [one.features for one in ordered]
        return self.sure.probability(
            relative_features(features, 0, kind, list(map(score_of, hits.values())))
        )


def relative_features(
    candidates: Sequence[FeatureValues], at: int, kind: QuestionKind, passages: Sequence[float]
) -> dict[str, float]:
    """Return what is told of one of the candidates: its features, and how far they are ahead.

    ``passages`` are the scores of the passages that there are candidates of.
    """
    best, next_best = (*sorted(passages, reverse=True), None)[:2]
    assert best is not None
    return {
        **candidates[at],
        **{f"{name} ahead": _ahead(candidates, at, name) for name in RELATIVE},
        PASSAGE_AHEAD: best - next_best if next_best is not None else 0.0,
        ONE_PASSAGE: float(next_best is None),
        CANDIDATES: float(len(candidates)),
        f"asks for {kind}": 1.0,
    }


def _ahead(candidates: Sequence[FeatureValues], at: int, name: str) -> float:
    values = [one.get(name, 0.0) for one in candidates]
    others = values[:at] + values[at + 1 :]
    return values[at] - max(others) if others else 1.0


def weighted_sum(weights: Mapping[str, float], features: FeatureValues) -> float:
    """Return the sum of what features weigh; those without a weight count nothing."""
    return sum(weight * features.get(name, 0.0) for name, weight in weights.items() if weight)


def confidence_levels() -> Mapping[str, float]:
    """Return the confidence from which on an answer is ``sure``, and from which on ``likely``."""
    found: Mapping[str, float] = _fitted()["read"]["levels"]
    return found


@cache
def _fitted() -> Mapping[str, Any]:
    text = files("cica_qa.answer").joinpath(WEIGHTS_FILE).read_text(encoding="utf-8")
    loaded: Mapping[str, Any] = json.loads(text)
    return loaded
