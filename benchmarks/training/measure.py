"""How well a reader finds the answer where it is given the paragraph."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from typing import Any

import torch

from benchmarks._common import read_jsonl
from benchmarks.training.base import Base
from benchmarks.training.examples import Pair, normalizer
from benchmarks.training.network import Network
from benchmarks.training.train import scores
from cica_qa.arabic.normalize import NormalizedText
from cica_qa.evaluation.reading import exact_match, f1
from cica_qa.reader.spans import ReadSpan, Scored, snapped
from cica_qa.reader.text import question_tokens, windows

BATCH = 32


@torch.inference_mode()
def predict(
    base: Base, network: Network, rows: Sequence[dict[str, Any]]
) -> list[tuple[str, float]]:
    """Return the best stretch of each row's context, and how far it is ahead of nothing.

    It is cut as the package cuts it, from the text as it is written.
    """
    network.eval()
    pairs: list[tuple[int, Pair]] = []
    texts = [normalizer.normalize(row["context"]) for row in rows]
    for at, (row, text) in enumerate(zip(rows, texts, strict=True)):
        question = question_tokens(base.tokenizer, normalizer(row["question"]))
        pairs += [(at, Pair(question, w, 0, 0)) for w in windows(base.tokenizer, text.text)]
    pairs.sort(key=lambda entry: len(entry[1].window.ids))
    best: dict[int, ReadSpan] = {}
    for first in range(0, len(pairs), BATCH):
        part = pairs[first : first + BATCH]
        starts, ends = scores(base, network, [pair for _, pair in part])
        both = torch.stack([starts, ends], -1).cpu().numpy()
        for (at, pair), own in zip(part, both, strict=True):
            tokens = own[1 : len(pair.window.ids) + 1]
            window = Scored(pair.window.places, tokens, float(own[0].sum()))
            found = window.best(0, len(texts[at].text))
            if found and (at not in best or found.score > best[at].score):
                best[at] = found
    return [
        _said(row, text, best.get(at))
        for at, (row, text) in enumerate(zip(rows, texts, strict=True))
    ]


def _said(row: dict[str, Any], text: NormalizedText, span: ReadSpan | None) -> tuple[str, float]:
    if span is None:
        return "", 0.0
    start, end = snapped(text.text, span.start, span.end)
    return row["context"][slice(*text.original_span(start, end))] if end > start else "", span.score


def measure(base: Base, network: Network, fold: str, data: Path) -> list[dict[str, Any]]:
    """Return EM and F1 over what was left out of the training of a network."""
    if fold == "arcd":
        return reading(base, network, "ARCD train", read_jsonl(data / "arcd_train.jsonl"))
    if fold == "ardqa":
        rows = read_jsonl(data / "ardqa_dev.jsonl")
        return reading(base, network, "ArDQA dev", rows, "question_variety")
    if fold == "xquad":
        arabic = read_jsonl(data / "xquad_ar.jsonl")
        other = read_jsonl(data / "xquad_other.jsonl")
        english = {row["qid"]: row["question"] for row in other if row["language"] == "en"}
        asked = [{**row, "question": english[row["qid"]]} for row in arabic]
        return [
            *reading(base, network, "XQuAD-ar", arabic),
            *reading(base, network, "XQuAD-ar asked in English", asked),
        ]
    return []


def reading(
    base: Base, network: Network, name: str, rows: Sequence[dict[str, Any]], group: str = ""
) -> list[dict[str, Any]]:
    """Return EM and F1 over questions, or over each group of them."""
    rows = [row for row in rows if row["answers"] and row["answers"][0]]
    marks = defaultdict(list)
    for row, (said, _) in zip(rows, predict(base, network, rows), strict=True):
        marks[f"{name} {row[group]}" if group else name].append(
            (exact_match(said, row["answers"]), f1(said, row["answers"]))
        )
    return [
        {
            "set": title,
            "questions": len(own),
            "EM": mean(e for e, _ in own),
            "F1": mean(f for _, f in own),
        }
        for title, own in marks.items()
    ]
