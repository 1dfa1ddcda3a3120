"""Questions asked with and without what answers them, and what speaks for each candidate.

Every question is asked of the pool of all contexts and distractors; once more with its context,
the contexts of the same title and all that hold an answer left out; and once with only the
sentences left out that hold an answer: a near miss.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._common import data_folder, read_jsonl
from benchmarks._peers.environment import CACHE
from cica_qa import Document, Retriever, Settings, build_index
from cica_qa.answer.abstain import confidence, passage_gap
from cica_qa.answer.answerer import read_first
from cica_qa.answer.candidates import Candidate, candidates
from cica_qa.answer.extract import Ranked, Ranking, meaning, passage_meaning, read_score
from cica_qa.answer.support import carrying_words
from cica_qa.arabic.clean import arabic_share
from cica_qa.arabic.normalize import Normalizer
from cica_qa.arabic.questions import Asked, understand
from cica_qa.evaluation.misspell import misspell
from cica_qa.models.reader.reader import SpanReader
from cica_qa.models.reader.weights import FILE
from cica_qa.types import Hit

QUESTIONS = {"xquad_ar": 500, "arcd_train": 700, "mlqa_ar_dev": 200}
DIALECT_PAIRS = 110
VARIETIES = ("msa", "egy", "glf", "lev", "mgr")
ENGLISH, MISSPELT = "xquad in English", "xquad misspelt"
RANK_FEATURES = ("cosine", "meaning", "elsewhere", "hit", "near", "least", "shape", "read")
SURE_FEATURES = ("cosine", "context", "passage", "elsewhere", "gap", "foreign", "read")
FOLDS = ("xquad", "arcd", "ardqa")
"""Groups of sets that a reader was trained without; others go unread."""
Entry = dict[str, Any]
normalize = Normalizer()


@dataclass
class Asking:
    """A question, with its ranked candidates in the pool and in the pool without an answer."""

    data_set: str
    entry: Entry
    asked: Asked
    question: str
    found: list[Ranked]
    without: list[Ranked]

    @property
    def near_misses(self) -> list[Ranked]:
        """The candidates but for those that hold an answer; none where there are no others."""
        kept = [one for one in self.found if not self.holds(one.candidate)]
        return kept if len(kept) < len(self.found) else []

    def sure(self, found: Sequence[Ranked]) -> float:
        """The confidence that an answer from these candidates would have."""
        return confidence(self.question, found, self.asked.kind)

    def holds(self, candidate: Candidate) -> bool:
        """Whether the words of an answer stand in a candidate, of whatever document."""
        return any(answer in candidate.text for answer in self.entry["answers"])

    def right(self, candidate: Candidate) -> bool:
        """Whether a candidate holds the answer where the question set marks it."""
        span, entry = candidate.span, self.entry
        return candidate.hit.passage.doc_id == entry["context_id"] and any(
            span.start <= start and start + len(answer) <= span.end
            for start, answer in zip(entry["answer_starts"], entry["answers"], strict=True)
        )


def group_of(data_set: str) -> str:
    """Which sets are left out together: they share their paragraphs."""
    return data_set.split()[0].split("_")[0]


def pool_retriever(folder: Path) -> tuple[Retriever, dict[str, Document]]:
    """Index all contexts under their titles, and the distractors; what is there is kept."""
    documents = {
        entry["context_id"]: Document(entry["context_id"], entry["title"], entry["context"])
        for name in ("xquad_ar", "arcd_train", "mlqa_ar_dev", "ardqa_dev")
        for entry in read_jsonl(folder / f"{name}.jsonl")
    }
    for entry in read_jsonl(folder / "wikipedia_distractors.jsonl"):
        key = f"wikipedia-{entry['id']}"
        documents[key] = Document(key, entry["title"], entry["text"])
    index, settings = CACHE / "indexes" / "answers", Settings(model="bundled")
    build_index(documents.values(), index, settings=settings)
    return Retriever.load(index, settings=settings), documents


def question_sets(folder: Path) -> dict[str, list[Entry]]:
    """Return samples of the visible sets, the dialects apart, English and misspelt ones added."""
    sets: dict[str, list[Entry]] = {}
    for name, count in QUESTIONS.items():
        rows = _answerable(read_jsonl(folder / f"{name}.jsonl"))
        sets[name] = random.Random(5).sample(rows, min(count, len(rows)))
    rows = _answerable(read_jsonl(folder / "ardqa_dev.jsonl"))
    pairs = sorted({entry["pair_id"] for entry in rows if entry["pair_id"]})
    kept = set(random.Random(5).sample(pairs, DIALECT_PAIRS))
    for variety in VARIETIES:
        sets[f"ardqa_dev {variety}"] = [
            entry
            for entry in rows
            if entry["question_variety"] == variety and entry["pair_id"] in kept
        ]
    other = read_jsonl(folder / "xquad_other.jsonl")
    english = {entry["qid"]: entry["question"] for entry in other if entry["language"] == "en"}
    xquad = sets["xquad_ar"]
    sets[ENGLISH] = [{**entry, "question": english[entry["qid"]]} for entry in xquad[:300]]
    rng = random.Random(3)
    sets[MISSPELT] = [{**e, "question": misspell(e["question"], 0.3, rng)} for e in xquad[300:]]
    return sets


def folders(description: str | None) -> tuple[Path, Path]:
    """Read the command line: where the weights of the folds are, and the question sets."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--work", type=Path, default=CACHE / "reader", help="the folds' weights")
    work, data = parser.parse_args().work, data_folder()
    if data is None:
        sys.exit(0)
    return work, data


