"""The facts a condition reads, as variables of the engine.

The engine sees one variable a fact (`customer__tenure_months`), not nested maps: half the time, no surprise in has(), and a missing
fact is an unknown variable wherever it stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from models.cel_tree import Apply, Constant, Each, Node, Path, Variable, over, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from models.cel_engine import EngineContext


@dataclass(frozen=True, slots=True)
class Context:
    """The facts of one request: as the engine holds them, by variable, and as they came; `absent` names the variables without one."""

    engine: EngineContext
    facts: Mapping[str, Any]
    absent: frozenset[str]
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fact:
    """Where a fact stands: its dotted name, the engine's variable, the key when it is an entry of a map, and the way in the values."""

    name: str
    variable: str
    key: str | None
    way: tuple[str, ...]

    def absent(self, context: Context) -> bool:
        value = context.facts.get(self.variable)
        return value is None or (self.key is not None and self.key not in value)

    def value(self, context: Context) -> Any:
        """The value as it came; None when it is absent."""
        value: Any = context.values
        for part in self.way:
            value = None if value is None else value.get(part)
        return value


def facts_of(paths: Iterable[Path]) -> tuple[Fact, ...]:
    """Each fact once, in reading order."""
    return tuple({path.name: _fact(path) for path in paths}.values())


def _fact(path: Path) -> Fact:
    way = path.parts if path.key is None else (*path.parts, path.key)
    return Fact(path.name, variable_of(path.declared), path.key, way)


def variable_of(declared: str) -> str:
    """A path as the engine names it."""
    return declared.replace(".", "__")


def flag_of(declared: str) -> str:
    """The variable of its has()."""
    return f"has__{variable_of(declared)}"


def flat(node: Node) -> Node:
    """The tree as the engine reads it: one variable a fact, and a boolean one for has()."""
    match node:
        case Apply("has", (Path(key=None) as path,)):
            return Variable(flag_of(path.declared))
        case Apply("has", (Path(key=key) as path,)):
            inside = Apply("in", (Constant(key), Variable(variable_of(path.declared))))
            return Apply("?:", (Variable(flag_of(path.declared)), inside, Constant(False)))
        case Path(key=None):
            return Variable(variable_of(node.declared))
        case Path(key=key):
            return Apply("[]", (Variable(variable_of(node.declared)), Constant(key)))
        case _:
            return over(node, flat)


def asked(node: Node) -> list[Path]:
    """The facts that has() asks for."""
    return [
        path
        for part in walk(node)
        if isinstance(part, Apply) and part.name == "has"
        for path in part.args
        if isinstance(path, Path)
    ]


def needed(node: Node) -> list[Path]:
    """The facts read as values, which has() does not."""
    match node:
        case Path():
            return [node]
        case Apply("has"):
            return []
        case Apply(args=args):
            return [path for arg in args for path in needed(arg)]
        case Each(over=of, body=body):
            return needed(of) + needed(body)
        case _:
            return []


def reads_all(node: Node) -> bool:
    """Whether every fact in it is read whatever the others say: no && || ?: has() or loop over a list."""
    return not any(
        isinstance(part, Each) or (isinstance(part, Apply) and part.name in {"&&", "||", "?:", "has"})
        for part in walk(node)
    )


def is_lookup(node: Node) -> bool:
    """Whether it takes an entry out of a map or a list."""
    return isinstance(node, Apply) and node.name == "[]"
