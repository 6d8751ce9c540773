"""The catalogue, policy and bundle as arrays: what is the same for all customers, or for all who hold the same."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Generic, NamedTuple

import numpy as np
import numpy.typing as npt

from models.acceptance import Taken, boost_of, odds_of_taking, pull_from_rate, taken_by_action, taken_unasked
from models.domain import VALUED
from models.memo import Memo
from models.saving import Accepting
from models.swaps import Stop, Swap
from models.value import Column, margin_changes
from models.waking import Wakes, wakes_of

if TYPE_CHECKING:
    from models.accepting import Acceptances
    from models.actions import Acceptance
    from models.bundle import Bundle
    from models.catalogue import Catalogue
    from models.domain import Channel, Flags
    from models.features import Floats
    from models.learned import Learned
    from models.policy import Policy
    from models.portfolio import Portfolio
    from models.propensity import PropensityModel
    from models.saving import Serving

KEPT_SHEETS = 4_000


class Sheet(NamedTuple, Generic[Column]):
    """What pricing knows of each action before it knows the customer: the same for all who hold the same and leave for the same reason.

    The odds of accepting are `asked` + `taking` · (o/(1-o))^s, s being the tariff's slope. `gained` is euros of margin a month, `minutes` the length of the talk;
    rho holds for who wishes to leave, `sells` is 0 for what sells nothing. N of each; what does not fit the holdings is never read.
    """

    asked: Column
    taking: Column
    keep: Column
    rho: Column
    hazard_ratio: Column
    cost: Column
    wake: Column
    minutes: Column
    gained: Column
    sells: Column


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
    def saving(self) -> Serving | None:
        """Who leaves now, where that is learned, over the rows of the catalogue."""
        if self.bundle is None or self.bundle.saving is None:
            return None
        rho = self.policy.leaving.leaves_after
        stated = [rho if a.leaves_after is None else a.leaves_after for a in self.catalogue.actions]
        actions = self.catalogue.actions
        return self.bundle.saving.serving(
            [
                Accepting(a.id, a.kind, s, a.given, float(a.commitment.months))
                for a, s in zip(actions, stated, strict=True)
            ]
        )

    @cached_property
    def acceptance(self) -> Acceptances | None:
        """What outcomes taught the offline job of accepting."""
        return None if self.bundle is None else self.bundle.acceptance

    @cached_property
    def slope(self) -> float:
        """How far the odds of accepting follow those of taking: s of `models.accepting`, 1 where it was not learned."""
        return 1.0 if self.acceptance is None else self.acceptance.slope

    @cached_property
    def goes_on(self) -> float:
        """The chance that a second proposal is heard when the first was not accepted, 1 where it was not learned."""
        return 1.0 if self.acceptance is None else self.acceptance.goes_on

    @cached_property
    def now(self) -> tuple[Floats, Floats] | None:
        """What a wish to leave, and each offer heard lately, adds to the pull of each action; None where it was not learned. (N,) each."""
        if self.acceptance is None:
            return None
        kinds = [self.acceptance.kinds.get(a.kind) for a in self.catalogue.actions]
        rows = [(0.0, 0.0) if kind is None else (kind.leaving, kind.each_offer) for kind in kinds]
        leaving, each = np.array(rows, dtype=np.float64).reshape(-1, 2).T
        return leaving, each

    @cached_property
    def wakes(self) -> Wakes | None:
        """What being asked does to who sleeps, where it was measured and is more than nothing."""
        if self.bundle is None or self.bundle.waking is None:
            return None
        kinds = [action.kind for action in self.catalogue.actions]
        return wakes_of(self.bundle.waking, kinds, self.policy.money.horizon_months)

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
        most = max(1, *map(len, self.sold_by)) if self.sold_by else 1
        rows = [[*row, *[row[0] if row else -1] * (most - len(row))] for row in self.sold_by]
        return np.array(rows, dtype=np.intp).reshape(-1, most)

    @cached_property
    def sold_by(self) -> tuple[tuple[int, ...], ...]:
        """The places in the catalogue's products of what each action sells, each once."""
        return tuple(
            tuple(self.product_index[product_id] for product_id in a.sells) for a in self.catalogue.actions
        )

    @cached_property
    def saves(self) -> npt.NDArray[np.bool_]:
        """Which actions are saves: refusing one of them, and of them alone, is what makes a customer likelier to leave. (N,)."""
        return np.array([action.kind == "save" for action in self.catalogue.actions], dtype=np.bool_)

    @cached_property
    def seen(self) -> npt.NDArray[np.bool_]:
        """Whether training saw each product acquired. (P,)."""
        return self.base > 0.0

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

    @property
    def shadow_price(self) -> float:
        """What a euro of discount must bring beside itself; 0 where no budget presses, and at once where the policy has none any more."""
        pacing = None if self.bundle is None else self.bundle.pacing
        return 0.0 if pacing is None or self.policy.arbitration.budget is None else pacing.shadow_price

    @cached_property
    def every_month(self) -> Floats:
        """A 1 for each month of the horizon, (H,)."""
        return np.ones(self.policy.money.horizon_months)

    @cached_property
    def unmoved(self) -> Floats:
        """A 1 for each action, (N,)."""
        return np.ones(len(self.catalogue.actions))

    @cached_property
    def _sheets(self) -> Memo[tuple[object, ...], Floats]:
        return Memo(KEPT_SHEETS)

    def sheet(self, portfolio: Portfolio, channel: Channel, motive: str | None) -> Floats:
        """A `Sheet` as one table with a row for each action (N, 10)."""
        key = (portfolio.key, channel, motive)
        known = self._sheets.get(key)
        return self._sheets.keep(key, self._sheet(portfolio, channel, motive)) if known is None else known

    def sheet_of(
        self, rows: list[int], portfolio: Portfolio, channel: Channel, motive: str | None
    ) -> Sheet[list[float]]:
        """The same of these actions alone."""
        return Sheet(*self.sheet(portfolio, channel, motive).take(rows, axis=0).T.tolist())

    def _sheet(self, portfolio: Portfolio, channel: Channel, motive: str | None) -> Floats:
        fits = portfolio.fits
        boost = self._boost(channel, motive)
        # Hardly anybody steps down unasked, which says nothing of who does when a smaller plan is offered: no lift there.
        steps_down = np.array([isinstance(fit, Swap) and fit.is_step_down for fit in fits])
        lifted = (self.sold[:, 0] >= 0) & ~steps_down
        usual, (rho, cost, wake, minutes) = self._usual, self._stated
        return np.stack(
            Sheet(
                asked=np.where(lifted, 0.0, boost * usual),
                taking=np.where(lifted, boost * usual ** (1.0 - self.slope), 0.0),
                keep=self.keep,
                rho=rho,
                hazard_ratio=np.array([self._hazard_ratio(fit) for fit in fits]),
                cost=cost,
                wake=wake,
                minutes=minutes,
                gained=np.array([fit.margin if isinstance(fit, Swap) else 0.0 for fit in fits]),
                sells=(self.sold[:, 0] >= 0).astype(np.float64),
            ),
            axis=1,
        )

    @cached_property
    def _usual(self) -> Floats:
        return odds_of_taking(self.typical)

    @cached_property
    def _stated(self) -> Floats:
        """rho, cost, wake and minutes of each action as the documents have them, (4, N)."""
        otherwise = self.policy.leaving.leaves_after
        return (
            np.array(
                [
                    [
                        otherwise if a.leaves_after is None else a.leaves_after,
                        a.cost,
                        a.wake,
                        a.minutes,
                    ]
                    for a in self.catalogue.actions
                ],
                dtype=np.float64,
            )
            .reshape(-1, 4)
            .T
        )

    @cached_property
    def _boosts(self) -> Memo[tuple[object, ...], Floats]:
        return Memo(KEPT_SHEETS)

    def _boost(self, channel: Channel, motive: str | None) -> Floats:
        """The odds that the pull makes of even ones, which what is held does not change. (N,)."""
        key = (channel, motive)
        known = self._boosts.get(key)
        return self._boosts.keep(key, boost_of(self._pull(channel, motive))) if known is None else known

    @cached_property
    def keep(self) -> Floats:
        """The share of acceptances that hold, stated or learned. (N,)."""
        taught = {} if self.acceptance is None else self.acceptance.actions
        stated = [a.acceptance.keep if a.acceptance else 1.0 for a in self.catalogue.actions]
        return np.array(
            [
                taught[a.id].keep if a.id in taught else keep
                for a, keep in zip(self.catalogue.actions, stated, strict=True)
            ]
        )

    @cached_property
    def keep_of(self) -> dict[str, float]:
        """The same by action."""
        ids = [action.id for action in self.catalogue.actions]
        return dict(zip(ids, self.keep.tolist(), strict=True))

    @cached_property
    def deviations(self) -> Floats | None:
        """The standard error of the logit of accepting each action: what outcomes since have taught, where that is surer, else the bundle's. (N,).

        None where neither says it of every offer and save.
        """
        actions, taught = self.catalogue.actions, self.acceptance
        heard = [self.learned.of(a.id, a.family, a.kind) for a in actions]
        errors = [None if one is None else one.error for one in heard]
        if taught is None:
            if any(e is None and a.kind in VALUED for e, a in zip(errors, actions, strict=True)):
                return None
            return np.array([e or 0.0 for e in errors], dtype=np.float64)
        before = [taught.deviation(a.id, a.kind) for a in actions]
        return np.array([b if e is None else min(b, e) for b, e in zip(before, errors, strict=True)])

    def _hazard_ratio(self, fit: Swap | Stop) -> float:
        """What the swap does to the hazard, 1 without evidence."""
        if self.bundle is None or not isinstance(fit, Swap):
            return 1.0
        return self.bundle.lockin.ratio(fit.sold, fit.given_up)

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
        if self.acceptance is not None:
            offline = self.acceptance
            pull += [
                offline.correction(a.id, a.kind, channel, motive, a.given) for a in self.catalogue.actions
            ]
        heard = [self.learned.of(a.id, a.family, a.kind) for a in self.catalogue.actions]
        pull += [0.0 if one is None else one.total(channel, motive) for one in heard]
        return pull


def _rates(acceptance: Acceptance | None, channel: Channel, motive: str | None) -> tuple[float, float, float]:
    """The rate for all, for this motive and over this channel; what nobody may accept has even odds that nobody reads."""
    if acceptance is None:
        return (0.5, 0.5, 0.5)
    rate = acceptance.rate
    by_motive = rate if motive is None else acceptance.by_motive.get(motive, rate)
    return rate, by_motive, acceptance.by_channel.get(channel, rate)
