"""Spans of OpenTelemetry: one for each request and one for each of its stages, sent to a collector in batches.

Spans name routes and stages, never a customer. A thread of its own sends them: a collector that is away costs no request anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from api.tracing import KEPT, STAGES, header

if TYPE_CHECKING:
    from collections.abc import Collection

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

FAULTS: Final = 500


class Spans:
    """Around the application, whose `paths` these are. Where spans go, how many are kept and what the service is called say the variables of OpenTelemetry."""

    def __init__(self, paths: Collection[str]) -> None:
        self._paths = frozenset(paths)
        named = Resource({SERVICE_NAME: "behoud"}).merge(OTELResourceDetector().detect())
        self._provider = TracerProvider(resource=named)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("behoud")
        self._propagator = TraceContextTextMapPropagator()

    async def follow(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """The request, in a span that continues the caller's."""
        carrier = {name: header(scope, name.encode()) for name in ("traceparent", "tracestate")}
        method, parent = scope["method"], self._propagator.extract(carrier)
        with self._tracer.start_as_current_span(method, parent, SpanKind.SERVER) as span:
            scope[KEPT] = trace.format_trace_id(span.get_span_context().trace_id)
            span.set_attribute("http.request.method", method)

            async def sending(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.set_attribute("http.response.status_code", message["status"])
                    if message["status"] >= FAULTS:
                        span.set_status(Status(StatusCode.ERROR))
                await send(message)

            STAGES.set(self._tracer.start_as_current_span)
            try:
                await app(scope, receive, sending)
            finally:
                # A path without parameters is not searched for among the routes.
                path = scope["path"] if scope["path"] in self._paths else None
                route = getattr(scope.get("route"), "path", path)
                if route is not None:
                    span.set_attribute("http.route", route)
                    span.update_name(f"{method} {route}")

    def close(self) -> None:
        """Send what is left, and end."""
        self._provider.shutdown()
