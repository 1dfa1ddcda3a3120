"""How well a reader does on sets that its training left out, run as in the package.

``python -m benchmarks.training.measure`` measures the weights of the stage that left the sets out;
``--weights`` measures another file, ``--curve`` the intermediate weights of the training.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import mean, median
from time import perf_counter
from typing import Any

import torch
from sklearn.metrics import roc_auc_score
from tokenizers import Tokenizer

from benchmarks._common import ROOT, data_folder, write_results
from benchmarks._peers.environment import CACHE
from benchmarks.training.as_reader import as_reader
from benchmarks.training.base import Base
from benchmarks.training.held_out import (
    ENGLISH,
    real_questions,
    span_sets,
    verdict_sets,
    without_answer,
    wrong_passages,
)
from benchmarks.training.pairs import NEITHER, NO, YES
from benchmarks.training.pool import HITS, pool_table
from benchmarks.training.sets import Question, normalized, span_questions
from benchmarks.training.train import CHECKPOINT, Kept
from cica_qa import Settings
from cica_qa.evaluation.reading import exact_match, f1
from cica_qa.models.bundled import prepare_bundled
from cica_qa.models.reader.reader import ReaderResult, SpanReader
from cica_qa.models.reader.text import PassageTokens
from cica_qa.models.reader.weights import READER_FILE

Row = dict[str, Any]
Tables = dict[str, list[Row]]
STAGES = ("trunk", "left-out", "released")
"""The folders of the stages; the second has the weights that are measured."""
REAL_DOCUMENTS = ROOT.parent / "shared" / "realdocs"
TOKENS = 200
TIMED = 40
CURVE_SAMPLE = 150


def measure(
    reader: SpanReader,
    data: Path,
    sample: int | None = None,
    real: Path = REAL_DOCUMENTS,
    retrieved: int = 0,
) -> Tables:
    """Return all tables for a reader whose training left the sets out.

    ``sample`` and ``retrieved`` limit the questions of a set that are asked of given passages and
    of the retriever's hits.
    """
    sets = span_sets(data, sample)
    tables = {
        "The paragraph given": [spans_row(reader, name, own) for name, own in sets.items()],
        "Whether a passage answers, AUROC": _answerable(reader, data, sets),
        "Yes or no": [
            _verdicts(reader, name, own) for name, own in verdict_sets(data, sample).items()
        ],
    }
    if real.is_dir():
        tables["Real documents, the lines given"] = _real(reader, real)
    tables[f"Milliseconds, {HITS} passages of {TOKENS} tokens read whole, medians"] = [
        _timed(reader, data)
    ]
    if retrieved:
        tables["Hits of the pool"] = pool_table(reader, data, span_sets(data, retrieved))
    return tables


def read_span(reader: SpanReader, question: str, text: str) -> str:
    """Return the span of a text that the reader marks."""
    [reading] = reader.read(question, [text])
    span = reading.best(0, len(text))
    return text[span.start : span.end] if span else ""


def spans_row(reader: SpanReader, name: str, questions: Sequence[Question]) -> Row:
    """Return EM and F1 of the marked spans, given the paragraph."""
    said = [read_span(reader, question.question, question.context) for question in questions]
    pairs = list(zip(said, (question.answers for question in questions), strict=True))
    return {
        "set": name,
        "questions": len(questions),
        "EM": mean(exact_match(*pair) for pair in pairs),
        "F1": mean(f1(*pair) for pair in pairs),
    }


def _answerable(
    reader: SpanReader, data: Path, sets: Mapping[str, Sequence[Question]]
) -> list[Row]:
    """Compare passages with themselves without the answer, and with wrong ones of the pool."""
    arabic = {question.qid: question for question in span_questions(data, "xquad_ar")}
    # English questions share few n-grams with passages: Arabic ones find the wrong passages.
    asked = [arabic[q.qid] if name == ENGLISH else q for name, own in sets.items() for q in own]
    wrong = iter(wrong_passages(data, asked))
    return [_told_apart(reader, name, own, wrong) for name, own in sets.items()]


def _told_apart(
    reader: SpanReader, name: str, questions: Sequence[Question], wrong: Iterator[list[str]]
) -> Row:
    given: list[float] = []
    worst: list[float] = []
    near: list[tuple[float, float]] = []
    for question in questions:
        left = without_answer(question)
        texts = [question.context, *([left] if left else []), *next(wrong)]
        own, *others = (one.answerable for one in reader.read(question.question, texts))
        if left:
            near.append((own, others.pop(0)))
        given.append(own)
        worst.append(max(others, default=0.0))
    return {
        "set": name,
        "questions": len(given),
        "near misses": auroc(*zip(*near, strict=True)),
        "wrong hits of the pool": auroc(given, worst),
    }


def auroc(answering: Sequence[float], others: Sequence[float]) -> float:
    """Return how often a score of the first group exceeds one of the second (AUROC)."""
    labels = [1] * len(answering) + [0] * len(others)
    return float(roc_auc_score(labels, [*answering, *others]))


def _verdicts(reader: SpanReader, name: str, questions: Sequence[Question]) -> Row:
    readings = [reader.read(one.question, [one.context])[0] for one in questions]
    return {
        "set": name,
        **verdict_row(readings, [question.verdict for question in questions]),
    }


def verdict_row(readings: Sequence[ReaderResult], verdicts: Sequence[int]) -> Row:
    """Return how often yes or no is right, and how often each of the three verdicts."""
    shares = [reading.verdict for reading in readings]
    said = [max((NEITHER, YES, NO), key=own.__getitem__) for own in shares]
    either = [
        (own[YES] > own[NO]) == (verdict == YES)
        for own, verdict in zip(shares, verdicts, strict=True)
        if verdict != NEITHER
    ]
    pairs = list(zip(said, verdicts, strict=True))
    neither = [one == NEITHER for one, verdict in pairs if verdict == NEITHER]
    stated = [one == verdict for one, verdict in pairs if one != NEITHER]
    return {
        "questions": len(pairs),
        "yes or no": mean(either) if either else "-",
        "three ways": mean(one == verdict for one, verdict in pairs),
        "neither kept apart": mean(neither) if neither else "-",
        "right where yes or no is said": mean(stated) if stated else "-",
    }


def _real(reader: SpanReader, folder: Path) -> list[Row]:
    questions = list(real_questions(folder))
    asked = [one for one in questions if one.verdict is not None]
    readings = [reader.read(one.question, [one.text])[0] for one in asked]
    marked = [
        (read_span(reader, q.question, q.text), q.golds) for q in questions if q.verdict is None
    ]
    verdicts = verdict_row(readings, [one.verdict for one in asked if one.verdict is not None])
    return [
        {"what": "spans, F1", "questions": len(marked), "score": mean(f1(*own) for own in marked)},
        *(
            {"what": what, "questions": len(asked), "score": verdicts[what]}
            for what in ("yes or no", "three ways")
        ),
    ]


def _timed(reader: SpanReader, data: Path) -> Row:
    """Return the median times for a question over new passages, and for another over the same."""
    questions = span_questions(data, "xquad_ar")
    texts = _texts(one.context for one in questions)
    first: list[float] = []
    again: list[float] = []
    for at in range(min(TIMED, len(texts) // HITS)):
        own = texts[at * HITS : (at + 1) * HITS]
        for question, took in ((questions[2 * at], first), (questions[2 * at + 1], again)):
            started = perf_counter()
            reader.read(question.question, own)
            took.append(1000 * (perf_counter() - started))
    return {
        "questions": len(first),
        "new passages": median(first),
        "passages read before": median(again),
    }


def _texts(contexts: Iterable[str]) -> list[str]:
    """Return spans of ``TOKENS`` tokens of the concatenated texts."""
    tokenizer = Tokenizer.from_file(str(prepare_bundled(None) / "tokenizer.json"))
    text = normalized(" ".join(dict.fromkeys(contexts)))
    places = PassageTokens.of(tokenizer, text).places
    edges = [places[at][0] for at in range(0, len(places), TOKENS)]
    return [text[start:end] for start, end in pairwise(edges)]


def curve(base: Base, work: Path, data: Path, sample: int) -> list[Row]:
    """Return F1 of the intermediate weights of the stages, by the number of pairs seen."""
    sets = span_sets(data, sample)
    rows = []
    for stage in STAGES[:2]:
        for file in (*(work / stage).glob("averaged-*.pt"), *(work / stage).glob(CHECKPOINT)):
            kept = Kept.read(file)
            reader = as_reader(base, kept.network(base))
            scores = {name: spans_row(reader, name, own)["F1"] for name, own in sets.items()}
            rows.append({"stage": stage, "steps": kept.step, "pairs": kept.pairs, **scores})
    return sorted(rows, key=lambda row: (row["pairs"], row["stage"]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=data_folder(), help="the question sets")
    parser.add_argument("--work", type=Path, default=CACHE / "reader", help="what training kept")
    parser.add_argument("--weights", type=Path, help="a file of weights")
    parser.add_argument("--sample", type=int, help="so many questions of each set")
    parser.add_argument("--real", type=Path, default=REAL_DOCUMENTS, help="the real documents")
    parser.add_argument(
        "--retrieved", type=int, default=0, help="ask so many of each set of the retriever, too"
    )
    parser.add_argument("--curve", action="store_true", help="F1 by the pairs that were seen")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    args = parser.parse_args()
    if args.data is None:
        return
    if args.curve:
        base = Base.load(args.work / "base", torch.device(args.device))
        rows = curve(base, args.work, args.data, args.sample or CURVE_SAMPLE)
        write_results("reader-curve", {"F1 by pairs seen, the paragraph given": rows})
        return
    weights = args.weights or args.work / STAGES[1] / READER_FILE
    if not weights.exists():
        sys.exit(f"no weights in {weights}: python -m benchmarks.training makes them")
    write_results(
        "reader",
        measure(
            SpanReader.load(Settings(), weights), args.data, args.sample, args.real, args.retrieved
        ),
    )


if __name__ == "__main__":
    main()
