"""OpenTelemetry traces, if the environment names a collector.

Without ``OTEL_EXPORTER_OTLP_ENDPOINT`` nothing is measured and nothing is sent. A span holds the
route, status and duration of a request, never its body.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable

from fastapi import FastAPI

log = logging.getLogger(__name__)

_ADDRESSES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


def instrument(app: FastAPI) -> Callable[[], None]:
    """Trace the requests to ``app``; return a function that sends the rest at shutdown."""
    if not any(os.environ.get(name) for name in _ADDRESSES):
        return lambda: None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ModuleNotFoundError as error:
        log.warning("no traces are sent: %s; pip install 'cica-qa[telemetry]'", error)
        return lambda: None
    named = {"service.name": os.environ.get("OTEL_SERVICE_NAME", "cica-qa")}
    provider = TracerProvider(resource=Resource.create(named))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    FastAPIInstrumentor.instrument_app(
        app, tracer_provider=provider, excluded_urls="healthz,readyz,metrics"
    )
    return provider.shutdown
