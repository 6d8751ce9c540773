"""Conditions in CEL, the Common Expression Language: read and checked once, evaluated many times (by `programs`).

`parse` reads a condition against the declared facts and works out what is constant in it; `Expression.bind` writes an action's
constants into it, so that many actions share the few distinct conditions that are left.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from models.cel_fold import bound, folded
from models.cel_schema import Schema
from models.cel_syntax import read, where
from models.cel_tree import Constant, ExpressionError, Failed, LocatedError, Node, Path, walk, write
from models.cel_types import checked

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Expression", "ExpressionError", "Schema", "parse"]

LONGEST = 4_000  # characters; a condition longer than this is a mistake, and the parser's stack has an end


@dataclass(frozen=True)
class Expression:
    """A checked condition. Two expressions are equal when their canonical text is."""

    text: str
    node: Node = field(compare=False, repr=False)
    schema: Schema = field(compare=False, repr=False)

    @cached_property
    def constant(self) -> bool | None:
        """True or False when the answer depends on no fact, else None."""
        return bool(self.node.value) if isinstance(self.node, Constant) else None

    @cached_property
    def paths(self) -> frozenset[str]:
        """The facts the condition names, dotted; `customer.consents.email` for one entry of a map."""
        return frozenset(node.name for node in walk(self.node) if isinstance(node, Path))

    def uses(self, root: str) -> bool:
        """Whether a fact below `root` is named."""
        return any(isinstance(node, Path) and node.parts[0] == root for node in walk(self.node))

    def bind(self, root: str, values: Mapping[str, Any]) -> Expression:
        """The condition with the facts below `root` replaced by these values, and what follows worked out.

        A value that is None or absent is missing: has() of it is false. Raises ExpressionError when the condition still needs it.
        """
        if not self.uses(root):
            return self
        node = folded(bound(self.node, root, values, self.schema))
        reason = _failure(node)
        if reason is not None:
            raise ExpressionError(f"{reason.reason} (in {self.text})")
        return self._of(node)

    def _of(self, node: Node) -> Expression:
        return Expression(write(node), node, self.schema)


def parse(text: str, schema: Schema) -> Expression:
    """The condition a text says. Raises ExpressionError with the column, what is wrong and the remedy."""
    if len(text) > LONGEST:
        raise ExpressionError(
            f"the condition has {len(text)} characters, at most {LONGEST}; split it into several rules"
        )
    try:
        node = folded(checked(read(text), schema))
        reason = _failure(node)
        if reason is not None:
            raise ExpressionError(f"{where(text, reason.at)}: {reason.reason}")
        return Expression(write(node), node, schema)
    except LocatedError as error:
        raise ExpressionError(f"{where(text, error.at)}: {error}") from None
    except RecursionError:
        raise ExpressionError("the condition is nested too deeply; split it into several rules") from None


def _failure(node: Node) -> Failed | None:
    return next((part for part in walk(node) if isinstance(part, Failed)), None)
