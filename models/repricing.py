"""The same actions priced in several futures of one customer at once: what each would be worth after each answer to a question.

It is the formula of `models.value`, with a row for each of K futures; where they are alike there is one row, and it is worked out once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from models.acceptance import accepted_at, leaves_after
from models.climbing import Stakes
from models.ladder import Saves
from models.pricing import (
    discounts_given,
    forecast,
    leaves_first,
    leaves_learned,
    moved_now,
    odds_taken,
    organic_chances,
)
from models.tariff import Sheet
from models.value import present_weights, share_when_later
from models.waking import lost

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.pricing import Forecast
    from models.response import Motive
    from models.situation import Situation
    from models.tariff import Tariff
    from models.value import Floats

Rows: TypeAlias = npt.NDArray[np.intp]


class Future(NamedTuple):
    """A situation, and why the customer wants to leave in it."""

    situation: Situation
    motive: Motive


class Differ(NamedTuple):
    """In what the futures may differ from now: the motive, the hazard the churn model gives, the chances of taking."""

    motive: bool
    hazard: bool
    taking: bool


def reprice(
    rows: Sequence[int], futures: Sequence[Future], differ: Differ, expected: Forecast, tariff: Tariff
) -> list[Stakes]:
    """What is at stake with these rows of the catalogue in each future; `expected` is what is expected of the customer now.

    Equal to pricing each future by itself, up to rounding.
    """
    one, places = futures[0].situation, np.array(rows, dtype=np.intp)
    motives = [future.motive for future in (futures if differ.motive else futures[:1])]
    sheet = _sheet(places, one, [motive.value for motive in motives], tariff)
    organic = _organic(places, futures if differ.taking else futures[:1], tariff) * sheet.sells[0]
    p = _accepted(places, one, motives, sheet, organic, tariff)
    each = [forecast(future.situation, future.motive, tariff) for future in futures if differ.hazard]
    V0, V1, k, weights, woken = _values(places, sheet, each or [expected], tariff, leaving=one.leaving)
    first, after, rho = _leaving(places, futures, differ, sheet, each, expected, tariff)
    fatigue, refused = tariff.policy.leaving.fatigue, len(one.refused_saves)
    q0 = [leaves_after(q, fatigue, refused, q1) for q, q1 in zip(first, after, strict=True)]
    q1 = [
        leaves_after(now, fatigue, 1) if q1 is None else leaves_after(now, fatigue, refused + 1, q1)
        for now, q1 in zip(q0, after, strict=True)
    ]
    stays = 1.0 - np.array([q0, q1])[:, :, None]
    refused_one = np.where(tariff.saves[places], stays[1], stays[0])
    talk = sheet.minutes[0] * tariff.policy.money.minute(one.contact.queue_load)
    later = organic * k * (V1 - V0)
    if tariff.shadow_price:
        V1 = V1 - tariff.shadow_price * discounts_given(places, weights, tariff)
    accepts = p * ((1.0 - rho) * V1 - sheet.cost[0])
    refuses = (1.0 - p) * (refused_one * V0 - sheet.wake[0])
    eiv = accepts + refuses - stays[0] * V0 - later - talk - woken
    saves, goes_on = (p, rho, V1, sheet.cost[:1], talk[None]), expected.goes_on
    return [_stakes(tuple(rows), n, eiv, saves, V0, first, after, goes_on) for n in range(len(futures))]


def _leaving(
    places: Rows,
    futures: Sequence[Future],
    differ: Differ,
    sheet: Sheet[Floats],
    each: Sequence[Forecast],
    expected: Forecast,
    tariff: Tariff,
) -> tuple[Sequence[float], Sequence[float | None], Floats]:
    """q0 before any refusal and q1 after the first where it is learned, one a future or one for all; rho (K or 1, n).

    `each`: what is expected in every future, empty where the hazard is the same.
    """
    one = futures[0].situation
    found = [forecast.leaves for forecast in each] or [
        leaves_learned(future.situation, future.motive, tariff, expected.logit) for future in futures
    ]
    learned = [leaves for leaves in found if leaves is not None]
    if learned:
        rho = np.stack([leaves.rho[places] for leaves in learned])
        return [leaves.q0 for leaves in learned], [leaves.q1 for leaves in learned], rho
    if not one.leaving:
        return [expected.leaves_first], [None], np.zeros((1, len(places)))
    first = [expected.leaves_first]
    if differ.motive:
        first = [leaves_first(future.motive, tariff.policy) for future in futures]
    return first, [None] * len(first), sheet.rho[:1]


def _stakes(
    rows: tuple[int, ...],
    future: int,
    eiv: Floats,
    saves: Sequence[Floats],
    V0: Floats,
    first: Sequence[float],
    after: Sequence[float | None],
    goes_on: float,
) -> Stakes:
    """In one future."""
    of_it = Saves(*[_row(table, future) for table in saves])
    place = min(future, len(first) - 1)
    return Stakes(rows, _row(eiv, future), of_it, _row(V0, future)[0], first[place], after[place], goes_on)


def _row(table: Floats, future: int) -> list[float]:
    """The row of one future, or the one row that all have."""
    row: list[float] = table[future if len(table) > 1 else 0].tolist()
    return row


def _sheet(places: Rows, one: Situation, motives: Sequence[str | None], tariff: Tariff) -> Sheet[Floats]:
    """(K, n) each. A motive changes only how readily an action is accepted."""
    sheets = [tariff.sheet(one.portfolio, one.contact.channel, motive) for motive in motives]
    return Sheet(*np.moveaxis(np.stack([sheet[places] for sheet in sheets]), 2, 0))


def _organic(places: Rows, futures: Sequence[Future], tariff: Tariff) -> Floats:
    """The smallest o of what each action sells, (K, n)."""
    chances = np.stack([organic_chances(future.situation, tariff) for future in futures])
    smallest: Floats = np.minimum.reduce(chances[:, tariff.sold[places]], axis=2)
    return smallest


def _accepted(
    places: Rows,
    one: Situation,
    motives: Sequence[Motive],
    sheet: Sheet[Floats],
    organic: Floats,
    tariff: Tariff,
) -> Floats:
    """p, (K, n). Of a motive that is only likely, as `models.motive.mixed` has it."""
    odds, moved = odds_taken(organic, tariff), moved_now(one, tariff)[places]
    p = accepted_at((sheet.asked + sheet.taking * odds) * moved, sheet.keep)
    sure = np.array([1.0 if motive.value is None else motive.probability for motive in motives])[:, None]
    if (sure == 1.0).all():
        return p
    of_all = _sheet(places, one, [None], tariff)
    return sure * p + (1.0 - sure) * accepted_at((of_all.asked + of_all.taking * odds) * moved, of_all.keep)


def _values(
    places: Rows,
    sheet: Sheet[Floats],
    each: Sequence[Forecast],
    tariff: Tariff,
    *,
    leaving: bool,
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """V0 (K, 1), V1 (K, n), k (K, 1), present weights (K, H) and the learned W (K, n), of what is expected in each future, or in all of them."""
    outlooks = [one.outlook for one in each]
    outlook = outlooks[0]
    hazard = np.stack([one.hazard for one in outlooks])
    # All or none of the outlooks are of a model that knows other causes.
    causes = [one.other for one in outlooks if one.other is not None]
    other = np.stack(causes) if causes else None
    now = present_weights(hazard, outlook.yearly_discount, other)
    V0 = (now @ outlook.margin)[:, None]
    k = np.array([[share_when_later(weights, outlook.delay)] for weights in now])
    woken = np.zeros((1, len(places)))
    if tariff.wakes is not None and not leaving:
        woken = lost(tariff.wakes, outlook.margin, hazard, outlook.yearly_discount, other)[:, places]
    changes = sheet.gained[0][:, None] + tariff.discounts[places]
    ratio = sheet.hazard_ratio[0]
    if (ratio == 1.0).all():
        return V0, V0 + now @ changes.T, k, now, woken
    after = np.minimum(hazard[:, None, :] * ratio[:, None], 1.0)
    then = present_weights(after, outlook.yearly_discount, None if other is None else other[:, None, :])
    return V0, np.einsum("knh,nh->kn", then, outlook.margin + changes), k, now, woken
