"""``POST /page/rating``: readers' ratings of answers, stored as a question set."""

from __future__ import annotations

import asyncio
import json
import secrets
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import Field

from cica_qa.index.location import beside
from cica_qa.serve.requests import CollectionName, DocId, RequestModel

if TYPE_CHECKING:
    from cica_qa.serve.context import Context

MAX_FILE_BYTES = 50_000_000
"""A longer file of ratings takes no more."""
Reason = Literal["wrong", "partial", "source", "exists", "other"]
Long = Annotated[str, Field(max_length=20_000)]


class Cited(RequestModel):
    """A citation of the rated answer."""

    document: DocId
    quote: Long


class Rating(RequestModel):
    """A reader's rating of an answer; ``right`` is the answer they expected, or a note."""

    question: Annotated[str, Field(min_length=1, max_length=20_000)]
    answer: Long = ""
    good: bool
    reason: Reason | None = None
    right: Annotated[str, Field(max_length=2000)] = ""
    abstained: bool = False
    citations: Annotated[list[Cited], Field(max_length=50)] = Field(default_factory=list)
    before: Long = ""
    collection: CollectionName = ""


def router(context: Context) -> APIRouter:
    """Return the route that accepts ratings."""
    routes = APIRouter(prefix="/page", include_in_schema=False)
    lock = threading.Lock()

    @routes.post("/rating")
    async def rate(body: Rating, request: Request) -> dict[str, bool]:
        """Append a rating to a question set that ``cica-qa evaluate`` can ask again."""
        name = body.collection or context.collections.names[0]
        index = context.seen_by(request.scope)[name].retriever.index_dir
        file = beside(index, ".ratings.jsonl")
        return {"kept": await asyncio.to_thread(_write, lock, file, entry_of(body))}

    return routes


def entry_of(rating: Rating) -> dict[str, Any]:
    """Return a rating as an entry of a question set.

    The quotes of an answer rated good are the gold answers; otherwise the expected answer is, if
    it was given. A refusal rated good makes the question unanswerable. In all other cases
    ``answerable`` is left out, because it is not known.
    """
    now = datetime.now(UTC).isoformat(timespec="seconds")
    entry: dict[str, Any] = {
        "id": f"rated-{now}-{secrets.token_hex(4)}",
        "question": rating.question,
        "type": "rated",
    }
    if rating.good or rating.reason == "exists" or rating.right:
        entry["answerable"] = not (rating.good and rating.abstained)
    if rating.before:
        entry["prior_question"] = rating.before
    quotes = [one.quote for one in rating.citations]
    gold = quotes if rating.good else [rating.right] if rating.right else []
    if gold:
        entry |= {"gold_answer": gold[0], "gold_answers": gold}
    details: dict[str, Any] = {
        "good": rating.good,
        "reason": rating.reason,
        "answer": rating.answer,
        "at": now,
    }
    details["citations"] = [one.model_dump() for one in rating.citations]
    return {**entry, "rating": details}


def _write(lock: threading.Lock, file: Path, entry: dict[str, Any]) -> bool:
    line = json.dumps(entry, ensure_ascii=False) + "\n"
    with lock:
        if file.exists() and file.stat().st_size > MAX_FILE_BYTES:
            return False
        with file.open("a", encoding="utf-8") as stream:
            stream.write(line)
    return True
