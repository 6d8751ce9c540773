"""Constants written into a condition, and what follows from them worked out once instead of at every request.

Arithmetic on constants is left to the engine, so that a folded condition cannot mean something else. Only the logic around it is
here: && and || absorb like CEL's (false && missing is false), a macro over a constant list becomes && or ||.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from models.cel_engine import ENGINE_ERRORS, value_of
from models.cel_tree import (
    Apply,
    Constant,
    Each,
    ExpressionError,
    Failed,
    Node,
    Path,
    Variable,
    joined,
    over,
    write,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.cel_schema import Schema

REMEDIES = {
    "timestamp": "write a moment with its offset, such as timestamp('2026-01-31T00:00:00Z')",
    "duration": "write hours, minutes or seconds, such as duration('72h')",
}
PATTERN = "write a regular expression without look-around or back-references"


def bound(node: Node, root: str, values: Mapping[str, Any], schema: Schema) -> Node:
    """The tree with the facts below `root` replaced by constants; a fact without a value becomes Failed, unless has() asks."""
    match node:
        case Apply("has", (Path(parts=(first, *_)) as path,), at) if first == root:
            return Constant(isinstance(_value(path, values, schema), Constant), at)
        case Path(parts=(first, *_)) if first == root:
            return _value(node, values, schema)
        case _:
            return over(node, lambda child: bound(child, root, values, schema))


def _value(path: Path, values: Mapping[str, Any], schema: Schema) -> Constant | Failed:
    raw: Any = values
    for part in path.parts[1:]:
        raw = raw.get(part) if isinstance(raw, Mapping) else None
    try:
        value = None if raw is None else schema.readers[path.declared](raw)
    except ValueError as error:
        raise ExpressionError(f"{path.declared}: {error}") from None
    if path.key is not None and value is not None:
        value = value.get(path.key)
    if value is None:
        return Failed(f"{path.name} has no value; give it one, or ask has({path.name}) first", path.at)
    return Constant(tuple(value) if isinstance(value, list) else value, path.at)


def folded(node: Node) -> Node:  # noqa: C901, PLR0911 - one return a case
    """The tree with everything that no longer depends on a fact worked out."""
    node = over(node, folded)
    match node:
        case Apply("&&" | "||"):
            return _logic(node)
        case Apply("?:", (Constant(True), chosen, _)) | Apply("?:", (Constant(False), _, chosen)):
            return chosen
        case Apply("!", (Apply("!", (inner,)),)):
            return inner
        case Apply("[]", (Path(key=None) as path, Constant(key))):
            return replace(path, key=key)
        case Each(over=Constant(items)):
            return _unrolled(node, items)
        case Apply("has"):
            return node
        case Apply("matches", (_, Constant() as pattern)):
            probe = _worked_out(Apply("matches", (Constant(""), pattern), node.at))
            if isinstance(probe, Failed):
                return Failed(f"{write(pattern)} is no pattern: {PATTERN}", node.at)
            return _worked_out(node)
        case Apply(args=args) if failed := [arg for arg in args if isinstance(arg, Failed)]:
            return failed[0]
        case Apply("/" | "%", (_, Constant(0))):  # 0.0 too: an infinity is no answer either
            return Failed(f"{write(node)} divides by zero", node.at)
        case Apply():
            return _worked_out(node)
        case _:
            return node


def _logic(node: Apply) -> Node:
    """CEL's && and || are symmetric: one false (true) argument decides, whatever the others are."""
    decides = node.name == "||"
    rest: list[Node] = []
    for arg in joined(node.name, node.args).args:
        if not isinstance(arg, Constant):
            rest.append(arg)
        elif arg.value is decides:
            return arg
    if not rest:
        return Constant(not decides, node.at)
    return rest[0] if len(rest) == 1 else joined(node.name, tuple(rest), node.at)


def _unrolled(node: Each, items: Sequence[Any]) -> Node:
    """A macro over a constant list, one copy of its body an element."""
    bodies = [folded(_with(node.body, node.variable, item)) for item in items]
    if node.name in {"exists", "all"}:
        return _logic(Apply("||" if node.name == "exists" else "&&", tuple(bodies), node.at))
    values = [body.value for body in bodies if isinstance(body, Constant)]
    if len(values) < len(bodies):
        return node
    match node.name:
        case "exists_one":
            return Constant(values.count(True) == 1, node.at)
        case "filter":
            return Constant(tuple(item for item, kept in zip(items, values, strict=True) if kept), node.at)
        case _:
            return Constant(tuple(values), node.at)


def _with(node: Node, variable: str, value: Any) -> Node:
    """The node with a macro's variable replaced by one element; macros inside have other variables."""
    if isinstance(node, Variable) and node.name == variable:
        return Constant(value, node.at)
    return over(node, lambda child: _with(child, variable, value))


def _worked_out(node: Apply) -> Node:
    if not all(isinstance(arg, Constant) for arg in node.args):
        return node
    try:
        value = value_of(write(node))
    except ENGINE_ERRORS as error:
        remedy = REMEDIES.get(node.name, str(error).split("\n", 1)[0])
        return Failed(f"{write(node)} has no value: {remedy}", node.at)
    if isinstance(value, float) and not math.isfinite(value):
        return Failed(f"{write(node)} is no finite number", node.at)
    return Constant(tuple(value) if isinstance(value, list) else value, node.at)
