"""What a view shows, as JSON Schema: the schema of the whole answer without what is not seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.views import SEEN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from api.security import View
    from api.views import Seen

Schema = dict[str, Any]


def schema_seen(view: View, whole: Schema, definitions: Mapping[str, Schema]) -> Schema:
    """Of an answer with `render`, which every view gets as it is."""
    return {**_cut(whole, {**SEEN[view], "render": {}}, definitions), "x-view": view}


def _cut(schema: Schema, seen: Seen, definitions: Mapping[str, Schema]) -> Schema:
    if not seen:
        return schema
    if "$ref" in schema:
        return _cut(definitions[schema["$ref"].rpartition("/")[2]], seen, definitions)
    if "anyOf" in schema:
        return {**schema, "anyOf": [_cut(choice, seen, definitions) for choice in schema["anyOf"]]}
    if "items" in schema:
        return {**schema, "items": _cut(schema["items"], seen, definitions)}
    if "properties" not in schema:  # null, where there may be an object
        return schema
    shown = {
        name: _cut(inner, seen[name], definitions)
        for name, inner in schema["properties"].items()
        if name in seen
    }
    needed = [name for name in schema.get("required", ()) if name in seen]
    return {"type": "object", "additionalProperties": False, "properties": shown, "required": needed}
