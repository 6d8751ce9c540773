"""`python -m training experiment`: read journal and tables, analyse or plan, print, and write JSON whole or not at all."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl

from models.catalogue import load_catalogue
from training.errors import OptionError
from training.evaluation.confidence_sequence import PLANNED
from training.experiment.analysis import Design, analyse, as_json
from training.experiment.assigned import HOLDOUT, read_decisions, read_exposures, with_arm
from training.experiment.measures import MARGIN, PER_MONTH, measures
from training.experiment.page import page
from training.experiment.planning import plan, plan_json, plan_lines
from training.experiment.staying import spells, told_until
from training.experiment.units import Sources, measured, units_of
from training.fit.spoken import read_talks
from training.prompted import journal_parts
from training.tables import read_tables

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CONTROLS = ("control", "champion", HOLDOUT, "off", "default")
"""Names that say by themselves that an arm is the one to compare with."""


@dataclass(frozen=True)
class Question:
    """What is asked. `journal` and `data`: folders; `since` and `until`: days, both included; `effect`: plan for it instead of analysing."""

    name: str
    data: Path
    journal: Path | None = None
    catalogue: Path | None = None
    primary: str = MARGIN
    control: str | None = None
    shares: Mapping[str, float] = field(default_factory=dict)
    since: date | None = None
    until: date | None = None
    window: int = 90
    planned: float = PLANNED
    by_agent: bool = False
    effect: float | None = None


def experiment(asked: Question) -> tuple[str, dict[str, Any]]:
    """The text and the data of the answer.

    Raises:
        OptionError: what is asked cannot be; it says what can. TableError, DocumentError, OSError: as in `read_tables`.
    """
    known = measures(asked.window)
    _check(asked, [one.name for one in known])
    sources = _sources(asked)
    start = None if asked.since is None else datetime.combine(asked.since, time.min, UTC)
    if asked.effect is None:
        told, answer = _analysed(asked, sources, start)
    else:
        told, answer = _planned(asked, asked.effect, sources, start)
    where = {"experiment": asked.name, "until": sources.until.isoformat(), "window_days": asked.window}
    return told, {**where, **answer}


def _check(asked: Question, names: list[str]) -> None:
    if asked.primary not in names:
        raise OptionError(f"--primary: no measure '{asked.primary}'; known: {', '.join(names)}")
    if asked.primary == MARGIN and asked.catalogue is None:
        others = ", ".join(name for name in names if name != MARGIN)
        raise OptionError(f"--primary margin: euros need --catalogue; give it, or one of: {others}")
    if not asked.name or "/" in asked.name:
        raise OptionError(f"NAME: '{asked.name}' names no experiment; write it as the flags do")
    if asked.window < PER_MONTH:
        raise OptionError(f"--window: {asked.window} days are less than a month; give {PER_MONTH} or more")


def _sources(asked: Question) -> Sources:
    catalogue = None if asked.catalogue is None else load_catalogue(asked.catalogue.read_bytes(), str(asked.catalogue))  # fmt: skip
    place = asked.journal or asked.data
    parts = tuple(journal_parts(place))
    if not parts:
        raise OptionError(f"--journal: no journal below '{place}'; put there what `python -m training archive --out` writes")  # fmt: skip
    tables = read_tables(asked.data, None if catalogue is None else [one.id for one in catalogue.products])
    end = None if asked.until is None else datetime.combine(asked.until + timedelta(days=1), time.min, UTC)
    talks, decisions = read_talks([*parts], end), read_decisions([*parts])
    last = told_until(spells(tables.customers))
    ends = [moment for moment in (talks.until, decisions["at"].max(), last) if isinstance(moment, datetime)]
    until = max(ends, default=datetime.min.replace(tzinfo=UTC)) + timedelta(microseconds=1)
    if end is not None:
        until = min(until, end)
    return Sources(tables, talks, decisions, read_exposures([*parts]), parts, until, catalogue)


def _analysed(asked: Question, sources: Sources, start: datetime | None) -> tuple[str, dict[str, Any]]:
    decisions = with_arm(sources.decisions, asked.name)
    units = units_of(sources, asked.name, decisions, asked.window)
    if start is not None:  # who was in it before would have his months in it for months before it
        units = units.filter(pl.col("assigned_at") >= start)
    arms = units["arm"].unique().sort().to_list()
    if len(arms) < 2:
        raise OptionError(f"experiment '{asked.name}': between --since and --until only {', '.join(arms) or 'nobody'} was assigned")  # fmt: skip
    design = Design(
        asked.primary,
        _control(asked, arms),
        _shares(asked, arms),
        asked.planned,
        asked.by_agent,
    )
    known = measures(asked.window)
    found = analyse(units, known, design)
    return page(asked.name, found, known), as_json(found, known)


def _planned(
    asked: Question, effect: float, sources: Sources, start: datetime | None
) -> tuple[str, dict[str, Any]]:
    contacts = sources.talks.contacts.filter(pl.col("at") < sources.until)
    if start is not None:
        contacts = contacts.filter(pl.col("at") >= start)
    people = contacts.group_by("customer_id", maintain_order=True).agg(assigned_at=pl.col("at").first())
    known = measures(asked.window)
    if not effect:
        raise OptionError("--plan: no number of customers finds an effect of 0; give the smallest one that matters")  # fmt: skip
    found = plan(measured(sources, people, asked.window), known, asked.primary, effect)
    if found is None:
        raise OptionError(f"--plan: {asked.primary} is known of nobody in contact whose {asked.window} days are over; give an earlier --since or a shorter --window")  # fmt: skip
    return "\n".join(plan_lines(asked.name, found)), plan_json(found)


def _control(asked: Question, arms: list[str]) -> str:
    if asked.control is not None:
        if asked.control not in arms:
            raise OptionError(f"--control: no arm '{asked.control}'; arms: {', '.join(arms)}")
        return asked.control
    named = [name for name in CONTROLS if name in arms]
    if not named:
        raise OptionError(f"--control: which arm is the one to compare with? arms: {', '.join(arms)}")
    return named[0]


def _shares(asked: Question, arms: list[str]) -> dict[str, float]:
    """As planned; an arm that nobody has reached counts too."""
    if not asked.shares:
        return dict.fromkeys(arms, 1.0)
    missing = [arm for arm in arms if arm not in asked.shares]
    if missing:
        raise OptionError(f"--shares: say what was planned for {', '.join(missing)} too")
    return dict(asked.shares)


def write_answer(answer: dict[str, Any], out: Path) -> None:
    """As JSON.

    Raises:
        OSError: it cannot be written.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    fresh = out.with_name(f".{out.name}.new")
    try:
        fresh.write_text(json.dumps(answer, indent=1, allow_nan=False) + "\n")
        fresh.replace(out)
    finally:
        fresh.unlink(missing_ok=True)
