"""The evidence for the candidates of every question, as tensors for fitting weights."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks._common import read_jsonl
from benchmarks._peers.environment import CACHE
from benchmarks._sets import Collection
from cica_qa import Document, Settings, build_index
from cica_qa.arabic.analyze import Analyzer
from cica_qa.arabic.clean import clean_question
from cica_qa.arabic.dialect import is_dialect
from cica_qa.arabic.normalize import Normalizer
from cica_qa.index.store import DiskStore
from cica_qa.models.encoder import load_encoder
from cica_qa.retrieve.evidence import Evidence, gather
from cica_qa.retrieve.fuse import FUSION_WEIGHTS, SHORT_PASSAGE, TYPICAL_LENGTH, left_to_title
from cica_qa.retrieve.query import QueryReader

K = 10
SIGNALS = ("unknown words", "dense gap", "lexical gap", "agreement", "words", "dialect")
"""Other signals that were tried for how much to trust words."""


@dataclass
class Packed:
    """The evidence for all questions of a set, in flat tensors.

    ``query``, ``part`` and ``gold`` have an entry per candidate, ``child`` and ``owner`` (the
    child's candidate) an entry per child, ``question`` an entry per question.
    """

    query: torch.Tensor
    owner: torch.Tensor
    child: dict[str, torch.Tensor]
    part: dict[str, torch.Tensor]
    question: dict[str, torch.Tensor]
    gold: torch.Tensor

    @property
    def size(self) -> int:
        return len(self.question["best"])


def titles_of(folder: Path) -> dict[str, str]:
    names = ("xquad_ar", "arcd_train", "mlqa_ar_dev", "ardqa_dev", "tydiqa_other")
    entries = (entry for name in names for entry in read_jsonl(folder / f"{name}.jsonl"))
    titles = {entry["context_id"]: entry["title"] for entry in entries}
    others = read_jsonl(folder / "wikipedia_distractors.jsonl")
    return titles | {f"wikipedia-{entry['id']}": entry["title"] for entry in others}


def collect(collection: Collection, titles: Mapping[str, str]) -> dict[str, Packed]:
    settings = Settings(model="bundled")
    index = CACHE / "indexes" / f"titled-{collection.name}"
    documents = [Document(key, titles[key], text) for key, text in collection.documents.items()]
    build_index(documents, index, settings=settings)
    store, _ = DiskStore.load(index)
    reader = QueryReader(load_encoder(settings), Normalizer(), Analyzer())
    owners = [store.passage(position).doc_id for position in range(len(store))]
    found = {}
    for name, questions in collection.sets.items():
        evidence, gold = [], []
        for question in questions:
            (query,) = reader.read([clean_question(question.text, 2000)], store)
            (one,) = gather(store, [query], K, None)
            assert one is not None
            evidence.append(one)
            gold.append([owners[position] in question.gold for position in one.positions])
        found[name] = _pack(evidence, gold, [question.text for question in questions])
        print(f"{name}: {len(questions)} questions", flush=True)
    return found


def _pack(
    evidence: Sequence[Evidence], gold: Sequence[Sequence[bool]], questions: Sequence[str]
) -> Packed:
    counts = np.array([len(one.positions) for one in evidence])
    children = [np.diff(np.append(one.starts, len(one.cosines))) for one in evidence]
    return Packed(
        query=torch.tensor(np.repeat(np.arange(len(evidence)), counts)),
        owner=torch.tensor(np.repeat(np.arange(counts.sum()), np.concatenate(children))),
        child={
            "cosine": _flat([one.cosines for one in evidence]),
            "stems": _flat([one.coverage for one in evidence]),
        },
        part={
            "title": _flat([left_to_title(one) for one in evidence]),
            "bm25": _flat([one.bm25 for one in evidence]),
            "alignment": _flat([_mean_similarity(one) for one in evidence]),
            "length": _flat(
                [np.log((one.lengths + SHORT_PASSAGE) / TYPICAL_LENGTH) for one in evidence]
            ),
        },
        question={
            "best": _flat([[max(one.best_bm25, 1e-6)] for one in evidence]),
            "ideal": _flat([[one.ideal_bm25] for one in evidence]),
            "foreign": _flat([[one.foreign] for one in evidence]),
            **_signals(evidence, questions),
        },
        gold=_flat(gold) > 0,
    )


def _flat(parts: Sequence[Any]) -> torch.Tensor:
    return torch.tensor(np.concatenate(parts), dtype=torch.float32)


def _mean_similarity(one: Evidence) -> Any:
    similarities = np.clip(one.similarities, FUSION_WEIGHTS.least_similarity, 1)
    return similarities.mean(axis=1) if similarities.shape[1] else np.zeros(len(one.positions))


def _signals(evidence: Sequence[Evidence], questions: Sequence[str]) -> dict[str, torch.Tensor]:
    """Return signals of how much to trust words, each between about -1 and 1."""
    found: dict[str, list[list[float]]] = {name: [] for name in SIGNALS}
    for one, text in zip(evidence, questions, strict=True):
        dense = np.maximum.reduceat(one.cosines, one.starts)
        nearest, matching = np.argsort(-dense), np.argsort(-one.bm25)
        first, second = np.sort(one.bm25)[::-1][:2] if len(one.bm25) > 1 else (1.0, 1.0)
        found["unknown words"].append([1 - float(one.coverage.max())])
        gap = dense[nearest[0]] - dense[nearest[1]] if len(dense) > 1 else 0.0
        found["dense gap"].append([10 * float(gap)])
        found["lexical gap"].append([float(first - second) / max(float(first), 1e-6)])
        both = set(nearest[:K].tolist()) & set(matching[:K].tolist())
        found["agreement"].append([len(both) / K])
        found["words"].append([math.log(len(text.split())) - 2])
        found["dialect"].append([float(is_dialect(text))])
    return {name: _flat(values) for name, values in found.items()}
