"""How sure the prices of a decision are: the errors of all that was learned of what they are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from models.pricing import leaving_errors, woken_by
from models.uncertainty import SAME, Spread, eiv_draws, luck_of, sureness
from models.value import Options, Priced

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from models.pricing import Forecast, PricedActions
    from models.response import Motive
    from models.situation import Situation
    from models.swaps import Swap
    from models.tariff import Tariff
    from models.value import Floats


@dataclass(frozen=True, slots=True)
class Certainty:
    """Of one decision. Nothing is worked out before it is asked for, and then for the actions that are asked for alone."""

    situation: Situation
    motive: Motive
    expected: Forecast
    priced: PricedActions
    swaps: Mapping[int, Swap]
    tariff: Tariff

    def draws(self, places: list[int], seed: int | None = None) -> Floats | None:
        """What the actions at these places of the prices are worth in each draw, (DRAWS, n) euros; None where how readily customers accept was not learned.

        An interval of the rest alone would be too narrow. With a seed each action has its own luck.
        """
        deviations = self.tariff.deviations
        if not places or deviations is None:
            return None
        *columns, changes = self.priced.options
        p, rho, q1, ratio, cost, wake, contact, organic = [_at(places, column) for column in columns]
        options = Options(p, rho, q1, ratio, cost, wake, contact, organic, changes[places])
        index, actions = self.priced.index, self.tariff.catalogue.actions
        return eiv_draws(
            self.expected.outlook,
            options,
            _part(self.priced.priced, places),
            self._spread(places, deviations),
            SAME if seed is None else luck_of(seed, [actions[index[place]].id for place in places]),
        )

    def of_rows(self, rows: Sequence[int], seed: int) -> Floats | None:
        """The same by rows of the catalogue, by the seed of a contact."""
        at = {row: place for place, row in enumerate(self.priced.index)}
        return self.draws([at[row] for row in rows], seed)

    def unsure(self) -> frozenset[int]:
        """Rows that are worth something to say, but not surely enough: talks that retain.

        What reminds a quiet customer that he could go may cost more than it brings, and he did not ask. Of those who wish to leave no
        more may be harmed than the policy says; what was shown already waits for its answer.
        """
        sure = self.tariff.policy.arbitration.surely(leaving=self.situation.leaving)
        if sure is None:
            return frozenset()
        waiting = self.situation.waiting_saves
        index, worth = self.priced.index, self.priced.priced.eiv
        actions = self.tariff.catalogue.actions
        places = [
            place
            for place, row in enumerate(index)
            if actions[row].purpose == "retention" and worth[place] > 0 and actions[row].id not in waiting
        ]
        draws = self.draws(places)
        if draws is None:
            return frozenset()
        return frozenset(
            index[place]
            for place, chance in zip(places, sureness(draws).tolist(), strict=True)
            if chance < sure
        )

    def _spread(self, places: list[int], deviations: Floats) -> Spread:
        tariff = self.tariff
        lockin = None if tariff.bundle is None else tariff.bundle.lockin
        rows = [self.priced.index[place] for place in places]
        none = np.zeros(len(rows))
        swaps = [self.swaps[row] for row in rows]
        situation, outlook = self.situation, self.expected.outlook
        woken, more = [woken_by(situation, outlook, tariff, errors=errors) for errors in (0, 1)]
        leaving = leaving_errors(self.situation, self.motive, tariff, self.expected.logit)
        return Spread(
            p=deviations[rows],
            keep=tariff.keep[rows],
            ratio=none
            if lockin is None
            else np.array([lockin.error(swap.sold, swap.given_up) for swap in swaps]),
            wake=none if woken is None or more is None else (more - woken)[rows],
            leaving=0.0 if leaving is None else leaving.leaving,
            refused=none if leaving is None else none + leaving.refused * tariff.saves[rows],
            accepted=none if leaving is None else leaving.accepted[rows],
        )


def _part(priced: Priced[list[float]], places: list[int]) -> Priced[Floats]:
    """The prices of some of the actions."""
    V1, M, L, eiv = [_at(places, column) for column in (priced.V1, priced.M, priced.L, priced.eiv)]
    return Priced(priced.V0, V1, M, L, priced.k, eiv, [priced.terms[place] for place in places])


def _at(places: list[int], column: list[float]) -> Floats:
    return np.array([column[place] for place in places])
