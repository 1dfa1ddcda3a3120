"""Texts that the retriever finds for a question and that do not answer it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks._answer_evidence import pool_retriever
from benchmarks._common import read_jsonl
from cica_qa.arabic.normalize import Normalizer

SETS = ("xquad_ar", "arcd_train", "mlqa_ar_dev", "ardqa_dev")
HITS = 8
KEPT = 4
BATCH = 64


def wrong_hits(data: Path, place: Path) -> dict[str, list[str]]:
    """Return by question id the texts of wrong hits, best first, from ``place`` where kept.

    Hits of the question's own context and those that hold an answer are left out.
    """
    if place.exists():
        kept: dict[str, list[str]] = json.loads(place.read_text(encoding="utf-8"))
        return kept
    retriever, _ = pool_retriever(data)
    normalize = Normalizer()
    found: dict[str, list[str]] = {}
    for name in SETS:
        rows = [row for row in read_jsonl(data / f"{name}.jsonl") if row["answers"]]
        for at in range(0, len(rows), BATCH):
            part = rows[at : at + BATCH]
            hits = retriever.search_many([row["question"] for row in part], HITS)
            for row, own in zip(part, hits, strict=True):
                texts = [h.passage.text for h in own if h.passage.doc_id != row["context_id"]]
                found[row["qid"]] = _without(texts, row, normalize)
    new = place.with_suffix(".new")
    new.write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")
    new.replace(place)
    return found


def _without(texts: Sequence[str], row: dict[str, Any], normalize: Normalizer) -> list[str]:
    answers = [normalize(answer) for answer in row["answers"] if answer]
    return [t for t in map(normalize, texts) if not any(a in t for a in answers)][:KEPT]
