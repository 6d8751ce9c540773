"""From a situation to figures: what each action would change, how likely it is, and what that is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from models.acceptance import accepted, leaves_after, pull_from_rate, taken_by_action, taken_unasked
from models.bundle import Bundle
from models.catalogue import Acceptance, Catalogue
from models.context import Situation
from models.domain import Channel, Churn, Driver, Flags, Source
from models.learned import Learned
from models.policy import Policy
from models.portfolio import Swap
from models.propensity import PropensityModel, recency
from models.value import Floats, Options, Outlook, Priced, margin_changes, price

SHOWN_DRIVERS = 3


@dataclass(frozen=True)
class Tariff:
    """The catalogue, policy and bundle as arrays: N actions, P products of the catalogue. Made once, read by every decision."""

    catalogue: Catalogue
    policy: Policy
    bundle: Bundle | None
    learned: Learned
    flags: Flags

    @cached_property
    def model(self) -> PropensityModel | None:
        """The propensity model that serves."""
        if self.bundle is None:
            return None
        return self.bundle.implicit if self.flags.propensity == "implicit" else self.bundle.winner

    @cached_property
    def product_index(self) -> dict[str, int]:
        return {product.id: index for index, product in enumerate(self.catalogue.products)}

    @cached_property
    def take_rates(self) -> Floats:
        return np.array([product.take_rate for product in self.catalogue.products], dtype=np.float64)

    @cached_property
    def sells(self) -> npt.NDArray[np.bool_]:
        """(N, P)."""
        table = np.zeros((len(self.catalogue.actions), len(self.catalogue.products)), dtype=np.bool_)
        for row, action in enumerate(self.catalogue.actions):
            table[row, [self.product_index[product_id] for product_id in action.sells]] = True
        return table

    @cached_property
    def placed(self) -> npt.NDArray[np.intp]:
        """Where each product of the catalogue stands in the model, -1 where training never saw it. (P,)."""
        known = (
            {}
            if self.model is None
            else {product_id: index for index, product_id in enumerate(self.model.products)}
        )
        return np.array([known.get(product.id, -1) for product in self.catalogue.products], dtype=np.intp)

    @cached_property
    def base(self) -> Floats:
        """P(which) of the average customer, 0 for what training never saw. (P,)."""
        if self.model is None:
            return np.zeros(len(self.placed))
        return np.where(self.placed >= 0, self.model.base[self.placed], 0.0)

    @cached_property
    def typical(self) -> Floats:
        """The o of each action at the average customer: what a stated acceptance rate was stated for. (N,)."""
        typical_any = None if self.model is None else self.model.any_base
        average = taken_unasked(typical_any, self.base, self.base, self.take_rates)
        return taken_by_action(average.o, self.sells)

    @cached_property
    def keep(self) -> Floats:
        return np.array(
            [a.acceptance.keep if a.acceptance else 1.0 for a in self.catalogue.actions], dtype=np.float64
        )

    @cached_property
    def leaves_after(self) -> Floats:
        """Rho of each action, with a wish to leave. (N,)."""
        default = self.policy.leaving.leaves_after
        return np.array(
            [default if a.leaves_after is None else a.leaves_after for a in self.catalogue.actions],
            dtype=np.float64,
        )

    @cached_property
    def costs(self) -> Floats:
        """Cost on acceptance, wake, minutes. (3, N)."""
        return (
            np.array([[a.cost, a.wake, a.minutes] for a in self.catalogue.actions], dtype=np.float64)
            .reshape(-1, 3)
            .T.copy()
        )

    @cached_property
    def discounts(self) -> Floats:
        """Euros a month, and for how many months. (2, N)."""
        rows = [
            [a.discount.amount, a.discount.months] if a.discount else [0.0, 0.0]
            for a in self.catalogue.actions
        ]
        return np.array(rows, dtype=np.float64).reshape(-1, 2).T.copy()

    @cached_property
    def _pulls(self) -> dict[tuple[Channel, str | None], Floats]:
        return {}

    def pull(self, channel: Channel, motive: str | None) -> Floats:
        """The pull a of each action over this channel for this motive, learned corrections included. (N,)."""
        key = (channel, motive)
        known = self._pulls.get(key)
        if known is None:
            rates = [_rates(a.acceptance, channel, motive) for a in self.catalogue.actions]
            rate, by_motive, by_channel = np.array(rates, dtype=np.float64).reshape(-1, 3).T
            none = np.zeros_like(rate)
            known = pull_from_rate(rate, self.typical)
            # A rate stated for the motive or for the channel moves the pull by what it differs from the rate for all.
            known += (
                pull_from_rate(by_motive, none)
                + pull_from_rate(by_channel, none)
                - 2 * pull_from_rate(rate, none)
            )
            corrections = self.learned.corrections
            known += [
                corrections[a.id].total(channel, motive) if a.id in corrections else 0.0
                for a in self.catalogue.actions
            ]
            self._pulls[key] = known
        return known


def _rates(acceptance: Acceptance | None, channel: Channel, motive: str | None) -> tuple[float, float, float]:
    """The rate for all, for this motive and over this channel; what nobody may accept has even odds that nobody reads."""
    if acceptance is None:
        return (0.5, 0.5, 0.5)
    rate = acceptance.rate
    by_motive = rate if motive is None else acceptance.by_motive.get(motive, rate)
    return rate, by_motive, acceptance.by_channel.get(channel, rate)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is expected of this customer when nothing is said; `leaves_first` is q0 before any save was refused."""

    outlook: Outlook
    churn: Churn
    leaves_first: float