def fold_readers(work: Path) -> dict[str, SpanReader]:
    """Return for each group the reader that was trained without it: one for all of them.

    ``python -m benchmarks.training`` leaves its weights in ``work``.
    """
    file = work / "left-out" / FILE
    if not file.exists():
        sys.exit(f"no weights in {file}: python -m benchmarks.training makes them")
    return dict.fromkeys(FOLDS, SpanReader.load(Settings(), file))


def ask_all(folder: Path, readers: Mapping[str, SpanReader]) -> tuple[Retriever, list[Asking]]:
    """Ask all questions of the groups that there is a reader for; return also what was asked."""
    retriever, documents = pool_retriever(folder)
    return retriever, [
        ask(retriever, _other_titles(documents, entry), readers[group_of(name)], name, entry)
        for name, entries in question_sets(folder).items()
        if group_of(name) in readers
        for entry in entries
    ]


def _other_titles(documents: Mapping[str, Document], entry: Entry) -> list[str]:
    others = without_answers(documents.values(), entry)
    return [one.doc_id for one in others if one.title != entry["title"]]


def ask(
    retriever: Retriever, others: Sequence[str], reader: SpanReader, data_set: str, entry: Entry
) -> Asking:
    """Ask a question of all documents, and of ``others``: those that do not answer it."""
    hits = retriever.search(entry["question"])
    asked = understand(str(hits[0].parts["searched"]))[0]
    without = retriever.search(entry["question"], documents=others)
    found, lacking = (ranked(reader, asked, own) for own in (hits, without))
    return Asking(data_set, entry, asked, entry["question"], found, lacking)


def without_answers(documents: Iterable[Document], entry: Entry) -> list[Document]:
    """Return the documents in which no answer of a question stands."""
    return [one for one in documents if not any(a in one.text for a in entry["answers"])]


def ranked(reader: SpanReader, asked: Asked, hits: Sequence[Hit]) -> list[Ranked]:
    ranking = Ranking(asked, candidates(hits), carrying_words(hits), normalize)
    return ranking.order(read_first(reader, asked.text, ranking.order()))


def rank_features(one: Ranked) -> list[float]:
    """What ``extract.Weights`` weighs, in the order of ``RANK_FEATURES``."""
    candidate, support = one.candidate, one.support
    return [
        candidate.cosine,
        meaning(candidate),
        passage_meaning(candidate),
        candidate.hit.score,
        support.share(support.near),
        support.least,
        one.shape,
        read_score(one.read),
    ]


def sure_features(question: str, found: Sequence[Ranked]) -> list[float]:
    """What ``abstain.Weights`` weighs, but for the shape, in the order of ``SURE_FEATURES``."""
    best = found[0]
    support = best.support
    foreign = arabic_share(question) <= 0.5
    return [
        best.candidate.cosine,
        support.share(support.context),
        support.share(np.maximum(support.passage, support.elsewhere)),
        passage_meaning(best.candidate),
        passage_gap(found),
        foreign * meaning(best.candidate),
        read_score(best.read) if best.read else 0.0,
    ]


def _answerable(entries: Sequence[Entry]) -> list[Entry]:
    return [entry for entry in entries if entry["answers"] and not entry.get("is_impossible")]
