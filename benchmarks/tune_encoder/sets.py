"""The question sets, and the two pools of passages that they are asked over."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks._common import read_jsonl
from cica_qa.arabic.clean import clean_question
from cica_qa.arabic.normalize import Normalizer
from cica_qa.documents.chunk import chunk
from cica_qa.index.texts import row_texts
from cica_qa.settings import Settings
from cica_qa.types import Document

FOLDS = ("arcd_train", "xquad_ar", "ardqa_dev", "tydiqa_other")
"""The sets that are left out in turn; mlqa_ar_dev has vague questions and is for training only."""

# The bundled vocabulary has whole words in Arabic and Latin script only, of other scripts
# single characters.
TYDI_LANGUAGES = ("english", "indonesian", "finnish", "swahili")
TYDI_TRAIN_QUESTIONS = 1200
SEED = 13


@dataclass(frozen=True, slots=True)
class Question:
    """A normalised question. ``fold`` is its set, ``group`` its row in the tables.

    ``gold`` are passage positions in its pool; ``pair`` is shared by the versions of a question in
    several dialects; ``measured`` is false if it is for training only.
    """

    text: str
    gold: tuple[int, ...]
    context: str
    fold: str
    group: str
    pair: str = ""
    measured: bool = True


@dataclass(slots=True)
class Pool:
    """Passages, the texts encoded for each (its rows), and questions about them."""

    name: str
    arabic: bool
    passages: list[str] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)
    owners: list[int] = field(default_factory=list)
    documents: dict[str, list[int]] = field(default_factory=dict)
    questions: list[Question] = field(default_factory=list)

    @property
    def first_rows(self) -> NDArray[np.intp]:
        """The first row of each passage; the rows of a passage are consecutive."""
        return np.searchsorted(self.owners, np.arange(len(self.passages)))

    def add(self, documents: Iterable[Document], settings: Settings, clean: Normalizer) -> None:
        """Cut documents into passages and rows as an index does, skipping known ids."""
        for document in documents:
            if document.doc_id in self.documents:
                continue
            positions = self.documents[document.doc_id] = []
            for passage in chunk(document, settings.passage_chars):
                texts = row_texts(passage, document.text, clean, settings.window_words)
                positions.append(len(self.passages))
                self.owners += [len(self.passages)] * len(texts)
                self.rows += texts
                self.passages.append(clean(passage.text))

    def ask(self, records: Iterable[dict[str, Any]], clean: Normalizer, **named: Any) -> None:
        """Add questions; the context ``context_id`` answers them."""
        for record in records:
            context = record["context_id"]
            self.questions.append(
                Question(
                    text=clean(clean_question(record["question"], 2000)),
                    gold=tuple(self.documents[context]),
                    context=context,
                    **named,
                )
            )


def load_pools(data: Path, settings: Settings) -> tuple[Pool, Pool]:
    """Return the Arabic pool (all Arabic contexts and distractors) and the TyDi QA pool."""
    normalizer = Normalizer()
    return _arabic(data, settings, normalizer), _tydi(data, settings, normalizer)


def digest(pools: Iterable[Pool]) -> str:
    """Return 12 hexadecimal digits that change with any text of the pools."""
    texts = [[pool.rows, [question.text for question in pool.questions]] for pool in pools]
    return hashlib.sha256(json.dumps(texts).encode()).hexdigest()[:12]


def _arabic(data: Path, settings: Settings, clean: Normalizer) -> Pool:
    pool = Pool("arabic", arabic=True)
    names = ("xquad_ar", "arcd_train", "ardqa_dev", "mlqa_ar_dev")
    sets = {name: read_jsonl(data / f"{name}.jsonl") for name in names}
    for records in sets.values():
        pool.add(_contexts(records), settings, clean)
    others = read_jsonl(data / "wikipedia_distractors.jsonl")
    pool.add((Document(f"w{x['id']}", x["title"], x["text"]) for x in others), settings, clean)
    pool.ask(sets["arcd_train"], clean, fold="arcd_train", group="arcd_train")
    pool.ask(sets["xquad_ar"], clean, fold="xquad_ar", group="xquad_ar")
    # The English originals of these questions, asked of the Arabic paragraphs.
    place = {record["qid"]: record["context_id"] for record in sets["xquad_ar"]}
    english = [
        {**record, "context_id": place[record["qid"]]}
        for record in read_jsonl(data / "xquad_other.jsonl")
        if record["language"] == "en"
    ]
    pool.ask(english, clean, fold="xquad_ar", group="xquad_en")
    for record in sets["ardqa_dev"]:
        group, pair = f"ardqa_{record['question_variety']}", record["domain"] + record["orig_id"]
        pool.ask([record], clean, fold="ardqa_dev", group=group, pair=pair)
    pool.ask(sets["mlqa_ar_dev"], clean, fold="mlqa_ar_dev", group="mlqa_ar_dev", measured=False)
    return pool


def _tydi(data: Path, settings: Settings, clean: Normalizer) -> Pool:
    pool = Pool("tydiqa", arabic=False)
    records = read_jsonl(data / "tydiqa_other.jsonl")
    english = [r for r in records if (r["language"], r["split"]) == ("english", "train")]
    training = random.Random(SEED).sample(english, TYDI_TRAIN_QUESTIONS)
    asked = [r for r in records if r["split"] == "dev" and r["language"] in TYDI_LANGUAGES]
    pool.add(_contexts([*asked, *training]), settings, clean)
    for record in asked:
        pool.ask([record], clean, fold="tydiqa_other", group=f"tydi_{record['language']}")
    pool.ask(training, clean, fold="tydiqa_other", group="tydi_train", measured=False)
    return pool


def _contexts(records: Iterable[dict[str, Any]]) -> Iterator[Document]:
    for record in records:
        yield Document(record["context_id"], record["title"], record["context"])
