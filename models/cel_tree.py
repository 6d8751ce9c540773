"""The tree of a CEL expression, and its canonical text.

Everything a condition can be is one of the six nodes below; what CEL offers beyond them (map literals, messages, bytes, unsigned
numbers, null) has no place in a rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class ExpressionError(ValueError):
    """An expression that cannot be used: what is wrong with it, where, and the remedy."""


class LocatedError(ExpressionError):
    """An error that knows its character but not the text around it; `expressions.parse` joins the two."""

    at = 0


def located(message: str, at: int) -> LocatedError:
    error = LocatedError(message)
    error.at = at
    return error


@dataclass(frozen=True, slots=True)
class Constant:
    """A value: bool, int, float, str, datetime in UTC, timedelta, a tuple (CEL list) or a dict (CEL map) of them."""

    value: Any
    at: int = 0


@dataclass(frozen=True, slots=True)
class Path:
    """A fact. `key` is the last part when the fact is one entry of a declared map, and is then no part of `parts`."""

    parts: tuple[str, ...]
    at: int = 0
    key: str | None = None

    @property
    def declared(self) -> str:
        return ".".join(self.parts)

    @property
    def name(self) -> str:
        if self.key is None:
            return self.declared
        return (
            f"{self.declared}.{self.key}"
            if self.key.isidentifier()
            else f"{self.declared}[{_quoted(self.key)}]"
        )


@dataclass(frozen=True, slots=True)
class Variable:
    """A name that is no fact: the variable of a macro, or a variable of the engine."""

    name: str
    at: int = 0


@dataclass(frozen=True, slots=True)
class Apply:
    """An operator or a function; a method's first argument is its receiver. `list` is a list literal, `[]` an index."""

    name: str
    args: tuple[Node, ...]
    at: int = 0


@dataclass(frozen=True, slots=True)
class Each:
    """A macro over a list: exists, all, exists_one, filter or map."""

    name: str
    over: Node
    variable: str
    body: Node
    at: int = 0


@dataclass(frozen=True, slots=True)
class Failed:
    """A part that has no value: a missing constant, a division by zero. An error unless folding drops it."""

    reason: str
    at: int = 0


Node = Constant | Path | Variable | Apply | Each | Failed

MACROS = frozenset({"exists", "all", "exists_one", "filter", "map"})
METHODS = frozenset(
    {"startsWith", "endsWith", "contains", "matches"}
    | {"getFullYear", "getMonth", "getDayOfMonth", "getDayOfWeek", "getHours"},
)
FUNCTIONS = frozenset({"has", "size", "timestamp", "duration", "int", "double", "string"})
BINDING = {
    "?:": 0,
    "||": 1,
    "&&": 2,
    "<": 3,
    "<=": 3,
    ">": 3,
    ">=": 3,
    "==": 3,
    "!=": 3,
    "in": 3,
    "+": 4,
    "-": 4,
    "*": 5,
    "/": 5,
    "%": 5,
}
UNARY, MEMBER = 6, 7
ESCAPES = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def joined(name: str, args: tuple[Node, ...], at: int = 0) -> Apply:
    """`&&` or `||` over all of args, with those that are the same operator opened up."""
    flat: list[Node] = []
    for arg in args:
        flat.extend(arg.args if isinstance(arg, Apply) and arg.name == name else (arg,))
    return Apply(name, tuple(flat), at)


def over(node: Node, change: Callable[[Node], Node]) -> Node:
    """The node with `change` applied to each of its children."""
    match node:
        case Apply(name, args, at):
            return Apply(name, tuple(change(arg) for arg in args), at)
        case Each(name, of, variable, body, at):
            return Each(name, change(of), variable, change(body), at)
        case _:
            return node


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it, in reading order."""
    yield node
    match node:
        case Apply(args=args):
            for arg in args:
                yield from walk(arg)
        case Each(over=of, body=body):
            yield from walk(of)
            yield from walk(body)


def write(node: Node) -> str:
    """The canonical text: one space around operators, no parentheses that say nothing, single quotes."""
    return _written(node)[0]


def _within(node: Node, least: int) -> str:
    text, binding = _written(node)
    return text if binding >= least else f"({text})"


def _written(node: Node) -> tuple[str, int]:
    match node:
        case Constant(value):
            return constant(value), UNARY if type(value) in {int, float} else MEMBER
        case Path():
            return node.name, MEMBER
        case Variable(name):
            return name, MEMBER
        case Each(name, of, variable, body):
            return f"{_within(of, MEMBER)}.{name}({variable}, {write(body)})", MEMBER
        case Apply(name, args):
            return _applied(name, args)
        case _:
            return f"<{node.reason}>", MEMBER


def _applied(name: str, args: tuple[Node, ...]) -> tuple[str, int]:  # noqa: PLR0911 - one return a form
    binding = BINDING.get(name, MEMBER)
    match name, args:
        case "?:", (condition, then, otherwise):
            return f"{_within(condition, 1)} ? {_within(then, 1)} : {write(otherwise)}", binding
        case (("&&" | "||"), _):
            return f" {name} ".join(_within(arg, binding + 1) for arg in args), binding
        case (("!" | "-"), (operand,)):
            return f"{name}{_within(operand, UNARY)}", UNARY
        case "list", _:
            return f"[{', '.join(map(write, args))}]", MEMBER
        case "[]", (of, index):
            return f"{_within(of, MEMBER)}[{write(index)}]", MEMBER
        case _ if name in BINDING:
            return f"{_within(args[0], binding)} {name} {_within(args[1], binding + 1)}", binding
        case _ if name in METHODS:
            return f"{_within(args[0], MEMBER)}.{name}({', '.join(map(write, args[1:]))})", MEMBER
        case _:
            return f"{name}({', '.join(map(write, args))})", MEMBER


def constant(value: Any) -> str:  # noqa: PLR0911 - one return a type
    """A value as CEL writes it."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case str():
            return _quoted(value)
        case datetime():
            return f"timestamp('{value.astimezone(UTC).isoformat().replace('+00:00', 'Z')}')"
        case timedelta():
            return f"duration('{_duration(value)}')"
        case Mapping():
            return f"{{{', '.join(f'{constant(key)}: {constant(value[key])}' for key in sorted(value))}}}"
        case _:
            return f"[{', '.join(map(constant, value))}]"


def _duration(value: timedelta) -> str:
    micros = value // timedelta(microseconds=1)
    for size, unit in ((3_600_000_000, "h"), (60_000_000, "m"), (1_000_000, "s")):
        if micros % size == 0:
            return f"{micros // size}{unit}"
    return f"{micros}us"


def _quoted(text: str) -> str:
    body = "".join(ESCAPES.get(sign) or (sign if sign.isprintable() else _escaped(sign)) for sign in text)
    return f"'{body}'"


def _escaped(sign: str) -> str:
    return f"\\u{ord(sign):04x}" if ord(sign) < 0x10000 else f"\\U{ord(sign):08x}"
