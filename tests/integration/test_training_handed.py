"""What the reader learns of real searches: the texts that an answer rests on, with their labels."""

from __future__ import annotations

import random
from itertools import islice
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from benchmarks.answering import sources
from benchmarks.training.documents import left_in
from benchmarks.training.handed import Handed, draw_of, handed
from benchmarks.training.pairs import NO, UNKNOWN, YES, Target, join
from cica_qa.models.bundled import prepare_bundled

DATA = Path(__file__).parents[1] / "data"


@pytest.fixture(scope="module")
def asked() -> list[sources.Asked]:
    return list(islice(sources.real_documents(DATA / "realdocs"), 40))


@pytest.fixture(scope="module")
def found(asked: list[sources.Asked]) -> list[Handed]:
    return [own for one in asked if (own := handed(one))]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_file(str(prepare_bundled(None) / "tokenizer.json"))


def of(found: list[Handed], words: str) -> Handed:
    return next(one for one in found if words in one.question)


def test_a_number_is_pointed_at_where_it_answers_and_denied_elsewhere(found: list[Handed]) -> None:
    own = of(found, "كم رسم ترخيص المشغل")
    assert {one.text[slice(*(one.span or (0, 0)))] for one in own.answering} == {"8,000 دينار"}
    assert own.others
    assert not any(one.answerable or "8,000 دينار" in one.text for one in own.others)


def test_yes_and_no_are_said_of_what_says_so(found: list[Handed]) -> None:
    for words, verdict in (("الكراسي المتحركة", NO), ("فضلت ساكتة", YES)):
        own = of(found, words)
        assert {one.verdict for one in own.answering} == {verdict}
        assert {one.span for one in own.answering} == {None}
        assert {one.verdict for one in own.others} == {0}


def test_a_question_of_documents_that_do_not_answer_has_only_others(
    asked: list[sources.Asked], found: list[Handed]
) -> None:
    lacking = {one.question for one in asked if not one.answerable}
    assert lacking
    assert sum(not one.answering for one in found) >= len(lacking) // 2


def test_twins_are_left_out_together() -> None:
    halves: dict[str, set[int]] = {}
    for one in sources.real_documents(DATA / "realdocs"):
        halves.setdefault(one.group.split("/")[1].split("_")[0], set()).add(one.half)
    assert {len(own) for own in halves.values()} == {1}
    assert {half for own in halves.values() for half in own} == {0, 1}


def test_a_network_learns_from_the_other_half(found: list[Handed]) -> None:
    for half in (0, 1):
        assert {one.half for one in left_in(found, half)} <= {1 - half}
    assert len(left_in(found, 0)) + len(left_in(found, 1)) == len(found)


def test_pairs_are_drawn_of_both(found: list[Handed], tokenizer: Tokenizer) -> None:
    draw, rng = draw_of(found, tokenizer), random.Random(1)
    pairs = [pair for _ in range(300) if (pair := draw(rng))]
    share = sum(pair.answerable for pair in pairs) / len(pairs)
    assert 0.2 < share < 0.6
    assert all(pair.start == 0 for pair in pairs if not pair.answerable)


def test_what_answers_without_a_word_that_is_told_is_not_learnt_as_no_answer(
    tokenizer: Tokenizer,
) -> None:
    pair = join(tokenizer, "متي", Target("افتتح المركز عام 1999.", None, True), random.Random(1))
    assert pair is not None
    assert (pair.answerable, pair.start, pair.end) == (1, UNKNOWN, UNKNOWN)
    long = Target("كلمة " * 400, None, True)
    assert join(tokenizer, "متي", long, random.Random(1)) is None
