"""Suggested questions, generated from the documents and verified to have an answer.

Each candidate is asked first; it is offered only if it gets an answer that cites the document that
it was generated from.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import TYPE_CHECKING

from cica_qa.arabic.letters import fold
from cica_qa.documents.structure import heading_text, parse_blocks
from cica_qa.errors import CicaError
from cica_qa.protocols import PassageStore
from cica_qa.types import Block, Document

if TYPE_CHECKING:
    from cica_qa.answer.pipeline import Pipeline

log = logging.getLogger(__name__)

OFFERED = 4
_DOCUMENTS, _TRIED, _WANTED = 12, 60, 24
"""How many documents are used, candidates asked and questions kept."""
_EACH = 8  # candidates of a document
_LONGEST = 110  # characters
_NAME = re.compile(r"[\w ً-ْ()«»/-]{3,60}")
_LETTERS = re.compile(r"[ء-ي]{2}")
_DESIGNATED = re.compile(r"[ء-ي]{3,10} (?:[\d٠-٩]{1,4}|[ء-ي]{3,8}(?: [ء-ي]{3,8})?)")  # «المادة 7»
_NUMBERED = re.compile(r"^[\s\d٠-٩.()\-–:]+")


@dataclass(frozen=True, slots=True)
class Suggested:
    """A question, and the id of the document that answers it (empty if any may)."""

    question: str
    doc_id: str = ""


class Suggestions:
    """The questions to offer for each generation, computed in the background."""

    def __init__(self, examples: Sequence[str] = ()) -> None:
        """``examples`` are tried first."""
        self._examples = [Suggested(example) for example in examples]
        self._found: dict[int, tuple[PassageStore, list[Suggested]]] = {}
        self._looking: set[int] = set()
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(1, "cica-qa-suggest")
        self._closed = False

    def of(self, pipeline: Pipeline) -> list[str]:
        """Return the questions to offer before the first question; more may follow later."""
        return [one.question for one in self._pool_of(pipeline)[:OFFERED]]

    def looking(self, pipeline: Pipeline) -> bool:
        """Return whether more may still be found."""
        return id(pipeline.retriever) in self._looking

    def related(
        self, pipeline: Pipeline, question: str, documents: Sequence[str], most: int
    ) -> list[str]:
        """Return up to ``most`` other questions about the same documents, most similar first."""
        asked = fold(question)
        about = [
            one.question
            for one in self._pool_of(pipeline)
            if fold(one.question) != asked and (one.doc_id in documents or not one.doc_id)
        ]
        words = set(asked.split())
        return sorted(about, key=lambda one: -len(words & set(fold(one).split())))[:most]

    def settled(self) -> None:
        """Wait until all pending work is done."""
        self._pool.submit(lambda: None).result()

    def close(self) -> None:
        """Stop after the question that is being tried."""
        self._closed = True
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _pool_of(self, pipeline: Pipeline) -> list[Suggested]:
        key, store = id(pipeline.retriever), pipeline.retriever.store
        with self._lock:
            known = self._found.get(key)
            if (known is None or known[0] is not store) and self._closed:
                return []
            if known is None or known[0] is not store:
                known = self._found[key] = (store, [])
                self._looking.add(key)
                self._pool.submit(self._find, pipeline, store, known[1])
            return list(known[1])

    def _find(self, pipeline: Pipeline, store: PassageStore, found: list[Suggested]) -> None:
        """Ask the candidates one by one and keep those that are answered."""
        try:
            for tried, one in enumerate(chain(self._examples, candidates(store))):
                if tried >= _TRIED or len(found) >= _WANTED or self._closed:
                    return
                if one.question not in [other.question for other in found] and _answered(
                    pipeline, one
                ):
                    found.append(one)
        except Exception:
            log.warning("no questions could be found to offer", exc_info=True)
        finally:
            self._looking.discard(id(pipeline.retriever))


def _answered(pipeline: Pipeline, one: Suggested) -> bool:
    try:
        answer = pipeline.ask(one.question)
    except CicaError:
        return False
    cited = {citation.doc_id for citation in answer.citations}
    return bool(cited) and (not one.doc_id or one.doc_id in cited)


def candidates(store: PassageStore) -> Iterator[Suggested]:
    """Yield questions that the documents may answer, from each document in turn."""
    ids = store.document_ids[:_DOCUMENTS]
    several = len(store.document_ids) > 1
    own = [_of_document(store.document(doc_id), several) for doc_id in ids]
    for row in zip_longest(*own):
        yield from (one for one in row if one is not None)


def _of_document(document: Document, several: bool) -> list[Suggested]:
    title = document.title or document.doc_id
    where = f" في «{title}»" if several and len(title) <= _LONGEST // 2 else ""
    found: dict[str, None] = {}
    for block in parse_blocks(document):
        asked = _asked(document.text, block, where)
        if asked and len(asked) <= _LONGEST:
            found[asked] = None
        if len(found) >= _EACH:
            break
    return [Suggested(question, document.doc_id) for question in found]


def _asked(text: str, block: Block, where: str) -> str:
    """Return a question that a block answers, or an empty string."""
    return _MADE[block.kind](text, block, where) if block.kind in _MADE else ""


def _of_heading(text: str, block: Block, where: str) -> str:
    heading = heading_text(text, block).strip(" :.")
    if block.number and _DESIGNATED.fullmatch(heading):
        return f"ما نص {heading}{where}؟"
    heading = _NUMBERED.sub("", heading)
    if heading.endswith(("؟", "?")):
        return heading
    if not _named(heading):
        return ""
    if f"«{heading}»" in where:  # a document whose heading is its title
        return f"ما أبرز ما جاء{where}؟"
    return f"ما أبرز ما جاء في «{heading}»{where}؟"


def _of_question(text: str, block: Block, where: str) -> str:
    asked = slice(*block.cells[0]) if block.cells else slice(block.start, block.end)
    question = " ".join(text[asked].split()).strip("*# ")
    return question if question.endswith(("؟", "?")) else ""


def _of_field(text: str, block: Block, where: str) -> str:
    if block.label is None:
        return ""
    label = " ".join(text[slice(*block.label)].split()).strip(" :*-•")
    value = text[block.label[1] : block.end].strip(" :*\n\t")
    return f"ما {label}{where}؟" if value and _named(label) else ""


def _of_article(text: str, block: Block, where: str) -> str:
    if block.label is None or not block.number:
        return ""
    label = " ".join(text[slice(*block.label)].split()).strip(" :.()-–*#")
    return f"ما نص {label}{where}؟" if _named(label) else ""


_MADE: dict[str, Callable[[str, Block, str], str]] = {
    "heading": _of_heading,
    "question": _of_question,
    "field": _of_field,
    "article": _of_article,
}


def _named(text: str) -> bool:
    return _NAME.fullmatch(text) is not None and _LETTERS.search(text) is not None
