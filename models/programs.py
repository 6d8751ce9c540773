"""Conditions compiled, and evaluated against the facts of one request.

The engine sees one variable a fact (`customer__tenure_months`), not nested maps: half the time, no surprise in has(), and a missing
fact is an unknown variable wherever it stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from models.cel_engine import ENGINE_ERRORS, EngineContext, engine_context, runner
from models.cel_tree import Apply, Constant, Each, Node, Path, Variable, over, walk, write

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping

    from models.cel_schema import Schema
    from models.cel_values import Reader
    from models.expressions import Expression


class EvaluationError(ArithmeticError):
    """An expression that has no value for this customer although every fact is there: division by zero, overflow, not a number."""


@dataclass(frozen=True, slots=True)
class Missing:
    """No answer, because these facts are absent. Neither true nor false: the caller says which way that falls."""

    paths: tuple[str, ...]

    def __bool__(self) -> bool:
        raise TypeError(
            f"an answer that misses {', '.join(self.paths)} is neither true nor false; compare it with `is True`"
        )


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


class Program:
    """A compiled expression over `variables`, which are sorted; `timeless` says that none of them is a moment.

    `seen` picks, from `Programs.plain`, every value the expression reads: where these are equal, so is the answer and what decided it.
    """

    __slots__ = ("_always", "_execute", "_needs", "_part", "expression", "seen", "timeless", "variables")

    def __init__(self, expression: Expression) -> None:
        self.expression = expression
        self._execute = runner(write(_flat(expression.node)))
        self._needs = _facts(_needed(expression.node))
        declared = sorted({node.declared for node in walk(expression.node) if isinstance(node, Path)})
        self.variables = tuple(map(variable_of, declared))
        # What reads nothing is constant and never asked.
        self.seen: Callable[[Mapping[str, Any]], Hashable] = itemgetter(*(self.variables or ("",)))
        self.timeless = MOMENTS.isdisjoint(map(expression.schema.types.get, declared))
        # The variables without which there is no answer: of an atom all it reads; beside && and || a side may decide alone.
        self._always = frozenset(self.variables) if _is_plain(expression.node) else frozenset()
        self._part: _Part | None = None

    def run(self, context: Context) -> bool | Missing:
        """The answer. Raises EvaluationError when no fact is missing and there is none (division by zero, overflow)."""
        if not self._always.isdisjoint(context.absent):
            return Missing(tuple([fact.name for fact in self._needs if fact.absent(context)]))
        try:
            answer: bool = self._execute(context.engine)
        except ENGINE_ERRORS as error:
            return self._unanswered(context, error)
        return answer

    def _unanswered(self, context: Context, error: Exception) -> Missing:
        absent = tuple([fact.name for fact in self._needs if fact.absent(context)])
        if not absent and isinstance(error, KeyError):
            absent = tuple(
                dict.fromkeys(write(node) for node in walk(self.expression.node) if _is_lookup(node))
            )
        if not absent:
            raise EvaluationError(f"{self.expression.text}: {error}") from error
        return Missing(absent)

    def deciding_values(self, context: Context) -> dict[str, Any]:
        """The values that made the answer what it is: fact to value, None for an absent one; empty when parts give no answer.

        Of false && true, only the values of the false side; of false || false, both.
        """
        if self._part is None:
            self._part = _part(self.expression.node)
        part = self._part
        if not part.parts:
            # One atom alone: it decided, whatever it said; asking it again would tell nothing new.
            return {fact.name: fact.value(context) for fact in part.facts}
        answer = part.answer(context)
        return (
            {}
            if answer is None
            else {fact.name: fact.value(context) for fact in part.deciding(answer, context)}
        )


@dataclass(frozen=True, slots=True)
class _Part:
    """A condition that can be asked by itself: an atom with its facts, or && || ! ?: over such parts."""

    joins: str
    run: Callable[[EngineContext], Any]
    parts: tuple[_Part, ...]
    facts: tuple[Fact, ...]

    def answer(self, context: Context) -> bool | None:
        try:
            answer: bool = self.run(context.engine)
        except ENGINE_ERRORS:
            return None
        return answer

    def deciding(self, answer: bool, context: Context) -> list[Fact]:
        match self.joins:
            case "!":
                return self.parts[0].deciding(not answer, context)
            case "&&" | "||":
                alike = (part for part in self.parts if part.answer(context) is answer)
                return [fact for part in alike for fact in part.deciding(answer, context)]
            case "?:":
                condition, then, otherwise = self.parts
                met = condition.answer(context) is True
                return condition.deciding(met, context) + (then if met else otherwise).deciding(
                    answer, context
                )
            case _:
                return list(self.facts)


def _part(node: Node) -> _Part:
    run = runner(write(_flat(node)))
    if isinstance(node, Apply) and node.name in {"&&", "||", "!", "?:"}:
        return _Part(node.name, run, tuple(map(_part, node.args)), ())
    return _Part("", run, (), _facts(part for part in walk(node) if isinstance(part, Path)))


def _facts(paths: Iterable[Path]) -> tuple[Fact, ...]:
    """Each fact once, in reading order."""
    return tuple({path.name: _fact(path) for path in paths}.values())


def _fact(path: Path) -> Fact:
    way = path.parts if path.key is None else (*path.parts, path.key)
    return Fact(path.name, variable_of(path.declared), path.key, way)


class _Read(NamedTuple):
    """How a fact is read: the way to it in the values, and the variable of its has() when somebody asks for that."""

    prefix: tuple[str, ...]
    leaf: str
    reader: Reader
    flag: str | None

    def value(self, values: Mapping[str, Any]) -> Any:
        """As the engine takes it, None when it is absent. Raises ValueError, naming the fact, for a value of another type."""
        of: Any = values
        for part in self.prefix:
            of = of.get(part) or {}
        value = of.get(self.leaf)
        try:
            return None if value is None else self.reader(value)
        except ValueError as error:
            raise ValueError(f"{'.'.join((*self.prefix, self.leaf))}: {error}") from None


class Programs:
    """The expressions of one policy, each distinct text compiled once, and the facts they read."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self._programs: dict[str, Program] = {}
        self._reads: dict[str, _Read] = {}
        self._many: dict[str, None] = {}

    def __len__(self) -> int:
        return len(self._programs)

    def add(self, expression: Expression) -> Program:
        """The program of this expression: the one there is, or a new one. Contexts made earlier do not hold its facts."""
        program = self._programs.get(expression.text)
        if program is None:
            program = self._programs[expression.text] = Program(expression)
            asked = {path.declared for path in _asked(expression.node)}
            for path in (node for node in walk(expression.node) if isinstance(node, Path)):
                self._read(path, asked=path.declared in asked)
            self.__dict__.pop("_by_prefix", None)
        return program

    def _read(self, path: Path, *, asked: bool) -> None:
        *prefix, leaf = path.parts
        variable = variable_of(path.declared)
        known = self._reads.get(variable)
        flag = _flag(path.declared) if asked or (known is not None and known.flag) else None
        self._reads[variable] = _Read(tuple(prefix), leaf, self.schema.readers[path.declared], flag)
        if self.schema.types[path.declared].startswith(("list", "map")):
            self._many[variable] = None

    def context(self, values: Mapping[str, Any], variables: Iterable[str] | None = None) -> Context:
        """The facts of one request, or these variables of them: converting them is half the work.

        `values` are nested mappings such as {"customer": {...}, "now": datetime}. None and NaN are missing.
        Raises ValueError, naming the fact, for a value of another type than declared and for a moment without a time zone.
        """
        facts: dict[str, Any] = {}
        absent = []
        for variable in self._reads if variables is None else variables:
            read = self._reads[variable]
            value = read.value(values)
            if value is not None:
                facts[variable] = value
            else:
                absent.append(variable)
            if read.flag is not None:
                facts[read.flag] = value is not None
        return Context(engine_context(facts), facts, frozenset(absent), values)

    @cached_property
    def _by_prefix(self) -> dict[tuple[str, ...], tuple[tuple[str, str], ...]]:
        groups: dict[tuple[str, ...], list[tuple[str, str]]] = {}
        for variable, read in self._reads.items():
            groups.setdefault(read.prefix, []).append((variable, read.leaf))
        return {prefix: tuple(leaves) for prefix, leaves in groups.items()}

    def plain(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Every variable's value as it came, hashable, None for an absent one. Unread: the same value written two ways is two values."""
        found: dict[str, Any] = {}
        for prefix, leaves in self._by_prefix.items():
            of: Any = values
            for part in prefix:
                of = of.get(part) or {}
            get = of.get
            for variable, leaf in leaves:
                found[variable] = get(leaf)
        for variable in self._many:
            if found[variable] is not None:
                found[variable] = _hashable(found[variable])
        return found


MOMENTS: Final = frozenset({"timestamp"})


def _hashable(value: Any) -> Hashable:
    """A list, a set or a mapping as it can be looked up."""
    return tuple(sorted(value.items())) if isinstance(value, dict) else tuple(value)


def variable_of(declared: str) -> str:
    """A path as the engine names it."""
    return declared.replace(".", "__")


def _flag(declared: str) -> str:
    return f"has__{variable_of(declared)}"


def _flat(node: Node) -> Node:
    """The tree as the engine reads it: one variable a fact, and a boolean one for has()."""
    match node:
        case Apply("has", (Path(key=None) as path,)):
            return Variable(_flag(path.declared))
        case Apply("has", (Path(key=key) as path,)):
            inside = Apply("in", (Constant(key), Variable(variable_of(path.declared))))
            return Apply("?:", (Variable(_flag(path.declared)), inside, Constant(False)))
        case Path(key=None):
            return Variable(variable_of(node.declared))
        case Path(key=key):
            return Apply("[]", (Variable(variable_of(node.declared)), Constant(key)))
        case _:
            return over(node, _flat)


def _asked(node: Node) -> list[Path]:
    """The facts that has() asks for."""
    return [
        path
        for part in walk(node)
        if isinstance(part, Apply) and part.name == "has"
        for path in part.args
        if isinstance(path, Path)
    ]


def _is_plain(node: Node) -> bool:
    """Whether every fact in it is read whatever the others say: no && || ?: has() or loop over a list."""
    return not any(
        isinstance(part, Each) or (isinstance(part, Apply) and part.name in {"&&", "||", "?:", "has"})
        for part in walk(node)
    )


def _needed(node: Node) -> list[Path]:
    """The facts read as values, which has() does not."""
    match node:
        case Path():
            return [node]
        case Apply("has"):
            return []
        case Apply(args=args):
            return [path for arg in args for path in _needed(arg)]
        case Each(over=of, body=body):
            return _needed(of) + _needed(body)
        case _:
            return []


def _is_lookup(node: Node) -> bool:
    return isinstance(node, Apply) and node.name == "[]"
