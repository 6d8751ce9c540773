"""Intervals on a common scale, one small picture a row of a table."""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING

from training.report.elements import element

if TYPE_CHECKING:
    from collections.abc import Sequence
    from xml.etree.ElementTree import Element

WIDTH, HEIGHT, EDGE = 240.0, 20.0, 16.0


@dataclass(frozen=True)
class Mark:
    """A figure with its interval; `kind` names its look in the style sheet."""

    value: float
    low: float
    high: float
    kind: str


@dataclass(frozen=True)
class Scale:
    """From `low` to `high`, by logarithms where `logarithmic`; what lies beyond is not drawn. `line`: what is compared with."""

    low: float
    high: float
    line: float | None = None
    logarithmic: bool = False

    def at(self, value: float) -> float:
        """Where on the strip."""
        low, high, here = self.low, self.high, min(max(value, self.low), self.high)
        if self.logarithmic:
            low, high, here = log(low), log(high), log(here)
        return EDGE + (WIDTH - 2 * EDGE) * (here - low) / (high - low)


def axis(scale: Scale, ticks: Sequence[tuple[float, str]]) -> Element:
    """The head of a column of strips."""
    marks = [
        part
        for value, said in ticks
        for part in (
            element("line", x1=scale.at(value), x2=scale.at(value), y1=HEIGHT - 4, y2=HEIGHT, class_="tick"),
            element("text", said, x=scale.at(value), y=HEIGHT - 7, text_anchor="middle"),
        )
    ]
    return _strip(*marks)


def strip(scale: Scale, marks: Sequence[Mark]) -> Element:
    """Marks above each other, the first one highest, with an arrow's head where an interval goes on beyond the scale."""
    parts = []
    if scale.line is not None:
        x = scale.at(scale.line)
        parts.append(element("line", x1=x, x2=x, y1=0, y2=HEIGHT, class_="compared"))
    for place, mark in enumerate(marks):
        y = HEIGHT * (place + 1) / (len(marks) + 1)
        parts += _mark(scale, mark, y)
    return _strip(*parts)


def _mark(scale: Scale, mark: Mark, y: float) -> list[Element]:
    low, high = scale.at(mark.low), scale.at(mark.high)
    look = f"mark {mark.kind}"
    found = [element("line", x1=low, x2=high, y1=y, y2=y, class_=look)]
    if mark.low < scale.low:
        found.append(_head(low, y, 5.0, look))
    if mark.high > scale.high:
        found.append(_head(high, y, -5.0, look))
    if scale.low <= mark.value <= scale.high:
        found.append(element("circle", cx=scale.at(mark.value), cy=y, r=3, class_=look))
    return found


def _head(x: float, y: float, back: float, look: str) -> Element:
    """Of an arrow that points out of the scale."""
    path = f"M{x + back:.2f} {y - 3:.2f}L{x:.2f} {y:.2f}L{x + back:.2f} {y + 3:.2f}"
    return element("path", d=path, class_=look)


def _strip(*parts: Element) -> Element:
    # The words stand beside it in the row: a reader who hears the page is told nothing twice.
    return element("svg", *parts, viewBox=f"0 0 {WIDTH:g} {HEIGHT:g}", class_="strip", aria_hidden="true")
