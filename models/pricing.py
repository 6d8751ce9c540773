"""From a situation to figures: what each action would change, how likely it is, and what that is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from models.acceptance import Taken, accepted, leaves_after, pull_from_rate, taken_by_action, taken_unasked
from models.bundle import Bundle
from models.catalogue import Acceptance, Catalogue
from models.context import Situation
from models.domain import Channel, Churn, Flags, Source
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
    def sold(self) -> npt.NDArray[np.intp]:
        """The same as places in the catalogue's products, as `taken_by_action` reads them. (N, most)."""
        places = [[self.product_index[product_id] for product_id in a.sells] for a in self.catalogue.actions]
        most = max(1, *map(len, places)) if places else 1
        rows = [[*row, *[row[0] if row else -1] * (most - len(row))] for row in places]
        return np.array(rows, dtype=np.intp).reshape(-1, most)

    @cached_property
    def average(self) -> Taken:
        """The o of each product at the average customer. (P,)."""
        any_base = None if self.model is None else self.model.any_base
        return taken_unasked(any_base, self.base, self.base, self.take_rates)

    @cached_property
    def taken_learned(self) -> npt.NDArray[np.bool_]:
        """Whether data gives the o of each product. (P,)."""
        return ~self.average.assumed

    @cached_property
    def typical(self) -> Floats:
        """The o of each action at the average customer: what a stated acceptance rate was stated for. (N,)."""
        return taken_by_action(self.average.o, self.sold)

    @cached_property
    def discounts(self) -> Floats:
        """What the discount of each action does to the margin of each month, 0 or less. (N, H)."""
        rows = [
            [a.discount.amount, a.discount.months] if a.discount else [0.0, 0.0]
            for a in self.catalogue.actions
        ]
        amount, months = np.array(rows, dtype=np.float64).reshape(-1, 2).T
        return margin_changes(np.zeros(len(rows)), amount, months, self.policy.money.horizon_months)

    @cached_property
    def every_month(self) -> Floats:
        """A 1 for each month of the horizon, (H,)."""
        return np.ones(self.policy.money.horizon_months)

    @cached_property
    def _ratios(self) -> dict[tuple[tuple[str, ...], tuple[str, ...]], float]:
        return {}

    def hazard_ratio(self, swap: Swap) -> float:
        """What the swap does to the hazard, 1 without evidence."""
        key = (swap.sold, swap.given_up)
        known = self._ratios.get(key)
        if known is None:
            known = self._ratios[key] = 1.0 if self.bundle is None else self.bundle.lockin.ratio(*key)
        return known

    @cached_property
    def _figures(self) -> dict[tuple[Channel, str | None], Floats]:
        return {}

    def figures(self, channel: Channel, motive: str | None) -> Floats:
        """What each action has of its own over this channel for this motive, a row each. (6, N).

        Pull, keep, rho with a wish to leave, cost on acceptance, wake, minutes.
        """
        key = (channel, motive)
        known = self._figures.get(key)
        if known is None:
            default = self.policy.leaving.leaves_after
            rows = [
                (
                    a.acceptance.keep if a.acceptance else 1.0,
                    default if a.leaves_after is None else a.leaves_after,
                    a.cost,
                    a.wake,
                    a.minutes,
                )
                for a in self.catalogue.actions
            ]
            stated = np.array(rows, dtype=np.float64).reshape(-1, 5).T
            known = self._figures[key] = np.vstack((self._pull(channel, motive), stated))
        return known

    def _pull(self, channel: Channel, motive: str | None) -> Floats:
        """The pull a of each action, learned corrections included. (N,)."""
        rates = [_rates(a.acceptance, channel, motive) for a in self.catalogue.actions]
        rate, by_motive, by_channel = np.array(rates, dtype=np.float64).reshape(-1, 3).T
        none = np.zeros_like(rate)
        pull = pull_from_rate(rate, self.typical)
        # A rate stated for the motive or for the channel moves the pull by what it differs from the rate for all.
        pull += (
            pull_from_rate(by_motive, none)
            + pull_from_rate(by_channel, none)
            - 2 * pull_from_rate(rate, none)
        )
        corrections = self.learned.corrections
        pull += [
            corrections[a.id].total(channel, motive) if a.id in corrections else 0.0
            for a in self.catalogue.actions
        ]
        return pull


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
    margin = situation.portfolio.margin * tariff.every_month
    first = _leaves_first(situation, tariff.policy)
    q0 = leaves_after(first, tariff.policy.leaving.fatigue, len(situation.refused_saves))
    model = None if tariff.bundle is None else tariff.bundle.churn
    if model is None:
        hazard = money.base_hazard * tariff.every_month
        churn = Churn(next_month=money.base_hazard, leaves_now=q0, source="assumed")
    else:
        held = situation.portfolio.vector(model.products)
        parts = model.contributions(situation.facts, held)
        hazard = model.roll(parts, situation.facts, money.horizon_months, tariff.policy.clocks)
        drivers = model.drivers(parts, SHOWN_DRIVERS).items()
        shown = [{"fact": fact, "effect": round(effect, 6)} for fact, effect in drivers if effect]
        churn = Churn.model_validate(
            {"next_month": float(hazard[0]), "leaves_now": q0, "source": "learned", "drivers": shown}
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
    figures = tariff.figures(situation.contact.channel, situation.motive)
    pull, keep, rho, cost, wake, minutes = figures.take(rows, axis=1)
    taken = taken_by_action(_organic(situation, tariff), tariff.sold[rows])
    changed = [swaps[row] for row in index]
    # Hardly anybody steps down unasked, which says nothing of who does when a smaller plan is offered: no lift there.
    steps_down = np.array([swap.is_step_down for swap in changed], dtype=np.bool_)
    p = accepted(np.where(steps_down, tariff.typical[rows], taken), pull, keep)
    gained = np.array([swap.margin for swap in changed], dtype=np.float64)
    nobody = np.zeros(len(rows))
    options = Options(
        p=p,
        rho=rho if situation.leaving else nobody,
        q1=nobody + leaves_after(outlook.q0, tariff.policy.leaving.fatigue, 1),
        margin_change=gained[:, None] + tariff.discounts[rows],
        hazard_ratio=np.array([tariff.hazard_ratio(swap) for swap in changed], dtype=np.float64),
        cost=cost,
        wake=wake,
        contact_cost=minutes * tariff.policy.money.minute(situation.contact.queue_load),
        organic=taken,
    )
    return PricedActions(tuple(index), p, options, price(outlook, options), tariff.taken_learned)


def _organic(situation: Situation, tariff: Tariff) -> Floats:
    """The o of every product of the catalogue. (P,)."""
    model = tariff.model
    if model is None:
        return tariff.take_rates
    facts = {**situation.facts, **recency(situation.since.values(), situation.today)}
    which, chance = model.takes(situation.portfolio.vector(model.products), facts)
    # What training never saw stands at -1 and has a base of 0: whatever is spread there, nobody reads it.
    return taken_unasked(chance, which[tariff.placed], tariff.base, tariff.take_rates).o


def sources_of(row: int, swap: Swap, tariff: Tariff, learned: npt.NDArray[np.bool_]) -> dict[str, Source]:
    """Where each figure of one action comes from. A figure made of several is as good as its weakest."""
    action = tariff.catalogue.actions[row]
    sold = tariff.sells[row]
    churn: Source = "assumed" if tariff.bundle is None or tariff.bundle.churn is None else "learned"
    taken = bool(learned[sold].all())
    taught = action.id in tariff.learned.corrections and taken  # of what sells nothing no o is asked
    graded = None if tariff.bundle is None else tariff.bundle.lockin.grade(swap.sold, swap.given_up)
    return {
        "p": "learned" if taught else "assumed",
        "o": "learned" if taken and bool(sold.any()) else "assumed",
        "k": churn,
        "q0": "assumed",
        "rho": "assumed",
        "churn": churn,
        "hazard_ratio": "assumed" if graded is None else "estimated",
    }
