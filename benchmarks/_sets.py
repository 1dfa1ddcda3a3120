"""The question sets and the collections that they are asked over."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from benchmarks._common import ARTICLE, ROOT, read_jsonl
from cica_qa import Document, Passage
from cica_qa.documents.chunk import chunk
from cica_qa.documents.load import load_paths
from cica_qa.evaluation.misspell import misspell

POOL, OWN_XQUAD, OWN_ARCD, CICA = "pool", "xquad_ar, own", "arcd_train, own", "cica"
TYDI = "tydiqa"
VARIETIES = ("msa", "egy", "glf", "lev", "mgr")
MISSPELT = ("xquad_ar", "arcd_train")
TITLE_SECTION = "(العنوان)"
# Languages in Latin script; of other scripts, the bundled vocabulary has single characters only.
TYDI_LANGUAGES = ("english", "indonesian", "finnish", "swahili")
_SETS = ("xquad_ar", "arcd_train", "mlqa_ar_dev", "ardqa_dev")


@dataclass(frozen=True)
class Question:
    """A question, the ids of the documents that answer it, and the preceding question."""

    text: str
    gold: frozenset[str]
    prior: str = ""

    @property
    def whole(self) -> str:
        """The question after the preceding one, for systems without conversations."""
        return f"{self.prior} {self.text}".strip()


@dataclass
class Collection:
    """Documents by id, and question sets over them by name."""

    name: str
    documents: dict[str, str]
    sets: dict[str, list[Question]] = field(default_factory=dict)

    def questions(self) -> list[Question]:
        return [question for questions in self.sets.values() for question in questions]


def collections(folder: Path, sample: int | None) -> list[Collection]:
    """Return the pool of all contexts, two sets over their own contexts, TyDi QA and the article.

    ``sample`` limits the questions of each set, not the documents.
    """
    entries = {name: read_jsonl(folder / f"{name}.jsonl") for name in _SETS}
    own = {name: _contexts(rows) for name, rows in entries.items()}
    asked = {name: _questions(rows) for name, rows in entries.items()}
    pool = Collection(POOL, {key: text for part in own.values() for key, text in part.items()})
    for entry in read_jsonl(folder / "wikipedia_distractors.jsonl"):
        pool.documents[f"wikipedia-{entry['id']}"] = entry["text"]
    pool.sets = {name: asked[name] for name in ("xquad_ar", "arcd_train", "mlqa_ar_dev")}
    for variety in VARIETIES:
        rows = [row for row in entries["ardqa_dev"] if row["question_variety"] == variety]
        pool.sets[f"ardqa_dev {variety}"] = _questions(rows)
    pool.sets["xquad in English"] = _english(folder, entries["xquad_ar"])
    pool.sets = {name: _sample(questions, sample) for name, questions in pool.sets.items()}
    for name in MISSPELT:
        pool.sets[f"{name} misspelt"] = _misspelt(pool.sets[name])
    return [
        pool,
        Collection(OWN_XQUAD, own["xquad_ar"], {OWN_XQUAD: pool.sets["xquad_ar"]}),
        Collection(OWN_ARCD, own["arcd_train"], {OWN_ARCD: pool.sets["arcd_train"]}),
        tydiqa(folder, sample),
        article(),
    ]


def tydiqa(folder: Path, sample: int | None) -> Collection:
    """Return questions by people who had not seen the passage; there is no such set in Arabic."""
    entries = [e for e in read_jsonl(folder / "tydiqa_other.jsonl") if e["split"] == "dev"]
    found = Collection(TYDI, {})
    for language in TYDI_LANGUAGES:
        asked = [entry for entry in entries if entry["language"] == language]
        found.documents |= _contexts(asked)
        found.sets[f"{TYDI} {language}"] = _sample(_questions(asked), sample)
    return found


def article() -> Collection:
    """Return the project's article, one document per section, without unanswerable questions."""
    sections: dict[str, str] = {}
    for passage in chunk(article_document()):
        section = section_of(passage)
        sections[section] = f"{sections.get(section, '')}\n{passage.text}".strip()
    questions = [
        Question(
            row["question"],
            frozenset(row.get("gold_sections") or [row["gold_section"]]),
            row.get("prior_question") or "",
        )
        for row in read_jsonl(ROOT / "corpus" / "questions" / "cica.jsonl")
        if row["answerable"]
    ]
    return Collection(CICA, sections, {CICA: questions})


def article_document() -> Document:
    return load_paths([ARTICLE]).documents[0]


def section_of(passage: Passage) -> str:
    return passage.headings[-1] if passage.headings else TITLE_SECTION


def _contexts(entries: Iterable[dict[str, Any]]) -> dict[str, str]:
    return {entry["context_id"]: entry["context"] for entry in entries}


def _questions(entries: Iterable[dict[str, Any]]) -> list[Question]:
    return [
        Question(entry["question"], frozenset([entry["context_id"]]))
        for entry in entries
        if not entry.get("is_impossible")
    ]


def _english(folder: Path, arabic: Sequence[dict[str, Any]]) -> list[Question]:
    """Return the English originals of XQuAD's questions; the gold paragraph is the Arabic one."""
    other = read_jsonl(folder / "xquad_other.jsonl")
    asked = {entry["qid"]: entry["question"] for entry in other if entry["language"] == "en"}
    return _questions({**entry, "question": asked[entry["qid"]]} for entry in arabic)


def _sample(questions: list[Question], count: int | None) -> list[Question]:
    if count is None or count >= len(questions):
        return questions
    return random.Random(5).sample(questions, count)


def _misspelt(questions: Sequence[Question]) -> list[Question]:
    rng = random.Random(3)
    return [replace(question, text=misspell(question.text, 0.3, rng)) for question in questions]
