"""Prometheus metrics, in a registry of their own for each app."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

if TYPE_CHECKING:
    from cica_qa.serve.context import Context
    from cica_qa.serve.workers import Workers

_SHED = (429, 503)
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """The metrics of one app. Routes are labelled by their templates, so labels are bounded."""

    def __init__(self, workers: Workers) -> None:
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "cica_qa_requests", "Requests answered", ["route", "status"], registry=registry
        )
        self._seconds = Histogram(
            "cica_qa_request_seconds",
            "Time from a request to the end of its response",
            ["route"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._shed = Counter(
            "cica_qa_shed_requests",
            "Requests refused because of too many: 429 of one client, 503 altogether",
            ["status"],
            registry=registry,
        )
        self._answers = Counter(
            "cica_qa_answers", "Questions answered or not", ["abstained"], registry=registry
        )
        inside = Gauge(
            "cica_qa_requests_inside", "Requests worked on or waiting", registry=registry
        )
        inside.set_function(lambda: workers.inside)
        for status in _SHED:
            self._shed.labels(str(status))
        for abstained in ("false", "true"):
            self._answers.labels(abstained)

    def count(
        self, route: str, status: int, seconds: float, abstained: Iterable[bool] = ()
    ) -> None:
        """Count a completed request and its answers."""
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)
        if status in _SHED:
            self._shed.labels(str(status)).inc()
        for one in abstained:
            self._answers.labels(str(one).lower()).inc()

    def text(self) -> bytes:
        """Return all metrics in Prometheus's text format."""
        return generate_latest(self._registry)


def router(context: Context) -> APIRouter:
    """Return the route ``/metrics``, which shows what the guard has counted."""
    routes = APIRouter()
    unguarded = Metrics(context.workers)

    @routes.get("/metrics", include_in_schema=False)
    def metrics(request: Request) -> Response:
        counted: Metrics = getattr(request.state, "metrics", unguarded)
        return Response(counted.text(), media_type=CONTENT_TYPE_LATEST)

    return routes
