"""Lines of JSON, which schemathesis neither writes nor reads by itself: what is made up is one line, what is answered is read by its first."""

from __future__ import annotations

import json
from typing import Any

import schemathesis

NDJSON = "application/x-ndjson"


@schemathesis.serializer(NDJSON)
def line(_context: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value).encode()


@schemathesis.deserializer(NDJSON)
def first(_context: Any, response: Any) -> Any:
    return json.loads(response.content.partition(b"\n")[0])
