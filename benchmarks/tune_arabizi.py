"""Fit the weights that tell Arabizi from other languages, in ``arabizi_weights.tsv``.

The model is a logistic regression (``ArabiziFeatures``) on the questions of the odd documents,
typed by simulated writers, against questions in languages of Latin script from TyDi QA and reading
sets; XQuAD is kept for measuring. Each question is read with the vocabulary of the sixteen
documents, of these and 3,000 passages on all subjects, and of one short document.
"""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from benchmarks._arabizi import VARIETIES, written
from benchmarks._common import ROOT, data_folder, read_jsonl
from benchmarks.arabizi import half_of
from cica_qa.arabic.arabizi import ArabiziConverter, ArabiziFeatures
from cica_qa.arabic.letters import WORD
from cica_qa.arabic.normalize import Normalizer
from cica_qa.documents.load import load_paths
from cica_qa.index.vocabulary import Vocabulary
from cica_qa.models.encoder import load_encoder
from cica_qa.retrieve.query import KnownWords
from cica_qa.settings import Settings

_SEED = "fit"
_WEIGHTS = ROOT / "cica_qa" / "arabic" / "data" / "arabizi_weights.tsv"
_READING = ("squad_en", "piaf10_fr", "faquad_pt", "thquad_tr", "norquad_no", "facqa_id")
_TYDI = ("english", "indonesian", "finnish", "swahili")
_EACH, _PASSAGES = 400, 3000


def main() -> None:
    folder = data_folder()
    if folder is None:
        return
    arabizi, others = typed(folder.parent / "realdocs"), in_other_languages(folder)
    rows: list[list[float]] = []
    for reader in readers(folder):
        rows += [_row(reader.features(question)) for question in [*arabizi, *others]]
    is_arabizi = np.array(([1] * len(arabizi) + [0] * len(others)) * 3)
    fitted = LogisticRegression(C=10, max_iter=1000).fit(np.array(rows), is_arabizi)
    odds = fitted.decision_function(np.array(rows))
    print(f"{len(arabizi)} in Arabizi, taken for it: {(odds[is_arabizi == 1] > 0).mean():.3f}")
    print(f"{len(others)} others, taken for it: {(odds[is_arabizi == 0] > 0).mean():.4f}")
    names, fit = ("bias", *ArabiziFeatures.__slots__), (*fitted.intercept_, *fitted.coef_[0])
    weights = dict(zip(names, fit, strict=True))
    lines = [
        "# How much each feature of ArabiziFeatures speaks for Arabizi; compiled by the authors",
        "# of CICA-QA: fitted by benchmarks/tune_arabizi.py, not set by hand.",
        "# feature\tweight",
        *(f"{name}\t{weight:.2f}" for name, weight in weights.items()),
    ]
    _WEIGHTS.write_text("\n".join(lines) + "\n", encoding="utf-8")


def typed(realdocs: Path) -> list[str]:
    """Return the questions of the odd documents, typed by a writer of each dialect."""
    return [
        written(row["question"], variety, _SEED)
        for row in half_of(realdocs, "odd")
        for variety in VARIETIES
        if row["variety"] in ("msa", "noisy", variety)
    ]


def in_other_languages(folder: Path) -> list[str]:
    """Return questions in other languages of Latin script, a sample of each."""
    tydi: dict[str, list[str]] = {language: [] for language in _TYDI}
    for row in read_jsonl(folder / "tydiqa_other.jsonl"):
        if row["language"] in tydi:
            tydi[row["language"]].append(str(row["question"]))
    sets = list(tydi.values())
    for name in _READING:
        with gzip.open(folder / "reading" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            sets.append([str(json.loads(line)["question"]) for line in lines])
    chance = random.Random(_SEED)
    return [one for questions in sets for one in chance.sample(questions, _EACH)]


def readers(folder: Path) -> list[ArabiziConverter]:
    """Return converters for the shortest document, for all, and for all with other passages."""
    known = KnownWords(load_encoder(Settings()))
    normalizer = Normalizer()
    texts = [
        normalizer(one.text) for one in load_paths([folder.parent / "realdocs" / "docs"]).documents
    ]
    more = [
        normalizer(str(row["text"])) for row in read_jsonl(folder / "wikipedia_distractors.jsonl")
    ]
    made = []
    for passages in ([min(texts, key=len)], texts, texts + more[:_PASSAGES]):
        words = Vocabulary.from_words([WORD.findall(text) for text in passages])
        made.append(ArabiziConverter(words.counts, words.spellings, _NoScores(), known))
    return made


class _NoScores:
    def best(self, word: str, k: int) -> list[tuple[int, float]]:
        return []

    def at(self, word: str, passages: NDArray[np.int64]) -> NDArray[np.float32]:
        return np.zeros(len(passages), np.float32)


def _row(features: ArabiziFeatures) -> list[float]:
    return [float(getattr(features, name)) for name in ArabiziFeatures.__slots__]


if __name__ == "__main__":
    main()
