"""Plain fields first, then rules tier by tier: which actions are eligible, and what removed the others."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar, get_args

from models.asked import question_stops
from models.checks import Breach
from models.domain import Tier
from models.lanes import by_tier
from models.rulebook import ModeGate
from models.stock import gone as gone_of
from models.swaps import Stop, Swap
from models.verdicts import Verdicts

if TYPE_CHECKING:
    from models.caps import CapStop
    from models.domain import PastOutcome
    from models.fit import Opening
    from models.knowledge import Knowledge
    from models.situation import Situation

TIERS: tuple[Tier, ...] = get_args(Tier)
SOLD_OUT: Final[Tier] = "eligibility"
CAPPED: Final[Tier] = "contact_policy"
UNCOUNTED: Final = Stop("history_unread", (("history.saves_spoken_7d", None),))
"""No save without knowing how many this conversation has heard."""
Limit = TypeVar("Limit")


class Screened(NamedTuple):
    """What screening kept and removed; rows of the catalogue. `stops` are this customer's own, beside those of the opening.

    `gone` is sold out, which counts as eligibility, `capped` was said or refused too often, which counts as contact policy. A row
    stands with all that stops it in the first tier that does. `limited` are all that are gone or capped, whatever else stops them.
    `tiers` counts what rules stop, by tier.
    """

    opening: Opening
    eligible: tuple[int, ...]
    swaps: Mapping[int, Swap]
    stops: Mapping[int, Stop]
    breaches: Mapping[int, tuple[Breach, ...]]
    tiers: Mapping[Tier, int]
    gone: Mapping[int, Stop]
    capped: Mapping[int, tuple[CapStop, ...]]
    limited: Collection[int]

    def every_stop(self) -> Iterator[tuple[int, Stop]]:
        """What plain fields stop: the opening's and this customer's own."""
        yield from self.opening.stops.items()
        yield from self.stops.items()

    def removed(self, passed: int) -> dict[Tier, int]:
        """How many actions each tier removed, tiers in their order; `passed` are eligible and not proposed."""
        fit = len(self.opening.stops) + len(self.stops)
        counts: dict[Tier, int] = {**self.tiers, "fit": fit, "arbitration": passed}
        for limited, tier in ((self.gone, SOLD_OUT), (self.capped, CAPPED)):
            if limited:
                counts[tier] = counts.get(tier, 0) + len(limited.keys() - self.breaches.keys())
        return {tier: counts[tier] for tier in TIERS if counts.get(tier)}


def screen(
    situation: Situation,
    gate: ModeGate,
    verdicts: Verdicts,
    knowledge: Knowledge,
    outcomes: Sequence[PastOutcome] = (),
    sold_out: frozenset[str] = frozenset(),
) -> Screened:
    """Plain fields first, then rules tier by tier, with stock and caps in theirs; keeps what it removes. Prices and sorts nothing."""
    opening = knowledge.door.opening(gate.mode, verdicts.admitted(gate), situation)
    swaps, refused = opening.swaps, situation.refused_saves
    stops = question_stops(
        [row for row in knowledge.questions.rows if row in swaps], situation, outcomes, knowledge.catalogue
    )
    actions = knowledge.catalogue.actions
    if situation.unread:
        stops.update({row: UNCOUNTED for row in swaps if actions[row].kind == "save"})
    elif refused:
        stop = Stop("already_refused", (("history.saves_refused", refused),))
        stops.update({row: stop for row in swaps if actions[row].id in refused})
    if stops:
        swaps = dict(swaps)
        for row in stops:
            del swaps[row]
    through, breaches, tiers, _ = verdicts.screen(swaps, situation.contact.channel, knowledge.emergencies)
    gone = gone_of(sold_out, knowledge.catalogue)
    capped = knowledge.caps.capped(outcomes, situation.contact, situation.now)
    limited = gone.keys() | capped.keys()
    if limited:
        left = dict(breaches)
        gone = _standing(gone, SOLD_OUT, swaps, left)
        capped = _standing(capped, CAPPED, swaps.keys() - gone.keys(), left)
        through = tuple([row for row in swaps if row not in left and row not in gone and row not in capped])
        breaches, tiers = left, by_tier(left)
    return Screened(opening, through, swaps, stops, breaches, tiers, gone, capped, limited)


def _standing(
    limited: Mapping[int, Limit], tier: Tier, rows: Collection[int], breaches: dict[int, tuple[Breach, ...]]
) -> dict[int, Limit]:
    """The limits that no earlier tier forestalls; the rules of a later tier, which are then not asked, are taken out of `breaches`."""
    place = TIERS.index(tier)
    standing: dict[int, Limit] = {}
    for row, limit in limited.items():
        breached = TIERS.index(breaches[row][0].check.rule.tier) if row in breaches else place
        if row in rows and breached >= place:
            standing[row] = limit
            if breached > place:
                del breaches[row]
    return standing
