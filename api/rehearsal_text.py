"""A rehearsal as a person reads it in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from models.rehearsal import Moves, Rehearsal, Starved

MOST = 20
"""Rows of a table."""


def as_lines(report: Rehearsal) -> Iterator[str]:
    """The whole report, the most important first."""
    if not report.decisions:
        yield f"No decision could be looked at ({report.unreadable:,} unreadable); nothing is known of the effect."
        return
    yield from _law(report)
    yield from _overview(report)
    yield from _worth(report)
    yield from _actions(report)
    yield from _starved(report)
    yield from _rest(report)


def _law(report: Rehearsal) -> Iterator[str]:
    if report.lawful:
        yield "No proposal breaks a legal rule in force."
    for violation in report.violations:
        looked = _samples(violation.samples)
        yield f"ILLEGAL {violation.action_id}: {violation.rule} forbids it in {_counted(violation.decisions)}{looked}"
    for rule in report.unasked:
        yield f"ILLEGAL? {rule}: in force, and cannot be asked of the proposed catalogue; keep what it names"


def _overview(report: Rehearsal) -> Iterator[str]:
    yield ""
    unreadable = f", {report.unreadable:,} more are unreadable" if report.unreadable else ""
    yield (
        f"{_counted(report.decisions)} decided again: {report.then:,} with the knowledge they were made with, "
        f"{report.present:,} with the present one{unreadable}"
    )
    share = f"{report.share_changed_first:.1%}"
    yield f"  {report.changed_first:,} have another first proposal ({share}){_samples(report.samples)}"
    yield f"  {report.changed_set:,} have another set of proposals"


def _worth(report: Rehearsal) -> Iterator[str]:
    worth = report.worth
    yield ""
    yield "Expected incremental value, first proposal with a price"
    yield f"  before {worth.before:>12,.2f}   {worth.mean_before:>8,.2f} a decision"
    yield f"  after  {worth.after:>12,.2f}   {worth.mean_after:>8,.2f} a decision"
    yield f"  difference            {worth.mean_difference:>+8,.2f} a decision (95 %: {worth.low:+,.2f} to {worth.high:+,.2f})"


def _actions(report: Rehearsal) -> Iterator[str]:
    if not report.actions:
        return
    rows = [
        (move.action_id, *_columns(move.first), *_columns(move.anywhere), " ".join(move.samples[:1]))
        for move in report.actions[:MOST]
    ]
    head = ("action", "first", "won", "lost", "share", "any", "won", "lost", "share", "such as")
    yield ""
    yield "Actions that win and lose: as first proposal, and anywhere"
    yield from _table([head, *rows], left=(0, 9))
    yield from _more(len(report.actions) - MOST)


def _columns(moves: Moves) -> tuple[str, str, str, str]:
    share = f"{100 * moves.change:+.1f} pt"
    return f"{moves.before:,} > {moves.after:,}", f"{moves.won:,}", f"{moves.lost:,}", share


def _starved(report: Rehearsal) -> Iterator[str]:
    newly = [row for row in report.starved if row.proposed_before or row.eligible_before]
    never = [row for row in report.starved if not (row.proposed_before or row.eligible_before)]
    if newly:
        yield ""
        yield "Starved: proposed or eligible before, and nobody gets it now; what stops it there most"
        yield from _table([_starving(row) for row in newly[:MOST]], left=(0, 1, 2))
        yield from _more(len(newly) - MOST)
    if never:
        yield ""
        yield "Eligible for nobody, before neither; what stops it most"
        yield from _table([(row.action_id, _stopped(row)) for row in never[:MOST]], left=(0, 1))
        yield from _more(len(never) - MOST)
    if report.gone:
        yield ""
        yield "Proposed before, and not in the proposed catalogue"
        yield from _table([(name, f"{times:,}") for name, times in report.gone.items()], left=(0,))


def _starving(row: Starved) -> tuple[str, str, str]:
    before = f"proposed {row.proposed_before:,}, eligible {row.eligible_before:,} > {row.eligible_after:,}"
    return row.action_id, before, f"{_stopped(row)}{_samples(row.samples[:1])}"


def _stopped(row: Starved) -> str:
    stop = row.stopped_by
    return f"{stop.tier}/{stop.rule} in {_counted(stop.decisions)}"


def _rest(report: Rehearsal) -> Iterator[str]:
    if report.modes:
        yield ""
        yield "Other modes"
        for mode in report.modes:
            yield f"  {mode.before} > {mode.after}: {_counted(mode.decisions)}{_samples(mode.samples)}"
    if report.degraded:
        yield ""
        yield "Missing in another number of decisions"
        for row in report.degraded:
            yield f"  {row.what}: {row.before:,} > {row.after:,}"


def _table(rows: Sequence[Sequence[str]], left: Iterable[int]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    aligned = set(left)
    for row in rows:
        cells = [
            text.ljust(width) if place in aligned else text.rjust(width)
            for place, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield f"  {'  '.join(cells)}".rstrip()


def _more(rest: int) -> Iterator[str]:
    if rest > 0:
        yield f"  and {rest:,} more"


def _counted(decisions: int) -> str:
    return f"{decisions:,} decision" if decisions == 1 else f"{decisions:,} decisions"


def _samples(names: Sequence[str]) -> str:
    return f", such as {' '.join(names)}" if names else ""
