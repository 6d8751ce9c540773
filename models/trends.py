"""Where a monthly fact is going: its level and its slope, from the last few months."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from operator import mul
from typing import Annotated, Any

from pydantic import Field

from models.domain import Language, Noun, Text, Word

PARTS = ("level", "slope")


class Trend(Noun):
    """The facts that hold one figure month by month, the oldest first. `level` and `slope` are what these are called in a sentence."""

    of: Annotated[tuple[Word, ...], Field(min_length=2, max_length=36)]
    level: dict[Language, Text] = Field(default_factory=dict)
    slope: dict[Language, Text] = Field(default_factory=dict)


def trend_names(trends: Mapping[str, Trend]) -> list[str]:
    """The facts the trends give; each is a number."""
    return [f"{name}_{part}" for name in trends for part in PARTS]


def derived(facts: Mapping[str, Any], trends: Mapping[str, Trend]) -> dict[str, float]:
    """`<name>_level` is the mean of the months that are known, `<name>_slope` the change a month as a share of that level.

    The slope is that of the least-squares line through the known months. Fewer than two known months give neither; a level that
    is not above 0 gives no slope, for there is nothing it could be a share of.
    """
    found: dict[str, float] = {}
    for name, trend in trends.items():
        months = tuple([month for month, fact in enumerate(trend.of) if fact in facts])
        if len(months) < 2:
            continue
        values = [facts[trend.of[month]] for month in months]
        level = sum(values) / len(values)
        found[f"{name}_level"] = level
        if level > 0:
            found[f"{name}_slope"] = sum(map(mul, _rise(months), values)) / level
    return found


@lru_cache(maxsize=1024)
def _rise(months: tuple[int, ...]) -> tuple[float, ...]:
    """What a figure in each of these months adds to the rise a month of the least-squares line through them."""
    middle = sum(months) / len(months)
    spread = sum([(month - middle) ** 2 for month in months])
    return tuple([(month - middle) / spread for month in months])


def trend_problems(
    trends: Mapping[str, Trend], types: Mapping[str, str], taken: frozenset[str]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """What is wrong with the section `trends`: where, and how to mend it.

    `types` is the type of each declared fact; `taken` are names the service fills itself.
    """
    for name, trend in trends.items():
        for part in PARTS:
            fact = f"{name}_{part}"
            if fact in types or fact in taken:
                yield ("trends", name), f"would give '{fact}', which is a fact already; rename the trend"
        for position, fact in enumerate(trend.of):
            place = ("trends", name, "of", position)
            if fact not in types:
                yield place, f"'{fact}' is no declared fact; declare it or correct the name"
            elif types[fact] not in {"number", "integer"}:
                yield place, f"'{fact}' is of type {types[fact]}; a trend is made of numbers"
            elif fact in trend.of[:position]:
                yield place, f"'{fact}' stands here twice; name each month once"
