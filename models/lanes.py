"""The tiers of rules as they stand over one channel, and the first of them that stops an action."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from models.checks import TIERS, Breach, Check
from models.conditions import Look
from models.memo import Memo
from models.programs import Missing


@dataclass(frozen=True, slots=True)
class Tier:
    """One tier over one channel: by row of the catalogue, the programs that must hold and the checks that ask for them."""

    programs: tuple[frozenset[int], ...]
    checks: tuple[tuple[Check, ...], ...]


Ground = tuple[int, frozenset[int], tuple[Missing, ...]]
Found = tuple[tuple[Breach, ...], frozenset[str]]


@dataclass(frozen=True)
class Lane:
    """The tiers over one channel; `asked` are the programs of all of them, by row.

    `known` keeps, for a row with the programs that did not hold and what they missed, the breaches and the facts passed over;
    `needs` what must be asked to screen a set of rows.
    """

    tiers: tuple[Tier, ...]
    asked: tuple[frozenset[int], ...]
    known: Memo[Ground, Found] = field(default_factory=lambda: Memo(20_000))
    needs: Memo[frozenset[int], tuple[Look, ...]] = field(default_factory=lambda: Memo(5_000))


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
