"""What Genesys Cloud does with a data action: fill its templates, ask, map the answer, and hold both ends against their contracts.

Of Velocity only what the files use, so that nothing new in them passes by. As there, a reference without a value stays as it is
written, and with `!` it is empty; what a translation map finds goes into the success template as JSON, quotes included.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jsonschema import Draft7Validator

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

_IF = re.compile(r'#if\("(\$!\{[^}]*\})" != ""\)(.*?)#end')
_PART = re.compile(r"\$esc\.jsonString\(\$\{(?P<escaped>[\w.]+)\}\)|\$(?P<silent>!?)\{(?P<plain>[\w.]+)\}")
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]")


@dataclass(frozen=True)
class DataAction:
    """An import file; `fields` is what it holds."""

    fields: dict[str, Any]

    @classmethod
    def of(cls, file: Path) -> DataAction:
        return cls(json.loads(file.read_text(encoding="utf-8")))

    def request(
        self, inputs: dict[str, Any], credentials: dict[str, str]
    ) -> tuple[str, str, dict[str, str], str]:
        """Method, address, headers and body; fails when the input is not what the contract asks for."""
        schema = self.fields["contract"]["input"]["inputSchema"]
        Draft7Validator(schema).validate(inputs)
        known = {"input": inputs, "credentials": credentials}
        asked = self.fields["config"]["request"]
        headers = {name: filled(value, known) for name, value in asked["headers"].items()}
        return (
            asked["requestType"],
            filled(asked["requestUrlTemplate"], known),
            headers,
            filled(asked["requestTemplate"], known),
        )

    def output(self, raw: Any) -> dict[str, Any]:
        """What comes out on the way of success; fails when it is not what the contract promises."""
        told = self.fields["config"]["response"]
        values = {"rawResult": json.dumps(raw)}
        for name, path in told["translationMap"].items():
            found = at(raw, path)
            values[name] = told["translationMapDefaults"][name] if found is None else json.dumps(found)
        made: dict[str, Any] = json.loads(filled(told["successTemplate"], values))
        Draft7Validator(self.fields["contract"]["output"]["successSchema"]).validate(made)
        return made

    async def run(self, client: httpx.AsyncClient, key: str, **inputs: Any) -> dict[str, Any]:
        method, address, headers, body = self.request(inputs, {"url": str(client.base_url), "key": key})
        json.loads(body)
        answer = await client.request(method, address, headers=headers, content=body)
        assert answer.status_code == 200, answer.text
        return self.output(answer.json())


def filled(template: str, known: dict[str, Any]) -> str:
    """The template with its conditions and references worked out."""
    chosen = _IF.sub(lambda found: found[2] if filled(found[1], known) else "", template)
    assert "#" not in chosen, f"a directive nobody plays here: {chosen}"
    return _PART.sub(lambda found: _value(found, known), chosen)


def _value(found: re.Match[str], known: dict[str, Any]) -> str:
    value: Any = known
    for name in (found["escaped"] or found["plain"]).split("."):
        value = value.get(name) if isinstance(value, dict) else None
    if value is None:
        return "" if found["silent"] else found[0]
    if found["escaped"]:
        return json.dumps(value)[1:-1]
    return value if isinstance(value, str) else json.dumps(value)


def at(raw: Any, path: str) -> Any:
    """What a path of names and places leads to; None when it leads nowhere."""
    assert re.fullmatch(r"\$(\.\w+|\[\d+\])+", path), path
    for name, place in _STEP.findall(path):
        if name:
            raw = raw.get(name) if isinstance(raw, dict) else None
        else:
            raw = raw[int(place)] if isinstance(raw, list) and int(place) < len(raw) else None
    return raw
