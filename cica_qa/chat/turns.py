"""One turn of a conversation: a question, and the markup and texts of its answer."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Protocol

from cica_qa.chat import render, take, texts
from cica_qa.chat.places import citation_places
from cica_qa.types import Answer, Document, Turn

KEPT = 200
"""How many open conversations are remembered; the page resends the turns of others."""


class Asks(Protocol):
    """The part of a pipeline that the chat uses."""

    def ask(
        self,
        question: str,
        history: Sequence[Turn] = (),
        *,
        k: int = 5,
        documents: Collection[str] | None = None,
    ) -> Answer:
        """Answer or abstain. Raises ``CicaError``."""

    def document(self, doc_id: str) -> Document:
        """Return the document with that id. Raises ``KeyError`` if there is none."""


@dataclass(frozen=True, slots=True)
class Past:
    """The number of questions of a conversation, and its last turns, for follow-ups."""

    count: int = 0
    turns: tuple[Turn, ...] = ()

    def after(self, turn: Turn, most: int) -> Past:
        """Return the conversation after one more turn, with at most ``most`` turns."""
        return Past(self.count + 1, (*self.turns, turn)[-most:] if most else ())


class Conversations:
    """The last turns of open conversations, so that the page need not resend them.

    They are kept in memory only; the conversations themselves are in the browser.
    """

    def __init__(self, most_turns: int, kept: int = KEPT) -> None:
        self._most_turns = most_turns
        self._kept = kept
        self._pasts: OrderedDict[str, Past] = OrderedDict()
        self._lock = Lock()

    def of(self, name: str, count: int, history: Sequence[Turn] | None) -> Past | None:
        """Return a conversation after ``count`` questions, or None if it must be resent.

        ``history`` are its last turns, if the page sent them.
        """
        if history is not None:
            return Past(count, tuple(history)[-self._most_turns :] if self._most_turns else ())
        if count == 0:
            return Past()
        with self._lock:
            past = self._pasts.get(name)
        return past if past is not None and past.count == count else None

    def keep(self, name: str, past: Past, turn: Turn) -> None:
        """Remember a conversation after one more turn."""
        with self._lock:
            self._pasts[name] = past.after(turn, self._most_turns)
            self._pasts.move_to_end(name)
            if len(self._pasts) > self._kept:
                self._pasts.popitem(last=False)

    def forgets_after(self, past: Past) -> bool:
        """Return whether the next question is the first to be asked without the first turn."""
        return past.count == self._most_turns


def reply(
    pipeline: Asks,
    question: str,
    past: Past,
    *,
    documents: Collection[str] | None = None,
    alone: bool = False,
) -> tuple[Answer, dict[str, Any]]:
    """Ask, and return the answer and its JSON for the page. Raises ``CicaError``.

    ``documents`` are the ids of the documents to search (None for all); ``alone`` is whether there
    is only one document.
    """
    answer = pipeline.ask(question, past.turns, documents=documents)

    def title(doc_id: str) -> str:
        try:
            return pipeline.document(doc_id).title or doc_id
        except KeyError:  # deleted by an index published since the answer
            return doc_id

    cited = {citation.doc_id for citation in answer.citations}
    marked = frozenset(one for one in cited if _is_markdown(pipeline, one))
    places = citation_places(answer, title)
    return answer, {
        "question": render.question(question),
        "markup": render.answer(answer, title, alone=alone, marked=marked),
        "text": answer.text,
        "plain": take.plain(answer, places),
        "markdown": take.markdown(answer, places),
        "abstained": answer.abstained,
        "sure": "" if answer.abstained else render.sure_of(answer),
        "citations": [
            {
                "number": one.number,
                "document": one.doc_id,
                "start": one.start,
                "end": one.end,
                "quote": one.quote,
                "place": places[one.number].whole,
            }
            for one in answer.citations
        ],
    }


def _is_markdown(pipeline: Asks, doc_id: str) -> bool:
    try:
        return pipeline.document(doc_id).metadata.get("format") == "markdown"
    except KeyError:
        return False


def with_notice(told: dict[str, Any], kept: int) -> dict[str, Any]:
    """Return the reply with a notice above it that only ``kept`` questions are remembered."""
    return {**told, "markup": render.about(texts.forgotten(kept)) + told["markup"]}
