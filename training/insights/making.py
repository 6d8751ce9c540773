"""`python -m training insights`: read everything, compute every figure, write one JSON whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from models.insights import FIGURES, Figure, Insights, Watched
from training.errors import OptionError
from training.experiment.assigned import HOLDOUT
from training.experiment.making import Question, experiment
from training.insights import answers, decided, drifting, fairness, staying, stopped, trying
from training.insights.names import names_of
from training.insights.points import not_about_persons
from training.insights.read import answered
from training.measured.decisions import knowledge_of
from training.measured.given import first_of, read_given
from training.measured.watching import watched_months

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from models.bundle import Bundle
    from models.knowledge import Knowledge
    from training.insights.read import Answered
    from training.measured.given import Given


@dataclass(frozen=True)
class Asked:
    """What the insights are made of. `journal`: the folder `archive --out` was given; `experiments`: the folder of answers of `experiment`."""

    data: Path
    bundle: Bundle
    journal: Path | None = None
    catalogue: Path | None = None
    policy: Path | None = None
    experiments: Path | None = None


def insights(asked: Asked, say: Callable[[str], None]) -> Insights:
    """Everything.

    Raises:
        TableError, DocumentError, OSError, OptionError: as `read_given`. OptionError: an answer of an experiment that is none.
    """
    say("tables and journal")
    given = read_given(asked.data, asked.bundle, asked.catalogue, asked.policy, asked.journal)
    found = answered(given.parts)
    knowledge = knowledge_of(given)
    figures, watched, sampled = _figures(asked, given, found, knowledge, say)
    tables = given.tables
    people = tables.holdings if tables.customers is None else tables.customers
    since, until = _days(given, found)
    by_id = {one.id: not_about_persons(one) for one in figures}
    return Insights(
        since=since,
        until=until,
        customers=people["customer_id"].n_unique(),
        contacts=len(given.talks.contacts),
        decisions=len(found.decisions),
        unreadable=found.unreadable,
        sampled=sampled,
        names=names_of(given, knowledge, by_id.values()),
        figures=tuple(by_id[name] for name in FIGURES),
        watched=watched,
        tables=tables.version,
        bundle=given.bundle.version,
    )


def _figures(
    asked: Asked,
    given: Given,
    found: Answered,
    knowledge: Knowledge | None,
    say: Callable[[str], None],
) -> tuple[list[Figure], Watched, int]:
    decisions = found.decisions
    say(f"{len(found.whole):,} of {len(decisions):,} decisions made again")
    again = stopped.again(found.whole, knowledge) if knowledge is not None and found.whole else None
    discounts = fairness.with_discount(given, decisions)
    say("answers, discounts, costs")
    figures = [
        answers.acceptance(given),
        answers.net_saves(given),
        answers.held(given),
        decided.modes(decisions),
        decided.exploration(decisions),
        decided.levers(decisions),
        stopped.nothing(again),
        stopped.starved(again),
        fairness.by_tenure(discounts),
        fairness.by_vulnerability(discounts),
        fairness.quiet(given, discounts),
        staying.cohorts(given),
        staying.lock_in(given),
    ]
    say("calibration and drift")
    churn, churn_line = drifting.churn_calibration(given, watched_months(given))
    yes, yes_line = drifting.acceptance_calibration(given, found.thought)
    moved, largest = drifting.drift(given)
    say("experiments")
    tried, ratios = trying.experiments(_answers(asked, given))
    lines = {"churn": churn_line, "acceptance": yes_line}
    watched = Watched(
        drift=largest,
        calibration={name: one.slope for name, one in lines.items() if one is not None},
        level={name: one.level for name, one in lines.items() if one is not None},
        sample_ratio=ratios,
    )
    return [*figures, churn, yes, moved, tried], watched, 0 if again is None else len(again.decisions)


def _answers(asked: Asked, given: Given) -> list[dict[str, Any]]:
    """Those in the folder; and of the holdout, whose shares the policy tells, one made now where the folder has none."""
    found = trying.read_answers(asked.experiments)
    holdout = None if given.policy is None else given.policy.experiments.holdout
    if holdout is None or not given.parts or any(one["experiment"] == HOLDOUT for one in found):
        return found
    shares = {name: share for name, share in (("universal", holdout.universal), ("random", holdout.random)) if share}  # fmt: skip
    shares["in"] = 1.0 - sum(shares.values())
    question = Question(
        HOLDOUT,
        asked.data,
        asked.journal,
        asked.catalogue,
        "margin" if asked.catalogue else "churned",
        control=next(iter(shares)),
        shares=shares,
    )
    try:
        return [experiment(question)[1], *found]
    except OptionError:  # nobody of the holdout was in contact yet
        return found


def _days(given: Given, found: Answered) -> tuple[date | None, date]:
    """The first day and the last that anything is known of."""
    contacts, decisions = given.talks.contacts["at"], found.decisions["at"]
    first = [day.date() for each in (contacts, decisions) if isinstance(day := each.min(), datetime)]
    month_end = datetime.combine(first_of(given.last + 1), time.min, UTC) - timedelta(days=1)
    last = [month_end] if given.months is not None or given.talks.until is None else [given.talks.until]
    return min(first, default=None), max(last).date()


def write_insights(found: Insights, out: Path) -> int:
    """As JSON; how many bytes.

    Raises:
        OptionError: `out` is a folder. OSError: it cannot be written.
    """
    if out.is_dir():
        raise OptionError(f"--out: '{out}' is a folder; name the file to write")
    data = found.model_dump_json().encode() + b"\n"
    out.parent.mkdir(parents=True, exist_ok=True)
    fresh = out.with_name(f".{out.name}.new")
    try:
        fresh.write_bytes(data)
        fresh.replace(out)
    finally:
        fresh.unlink(missing_ok=True)
    return len(data)
