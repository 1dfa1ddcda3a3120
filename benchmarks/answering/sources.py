"""Questions from different sources, each with a judge of whether a candidate answers it.

The public sets are asked of one pool, ``realdocs`` of its sixteen documents together, each of the
``cases`` of its own documents, and the article's questions of the article. Questions that some
documents answer are asked again of all the others, which do not answer them.
"""

from __future__ import annotations

import importlib.util
import random
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmarks._common import ARTICLE, ROOT, read_jsonl
from benchmarks._peers.environment import CACHE
from benchmarks._pool import ENGLISH, VARIETIES, group_of, pool_retriever, question_sets
from benchmarks.training.made.mix import made_rows
from cica_qa import Document, Retriever, Settings, build_index
from cica_qa.answer.candidates import Candidate
from cica_qa.answer.verdict import NO, YES
from cica_qa.index.build import update_index
from cica_qa.index.inputs import collect
from cica_qa.models.encoder import load_encoder
from cica_qa.protocols import Encoder

Entry = dict[str, Any]
SETTINGS = Settings(model="bundled")
MADE = "made"
SEED_OF_MADE = 4217
"""Differs from the seed of the rows that the reader was trained on."""
ALONE = "one document"
"""The source of questions that are asked of an index with a single document."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of a source, asked of some documents of an index.

    ``group`` is left out with it. ``right`` judges whether a candidate answers it, ``holds``
    whether it contains the answer at all; ``verdict`` is «نعم», «لا» or empty.
    """

    source: str
    group: str
    question: str
    retriever: Retriever
    documents: Collection[str] | None
    right: Callable[[Candidate], bool]
    holds: Callable[[Candidate], bool]
    answerable: bool
    verdict: str = ""
    before: str = ""
    golds: Sequence[str] = ()


def never(_: Candidate) -> bool:
    """Judge that no candidate answers."""
    return False


