"""From a situation to figures: what each action would change, how likely it is, and what that is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import add
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from models.acceptance import accepted_at, leaves_after, taken
from models.accepting import MOST_COUNTED
from models.causes import either
from models.domain import Source
from models.features import Facts
from models.motive import Figures, mixed
from models.policy import Policy
from models.recency import recency
from models.response import Churn, Driver, Motive
from models.saving import Errors, Leaves, history_facts
from models.situation import Situation
from models.swaps import Swap
from models.tariff import Sheet, Tariff
from models.value import Floats, Options, Outlook, Priced, present_weights, price_each
from models.waking import lost

SHOWN_DRIVERS = 3


class Forecast(NamedTuple):
    """What is expected of this customer when nothing is said; `leaves_first` is q0 before any save was refused.

    `leaves`: q0, q1 and the rho of every action of the catalogue, of a customer with a wish to leave where they are learned. `logit`: that
    of the churn model, of leaving by himself in the coming month, where there is one. `goes_on`: the chance that he hears a second save when he
    did not accept the first.
    """

    outlook: Outlook
    churn: Churn
    leaves_first: float
    leaves: Leaves | None = None
    logit: float | None = None
    goes_on: float = 1.0

    @property
    def leaves_refused(self) -> float | None:
        """q1 after the first refusal, where it is learned."""
        return None if self.leaves is None else self.leaves.q1


@dataclass(frozen=True, slots=True)
class PricedActions:
    """Figures of the priced actions, in the order of `index` (rows of the catalogue).

    `burden`: what the budget makes of the discount of each, euros on acceptance; None where no budget presses.
    """

    index: tuple[int, ...]
    options: Options[list[float]]
    priced: Priced[list[float]]
    burden: list[float] | None = None

    @property
    def paced(self) -> list[float]:
        """By what they are ordered: EIV less the price of the discount that is expected to be given."""
        eiv, burden = self.priced.eiv, self.burden
        if burden is None:
            return eiv
        each = zip(eiv, self.options.p, self.options.rho, burden, strict=True)
        return [value - p * (1.0 - rho) * price for value, p, rho, price in each]


def forecast(situation: Situation, motive: Motive, tariff: Tariff, *, drivers: int = 0) -> Forecast:
    """Margin, hazard and the chance of leaving now; learned where there is a churn model, else the policy's figures.

    `drivers` is how many of the facts that matter most to the hazard are worked out.
    """
    money = tariff.policy.money
    margin = situation.portfolio.margin * tariff.every_month
    model = None if tariff.bundle is None else tariff.bundle.churn
    parts: Mapping[str, float] = {}
    logit = None
    if model is not None:
        held = situation.portfolio.vector(model.products)
        parts = model.contributions(situation.facts, held)
        logit = model.total(parts)
    leaves = leaves_learned(situation, motive, tariff, logit)
    first, after = 0.0, None
    if leaves is not None:
        first, after = leaves.q0, leaves.q1
    elif situation.leaving:
        first = leaves_first(motive, tariff.policy)
    q0 = leaves_after(first, tariff.policy.leaving.fatigue, len(situation.refused_saves), after)
    other: Floats | None = None
    if model is None:
        hazard = money.base_hazard * tariff.every_month
        churn = Churn(next_month=money.base_hazard, leaves_now=q0, source="assumed")
    else:
        hazard = model.roll(parts, situation.facts, money.horizon_months, tariff.policy.clocks, logit)
        coming = float(hazard[0])
        other = model.curve_of_causes(situation.facts, held, money.horizon_months, tariff.policy.clocks)
        if other is not None:
            coming = either(coming, float(other[0]))
        shown = model.drivers(parts, drivers).items() if drivers else ()
        churn = Churn(
            next_month=coming,
            leaves_now=q0,
            source="learned",
            drivers=tuple([Driver(fact=fact, effect=round(effect, 6)) for fact, effect in shown if effect]),
        )
    delay = float(money.organic_delay_months)
    outlook = Outlook(margin, hazard, q0, money.yearly_discount, delay, other)
    return Forecast(outlook, churn, first, leaves, logit, tariff.goes_on)


def leaves_learned(
    situation: Situation, motive: Motive, tariff: Tariff, logit: float | None
) -> Leaves | None:
    """Chances to leave now of a customer with a wish to leave, where they are learned. `rho` is by row of the catalogue."""
    if tariff.saving is None or not situation.leaving:
        return None
    return tariff.saving.leaves(motive, _saving_facts(situation), logit)


def leaving_errors(
    situation: Situation, motive: Motive, tariff: Tariff, logit: float | None
) -> Errors | None:
    """How sure those are."""
    if tariff.saving is None or not situation.leaving:
        return None
    return tariff.saving.errors(motive, _saving_facts(situation), logit)


def _saving_facts(situation: Situation) -> Facts:
    return {**situation.facts, **history_facts(situation.values["history"], situation.wishes)}


def leaves_first(motive: Motive, policy: Policy) -> float:
    """q0 at the first wish to leave, by motive where the policy knows it."""
    leaving = policy.leaving
    if motive.value is None:
        return leaving.leaves_now
    of_motive = leaving.by_motive.get(motive.value, leaving.leaves_now)
    return mixed(of_motive, leaving.leaves_now, motive.probability)


def price_actions(
    index: Sequence[int],
    situation: Situation,
    motive: Motive,
    outlook: Outlook,
    tariff: Tariff,
    leaves: Leaves | None = None,
) -> PricedActions:
    """Price the actions at these rows of the catalogue. Drops and sorts nothing. `leaves` as the forecast has it."""
    rows = list(index)
    portfolio, channel = situation.portfolio, situation.contact.channel
    sold = [tariff.sold_by[row] for row in rows]
    chances = organic_chances(situation, tariff).tolist() if any(sold) else ()
    # The smallest o of what an action sells.
    organic = [min([chances[place] for place in places], default=0.0) for places in sold]
    odds = [odds_taken(o, tariff) for o in organic]
    moved = moved_now(situation, tariff).take(rows).tolist()
    sheet = tariff.sheet_of(rows, portfolio, channel, motive.value)
    p = _accepted(sheet, odds, moved)
    if motive.value is not None and motive.probability < 1.0:
        of_all = _accepted(tariff.sheet_of(rows, portfolio, channel, None), odds, moved)
        p = [mixed(one, other, motive.probability) for one, other in zip(p, of_all, strict=True)]
    fatigue, cost, wake = tariff.policy.leaving.fatigue, sheet.cost, sheet.wake
    if leaves is None:
        q1, rho = leaves_after(outlook.q0, fatigue, 1), sheet.rho if situation.leaving else [0.0] * len(rows)
    else:
        refused = len(situation.refused_saves)
        q1, rho = leaves_after(outlook.q0, fatigue, refused + 1, leaves.q1), leaves.rho.take(rows).tolist()
    woken = woken_by(situation, outlook, tariff)
    if woken is not None:  # whatever he answers
        more = woken.take(rows).tolist()
        cost, wake = list(map(add, cost, more)), list(map(add, wake, more))
    minute = tariff.policy.money.minute(situation.contact.queue_load)
    options = Options(
        p=p,
        rho=rho,
        q1=[q1 if tariff.saves[row] else outlook.q0 for row in rows],
        hazard_ratio=sheet.hazard_ratio,
        cost=cost,
        wake=wake,
        contact_cost=[minutes * minute for minutes in sheet.minutes],
        organic=organic,
        margin_change=np.array(sheet.gained)[:, None] + tariff.discounts.take(rows, axis=0),
    )
    priced = price_each(outlook, options)
    if not tariff.shadow_price:
        return PricedActions(tuple(index), options, priced)
    weights = present_weights(outlook.hazard, outlook.yearly_discount, outlook.other)
    burden = tariff.shadow_price * discounts_given(rows, weights, tariff)
    return PricedActions(tuple(index), options, priced, burden.tolist())


def _accepted(sheet: Sheet[list[float]], odds: Sequence[float], moved: Sequence[float]) -> list[float]:
    """The p of each action, from its row of the sheet and the odds of taking what it sells."""
    each = zip(sheet.asked, sheet.taking, sheet.keep, odds, moved, strict=True)
    return [accepted_at((asked + taking * o) * more, keep) for asked, taking, keep, o, more in each]


def discounts_given(rows: Sequence[int] | npt.NDArray[np.intp], weights: Floats, tariff: Tariff) -> Floats:
    """The present value of the discount of each action to who accepts and stays; `weights` (.., H) -> (.., N)."""
    given: Floats = -(weights @ tariff.discounts[rows].T)
    return given


def woken_by(
    situation: Situation, outlook: Outlook, tariff: Tariff, *, errors: Literal[0, 1] = 0
) -> Floats | None:
    """The learned W of each action of the catalogue, at the mean or an error above; None where nothing is known of it, and for who wishes to leave: he is awake."""
    if tariff.wakes is None or situation.leaving:
        return None
    margin, hazard, _, yearly_discount, _, other = outlook
    return lost(tariff.wakes, margin, hazard, yearly_discount, other, errors=errors)


def odds_taken(organic: Figures, tariff: Tariff) -> Figures:
    """(o/(1-o))^s of a chance, or of chances of any shape: how far accepting follows taking."""
    odds = organic / (1.0 - organic)
    return odds if tariff.slope == 1.0 else odds**tariff.slope


def moved_now(situation: Situation, tariff: Tariff) -> Floats:
    """What the moment makes of the odds of accepting: a wish to leave, and the offers heard in the last thirty days. (N,)."""
    if tariff.now is None:
        return tariff.unmoved
    leaving, each = tariff.now
    heard = min(situation.values["history"].get("offers_spoken_30d", 0), MOST_COUNTED)
    moved: Floats = np.exp(leaving * situation.leaving + each * heard)
    return moved


def organic_chances(situation: Situation, tariff: Tariff) -> Floats:
    """The o of every product of the catalogue. (P,)."""
    model = tariff.model
    if model is None:
        return tariff.take_rates
    facts = {**situation.facts, **recency(situation.since.values(), situation.today)}
    which, chance = model.takes(situation.portfolio.vector(model.products), facts)
    # What training never saw stands at -1 and has a base of 0: whatever is spread there, nobody reads it.
    return taken(chance, which.take(tariff.placed), tariff.base, tariff.take_rates, tariff.seen)


def sources_of(row: int, swap: Swap, tariff: Tariff) -> dict[str, Source]:
    """Where each figure of one action comes from. A figure made of several is as good as its weakest."""
    action = tariff.catalogue.actions[row]
    sold = tariff.sells[row]
    churn: Source = "assumed" if tariff.bundle is None or tariff.bundle.churn is None else "learned"
    taken = bool(tariff.taken_learned[sold].all())
    offline = {} if tariff.acceptance is None else tariff.acceptance.actions
    taught = (
        action.id in tariff.learned.corrections or action.id in offline
    ) and taken  # of what sells nothing no o is asked
    woken: dict[str, Source] = {}
    if tariff.wakes is not None and tariff.wakes.of_action[row].any():
        woken["wake"] = "estimated"
    graded = None if tariff.bundle is None else tariff.bundle.lockin.grade(swap.sold, swap.given_up)
    return {
        "p": "learned" if taught else "assumed",
        "o": "learned" if taken and bool(sold.any()) else "assumed",
        "k": churn,
        "q0": "assumed" if tariff.saving is None else "learned",
        "rho": "assumed" if tariff.saving is None else tariff.saving.source(row),
        "churn": churn,
        "hazard_ratio": "assumed" if graded is None else "estimated",
        **woken,
    }
