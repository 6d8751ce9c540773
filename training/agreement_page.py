"""The agreement of a challenger with the champion, read from the archived journal and printed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import polars as pl
from pydantic import ValidationError

from models.shadow import Shadow
from training.agreement import PERCENTILES, Agreement, Figure
from training.errors import OptionError
from training.problems import Problem, TableError
from training.prompted import from_parts, journal_parts

if TYPE_CHECKING:
    from pathlib import Path

MOST = 10
"""Rows of a list."""


def read_shadows(folder: Path) -> list[Shadow]:
    """What was decided in the shadow; of whom was erased there is nothing.

    Raises:
        OptionError: no journal there, or nothing of a challenger in it.
        TableError: an entry that cannot be read.
    """
    parts = journal_parts(folder)
    if not parts:
        raise OptionError(
            f"--journal: there is no journal in '{folder}'; name the folder `python -m training archive --out` was given"
        )
    wanted = (pl.col("kind") == "shadow") & pl.col("record").is_not_null()
    found = from_parts(parts, lambda entries: entries.filter(wanted).select("record"))["record"]
    if not len(found):
        raise OptionError(
            f"--journal: nothing in '{folder}' was decided in the shadow; run the service with --challenger, then archive"
        )
    return [_read(record) for record in found]


def _read(record: str) -> Shadow:
    try:
        return Shadow.model_validate_json(record)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        remedy = "read it with the version of the software that wrote it"
        raise TableError([Problem("journal", None, where, first["msg"], remedy)]) from None


def as_text(found: Agreement) -> str:
    """The report, the most important first."""
    failed = sum(found.failed.values())
    lines = [
        f"{found.decisions:,} decisions beside the champion's, of which the challenger failed {failed:,}"
    ]
    lines += [f"  {number:,} x {why}" for why, number in sorted(found.failed.items())]
    if found.same is None:
        return "\n".join([*lines, "nothing to compare"])
    lines += [f"same first proposal: {_share(found.same)}"]
    for name, groups in found.groups.items():
        lines += ["", f"by {name}", *(f"  {group:<24} {_share(figure)}" for group, figure in groups.items())]
    lines += ["", "why the first proposal is another one"]
    lines += [f"  {row.decisions:>6,}  {row.why}  ({', '.join(row.samples)})" for row in found.reasons[:MOST]]
    lines += ["", "from the champion's first to the challenger's"]
    lines += [f"  {number:>6,}  {ours} -> {other}" for ours, other, number in found.moves[:MOST]]
    for side, other in (("challenger", "champion"), ("champion", "challenger")):
        lines += [
            "",
            f"what the {side} stops and the {other} does not: rule, decisions, the action most often",
        ]
        lines += [f"  {row.decisions:>6,}  {row.rule}  ({row.action_id})" for row in found.stops[side][:MOST]]
    lines += ["", "euros the challenger's first is worth more, where both price both"]
    lines += [f"  by the {side}'s figures: {_euros(figure)}" for side, figure in found.gain.items()]
    lines += [
        "",
        f"milliseconds of deciding in full, at {', '.join(map(str, PERCENTILES))} of a hundred",
        *(
            f"  {side:<12}" + "".join(f"{value:>9.2f}" for value in values)
            for side, values in found.took.items()
        ),
    ]
    return "\n".join(lines)


def as_json(found: Agreement) -> str:
    """All of it, with names for what the tuples hold."""
    return json.dumps(_plain(vars(found)), indent=1)


def _plain(what: Any) -> Any:
    if hasattr(what, "_asdict"):
        what = what._asdict()
    if isinstance(what, dict):
        return {name: _plain(value) for name, value in what.items()}
    return [_plain(value) for value in what] if isinstance(what, list | tuple) else what


def _share(figure: Figure) -> str:
    value, low, high = (100.0 * part for part in (figure.value, figure.low, figure.high))
    return (
        f"{value:5.1f} % [{low:.1f}, {high:.1f}]  of {figure.n:,} decisions, {figure.customers:,} customers"
    )


def _euros(figure: Figure) -> str:
    return f"{figure.value:+.2f} [{figure.low:+.2f}, {figure.high:+.2f}] a decision, of {figure.n:,}"
