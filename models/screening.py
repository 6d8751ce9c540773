"""Plain fields first, then rules tier by tier: which actions are eligible, and what removed the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from models.domain import Tier
from models.portfolio import Stop, Swap
from models.rulebook import Breach, ModeGate, Verdicts, admitted

if TYPE_CHECKING:
    from models.context import Situation
    from models.fit import Opening
    from models.knowledge import Knowledge

TIERS: tuple[Tier, ...] = get_args(Tier)


@dataclass(frozen=True, slots=True)
class Screened:
    """What screening kept and removed; rows of the catalogue. `stops` are this customer's own, beside those of the opening."""

    opening: Opening
    eligible: tuple[int, ...]
    swaps: Mapping[int, Swap]
    stops: Mapping[int, Stop]
    breaches: Mapping[int, tuple[Breach, ...]]

    def every_stop(self) -> Iterator[tuple[int, Stop]]:
        """What plain fields stop: the opening's and this customer's own."""
        yield from self.opening.stops.items()
        yield from self.stops.items()

    def removed(self, passed: int) -> dict[Tier, int]:
        """How many actions each tier removed, tiers in their order; `passed` are eligible and not proposed."""
        counts: dict[Tier, int] = {"fit": len(self.opening.stops) + len(self.stops)}
        for breaches in self.breaches.values():
            tier = breaches[0].check.rule.tier
            counts[tier] = counts.get(tier, 0) + 1
        counts["arbitration"] = passed
        return {tier: counts[tier] for tier in TIERS if counts.get(tier)}


def screen(situation: Situation, gate: ModeGate, verdicts: Verdicts, knowledge: Knowledge) -> Screened:
    """Plain fields first, then rules tier by tier; keeps what it removes. Prices and sorts nothing."""
    opening = knowledge.door.opening(gate.mode, admitted(gate, verdicts), situation)
    swaps, refused = opening.swaps, situation.refused_saves
    stops: dict[int, Stop] = {}
    if refused:
        actions = knowledge.catalogue.actions
        stop = Stop("already_refused", (("history.saves_refused", refused),))
        stops = {row: stop for row in swaps if actions[row].id in refused}
        swaps = {row: swap for row, swap in swaps.items() if row not in stops}
    breaches = knowledge.book.screen(swaps, situation.contact.channel, verdicts, knowledge.emergencies)
    return Screened(opening, tuple([row for row in swaps if row not in breaches]), swaps, stops, breaches)