def public(data: Path, sample: int) -> Iterator[Asked]:
    """Yield ``sample`` questions of each public set, half as many of each variety."""
    retriever, documents = pool_retriever(data, distractors=False)
    shares = {"xquad_ar": 2, "arcd_train": 2, ENGLISH: 1}
    shares |= {f"ardqa_dev {variety}": 1 for variety in VARIETIES}
    for name, entries in question_sets(data).items():
        for entry in entries[: shares.get(name, 0) * sample // 2]:
            marked = _marked(entry)
            golds = entry["answers"]
            holds = _holds(golds)
            own = group_of(name)
            yield Asked(
                name, own, entry["question"], retriever, None, marked, holds, True, golds=golds
            )
            others = [
                one.doc_id
                for one in documents.values()
                if one.title != entry["title"] and not any(gold in one.text for gold in golds)
            ]
            yield Asked(name, own, entry["question"], retriever, others, never, never, False)


def _marked(entry: Entry) -> Callable[[Candidate], bool]:
    """Return a judge of whether a candidate contains an answer where the set marks it."""
    places = [
        (start, start + len(answer))
        for start, answer in zip(entry["answer_starts"], entry["answers"], strict=True)
    ]

    def right(one: Candidate) -> bool:
        span = one.span
        here = one.hit.passage.doc_id == entry["context_id"]
        return here and any(span.start <= a and b <= span.end for a, b in places)

    return right


def _holds(golds: Sequence[str]) -> Callable[[Candidate], bool]:
    return lambda one: any(gold in one.text for gold in golds)


def alone(data: Path, sample: int) -> Iterator[Asked]:
    """Yield ``sample`` questions of each public set, each asked of an index of one paragraph.

    Each paragraph is also asked a question about another one of its article, which has no answer.
    """
    encoder = load_encoder(SETTINGS)
    for name, family in (("xquad_ar", "xquad"), ("arcd_train", "arcd"), ("ardqa_dev", "ardqa")):
        entries = [one for one in read_jsonl(data / f"{name}.jsonl") if one["answers"]]
        by_title: dict[str, list[Entry]] = {}
        for entry in entries:
            by_title.setdefault(entry["title"], []).append(entry)
        rng = random.Random(11)
        for entry in rng.sample(entries, min(sample, len(entries))):
            retriever = _one_document(entry["context_id"], entry, encoder)
            marked, holds = _marked(entry), _holds(entry["answers"])
            asked, golds = entry["question"], entry["answers"]
            yield Asked(ALONE, family, asked, retriever, None, marked, holds, True, golds=golds)
            others = [
                one
                for one in by_title[entry["title"]]
                if one["context_id"] != entry["context_id"]
                and not any(gold in entry["context"] for gold in one["answers"])
            ]
            if others:
                other = rng.choice(others)["question"]
                yield Asked(ALONE, family, other, retriever, None, never, never, False)


def made(data: Path, sample: int) -> Iterator[Asked]:
    """Yield ``sample`` generated questions, each asked of an index of its own short text.

    Half of them are near misses: another row, another label, another year. For yes/no questions,
    it is not known which span supports the answer.
    """
    encoder = load_encoder(SETTINGS)
    for at, row in enumerate(islice(made_rows(data, SEED_OF_MADE), sample)):
        title, _, text = row.text.partition("\n") if "\n" in row.text else ("", "", row.text)
        entry = {"title": title, "context": text}
        start, end = (place - (len(row.text) - len(text)) for place in row.span or (0, 0))
        if row.span and start < 0:
            continue
        retriever = _one_document(f"made-{at}", entry, encoder)

        def right(one: Candidate, start: int = start, end: int = end) -> bool:
            return one.span.start <= start and end <= one.span.end

        yield Asked(
            MADE,
            f"made/{row.kind}",
            row.question,
            retriever,
            None,
            right if row.span else never,
            right if row.span else never,
            row.answerable,
            {"yes": YES, "no": NO}.get(row.verdict, ""),
        )


def each_real_document(folder: Path) -> Iterator[Asked]:
    """Yield the questions on real documents, each asked of its own document."""
    judge = _module(folder / "eval.py")
    indexes: dict[str, Retriever] = {}
    rows = read_jsonl(folder / "questions.jsonl")
    for one, row in zip(_asked_once(real_documents(folder)), rows, strict=True):
        name = row["doc"]
        if name is None or len(judge.documents_of(row)) > 1:
            continue
        if name not in indexes:
            indexes[name] = _index(f"realdocs-{name}", folder / "docs" / name)
        yield replace(one, source=ALONE, retriever=indexes[name])


def _asked_once(asked: Iterator[Asked]) -> Iterator[Asked]:
    return (one for one in asked if one.documents is None)


def _one_document(name: str, entry: Entry, encoder: Encoder) -> Retriever:
    index = CACHE / "indexes" / "alone" / name
    document = Document(name, entry["title"], entry["context"])
    update_index(collect([document]), index, encoder, SETTINGS)
    return Retriever(index, encoder, SETTINGS)


def real_documents(folder: Path) -> Iterator[Asked]:
    """Yield the questions on real documents, judged as their ``eval.py`` does."""
    judge = _module(folder / "eval.py")
    retriever = _index("realdocs", folder / "docs")
    for row in read_jsonl(folder / "questions.jsonl"):
        group = f"realdocs/{row['doc']}"
        before = row.get("prior_question") or ""
        own = judge.documents_of(row)

        def right(one: Candidate, row: Entry = row, own: Sequence[str] = own) -> bool:
            here = row["answerable"] and one.hit.passage.doc_id in own
            return bool(here and judge.holds_gold(row, [one.text]))

        def holds(one: Candidate, row: Entry = row) -> bool:
            return bool(row["answerable"] and judge.holds_gold(row, [one.text]))

        golds = row["gold"] if row["answerable"] and not row.get("must_all") else ()
        yield Asked(
            "realdocs",
            group,
            row["question"],
            retriever,
            None,
            right,
            holds,
            row["answerable"],
            row.get("yes_no") or "",
            before,
            golds,
        )
        if row["answerable"]:
            others = [one for one in retriever.store.document_ids if one not in own]
            yield Asked(
                "realdocs",
                group,
                row["question"],
                retriever,
                others,
                never,
                never,
                False,
                before=before,
            )


def cases(folder: Path) -> Iterator[Asked]:
    """Yield the questions of the cases, judged much as their ``eval.py`` does."""
    judge = _module(folder / "eval.py")
    for case in sorted(folder.iterdir()):
        file = case / "questions.jsonl"
        if not file.exists():
            continue
        retriever = _index(f"case-{case.name}", case / "documents")
        for row in read_jsonl(file):
            expected = re.sub(r"\(refuse[^)]*\)|,? or refuse|…", " ", row["expected"])
            said = judge.words(expected)
            verdict = next((word for word in said[:1] if word in ("نعم", "لا")), "")
            wanted = [word for word in said if word not in ("نعم", "لا")]

            def right(
                one: Candidate, wanted: Sequence[str] = wanted, judge: ModuleType = judge
            ) -> bool:
                got = set(judge.words(one.text))
                numbers = all(word in got for word in wanted if word.isdigit())
                held = sum(word in got for word in wanted)
                return bool(wanted) and numbers and held >= 0.75 * len(wanted)

            answerable = bool(wanted) and not row["expected"].startswith("(refuse")
            yield Asked(
                "cases",
                f"cases/{case.name}",
                row["question"],
                retriever,
                None,
                right,
                right,
                answerable,
                verdict,
                row.get("prior_question") or "",
            )


def short(folder: Path) -> Iterator[Asked]:
    """Yield the questions on short documents, each asked of its own document."""
    indexes: dict[str, Retriever] = {}
    for row in read_jsonl(folder / "questions.jsonl"):
        name, golds = row["doc"], row["gold"]
        if name not in indexes:
            indexes[name] = _index(f"short-{name}", folder / "documents" / name)
        right = _holds(golds)
        yield Asked(
            "short",
            f"short/{name}",
            row["question"],
            indexes[name],
            None,
            right,
            right,
            bool(golds),
            row.get("yes_no", ""),
        )


def article(questions: Path = ROOT / "corpus/questions/cica.jsonl") -> Iterator[Asked]:
    """Yield the questions on the project's article."""
    retriever = _index("article", ARTICLE)
    for row in read_jsonl(questions):
        gold = row.get("gold_answer") or []
        golds = [one for one in (gold if isinstance(gold, list) else [gold]) if one]
        right = _holds(golds)
        yield Asked(
            "article",
            "article",
            row["question"],
            retriever,
            None,
            right,
            right,
            bool(golds),
            "",
            row.get("prior_question") or "",
            golds,
        )


def _index(name: str, documents: Path) -> Retriever:
    index = CACHE / "indexes" / name
    build_index(documents, index, settings=SETTINGS)
    return Retriever.load(index, settings=SETTINGS)


def _module(file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"judge_{file.parent.name}", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
