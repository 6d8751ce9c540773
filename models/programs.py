"""Conditions compiled, each distinct text once, and evaluated against the facts of one request."""

from __future__ import annotations

from functools import cached_property
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from models.cel_engine import ENGINE_ERRORS, engine_context, runner
from models.cel_facts import (
    Context,
    asked,
    facts_of,
    flag_of,
    flat,
    is_lookup,
    needed,
    reads_all,
    variable_of,
)
from models.cel_tree import Path, walk, write
from models.deciding import part_of

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping

    from models.cel_schema import Schema
    from models.cel_values import Reader
    from models.deciding import Part
    from models.expressions import Expression


MOMENTS: Final = frozenset({"timestamp"})
FEW_VALUES: Final = frozenset({"boolean", "integer", "string"})
"""Types of facts that many customers share."""


class EvaluationError(ArithmeticError):
    """An expression that has no value for this customer although every fact is there: division by zero, overflow, not a number."""


class Missing(NamedTuple):
    """No answer, because these facts are absent. Neither true nor false: the caller says which way that falls."""

    paths: tuple[str, ...]

    def __bool__(self) -> bool:
        raise TypeError(
            f"an answer that misses {', '.join(self.paths)} is neither true nor false; compare it with `is True`"
        )


class Program:
    """A compiled expression over `variables`, which are sorted; `timeless` says that none of them is a moment.

    `seen` picks, from `Programs.plain`, every value the expression reads: where these are equal, so is the answer and what decided it.
    `varied` are those variables that hardly two customers share.
    """

    __slots__ = (
        "_always",
        "_execute",
        "_needs",
        "_part",
        "expression",
        "seen",
        "timeless",
        "variables",
        "varied",
    )

    def __init__(self, expression: Expression) -> None:
        self.expression = expression
        self._execute = runner(write(flat(expression.node)))
        self._needs = facts_of(needed(expression.node))
        declared = sorted({node.declared for node in walk(expression.node) if isinstance(node, Path)})
        self.variables = tuple(map(variable_of, declared))
        # What reads nothing is constant and never asked.
        self.seen: Callable[[Mapping[str, Any]], Hashable] = itemgetter(*(self.variables or ("",)))
        types = expression.schema.types
        self.timeless = MOMENTS.isdisjoint(map(types.get, declared))
        self.varied = frozenset(path for path in declared if types.get(path) not in FEW_VALUES)
        # The variables without which there is no answer: of an atom all it reads; beside && and || a side may decide alone.
        self._always = frozenset(self.variables) if reads_all(expression.node) else frozenset()
        self._part: Part | None = None

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
                dict.fromkeys(write(node) for node in walk(self.expression.node) if is_lookup(node))
            )
        if not absent:
            raise EvaluationError(f"{self.expression.text}: {error}") from error
        return Missing(absent)

    def deciding_values(self, context: Context) -> dict[str, Any]:
        """The values that made the answer what it is: fact to value, None for an absent one; empty when parts give no answer.

        Of false && true, only the values of the false side; of false || false, both.
        """
        if self._part is None:
            self._part = part_of(self.expression.node)
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
            flagged = {path.declared for path in asked(expression.node)}
            for path in (node for node in walk(expression.node) if isinstance(node, Path)):
                self._read(path, flagged=path.declared in flagged)
            self.__dict__.pop("_by_prefix", None)
        return program

    def _read(self, path: Path, *, flagged: bool) -> None:
        *prefix, leaf = path.parts
        variable = variable_of(path.declared)
        known = self._reads.get(variable)
        flag = flag_of(path.declared) if flagged or (known is not None and known.flag) else None
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
    def _by_prefix(self) -> tuple[tuple[str, ...], tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]]:
        """The variables, and in their order each prefix with the leaves below it."""
        groups: dict[tuple[str, ...], dict[str, str]] = {}
        for variable, read in self._reads.items():
            groups.setdefault(read.prefix, {})[variable] = read.leaf
        variables = tuple(variable for below in groups.values() for variable in below)
        return variables, tuple((prefix, tuple(below.values())) for prefix, below in groups.items())

    def plain(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Every variable's value as it came, hashable, None for an absent one. Unread: the same value written two ways is two values."""
        variables, prefixes = self._by_prefix
        each: list[Any] = []
        for prefix, leaves in prefixes:
            of: Any = values
            for part in prefix:
                of = of.get(part) or {}
            each += map(of.get, leaves)
        found = dict(zip(variables, each, strict=True))
        for variable in self._many:
            if found[variable] is not None:
                found[variable] = _hashable(found[variable])
        return found


def _hashable(value: Any) -> Hashable:
    """A list, a set or a mapping as it can be looked up."""
    return tuple(sorted(value.items())) if isinstance(value, dict) else tuple(value)
