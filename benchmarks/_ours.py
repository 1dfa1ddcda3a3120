"""This project's retriever, its two sides alone, and simple sums of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks._first_terms import first_index, first_terms
from benchmarks._sets import Collection, Question, section_of
from benchmarks._vectors import StoredEncoder
from cica_qa import Document, Hit, Passage, Retriever, Settings, Turn
from cica_qa.answer.conversation import resolve_question
from cica_qa.arabic.analyze import Analyzer
from cica_qa.arabic.normalize import Normalizer
from cica_qa.protocols import Vectors

OURS = "**ours**"
_CANDIDATES = 50
_BATCH = 64

NameOf = Callable[[Passage], str]
"""Returns the name of the document that a passage counts for."""


@dataclass(frozen=True)
class PassageScores:
    """The scores of all passages for one question; arrays of shape ``(passages,)``."""

    dense: Vectors
    """Cosine of the passage's best sentence or window."""
    whole: Vectors
    """Cosine of the passage encoded in one piece."""
    lexical: Vectors
    """BM25 of stems plus BM25 of character 3-grams and 4-grams."""
    first: Vectors
    """BM25 of the first terms of this project (``_first_terms``)."""


def _half(cosines: Vectors, lexical: Vectors) -> Vectors:
    """Return 0.5 * min-max(cosines) + 0.5 * lexical / max(lexical)."""
    spread = max(float(np.ptp(cosines)), 1e-9)
    scores: Vectors = 0.5 * (cosines - cosines.min()) / spread
    return scores + 0.5 * lexical / max(float(lexical.max()), 1e-9)


def _found(lexical: Vectors) -> Vectors:
    """Return the scores, -inf for passages without a word of the question."""
    return np.where(lexical > 0, lexical, -np.inf).astype(np.float32)


BASELINE = "half and half, as at first"
DENSE, LEXICAL = "our dense side", "our lexical side"
ABLATIONS: dict[str, Callable[[PassageScores], Vectors]] = {
    DENSE: lambda evidence: evidence.dense,
    LEXICAL: lambda evidence: _found(evidence.lexical),
    BASELINE: lambda evidence: _half(evidence.whole, evidence.first),
    "half and half": lambda evidence: _half(evidence.dense, evidence.lexical),
}
"""Rankings from the same scores; passages that score -inf are left out."""


def as_documents(collection: Collection) -> list[Document]:
    """Return one document per context, without titles, which no other system is given."""
    return [Document(key, "", text) for key, text in collection.documents.items()]


def by_document(passage: Passage) -> str:
    return passage.doc_id


by_section: NameOf = section_of


def answer_ours(
    index: Path, settings: Settings, questions: Sequence[Question], name_of: NameOf
) -> list[list[str]]:
    """Return the documents that ``Retriever.search`` finds for each question, best first."""
    retriever = Retriever.load(index, settings=settings)
    normalizer = Normalizer()
    found = []
    for start in range(0, len(questions), _BATCH):
        asked = [_query(question, normalizer) for question in questions[start : start + _BATCH]]
        for hits in retriever.search_many(asked, _CANDIDATES):
            found.append(_names(hits, name_of))
    return found


def answer_ablated(
    index: Path,
    settings: Settings,
    encoder: StoredEncoder,
    questions: Sequence[Question],
    name_of: NameOf,
) -> dict[str, list[list[str]]]:
    """Return the same for each of ``ABLATIONS``; follow-ups include the preceding question."""
    store = Retriever.load(index, settings=settings).store
    normalizer, analyzer = Normalizer(), Analyzer()
    passages = [store.passage(position) for position in range(len(store))]
    wholes = encoder.encode_passages([normalizer(passage.text) for passage in passages])
    texts = [normalizer(question.whole) for question in questions]
    vectors = encoder.encode_queries(texts)
    first = first_index(passage.text for passage in passages)
    everything = np.arange(len(store))
    found: dict[str, list[list[str]]] = {name: [] for name in ABLATIONS}
    for question, text, vector in zip(questions, texts, vectors, strict=True):
        evidence = PassageScores(
            dense=np.maximum.reduceat(*store.children(vector, everything, {})[::2]),
            whole=wholes @ vector,
            lexical=store.term_scores(analyzer.question_terms(text), everything),
            first=first.scores(first_terms(question.whole)),
        )
        for name, score in ABLATIONS.items():
            scores = score(evidence)
            best = np.argsort(-scores, kind="stable")[:_CANDIDATES]
            kept = [passages[at] for at in best if scores[at] > -np.inf]
            found[name].append(list(dict.fromkeys(map(name_of, kept))))
    return found


def _query(question: Question, normalizer: Normalizer) -> str:
    """Return what the pipeline searches for first."""
    history = [Turn(question=question.prior, answer="")] if question.prior else []
    understood = resolve_question(question.text, history, normalizer)
    return understood.question if understood.alone else understood.whole


def _names(hits: Sequence[Hit], name_of: NameOf) -> list[str]:
    return list(dict.fromkeys(name_of(hit.passage) for hit in hits))
