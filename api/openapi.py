"""The OpenAPI 3.1 document, written from what the routes declare."""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from pydantic.json_schema import models_json_schema

from api.contract import JSON, Operation, declared
from api.deadline import LEAST, MOST
from api.errors import MEDIA_TYPE, RETRY_SECONDS, TITLES, ProblemDocument
from api.idempotency import PATTERN, REPLAYED
from api.view_schemas import schema_seen
from models.knowledge import CODE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import BaseModel
    from pydantic.json_schema import JsonSchemaMode

    from api.contract import Endpoint
    from api.security import View

References = dict[Any, dict[str, Any]]
"""(noun, mode) -> the reference to its schema."""

_WAIT: dict[str, Any] = {
    "headers": {
        "Retry-After": {
            "description": "seconds after which to come back",
            "schema": {"type": "integer", "minimum": 0},
            "example": RETRY_SECONDS,
        }
    }
}
_ONCE: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "the same call under the same key is done once: its answer is kept for a day and given again",
    "schema": {"type": "string", "pattern": PATTERN},
}
_HURRIES: dict[str, Any] = {
    "name": "X-Request-Timeout-Ms",
    "in": "header",
    "required": False,
    "description": "how long the caller waits: the answer comes in time with less, and `degraded` says with what",
    "schema": {"type": "integer", "minimum": LEAST, "maximum": MOST},
}
_REPLAYED: dict[str, Any] = {
    REPLAYED: {
        "description": "true where this is the answer the first call with this Idempotency-Key had",
        "schema": {"type": "string", "enum": ["true"]},
    }
}
HEADERS: dict[int, dict[str, Any]] = {
    405: {"headers": {"Allow": {"description": "the method to use", "schema": {"type": "string"}}}},
    409: _WAIT,
    429: _WAIT,
    503: _WAIT,
}
"""What a refusal says beside its body, by status."""
ABOUT = (
    "The best thing to do for this customer now: priced in euros, with a reason for every yes and no. "
    "Every error is a problem document (RFC 9457)."
)


def document(endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    """The contract of these endpoints."""
    operations = [declared(endpoint) for endpoint in endpoints]
    references, definitions = _schemas(operations)
    definitions |= _views(operations, references, definitions)
    paths: dict[str, dict[str, Any]] = {}
    for endpoint, operation in zip(endpoints, operations, strict=True):
        described = _operation(operation, references)
        described["operationId"] = getattr(endpoint, "__name__", operation.path)
        paths.setdefault(operation.path, {})[operation.method.lower()] = described
    return {
        "openapi": "3.1.0",
        "info": {"title": "Behoud", "version": CODE, "description": ABOUT, "license": {"name": "Apache-2.0"}},
        "servers": [{"url": "http://127.0.0.1:8080"}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(definitions.items())),
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "an API key (`bh_…`), or a token (`bt_…`) from POST /v1/tokens",
                },
                **_signatures(operations),
            },
        },
    }


def as_text(endpoints: Sequence[Endpoint]) -> str:
    """The document as it is committed."""
    return json.dumps(document(endpoints), indent=1, ensure_ascii=False) + "\n"


def _schemas(operations: Sequence[Operation]) -> tuple[References, dict[str, Any]]:
    wanted: list[tuple[type[BaseModel], JsonSchemaMode]] = [(ProblemDocument, "serialization")]
    for operation in operations:
        if operation.takes is not None:
            wanted.append((operation.takes, "validation"))
        wanted += [(given, "serialization") for given in _given(operation)]
    unique = list(dict.fromkeys(wanted))
    references, definitions = models_json_schema(unique, ref_template="#/components/schemas/{model}")
    return references, definitions.get("$defs", {})


def _views(
    operations: Sequence[Operation], references: References, definitions: dict[str, Any]
) -> dict[str, Any]:
    """What is answered to keys that see less, by the name of its schema."""
    return {
        _named(operation, references, view).rpartition("/")[2]: schema_seen(
            view, references[operation.gives, "serialization"], definitions
        )
        for operation in operations
        for view in operation.views
    }


def _named(operation: Operation, references: References, view: View) -> str:
    return f"{references[operation.gives, 'serialization']['$ref']}SeenBy{view.capitalize()}"


def _signatures(operations: Sequence[Operation]) -> dict[str, Any]:
    """A scheme for each header that guards a route in place of a key."""
    about = "sha256= and the HMAC-SHA256 of the body's bytes, in hexadecimal, with the secret shared with the platform"
    return {
        header: {"type": "apiKey", "in": "header", "name": header, "description": about}
        for header in dict.fromkeys(operation.signature for operation in operations)
        if header is not None
    }


def _operation(operation: Operation, references: References) -> dict[str, Any]:
    described: dict[str, Any] = {"summary": operation.summary}
    tag = (
        operation.path.removeprefix("/v1/").partition("/")[0]
        if operation.path.startswith("/v1/")
        else "pages"
        if operation.scope is None and operation.gives_media != JSON
        else "health"
    )
    described["tags"] = [tag]
    if operation.scope is not None:
        described["security"] = [{"key": []}]
        described["x-scope"] = operation.scope
        described["description"] = f"The key or token needs the scope `{operation.scope}`."
    if operation.signature is not None:
        described["security"] = [{operation.signature: []}]
        described["description"] = f"No key: the signature in `{operation.signature}` is its guard."
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "maxLength": 200}}
        for name in re.findall(r"{(\w+)}", operation.path)
    ] + [
        {"name": name, "in": "query", "required": False, "description": text, "schema": {"type": "string"}}
        for name, text in operation.parameters.items()
    ]
    if operation.once:
        parameters.append(_ONCE)
    if operation.hurries:
        parameters.append(_HURRIES)
    if parameters:
        described["parameters"] = parameters
    if operation.takes is not None:
        schema = references[operation.takes, "validation"]
        content = _content(schema, operation.takes_media, operation.example_in)
        described["requestBody"] = {"required": True, "content": content}
    described["responses"] = _responses(operation, references)
    return described


def _responses(operation: Operation, references: References) -> dict[str, Any]:
    given = [references[noun, "serialization"] for noun in _given(operation)]
    given += [{"$ref": _named(operation, references, view)} for view in operation.views]
    schema: dict[str, Any] = {"type": "object" if operation.gives_media == JSON else "string"}
    if given:
        schema = given[0] if len(given) == 1 else {"anyOf": given}
    answer: dict[str, Any] = {
        "description": "Done",
        "content": _content(schema, operation.gives_media, operation.example_out),
    }
    if operation.once:
        answer["headers"] = _REPLAYED
    problem = {"schema": references[ProblemDocument, "serialization"]}
    statuses = {405, *operation.problems}
    if operation.scope is not None:
        statuses |= {401, 403, 429, 503}
    if operation.signature is not None:
        statuses |= {401}
    if operation.once:
        statuses |= {409}
    if operation.takes is not None:
        statuses |= {400, 408, 413, 415, 422}
    refusals = {
        str(status): {
            "description": TITLES[HTTPStatus(status)],
            **HEADERS.get(status, {}),
            "content": {MEDIA_TYPE: problem},
        }
        for status in sorted(statuses)
    }
    return {"200": answer, **refusals}


def _given(operation: Operation) -> list[type[BaseModel]]:
    return [noun for noun in (operation.gives, operation.gives_else) if noun is not None]


def _content(schema: dict[str, Any], media: str, example: Any) -> dict[str, Any]:
    return {media: {"schema": schema} if example is None else {"schema": schema, "example": example}}
