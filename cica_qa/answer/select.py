"""Ranking of candidates, and the confidence that the best one answers, by fitted weights.

``python -m benchmarks.answering`` fits ``weights.json``, leaving out each source in turn. The
ranking weights come from a listwise softmax over the candidates of a question. Boosted trees give
the confidence in the first candidate from its features and its lead over the others.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Self, TypedDict

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
"""Features for which the lead over the best other candidate is a feature too."""
PASSAGE_AHEAD, ONE_PASSAGE, CANDIDATE_COUNT = "passage ahead", "one passage", "candidates"


@dataclass(frozen=True, slots=True)
class AnswerWeights:
    """The fitted weights of the features, by name.

    ``promise`` preselects candidates, ``order`` ranks them, and ``sure`` gives the confidence in
    the first. ``verdict`` has the weights for yes, no and neither (``verdict.py``);
    ``least_verdict`` is the lowest probability at which yes or no is said.
    """

    promise: Mapping[str, float]
    order: Mapping[str, float]
    sure: BoostedTrees
    verdict: Mapping[str, Mapping[str, float]]
    least_verdict: float

    @classmethod
    def fitted(cls, read: bool) -> Self:
        """Return the bundled weights for candidates that the reader has read, or for others."""
        of = _fitted()["read" if read else "unread"]
        return cls(
            of["promise"],
            of["order"],
            BoostedTrees.of(of["sure"]),
            of["verdict"],
            of["least_verdict"],
        )

    def promising(self, features: FeatureValues) -> float:
        """Return how promising a candidate is by the features known before it is read by itself."""
        return weighted_sum(self.promise, features)

    def ordered(self, evidence: Sequence[CandidateEvidence]) -> list[CandidateEvidence]:
        """Return the candidates, best first; ties keep their order."""
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
    """Return the features of candidate ``at`` and its lead over the other candidates.

    ``passages`` are the scores of the passages that the candidates come from.
    """
    best, *rest = sorted(passages, reverse=True)
    return {
        **candidates[at],
        **{f"{name} ahead": _lead(candidates, at, name) for name in RELATIVE},
        PASSAGE_AHEAD: best - rest[0] if rest else 0.0,
        ONE_PASSAGE: float(not rest),
        CANDIDATE_COUNT: float(len(candidates)),
        f"asks for {kind}": 1.0,
    }


def _lead(candidates: Sequence[FeatureValues], at: int, name: str) -> float:
    values = [one.get(name, 0.0) for one in candidates]
    others = values[:at] + values[at + 1 :]
    return values[at] - max(others) if others else 1.0


def weighted_sum(weights: Mapping[str, float], features: FeatureValues) -> float:
    """Return the weighted sum of features; those without a weight are ignored."""
    return sum(weight * features.get(name, 0.0) for name, weight in weights.items() if weight)


def confidence_levels() -> Mapping[str, float]:
    """Return the lowest confidence of an answer that is ``sure`` and of one that is ``likely``."""
    return _fitted()["read"]["levels"]


class _FileWeights(TypedDict):
    promise: Mapping[str, float]
    order: Mapping[str, float]
    sure: Mapping[str, Any]
    verdict: Mapping[str, Mapping[str, float]]
    least_verdict: float
    levels: Mapping[str, float]


@cache
def _fitted() -> Mapping[str, _FileWeights]:
    text = files("cica_qa.answer").joinpath(WEIGHTS_FILE).read_text(encoding="utf-8")
    loaded: Mapping[str, _FileWeights] = json.loads(text)
    return loaded
