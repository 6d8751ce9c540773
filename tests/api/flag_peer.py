"""A server of flags as flagd and any other that speaks its protocols: `python -m tests.api.flag_peer KIND FILE [PORT]`, to be paused and killed.

Its rules are those of FILE by flagd's own evaluator. `ofrep`: OpenFeature Remote Evaluation Protocol, POST /ofrep/v1/evaluate/flags/KEY. `rpc`:
flagd.evaluation.v2.Service. `sync`: flagd.sync.v1.FlagSyncService, which hands the file over. The port is the first line it prints.
"""

from __future__ import annotations

import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf.struct_pb2 import Struct
from openfeature.contrib.tools.flagd.core import FlagdCore
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import FlagNotFoundError, OpenFeatureError
from openfeature.schemas.protobuf.flagd.evaluation.v2 import evaluation_pb2 as told
from openfeature.schemas.protobuf.flagd.evaluation.v2 import evaluation_pb2_grpc as telling
from openfeature.schemas.protobuf.flagd.sync.v1 import sync_pb2 as handed
from openfeature.schemas.protobuf.flagd.sync.v1 import sync_pb2_grpc as handing

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE = Path(sys.argv[2]).read_text(encoding="utf-8")
PORT = int(sys.argv[3]) if len(sys.argv) > 3 else 0
CORE = FlagdCore()
CORE.set_flags(FILE)
NEVER = threading.Event()


class Ofrep(BaseHTTPRequestHandler):
    """Success: key, value, reason, variant, metadata. Failure: key, errorCode, errorDetails."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        context = asked["context"]
        key = self.path.removeprefix("/ofrep/v1/evaluate/flags/")
        assert set(context) == {"targetingKey"}, "nothing else is told"
        try:
            found = CORE._resolve(key, None, EvaluationContext(context["targetingKey"]))
        except OpenFeatureError as error:
            status = 404 if isinstance(error, FlagNotFoundError) else 400
            self.answer(status, {"key": key, "errorCode": error.error_code, "errorDetails": str(error)})
            return
        value = found.value
        if isinstance(value, float) and value.is_integer():
            value = int(value)  # as servers do whose language writes 1.0 so
        answer = {"key": key, "value": value, "reason": found.reason, "variant": found.variant}
        self.answer(200, answer | {"metadata": dict(found.flag_metadata)})

    def answer(self, status: int, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


class Evaluation(telling.ServiceServicer):
    """What is asked one flag at a time, and the stream that says it is there."""

    def ResolveString(self, request: Any, context: Any) -> Any:  # noqa: N802  as the protocol calls it
        return self.resolved(told.ResolveStringResponse, request, context, CORE.resolve_string_value, "")

    def ResolveFloat(self, request: Any, context: Any) -> Any:  # noqa: N802  as the protocol calls it
        return self.resolved(told.ResolveFloatResponse, request, context, CORE.resolve_float_value, 0.0)

    def resolved(self, response: Any, request: Any, context: Any, resolve: Any, usual: Any) -> Any:
        who = EvaluationContext(request.context["targetingKey"])
        try:
            found = resolve(request.flag_key, usual, who)
        except FlagNotFoundError as error:
            context.abort(grpc.StatusCode.NOT_FOUND, str(error))
        return response(value=found.value, reason=found.reason, variant=found.variant or "")

    def EventStream(self, _request: Any, _context: Any) -> Iterator[Any]:  # noqa: N802  as the protocol calls it
        yield told.EventStreamResponse(type="provider_ready")
        NEVER.wait()


class Sync(handing.FlagSyncServiceServicer):
    """The whole file, once: it does not change here."""

    def SyncFlags(self, _request: Any, _context: Any) -> Iterator[Any]:  # noqa: N802  as the protocol calls it
        context = Struct()
        context["sources"] = "a file"
        yield handed.SyncFlagsResponse(flag_configuration=FILE, sync_context=context)
        NEVER.wait()


def main(kind: str) -> None:
    if kind == "ofrep":
        server = ThreadingHTTPServer(("127.0.0.1", PORT), Ofrep)
        print(server.server_port, flush=True)
        server.serve_forever()
    peer = grpc.server(ThreadPoolExecutor(8))
    if kind == "rpc":
        telling.add_ServiceServicer_to_server(Evaluation(), peer)
    else:
        handing.add_FlagSyncServiceServicer_to_server(Sync(), peer)
    port = peer.add_insecure_port(f"127.0.0.1:{PORT}")
    peer.start()
    print(port, flush=True)
    peer.wait_for_termination()


if __name__ == "__main__":
    main(sys.argv[1])
