"""Line charts: curves with their bands, points with their intervals, axes with round numbers."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor, log10
from typing import TYPE_CHECKING

from training.report.elements import element

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from xml.etree.ElementTree import Element

LEFT, RIGHT, TOP, BOTTOM = 46.0, 20.0, 8.0, 34.0
LOOKS = 5
"""Series are told apart by colour and by dashes; the style sheet has so many of both."""


@dataclass(frozen=True)
class Series:
    """Points in order of x; `low` and `high` are empty, or as long. `drawn`: stairs with a band, a line, or points with intervals."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float] = ()
    high: Sequence[float] = ()
    drawn: str = "line"


@dataclass(frozen=True)
class Axis:
    """From the first of `ticks` to the last, each with what is written beside it; `title` says what is measured."""

    title: str
    ticks: Sequence[tuple[float, str]]


@dataclass(frozen=True)
class Frame:
    """Where the axes are put on the paper, in units of the picture."""

    x: Axis
    y: Axis
    width: float
    height: float

    def across(self, value: float) -> float:
        """Where on the paper, from the left."""
        first, last = self.x.ticks[0][0], self.x.ticks[-1][0]
        return LEFT + (self.width - LEFT - RIGHT) * (value - first) / (last - first)

    def down(self, value: float) -> float:
        """Where on the paper, from the top; what lies beyond the axis is cut off."""
        first, last = self.y.ticks[0][0], self.y.ticks[-1][0]
        share = (min(max(value, first), last) - first) / (last - first)
        return self.height - BOTTOM - (self.height - TOP - BOTTOM) * share


def chart(
    says: str, x: Axis, y: Axis, series: Sequence[Series], *, width: float = 520, height: float = 250
) -> Element:
    """The picture with its key. `says` is read to whoever cannot see it."""
    frame = Frame(x, y, width, height)
    parts = [*_axes(frame), *(part for place, one in enumerate(series) for part in _drawn(frame, one, place))]
    picture = element("svg", *parts, viewBox=f"0 0 {width:g} {height:g}", role="img", aria_label=says)
    key = element("ul", *(_key(one, place) for place, one in enumerate(series)), class_="key")
    return element("figure", picture, *([key] if len(series) > 1 else []))


def round_ticks(
    low: float, high: float, said: Callable[[float], str], most: int = 6
) -> list[tuple[float, str]]:
    """Round numbers from below `low` to above `high`, at most about so many."""
    wide = max(high - low, 1e-9)
    rough = wide / (most - 1)
    base = 10.0 ** floor(log10(rough))
    step = next(base * times for times in (1, 2, 2.5, 5, 10) if base * times >= rough * (1 - 1e-9))
    first, last = floor(low / step + 1e-9), max(ceil(high / step - 1e-9), floor(low / step + 1e-9) + 1)
    return [(place * step, said(place * step)) for place in range(first, last + 1)]


def month_ticks(last: int) -> list[tuple[float, str]]:
    """Whole months from 0 to `last` or a little beyond."""
    step = next(months for months in (1, 2, 3, 6, 12, 24, 60, 1200) if last <= 6 * months)
    return [(float(month), str(month)) for month in range(0, last + step, step)]


def _axes(frame: Frame) -> list[Element]:
    right, bottom = frame.width - RIGHT, frame.height - BOTTOM
    parts = []
    for value, said in frame.y.ticks:
        y = frame.down(value)
        parts += [
            element("line", x1=LEFT, x2=right, y1=y, y2=y, class_="grid"),
            element("text", said, x=LEFT - 5, y=y + 3.5, text_anchor="end"),
        ]
    for value, said in frame.x.ticks:
        x = frame.across(value)
        parts += [
            element("line", x1=x, x2=x, y1=bottom, y2=bottom + 4, class_="tick"),
            element("text", said, x=x, y=bottom + 15, text_anchor="middle"),
        ]
    middle = TOP + (bottom - TOP) / 2
    return [
        *parts,
        element("line", x1=LEFT, x2=right, y1=bottom, y2=bottom, class_="base"),
        element("text", frame.x.title, x=(LEFT + right) / 2, y=frame.height - 4, text_anchor="middle", class_="title"),
        element("text", frame.y.title, x=10, y=middle, text_anchor="middle", class_="title", transform=f"rotate(-90 10 {middle:.2f})"),
    ]  # fmt: skip


def _drawn(frame: Frame, series: Series, place: int) -> list[Element]:
    look = f"s{place % LOOKS}"
    if series.drawn == "points":
        return [part for at in range(len(series.x)) for part in _point(frame, series, at, look)]
    stairs = series.drawn == "stairs"
    path = _path(_corners(frame, series.x, series.y, stairs=stairs))
    parts = [element("path", d=path, class_=f"line {look}")]
    if series.low:
        above = _corners(frame, series.x, series.high, stairs=stairs)
        below = _corners(frame, series.x, series.low, stairs=stairs)
        parts.insert(0, element("path", d=_path([*above, *reversed(below)]) + "Z", class_=f"band {look}"))
    return parts


def _corners(
    frame: Frame, x: Sequence[float], y: Sequence[float], *, stairs: bool
) -> list[tuple[float, float]]:
    """The points, with those between that make stairs: a share falls at the end of a month."""
    points = [(frame.across(right), frame.down(up)) for right, up in zip(x, y, strict=True)]
    if not stairs:
        return points
    between = [[(after[0], before[1]), after] for before, after in pairwise(points)]
    return [points[0], *(corner for pair in between for corner in pair)]


def _point(frame: Frame, series: Series, at: int, look: str) -> list[Element]:
    x, y = frame.across(series.x[at]), frame.down(series.y[at])
    point = element("circle", cx=x, cy=y, r=3, class_=f"point {look}")
    if not series.low:
        return [point]
    low, high = frame.down(series.low[at]), frame.down(series.high[at])
    return [element("line", x1=x, x2=x, y1=low, y2=high, class_=f"line {look}"), point]


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _key(series: Series, place: int) -> Element:
    look = f"s{place % LOOKS}"
    sample = (
        element("circle", cx=11, cy=5, r=3, class_=f"point {look}")
        if series.drawn == "points"
        else element("line", x1=0, x2=22, y1=5, y2=5, class_=f"line {look}")
    )
    return element("li", element("svg", sample, viewBox="0 0 22 10", aria_hidden="true"), series.name)
