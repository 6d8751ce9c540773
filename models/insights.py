"""The insights: figures for who is answerable for the whole, computed offline and drawn by a page. One JSON.

A figure is points. What it is called, what it means and how its interval was made stands with the page, in every language it speaks.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final, Literal, Self, get_args

from pydantic import Field, model_validator

from models.domain import Language, Noun, Text, Word

FORMAT: Final = 1
FigureId = Literal[
    "acceptance",
    "net_saves",
    "modes",
    "nothing",
    "starved",
    "held",
    "lock_in",
    "cohorts",
    "experiments",
    "exploration",
    "levers",
    "fair_tenure",
    "fair_vulnerable",
    "fair_quiet",
    "churn_calibration",
    "acceptance_calibration",
    "drift",
]
FIGURES: Final[tuple[FigureId, ...]] = get_args(FigureId)
Missing = Literal[
    "no_journal", "no_months", "no_records", "no_documents", "no_model", "not_in_use", "too_few"
]
"""Why a figure has no points: there is no journal; nobody knows who left; no decision can be read; catalogue or policy was not given;
the bundle has no such model; it is switched off; it is too early to tell."""
MOST_POINTS, MOST_LABELS = 2000, 30

Count = Annotated[int, Field(ge=0)]


class Point(Noun):
    """One figure: its series and its place in it, the value, the 95 % interval where there is one, and how many it was counted on.

    `about` is what else is to be told of it, each by its name.
    """

    series: Word
    at: Word
    value: float
    low: float | None = None
    high: float | None = None
    n: Count
    about: dict[Word, float | Word | bool | None] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _within(self) -> Self:
        if (self.low is None) != (self.high is None):
            raise ValueError(f"{self.series}, {self.at}: an interval has two ends; give low and high")
        if self.low is not None and self.high is not None and not self.low <= self.value <= self.high:
            raise ValueError(f"{self.series}, {self.at}: {self.value} lies outside its interval")
        return self


class Figure(Noun):
    """Points in the order in which they are told, or why there are none. `left_out`: how many more there are that are not told."""

    id: FigureId
    points: Annotated[tuple[Point, ...], Field(max_length=MOST_POINTS)] = ()
    missing: Missing | None = None
    left_out: Count = 0

    @model_validator(mode="after")
    def _one(self) -> Self:
        if bool(self.points) == (self.missing is not None):
            raise ValueError(f"{self.id}: give points, or say what is missing")
        return self


class Slope(Noun):
    """Of a calibration line: 1 is right, below it the model is too sure."""

    value: float
    low: float
    high: float
    n: Count


class Level(Noun):
    """How many were seen for one that was foretold: 1 is right, 2 is twice as many."""

    value: float
    low: float
    high: float
    n: Count


Model = Literal["churn", "acceptance"]


class Watched(Noun):
    """What alarms are raised on.

    `drift`: PSI by fact, the largest of those that moved by more than chance gives; `calibration`: slope by model, which tells nothing of
    the `level`; `sample_ratio`: p by experiment.
    """

    drift: Annotated[dict[Word, float], Field(max_length=MOST_LABELS)] = Field(default_factory=dict)
    calibration: dict[Model, Slope] = Field(default_factory=dict)
    level: dict[Model, Level] = Field(default_factory=dict)
    sample_ratio: Annotated[dict[Word, float], Field(max_length=MOST_LABELS)] = Field(default_factory=dict)


class Insights(Noun):
    """`since` to `until`: the days of the decisions and contacts counted. `names`: what ids are called, by language."""

    format: Literal[1] = 1
    since: date | None
    until: date
    customers: Count
    contacts: Count
    decisions: Count
    unreadable: Count = 0
    sampled: Annotated[
        Count, Field(description="decisions made again in full, to tell which rule stopped what")
    ] = 0
    currency: Word = "EUR"
    names: dict[Word, dict[Language, Text]] = Field(default_factory=dict)
    figures: tuple[Figure, ...]
    watched: Watched = Watched()
    tables: Word
    bundle: Word

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        given = [figure.id for figure in self.figures]
        if sorted(given) != sorted(FIGURES):
            raise ValueError(f"figures: give each of {', '.join(FIGURES)} once")
        return self