@dataclass(frozen=True, slots=True)
class PricedActions:
    """Figures of the priced actions, (n,) each, in the order of `index` (rows of the catalogue).

    `taken_learned` (P,) says of each product whether data gave its o.
    """

    index: tuple[int, ...]
    p: Floats
    options: Options
    priced: Priced
    taken_learned: npt.NDArray[np.bool_]


def forecast(situation: Situation, tariff: Tariff) -> Forecast:
    """Margin, hazard and the chance of leaving now; learned where there is a churn model, else the policy's figures."""
    money = tariff.policy.money
    margin = np.full(money.horizon_months, situation.portfolio.margin)
    first = _leaves_first(situation, tariff.policy)
    q0 = leaves_after(first, tariff.policy.leaving.fatigue, len(situation.refused_saves))
    model = None if tariff.bundle is None else tariff.bundle.churn
    if model is None:
        hazard = np.full(money.horizon_months, money.base_hazard)
        churn = Churn(next_month=money.base_hazard, leaves_now=q0, source="assumed")
    else:
        held = situation.portfolio.vector(model.products)
        parts = model.contributions(situation.facts, held)
        hazard = model.roll(parts, situation.facts, money.horizon_months, tariff.policy.clocks)
        drivers = model.drivers(parts, SHOWN_DRIVERS).items()
        churn = Churn(
            next_month=float(hazard[0]),
            leaves_now=q0,
            source="learned",
            drivers=tuple(Driver(fact=fact, effect=round(effect, 6)) for fact, effect in drivers if effect),
        )
    delay = float(money.organic_delay_months)
    outlook = Outlook(margin=margin, hazard=hazard, q0=q0, yearly_discount=money.yearly_discount, delay=delay)
    return Forecast(outlook, churn, first)


def _leaves_first(situation: Situation, policy: Policy) -> float:
    """q0 at the first wish to leave, by motive where the policy knows it; 0 without the wish."""
    if not situation.leaving:
        return 0.0
    leaving = policy.leaving
    return (
        leaving.leaves_now
        if situation.motive is None
        else leaving.by_motive.get(situation.motive, leaving.leaves_now)
    )


def price_actions(
    index: Sequence[int], swaps: Mapping[int, Swap], situation: Situation, outlook: Outlook, tariff: Tariff
) -> PricedActions:
    """Price the actions at these rows of the catalogue. Drops and sorts nothing."""
    rows = np.array(index, dtype=np.intp)
    organic, organic_learned = _organic(situation, tariff)
    taken = taken_by_action(organic, tariff.sells[rows])
    pull = tariff.pull(situation.contact.channel, situation.motive)[rows]
    p = accepted(taken, pull, tariff.keep[rows])
    amount, months = tariff.discounts[:, rows]
    gained = np.array([swaps[i].margin for i in index], dtype=np.float64)
    leaving = tariff.policy.leaving
    q1 = min(1.0, outlook.q0 * leaving.fatigue)
    cost, wake, minutes = tariff.costs[:, rows]
    ratios = np.array([_hazard_ratio(swaps[i], tariff.bundle) for i in index], dtype=np.float64)
    options = Options(
        p=p,
        rho=tariff.leaves_after[rows] if situation.leaving else np.zeros(len(rows)),
        q1=np.full(len(rows), q1),
        margin_change=margin_changes(gained, amount, months, len(outlook.margin)),
        hazard_ratio=ratios,
        cost=cost,
        wake=wake,
        contact_cost=minutes * tariff.policy.money.minute(situation.contact.queue_load),
        organic=taken,
    )
    return PricedActions(tuple(index), p, options, price(outlook, options), organic_learned)


def _organic(situation: Situation, tariff: Tariff) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """The o of every product of the catalogue, and whether data said it. (P,) each."""
    model = tariff.model
    if model is None:
        return tariff.take_rates, np.zeros(len(tariff.take_rates), dtype=np.bool_)
    facts = {**situation.facts, **recency(situation.since.values(), situation.today)}
    which, chance = model.takes(situation.portfolio.vector(model.products), facts)
    spread = np.where(tariff.placed >= 0, which[tariff.placed], 0.0)
    taken = taken_unasked(chance, spread, tariff.base, tariff.take_rates)
    return taken.o, ~taken.assumed


def _hazard_ratio(swap: Swap, bundle: Bundle | None) -> float:
    return 1.0 if bundle is None else bundle.lockin.ratio(swap.sold, swap.given_up)


def sources_of(row: int, swap: Swap, tariff: Tariff, learned: npt.NDArray[np.bool_]) -> dict[str, Source]:
    """Where each figure of one action comes from. A figure made of several is as good as its weakest."""
    action = tariff.catalogue.actions[row]
    sold = tariff.sells[row]
    churn: Source = "assumed" if tariff.bundle is None or tariff.bundle.churn is None else "learned"
    graded = None if tariff.bundle is None else tariff.bundle.lockin.grade(swap.sold, swap.given_up)
    return {
        "p": "learned" if action.id in tariff.learned.corrections else "assumed",
        "o": "learned" if bool(learned[sold].all()) and bool(sold.any()) else "assumed",
        "k": churn,
        "q0": "assumed",
        "rho": "assumed",
        "churn": churn,
        "hazard_ratio": "assumed" if graded is None else "estimated",
    }
