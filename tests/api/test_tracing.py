"""One request followed through its log lines, and through spans that a collector takes over OTLP."""

from __future__ import annotations

import dataclasses
import gzip
import json
import logging
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from api.settings import COLLECTORS, read_settings
from api.telemetry import JsonLines
from tests.api.running import HERE, Running, a_question, running

if TYPE_CHECKING:
    from collections.abc import Iterator

    import redis

    from api.settings import Settings

pytestmark = pytest.mark.anyio

CALLER = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"
HEADERS = {"traceparent": f"00-{CALLER}-{PARENT}-01"}


class Kept(logging.Handler):
    """Every line, as it would be written."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonLines())
        self.lines: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(json.loads(self.format(record)))

    def said(self, message: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["message"] == message]


@pytest.fixture
def kept() -> Iterator[Kept]:
    handler = Kept()
    root = logging.getLogger()
    root.addHandler(handler)
    yield handler
    root.removeHandler(handler)


async def ask(desk: Running, headers: dict[str, str] | None = None, **question: Any) -> dict[str, Any]:
    answer = await desk.client.post("/v1/decisions", json=a_question(**question), headers=headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


# --- lines -----------------------------------------------------------------------------------------------------------


async def test_a_line_names_the_trace_its_caller_follows(
    desk: Running, store: redis.Redis, kept: Kept
) -> None:
    store.set("{p30}:customer:C-1", "no customer")
    await ask(desk, HEADERS)
    [line] = kept.said("stored customer not used")
    assert line["trace_id"] == CALLER


@pytest.mark.parametrize(
    "said", [None, "nonsense", f"00-{'0' * 32}-{PARENT}-01", f"00-{CALLER}-{'0' * 16}-01"]
)
async def test_without_a_usable_one_each_request_has_a_trace_of_its_own(
    said: str | None, desk: Running, store: redis.Redis, kept: Kept
) -> None:
    store.set("{p30}:customer:C-1", "no customer")
    for contact_id in ("call-1", "call-2"):
        await ask(desk, None if said is None else {"traceparent": said}, contact_id=contact_id)
    traces = [line["trace_id"] for line in kept.said("stored customer not used")]
    assert len(set(traces)) == 2
    assert all(len(trace) == 32 and trace not in ("0" * 32, CALLER) for trace in traces)


def test_a_line_of_no_request_has_no_trace() -> None:
    record = logging.LogRecord("behoud.x", logging.INFO, "", 0, "looked", (), None)
    assert "trace_id" not in json.loads(JsonLines().format(record))


# --- spans -----------------------------------------------------------------------------------------------------------


@contextmanager
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[ExportTraceServiceRequest]]:
    """Takes what is sent to it over OTLP/HTTP, and is named to the process."""
    taken: list[ExportTraceServiceRequest] = []

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            taken.append(ExportTraceServiceRequest.FromString(body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  its name in the standard library
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv(COLLECTORS[0], f"http://127.0.0.1:{server.server_address[1]}")
    yield taken
    server.shutdown()
    server.server_close()
    thread.join()


async def test_a_collector_gets_the_request_and_its_stages_within_the_callers_trace(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with collector(monkeypatch) as taken:
        async with running(dataclasses.replace(settings, traces=True)) as desk:
            await ask(desk, HEADERS)
            missing = await desk.client.get("/v1/decisions/p00-none", headers=HEADERS)
            assert missing.status_code == 404
    found = [
        span
        for request in taken
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    spans = {span.name: span for span in found}
    assert sorted(span.name for span in found) == [
        "GET /v1/decisions/{decision_id}",
        "POST /v1/decisions",
        "decide",
        "load",
        "record",
    ]
    assert {span.trace_id.hex() for span in found} == {CALLER}
    request = spans["POST /v1/decisions"]
    assert request.parent_span_id.hex() == PARENT
    assert {spans[stage].parent_span_id for stage in ("load", "decide", "record")} == {request.span_id}
    told = {attribute.key: attribute.value for attribute in request.attributes}
    assert told["http.response.status_code"].int_value == 200
    assert told["http.route"].string_value == "/v1/decisions"
    assert not any(b"C-1" in batch.SerializeToString() for batch in taken), "a customer is named"
    [service] = {
        attribute.value.string_value
        for batch in taken
        for attribute in batch.resource_spans[0].resource.attributes
        if attribute.key == "service.name"
    }
    assert service == "behoud"


async def test_a_collector_that_is_away_costs_no_answer(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(COLLECTORS[0], "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    async with running(dataclasses.replace(settings, traces=True)) as desk:
        assert (await ask(desk, HEADERS))["degraded"] == ["bundle"]


def test_naming_a_collector_is_all_it_takes() -> None:
    given = {"BEHOUD_KNOWLEDGE": str(HERE)}
    assert not read_settings(given).traces
    for name in COLLECTORS:
        assert read_settings({**given, name: "http://collector:4318"}).traces
