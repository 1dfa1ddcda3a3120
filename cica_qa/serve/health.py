"""``/healthz`` (the process is alive) and ``/readyz`` (it can answer questions)."""

from __future__ import annotations

import asyncio
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from cica_qa.errors import IndexStoreError
from cica_qa.serve.context import Context
from cica_qa.serve.library import EmptyCollectionError
from cica_qa.serve.problems import error_responses


class Alive(BaseModel):
    """The process is alive."""

    status: Literal["ok"] = "ok"


class Ready(BaseModel):
    """Every collection is loaded."""

    status: Literal["ready"] = "ready"


def router(context: Context) -> APIRouter:
    """Return the health checks for load balancers and orchestrators."""
    routes = APIRouter(tags=["health"])

    @routes.get("/healthz")
    async def healthz() -> Alive:
        """Report that the process is alive."""
        return Alive()

    @routes.get("/readyz", responses=error_responses(503))
    async def readyz() -> Ready:
        """Report whether the published generation of each collection is loaded."""
        # In a thread of its own, not a worker: a busy server is still ready.
        await asyncio.to_thread(_look_at_all, context)
        return Ready()

    return routes


def _look_at_all(context: Context) -> None:
    """Raise ``IndexStoreError`` if a collection cannot be read."""
    for name in context.collections.names:
        try:
            _ = context.collections[name].retriever.store.document_ids
        except EmptyCollectionError:
            continue
        except OSError as error:
            raise IndexStoreError(f"the collection {name!r} cannot be read: {error}") from error
