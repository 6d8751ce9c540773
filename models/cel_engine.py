"""The engine that evaluates CEL: `common-expression-language`, in Rust. The only file that speaks to it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import cel

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

EngineContext = cel.Context
ENGINE_ERRORS = (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError)


def engine_context(facts: Mapping[str, Any]) -> EngineContext:
    """The variables of one request. Converting a fact costs about a microsecond, evaluating a condition a quarter of one."""
    return cel.Context(variables=dict(facts))


@lru_cache(maxsize=20_000)
def runner(text: str) -> Callable[[EngineContext], Any]:
    """The compiled text. Calling it raises one of ENGINE_ERRORS; for an absent variable a RuntimeError, for an absent key a KeyError."""
    return cel.compile(text).execute


@lru_cache(maxsize=20_000)
def value_of(text: str) -> Any:
    """The value of a text that reads no variables. Raises one of ENGINE_ERRORS."""
    return cel.compile(text).execute()
