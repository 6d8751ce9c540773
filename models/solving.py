"""What would make a condition say what is wanted of it: read off its tree, one comparison at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import product
from math import ceil, floor
from operator import contains, eq, ge, le, ne
from typing import Any, Final, Literal

from models.cel_tree import Apply, Constant, Each, Node, Path, Variable, walk

Bound = Literal[
    "is", "is_not", "none_of", "at_least", "at_most", "known", "unknown", "holds", "lacks", "more", "fewer"
]
"""What is asked of a fact. `holds` and `lacks` are of one element of a list, `more` and `fewer` of its length, both included."""

MOST_WAYS: Final = 12
NEGATED: Final = {"<": ">=", ">=": "<", ">": "<=", "<=": ">", "==": "!=", "!=": "=="}
MIRRORED: Final = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!="}
WHOLE: Final = frozenset({"integer", "date"})
COUNTABLE: Final = WHOLE | {"number"}


@dataclass(frozen=True, slots=True)
class Aim:
    """A fact, by its path, and what it should come to."""

    path: str
    bound: Bound
    value: Any = None

    def met(self, value: Any) -> bool:
        """Whether this value, None for an unknown one, is what is asked for."""
        if self.bound == "unknown":
            return value is None
        return value is not None and MEETS[self.bound](value, self.value)


MEETS: Final[Mapping[Bound, Callable[[Any, Any], bool]]] = {
    "is": eq,
    "is_not": ne,
    "none_of": lambda value, words: value not in words,
    "at_least": ge,
    "at_most": le,
    "known": lambda _, __: True,
    "holds": contains,
    "lacks": lambda value, member: member not in value,
    "more": lambda value, least: len(value) >= least,
    "fewer": lambda value, most: len(value) <= most,
}
"""When a value that is known is what is asked for."""

Way = tuple[Aim, ...]
"""Aims that together do it; none when it is so already."""


@dataclass(frozen=True)
class Solver:
    """Reads conditions in one situation: `value` gives the value of a path, None for a missing one, `kind` its declared type."""

    value: Callable[[str], Any]
    kind: Callable[[str], str]

    def ways(self, node: Node, *, want: bool) -> list[Way]:
        """The ways to have this condition answer `want`, those with the fewest aims first; none where nothing here can."""
        found = self._ways(node, want)
        if () in found:
            return [()]
        return sorted(dict.fromkeys(found), key=len)[:MOST_WAYS]

    def _ways(self, node: Node, want: bool) -> list[Way]:  # noqa: PLR0911 - one return a form
        match node:
            case Constant(value):
                return [()] if value is want else []
            case Path():
                return self._aim(Aim(node.name, "is", want))
            case Apply("!", (part,)):
                return self.ways(part, want=not want)
            case Apply(("&&" | "||") as name, parts):
                sides = [self.ways(part, want=want) for part in parts]
                return together(sides) if (name == "&&") is want else [way for side in sides for way in side]
            case Apply("?:", (asked, then, otherwise)):
                return [
                    *together([self.ways(asked, want=True), self.ways(then, want=want)]),
                    *together([self.ways(asked, want=False), self.ways(otherwise, want=want)]),
                ]
            case Apply("has", (Path() as path,)):
                return self._aim(Aim(path.name, "known" if want else "unknown"))
            case Apply("in", (left, right)):
                return self._among(left, right, want)
            case Apply(name, (left, right)) if name in NEGATED:
                return self._compared(name if want else NEGATED[name], left, right)
            case Each("exists", Path() as path, variable, body):
                return self._one_of(path, variable, body, want)
            case _:
                return []

    def _aim(self, *aims: Aim) -> list[Way]:
        """Any one of these."""
        if any(aim.met(self.value(aim.path)) for aim in aims):
            return [()]
        return [(aim,) for aim in aims]

    def _among(self, left: Node, right: Node, want: bool) -> list[Way]:
        words = _constants(right)
        match left, right:
            case Path(), _ if words is not None:
                if want:
                    return self._aim(*(Aim(left.name, "is", word) for word in words))
                return self._aim(Aim(left.name, "none_of", words))
            case Constant(value), Path():
                return self._aim(Aim(right.name, "holds" if want else "lacks", value))
            case _:
                return []

    def _one_of(self, path: Path, variable: str, body: Node, want: bool) -> list[Way]:
        match body:
            case Apply("in", (Variable(name), right)) if name == variable:
                words = _constants(right) or ()
            case Apply("==", (Variable(name), Constant(value))) if name == variable:
                words = (value,)
            case _:
                return []
        if want:
            return self._aim(*(Aim(path.name, "holds", word) for word in words))
        return together([self._aim(Aim(path.name, "lacks", word)) for word in words])

    def _compared(self, name: str, left: Node, right: Node) -> list[Way]:
        if isinstance(left, Constant):
            name, left, right = MIRRORED[name], right, left
        match left, right:
            case Path(), Constant(value) if isinstance(value, str | bool):
                return self._aim(Aim(left.name, "is" if name == "==" else "is_not", value))
            case Apply("size", (Path() as path,)), Constant(value):
                return self._sized(name, path.name, value)
            case _:
                return self._numbers(name, left, right)

    def _sized(self, name: str, path: str, length: int) -> list[Way]:
        match name:
            case ">=" | ">":
                return self._aim(Aim(path, "more", length + (name == ">")))
            case "<=" | "<":
                return self._aim(Aim(path, "fewer", length - (name == "<")))
            case "==":
                return together([self._aim(Aim(path, bound, length)) for bound in ("more", "fewer")])
            case _:
                return self._aim(Aim(path, "more", length + 1), Aim(path, "fewer", length - 1))

    def _numbers(self, name: str, left: Node, right: Node) -> list[Way]:
        """Each fact of the comparison by itself, with the others as they are."""
        found: list[Way] = []
        for path in dict.fromkeys(
            part.name for part in (*walk(left), *walk(right)) if isinstance(part, Path)
        ):
            lines = self._line(left, path), self._line(right, path)
            if lines[0] is None or lines[1] is None or self.kind(path) not in COUNTABLE:
                continue
            slope, height = lines[0][0] - lines[1][0], lines[0][1] - lines[1][1]
            if slope:
                kind = self.kind(path)
                sign = name if slope > 0 else MIRRORED[name]
                aims = [aim for aim in _beside(path, kind, sign, -height / slope) if aim is not None]
                current = self.value(path)
                if current is not None and any(aim.met(current) for aim in aims):
                    return [()]
                found += [(aim,) for aim in aims]
        return found

    def _line(self, node: Node, path: str) -> tuple[float, float] | None:
        """The node as slope · path + height; None when it is no line, or misses another fact."""
        match node:
            case Constant(value):
                return (0.0, _figure(value))
            case Path() if node.name == path:
                return (1.0, 0.0)
            case Path():
                value = self.value(node.name)
                return None if value is None else (0.0, _figure(value))
            case Apply(("int" | "double" | "-") as name, (part,)):
                line = self._line(part, path)
                return line if line is None or name != "-" else (-line[0], -line[1])
            case Apply(("+" | "-" | "*" | "/") as name, (left, right)):
                return _joined(name, self._line(left, path), self._line(right, path))
            case _:
                return None


def together(sides: Iterable[list[Way]]) -> list[Way]:
    """Every side at once."""
    return [
        tuple(dict.fromkeys(aim for way in chosen for aim in way))
        for chosen in product(*(side[:MOST_WAYS] for side in sides))
    ][: MOST_WAYS * MOST_WAYS]


def _constants(node: Node) -> tuple[Any, ...] | None:
    """The members of a list of constants."""
    return node.value if isinstance(node, Constant) and isinstance(node.value, tuple) else None


def words_of(path: str, node: Node) -> Iterator[str]:
    """The words that a condition compares this path with."""
    for part in walk(node):
        match part:
            case Apply("==" | "!=" | "in", (Path() as read, Constant(value))) if read.name == path:
                yield from value if isinstance(value, tuple) else (value,)


def _joined(
    name: str, left: tuple[float, float] | None, right: tuple[float, float] | None
) -> tuple[float, float] | None:
    if left is None or right is None:
        return None
    if name in "+-":
        sign = 1.0 if name == "+" else -1.0
        return (left[0] + sign * right[0], left[1] + sign * right[1])
    if name == "*":
        if left[0]:
            left, right = right, left
        return None if left[0] else (left[1] * right[0], left[1] * right[1])
    return None if right[0] or not right[1] else (left[0] / right[1], left[1] / right[1])


def _figure(value: Any) -> float:
    """A number as it is; a moment as days, a length of time as days."""
    match value:
        case datetime():
            return value.astimezone(UTC).timestamp() / 86400 + date(1970, 1, 1).toordinal()
        case date():
            return float(value.toordinal())
        case timedelta():
            return value.total_seconds() / 86400
        case _:
            return float(value)


def _beside(path: str, kind: str, sign: str, edge: float) -> list[Aim]:
    """The nearest values on the wanted side of the edge: whole for integers and days, else by the hundredth."""
    scale = 1 if kind in WHOLE else 100
    steps = edge * scale
    near = round(steps)
    exact = abs(steps - near) < 1e-9 * max(1.0, abs(steps))
    above, below = (near, near) if exact else (ceil(steps), floor(steps))
    up, down = (above + 1, below - 1) if exact else (above, below)

    def value(steps: int) -> Any:
        return date.fromordinal(steps) if kind == "date" else steps if scale == 1 else steps / scale

    match sign:
        case ">=":
            return [Aim(path, "at_least", value(above))]
        case ">":
            return [Aim(path, "at_least", value(up))]
        case "<=":
            return [Aim(path, "at_most", value(below))]
        case "<":
            return [Aim(path, "at_most", value(down))]
        case "==":
            return [Aim(path, "is", value(near))] if exact else []
        case _:
            return [Aim(path, "at_least", value(up)), Aim(path, "at_most", value(down))]
