"""How often correct words are taken for misspelt, and how often deliberate slips are corrected.

It is measured over one article, where most words of unrelated questions are unknown and should not
be changed, and over the pool of all contexts. Changes that ``fold`` undoes do not count:
«الامانه» is just another spelling of «الأمانة».
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from typing import Any

from benchmarks._common import ARTICLE, ROOT, data_folder, read_jsonl, write_results
from benchmarks._pool import pool_retriever
from cica_qa import Retriever
from cica_qa.arabic.letters import fold
from cica_qa.evaluation.misspell import misspell

SETS = ("arcd_train", "xquad_ar", "mlqa_ar_dev", "ardqa_dev")
SAMPLE, AGAIN, SHARE = 1500, 10, 0.3
"""The sample of all sets, repetitions of the few questions on the article, share of slips."""
Changes = dict[str, str]


def main() -> None:
    folder = data_folder()
    if folder is None:
        return
    asked = dict.fromkeys(
        str(row["question"]) for name in SETS for row in read_jsonl(folder / f"{name}.jsonl")
    )
    sample = random.Random(3).sample(list(asked), min(SAMPLE, len(asked)))
    about = [
        str(row["question"]) for row in read_jsonl(ROOT / "corpus" / "questions" / "cica.jsonl")
    ]
    pool, _ = pool_retriever(folder)
    article = Retriever.from_documents([ARTICLE])
    rows = [
        {"searched": "the article", "questions": "on other matters"} | _left_alone(article, sample),
        {"searched": "the article", "questions": "on it"} | _left_alone(article, about),
        {"searched": "the pool", "questions": "on it"} | _left_alone(pool, sample),
    ]
    slips = [
        {"searched": "the article"} | _put_right(article, about * AGAIN),
        {"searched": "the pool"} | _put_right(pool, sample),
    ]
    write_results("spelling", {"As they are": rows, f"{SHARE:.0%} of the words misspelt": slips})


def _left_alone(retriever: Retriever, questions: Sequence[str]) -> dict[str, Any]:
    changes = _changes(retriever, questions)
    words = sum(len(_words(question)) for question in questions)
    return {"words": words, "changed": sum(map(len, changes))}


def _put_right(retriever: Retriever, questions: Sequence[str]) -> dict[str, Any]:
    chance = random.Random(1)
    slips = [misspell(question, SHARE, chance) for question in questions]
    counted = {"misspelt": 0, "put right": 0, "made another": 0}
    for question, slip, changes in zip(questions, slips, _changes(retriever, slips), strict=True):
        for right, wrong in zip(_words(question), _words(slip), strict=True):
            if right != wrong:
                counted["misspelt"] += 1
                counted["put right"] += changes.get(wrong) == right
                counted["made another"] += changes.get(wrong, right) != right
    return counted


def _changes(retriever: Retriever, questions: Iterable[str]) -> list[Changes]:
    """Return the words of each question that were replaced in the search, folded."""
    found = []
    for question in questions:
        hits = retriever.search(question, 1)
        pairs = hits[0].match.corrected if hits else ()
        found.append(
            {fold(typed): fold(said) for typed, said in pairs if fold(typed) != fold(said)}
        )
    return found


def _words(question: str) -> list[str]:
    return [fold(word.strip("؟?،,.:؛;()«»\"'")) for word in question.split()]


if __name__ == "__main__":
    main()
