"""The tiers of rules as they stand over one channel, and the first of them that stops an action."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from models import domain
from models.checks import TIERS, Breach, Check
from models.conditions import Looks
from models.memo import Memo
from models.programs import Missing


@dataclass(frozen=True, slots=True)
class Tier:
    """One tier over one channel: by row of the catalogue, the programs that must hold and the checks that ask for them."""

    programs: tuple[frozenset[int], ...]
    checks: tuple[tuple[Check, ...], ...]


class Needed(NamedTuple):
    """What must be asked to screen a set of rows, and all programs that then say something of one of them."""

    looks: Looks
    programs: frozenset[int]


class Sieved(NamedTuple):
    """The rows that rules let through, in the catalogue's order, and of those they stop the rules of the first tier that does.

    `tiers` counts the stopped by that tier; `passed_over` are the facts whose absence stopped nothing.
    """

    through: tuple[int, ...]
    breaches: Mapping[int, tuple[Breach, ...]]
    tiers: Mapping[domain.Tier, int]
    passed_over: frozenset[str]


Lacks = tuple[Missing, ...]
Found = tuple[tuple[Breach, ...], frozenset[str]]


@dataclass(frozen=True)
class Lane:
    """The tiers over one channel; `asked` are the programs of all of them, by row.

    `known` keeps what came of a set of rows with the programs that did not hold and what these missed, `stops` the same of each row: the
    breaches and the facts passed over. `needs` is what must be asked to screen a set of rows.
    """

    tiers: tuple[Tier, ...]
    asked: tuple[frozenset[int], ...]
    known: Memo[tuple[frozenset[int], frozenset[int], Lacks], Sieved] = field(
        default_factory=lambda: Memo(10_000)
    )
    stops: Memo[tuple[int, frozenset[int], Lacks], Found] = field(default_factory=lambda: Memo(20_000))
    needs: Memo[frozenset[int], Needed] = field(default_factory=lambda: Memo(5_000))


def lane_of(by_action: Iterable[tuple[tuple[Check, ...], ...]], channel: str) -> Lane:
    """The checks of each action, in tiers, as they stand over one channel."""
    rows = tuple(by_action)
    tiers = tuple(_tier(rows, name, channel) for name in TIERS)
    return Lane(
        tiers, tuple(frozenset().union(*row) for row in zip(*[t.programs for t in tiers], strict=True))
    )


def _tier(rows: Iterable[tuple[tuple[Check, ...], ...]], name: str, channel: str) -> Tier:
    checks = tuple(
        tuple(
            check
            for tier in tiers
            for check in tier
            if check.rule.tier == name and (not check.channels or channel in check.channels)
        )
        for tiers in rows
    )
    return Tier(tuple(frozenset(check.program for check in row) for row in checks), checks)


def lacks(failed: frozenset[int], lacking: Mapping[int, Missing]) -> Lacks:
    """What those that do not hold miss."""
    short = failed.intersection(lacking)
    return tuple([lacking[number] for number in sorted(short)]) if short else ()


def sieved(
    lane: Lane,
    rows: frozenset[int],
    failed: frozenset[int],
    lacking: Mapping[int, Missing],
    emergencies: frozenset[int],
) -> Sieved:
    """What comes of these rows when these programs do not hold: once worked out, known."""
    ground = (rows, failed, lacks(failed, lacking))
    known = lane.known.get(ground)
    if known is not None:
        return known
    through, breaches = [], {}
    passed_over: set[str] = set()
    for row in sorted(rows):
        found, over = _stopped(lane, row, failed & lane.asked[row], lacking, row in emergencies)
        passed_over |= over
        if found:
            breaches[row] = found
        else:
            through.append(row)
    made = Sieved(tuple(through), breaches, by_tier(breaches), frozenset(passed_over))
    return lane.known.keep(ground, made)


def _stopped(
    lane: Lane, row: int, failed: frozenset[int], lacking: Mapping[int, Missing], immune: bool
) -> Found:
    ground = (row, failed, lacks(failed, lacking))
    return lane.stops.get(ground) or lane.stops.keep(
        ground, stopped(lane.tiers, row, failed, lacking, immune)
    )


def by_tier(breaches: Mapping[int, tuple[Breach, ...]]) -> Mapping[domain.Tier, int]:
    """How many actions each tier stopped."""
    return Counter([found[0].check.rule.tier for found in breaches.values()])


def stopped(
    tiers: Iterable[Tier],
    row: int,
    failed: frozenset[int],
    lacking: Mapping[int, Missing],
    immune: bool,
) -> Found:
    """The breaches of the first tier that has any, and the facts whose absence was passed over until then."""
    passed_over: set[str] = set()
    for tier in tiers:
        if not tier.programs[row].isdisjoint(failed):
            found = []
            for check in tier.checks[row]:
                if check.program not in failed:
                    continue
                missing = lacking.get(check.program)
                if missing is None:
                    found.append(Breach(check))
                elif check.strict or (check.vetoes_missing and not immune):
                    found.append(Breach(check, missing.paths))
                else:
                    passed_over.update(missing.paths)
            if found:
                return tuple(found), frozenset(passed_over)
    return (), frozenset(passed_over)
