"""The check of a condition: paths, types, functions and constants against the declared facts.

The engine compiles a misspelt fact and a comparison of a text with a number, and fails (or answers wrongly) on the first customer;
so everything is checked once, when the policy is loaded.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from models.cel_schema import RESERVED, Schema
from models.cel_tree import (
    FUNCTIONS,
    MACROS,
    METHODS,
    Apply,
    Constant,
    Each,
    Failed,
    Node,
    Path,
    Variable,
    located,
    over,
)
from models.cel_values import BOOLEAN, DURATION, INTEGER, NUMBER, STRING, TIMESTAMP, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

ORDERED = (NUMBER, INTEGER, STRING, TIMESTAMP, DURATION)
NUMERIC = (NUMBER, INTEGER)
SIGNATURES: dict[tuple[str, Kind, Kind], Kind] = {
    ("+", STRING, STRING): STRING,
    ("+", TIMESTAMP, DURATION): TIMESTAMP,
    ("+", DURATION, TIMESTAMP): TIMESTAMP,
    ("+", DURATION, DURATION): DURATION,
    ("-", TIMESTAMP, TIMESTAMP): DURATION,
    ("-", TIMESTAMP, DURATION): TIMESTAMP,
    ("-", DURATION, DURATION): DURATION,
    ("%", INTEGER, INTEGER): INTEGER,
    **{(name, kind, kind): kind for name in "+-*/" for kind in NUMERIC},
    **{(name, kind, kind): BOOLEAN for name in ("<", "<=", ">", ">=") for kind in ORDERED},
    **{(name, STRING, STRING): BOOLEAN for name in ("startsWith", "endsWith", "contains", "matches")},
}
CALLS: dict[tuple[str, Kind], Kind] = {
    **{("-", kind): kind for kind in NUMERIC},
    **{(name, TIMESTAMP): INTEGER for name in METHODS if name.startswith("get")},
    ("timestamp", STRING): TIMESTAMP,
    ("duration", STRING): DURATION,
    **{("int", kind): INTEGER for kind in NUMERIC},
    **{("double", kind): NUMBER for kind in NUMERIC},
    ("string", STRING): STRING,
    ("string", INTEGER): STRING,
}
PROMOTED = frozenset({"+", "-", "*", "/", "<", "<=", ">", ">=", "==", "!="})
REMEDIES = {
    "size": "; size of a text counts bytes here: compare with '' instead",
    "string": "; only integers are written the same everywhere: use string(int(x))",
    "%": "; write int(x) % 2",
    "[]": "; only maps have keys: for a list use 'x' in list or list.exists(x, ...)",
}


def checked(node: Node, schema: Schema) -> Node:
    """The tree of a condition with its paths resolved and integers read as numbers where a number meets them. Raises Located."""
    node, kind = _Check(schema).check(node, {})
    if kind != BOOLEAN:
        raise located(f"a rule answers true or false; this is a {kind}", node.at)
    return node


@dataclass(frozen=True)
class _Check:
    schema: Schema

    def check(self, node: Node, scope: Mapping[str, Kind]) -> tuple[Node, Kind]:  # noqa: PLR0911 - one return a node
        match node:
            case Constant(value):
                return node, _constant_kind(value)
            case Variable(name):
                return node, scope[name]
            case Failed(reason, at):
                raise located(reason, at)
            case Path(parts=(name,)) if name in scope:
                return Variable(name, node.at), scope[name]
            case Path():
                return self._path(node, scope)
            case Each():
                return self._each(node, scope)
            case Apply("has", args):
                return self._has(args, node.at), BOOLEAN
            case _:
                return self._apply(node, scope)

    def _path(self, node: Path, scope: Mapping[str, Kind]) -> tuple[Node, Kind]:
        if node.parts[0] in scope:
            raise located(f"{node.parts[0]} is the variable of a macro and has no parts", node.at)
        for length in range(len(node.parts), 0, -1):
            path, rest = ".".join(node.parts[:length]), node.parts[length:]
            kind = self.schema.kinds.get(path)
            if kind and not rest:
                return node, kind
            if kind and kind.name == "map" and kind.of and len(rest) == 1:
                return self._entry(replace(node, parts=node.parts[:length]), kind, rest[0])
        raise located(self._undeclared(node.declared), node.at)

    def _entry(self, node: Path, kind: Kind, key: str) -> tuple[Path, Kind]:
        """One entry of a declared map."""
        _closed(key, kind.values, f"key of {node.declared}", node.at)
        return replace(node, key=key), kind.of or kind

    def _undeclared(self, path: str) -> str:
        below = sorted(known for known in self.schema.types if known.startswith(f"{path}."))
        if below:
            return f"{path} is a group of facts; name one, such as {', '.join(below[:4])}"
        near = get_close_matches(path, self.schema.types, n=1)
        remedy = f"did you mean {near[0]}?" if near else "declare it with its type, or use a declared fact"
        return f"{path} is no declared fact; {remedy}"

    def _has(self, args: tuple[Node, ...], at: int) -> Apply:
        match args:
            case (Path(parts=(_, _, *_)) as path,):
                return Apply("has", (self._path(path, {})[0],), at)
        raise located("has() takes one fact, such as has(customer.x)", at)

    def _each(self, node: Each, scope: Mapping[str, Kind]) -> tuple[Node, Kind]:
        of, kind = self.check(node.over, scope)
        if kind.name != "list" or kind.of is None:
            raise located(f"{node.name}() goes over a list; {write_kind(kind)}", node.at)
        name = node.variable
        if name in self.schema.roots | RESERVED | set(scope) or "__" in name:
            raise located(f"{name} already has a meaning; choose another variable", node.at)
        body, result = self.check(node.body, {**scope, name: kind.of})
        if node.name != "map" and result != BOOLEAN:
            raise located(f"{node.name}() asks for true or false; {write_kind(result)}", body.at)
        if node.name == "map":
            if result.of is not None:
                raise located("map() makes a list of single values; " + write_kind(result), body.at)
            return Each("map", of, name, body, node.at), Kind("list", result)
        return Each(node.name, of, name, body, node.at), kind if node.name == "filter" else BOOLEAN

    def _apply(self, node: Apply, scope: Mapping[str, Kind]) -> tuple[Node, Kind]:
        pairs = [self.check(arg, scope) for arg in node.args]
        name, at = node.name, node.at
        if name in PROMOTED or name in {"list", "?:", "in"}:
            pairs = _promoted(name, pairs)
        args, kinds = tuple(arg for arg, _ in pairs), tuple(kind for _, kind in pairs)
        result = _result(name, kinds)
        if result is None:
            raise located(_refusal(name, kinds), at)
        if name in {"timestamp", "duration"} and not isinstance(args[0], Constant):
            raise located(f"{name}() takes a constant text; declare the fact as a {name}", at)
        if name == "matches" and not isinstance(args[1], Constant):
            raise located(
                "matches() takes a constant pattern, so that it can be checked when the policy is loaded", at
            )
        if name in {"==", "!=", "in"}:
            _check_constants(args, kinds)
        if name == "[]" and isinstance(args[0], Path) and isinstance(args[1], Constant):
            return self._entry(args[0], kinds[0], args[1].value)
        if name == "list" and all(isinstance(arg, Constant) for arg in args):
            return Constant(tuple(arg.value for arg in args if isinstance(arg, Constant)), at), result
        return Apply(name, args, at), result


def _constant_kind(value: object) -> Kind:
    return {bool: BOOLEAN, int: INTEGER, float: NUMBER, str: STRING}[type(value)]


def _result(name: str, kinds: tuple[Kind, ...]) -> Kind | None:  # noqa: C901, PLR0911 - one return an operator
    """The kind an operator or function answers with; None when it does not take these."""
    match name, kinds:
        case (("&&" | "||" | "!"), _) if set(kinds) == {BOOLEAN}:
            return BOOLEAN
        case (("==" | "!="), (left, right)) if left == right:
            return BOOLEAN
        case "in", (item, Kind("list", of)) if item == of:
            return BOOLEAN
        case "in", (Kind("string"), Kind("map")):
            return BOOLEAN
        case "?:", (Kind("boolean"), then, otherwise) if then == otherwise:
            return then
        case "[]", (Kind("map", of), Kind("string")):
            return of
        case "size", (Kind("list" | "map"),):
            return INTEGER
        case "list", (first, *_) if set(kinds) == {first} and first.of is None:
            return Kind("list", Kind(first.name))
        case _, (only,):
            return CALLS.get((name, only))
        case _, (left, right):
            return SIGNATURES.get((name, left, right))
        case _:
            return None


def _refusal(name: str, kinds: tuple[Kind, ...]) -> str:
    known = FUNCTIONS | METHODS | MACROS
    if name.isidentifier() and name not in known | {"in", "list"}:
        near = get_close_matches(name, known, n=1)
        remedy = f"did you mean {near[0]}?" if near else f"known are {', '.join(sorted(known))}"
        return f"{name}() is no function here; {remedy}"
    if name == "list":
        return (
            "an empty list has no type; write size(x) == 0"
            if not kinds
            else "a list holds single values of one type"
        )
    if name.startswith("get") and len(kinds) > 1:
        return f"{name}() takes no time zone here; declare the local value as a fact"
    given = " and ".join(map(str, kinds)) or "nothing"
    return f"{name} does not take {given}{REMEDIES.get(name, '')}"


def write_kind(kind: Kind) -> str:
    return f"this is a {kind}"


def _promoted(name: str, pairs: list[tuple[Node, Kind]]) -> list[tuple[Node, Kind]]:
    """Integers read as numbers where they meet a number: CEL itself refuses `arpu + 1`."""
    if name == "in" and len(pairs) == 2:
        (item, kind), (of, among) = pairs
        if kind == NUMBER and among == Kind("list", INTEGER) and (isinstance(of, Constant) or _is_list(of)):
            return [pairs[0], (_as_numbers(of), Kind("list", NUMBER))]
        return (
            [(_as_number(item), NUMBER), pairs[1]]
            if kind == INTEGER and among == Kind("list", NUMBER)
            else pairs
        )
    if not {NUMBER, INTEGER} <= {kind for _, kind in pairs}:
        return pairs
    return [(_as_number(node), NUMBER) if kind == INTEGER else (node, kind) for node, kind in pairs]


def _is_list(node: Node) -> bool:
    return isinstance(node, Apply) and node.name == "list"


def _as_number(node: Node) -> Node:
    return (
        Constant(float(node.value), node.at)
        if isinstance(node, Constant)
        else Apply("double", (node,), node.at)
    )


def _as_numbers(node: Node) -> Node:
    return (
        Constant(tuple(map(float, node.value)), node.at)
        if isinstance(node, Constant)
        else over(node, _as_number)
    )


def _check_constants(args: tuple[Node, ...], kinds: tuple[Kind, ...]) -> None:
    """A text compared with a fact of closed values must be one of them: a typo would be silently false."""
    for arg, other in ((args[0], kinds[1]), (args[1], kinds[0])):
        if isinstance(arg, Constant) and other.values:
            for value in arg.value if isinstance(arg.value, tuple) else (arg.value,):
                _closed(value, other.values, "value", arg.at)


def _closed(value: str, values: frozenset[str], what: str, at: int) -> None:
    if values and value not in values:
        near = get_close_matches(value, values, n=1)
        remedy = f"did you mean '{near[0]}'?" if near else f"known are {', '.join(sorted(values)[:12])}"
        raise located(f"'{value}' is no {what} the fact can have; {remedy}", at)
