"""The fitted weights, the ranking and confidence they give, and verdicts."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.answering.__main__ import LEAST_RIGHT, LEVELS
from cica_qa import Document, Retriever
from cica_qa.answer.answerer import ExtractiveAnswerer
from cica_qa.answer.evidence import QuestionContext
from cica_qa.answer.select import (
    ONE_PASSAGE,
    PASSAGE_AHEAD,
    WEIGHTS_FILE,
    AnswerWeights,
    relative_features,
    weighted_sum,
)
from cica_qa.answer.trees import BoostedTrees
from cica_qa.answer.verdict import (
    NO,
    YES,
    decide_verdict,
    states_verdict,
    verdict_features,
    verdict_probabilities,
)
from cica_qa.arabic.questions import QuestionKind, parse_question

REPORT = Path(__file__).parents[2] / "benchmarks" / "results" / "answering.json"
FEATURES = verdict_features("هل؟", "نص", (0.2, 0.4, 0.4), 0.9, 1.0)
TEXT = "يقع المتحف في شارع النيل. يفتح المتحف أبوابه من التاسعة صباحًا. سعر التذكرة 20 جنيهًا."


@pytest.fixture(scope="module")
def museum() -> Retriever:
    return Retriever.from_documents([Document("museum", "متحف المدينة", TEXT)])


@pytest.mark.parametrize("read", [True, False])
def test_every_weight_belongs_to_a_feature_that_exists(museum: Retriever, read: bool) -> None:
    answerer = ExtractiveAnswerer(0.0, museum.reader if read else None)
    hits = museum.search("كم سعر التذكرة؟")
    asked = parse_question(answerer.searched("كم سعر التذكرة؟", hits))[0]
    found = answerer.rank(QuestionContext(asked, hits, museum.store.document))
    weights = AnswerWeights.fitted(read)
    measured = set(found[0].features)
    assert set(weights.promise) <= measured
    assert set(weights.order) <= measured
    known = set(relative_features([one.features for one in found], 0, asked.kind, [0.5]))
    kinds = {f"asks for {kind}" for kind in get_args(QuestionKind)}
    assert set(weights.sure.names) <= known | kinds
    assert all(set(of) - {"bias"} <= set(FEATURES) for of in weights.verdict.values())
    assert found[0].candidate.text == "سعر التذكرة 20 جنيهًا."


def test_the_file_has_weights_with_and_without_a_reader() -> None:
    written = json.loads(files("cica_qa.answer").joinpath(WEIGHTS_FILE).read_text(encoding="utf-8"))
    assert set(written) == {"read", "unread"}
    assert all(set(of["verdict"]) == {YES, NO, ""} for of in written.values())


def test_confidence_is_zero_without_candidates() -> None:
    assert AnswerWeights.fitted(True).confidence([], "thing") == 0.0


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=6), st.data())
def test_the_lead_is_the_difference_to_the_best_other_candidate(
    values: list[float], data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(values) - 1))
    known = relative_features([{"answers": value} for value in values], at, "date", [0.7])
    others = values[:at] + values[at + 1 :]
    assert known["answers ahead"] == (values[at] - max(others) if others else 1.0)
    assert (known[PASSAGE_AHEAD], known[ONE_PASSAGE], known["asks for date"]) == (0.0, 1.0, 1.0)


def test_features_without_a_weight_are_ignored() -> None:
    assert weighted_sum({"a": 2.0, "b": 1.0}, {"a": 3.0, "c": 9.0}) == 6.0


def test_the_sum_of_the_trees_is_a_logit() -> None:
    trees = BoostedTrees(["a", "b"], 0.0, [[0, 1.0, -1.0, [1, 0.5, 2.0, 3.0]], 1.0])
    assert trees.probability({"a": 1.0}) == pytest.approx(0.5)  # -1 + 1; «a» is not above 1
    assert trees.probability({"a": 2.0}) == pytest.approx(1 / (1 + math.exp(-3)))
    assert trees.probability({"a": 2.0, "b": 9.0}) == pytest.approx(1 / (1 + math.exp(-4)))


@pytest.mark.parametrize(
    ("question", "text", "denied", "another"),
    [
        ("هل يجوز التاجير؟", "لا يجوز التاجير.", 1.0, 0.0),
        ("الا يجوز التاجير؟", "يجوز التاجير.", 0.0, 0.0),
        ("هل طول النهر 500 كم؟", "طول النهر 300 كم.", 0.0, 1.0),
        ("هل طول النهر 500 كم؟", "طول النهر خمسمئة كم، وما زال يطول.", 0.0, 0.0),
        ("هل هو طويل؟", "طوله 300 كم.", 0.0, 0.0),
    ],
)
def test_denials_and_other_numbers_are_features(
    question: str, text: str, denied: float, another: float
) -> None:
    features = verdict_features(question, text, (0.2, 0.4, 0.4), 0.9, 1.0)
    assert (features["denied"], features["another number"]) == (denied, another)


@pytest.mark.parametrize(
    ("question", "text", "denied"),
    [
        ("هل الراتب 11000 ريال؟", "الراتب 11000 ريال، ولا يوفر صاحب العمل سكنا.", 0.0),
        ("هل يوفر صاحب العمل سكنا؟", "الراتب 11000 ريال، ولا يوفر صاحب العمل سكنا.", 1.0),
        ("هل لا يوفر صاحب العمل سكنا؟", "لا يوفر صاحب العمل سكنا.", 0.0),
        ("Is lunch served?", "لا يقدم الغداء.", 1.0),  # the whole text counts
    ],
)
def test_a_denial_of_something_else_is_none_of_the_words_asked_about(
    question: str, text: str, denied: float
) -> None:
    features = verdict_features(question, text, (0.2, 0.4, 0.4), 0.9, 1.0)
    assert features["its words denied"] == denied


def test_yes_or_no_is_said_only_if_it_is_likely() -> None:
    weights = {YES: {"bias": 0.0}, NO: {"bias": 0.0, "denied": 4.0}, "": {"bias": 0.0}}
    features = {"denied": 1.0}
    assert verdict_probabilities(weights, features)[NO] == pytest.approx(
        math.exp(4) / (math.exp(4) + 2)
    )
    assert decide_verdict(weights, 0.9, features) == NO
    assert decide_verdict(weights, 0.9, {"denied": 0.0}) == ""


def test_a_text_that_says_yes_or_no_itself_is_recognised() -> None:
    assert states_verdict("نعم، خلال سبعة ايام.")
    assert states_verdict("لا. يدفع المستاجر.")
    assert not states_verdict("لا يجوز للمستاجر ذلك.")
    assert not states_verdict("يجوز ذلك.")


@pytest.mark.parametrize("kind", ["read", "unread"])
def test_the_thresholds_agree_with_the_reported_tables(kind: str) -> None:
    written = json.loads(
        files("cica_qa.answer").joinpath(WEIGHTS_FILE).read_text(encoding="utf-8")
    )[kind]
    tables = json.loads(REPORT.read_text(encoding="utf-8"))["tables"]
    said = next(rows for title, rows in tables.items() if "«نعم»" in title and f"({kind})" in title)
    assert written["least_verdict"] == _least(said, "right", LEAST_RIGHT)
    levels = next(
        rows
        for title, rows in tables.items()
        if f"by confidence, the group left out ({kind})" in title
    )
    mean = "right, mean of the sources"
    assert written["levels"] == {
        name: _least(levels, mean, least) for name, least in LEVELS.items()
    }


def _least(rows: Sequence[Mapping[str, Any]], share: str, least: float) -> float:
    return min(float(row["from"]) for row in rows if row[share] != "" and row[share] >= least)
