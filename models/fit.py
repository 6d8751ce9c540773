"""Plain fields first: channel, kind, dates, what is held. What they stop needs no rule to be asked.

A fit veto has tier `fit`; its id says which field spoke.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from models.catalogue import Action, Catalogue, Product
from models.context import Situation
from models.domain import FactValue, Veto
from models.policy import Mode

FIT_TEXTS: Mapping[str, Mapping[str, str]] = {
    "kind_not_in_mode": {"nl": "Past nu niet in dit gesprek", "en": "Not for this kind of contact now"},
    "no_wish_to_leave": {"nl": "De klant wil niet weg", "en": "The customer does not wish to leave"},
    "channel": {"nl": "Niet via dit kanaal", "en": "Not over this channel"},
    "dates": {"nl": "Nu niet geldig", "en": "Not valid today"},
    "motive": {"nl": "Past niet bij de reden van vertrek", "en": "Does not fit the reason for leaving"},
    "already_refused": {"nl": "In dit gesprek al afgewezen", "en": "Already refused in this conversation"},
    "already_held": {"nl": "De klant heeft dit al", "en": "The customer already has this"},
    "nothing_to_replace": {
        "nl": "De klant heeft niet wat dit vervangt",
        "en": "The customer does not have what this replaces",
    },
    "requires": {"nl": "De klant mist wat hiervoor nodig is", "en": "The customer lacks what this needs"},
    "excludes": {
        "nl": "Gaat niet samen met wat de klant heeft",
        "en": "Cannot stand beside what the customer has",
    },
}
"""Every fit rule with what an agent reads; another language falls back to English."""


@dataclass(frozen=True, slots=True)
class Swap:
    """What accepting does to the holdings: sold, given up (one each), and the products held afterwards."""

    sold: tuple[str, ...]
    given_up: tuple[str, ...]
    after: Mapping[str, int]


class Stop(NamedTuple):
    """A fit rule that stopped an action, with the values that decided: hashable, for most customers are stopped alike."""

    rule: str
    values: tuple[tuple[str, FactValue | tuple[str, ...] | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Fitting:
    """One action with its plain fields as sets, made once from the catalogue."""

    action: Action
    channels: frozenset[str]
    motives: frozenset[str]
    once: tuple[str, ...]
    replaces: tuple[tuple[str, ...], ...]
    requires: tuple[tuple[str, frozenset[str]], ...]
    excludes: tuple[tuple[str, frozenset[str]], ...]
    asks_holdings: bool

    def swap(self, held: Mapping[str, int]) -> Swap | None:
        """The holdings after accepting; None when there is nothing to replace. Of each family, the first listed that is held is given up."""
        given_up = [first for family in self.replaces if (first := _first_held(family, held)) is not None]
        if self.replaces and not given_up:
            return None
        after = dict(held)
        for product_id in given_up:
            after[product_id] -= 1
            if not after[product_id]:
                del after[product_id]
        for product_id in self.action.sells:
            after[product_id] = after.get(product_id, 0) + 1
        return Swap(self.action.sells, tuple(given_up), after)


def fittings(catalogue: Catalogue) -> tuple[Fitting, ...]:
    """One a action, in the catalogue's order."""
    return tuple(_fitting(action, catalogue) for action in catalogue.actions)


def _fitting(action: Action, catalogue: Catalogue) -> Fitting:
    families: dict[str, list[str]] = {}
    for product_id in action.replaces:
        families.setdefault(catalogue.product[product_id].family, []).append(product_id)
    return Fitting(
        action=action,
        channels=frozenset(action.channels),
        motives=frozenset(action.motives),
        once=tuple(product_id for product_id in action.sells if not catalogue.product[product_id].repeatable),
        replaces=tuple(map(tuple, families.values())),
        requires=tuple((name, catalogue.members(name)) for name in action.requires),
        excludes=tuple((name, catalogue.members(name)) for name in action.excludes),
        asks_holdings=bool(action.sells or action.replaces or action.requires or action.excludes),
    )


def _first_held(candidates: tuple[str, ...], held: Mapping[str, int]) -> str | None:
    return next((product_id for product_id in candidates if product_id in held), None)


Admitted = frozenset[tuple[str, str | None]]
"""The (kind, motive) pairs a mode lets in beside its own kinds; motive None means any."""


@dataclass(frozen=True)
class Entrants:
    """The rows that mode, channel, date and motive let in, and what stopped the others: the same for every customer."""

    rows: tuple[int, ...]
    stops: Mapping[int, Stop]
    vetoes: dict[str, Mapping[int, tuple[Veto, ...]]] = field(default_factory=dict)
    """By language; filled by the explanation when first asked."""


class Door:
    """Lets actions in by the contact alone. Contacts of one kind share one answer, worked out once a day."""

    MOST = 1_000

    def __init__(self, fitted: tuple[Fitting, ...]) -> None:
        self._fitted = fitted
        self._known: dict[tuple[object, ...], Entrants] = {}

    def entrants(self, mode: Mode, extra: Admitted, situation: Situation) -> Entrants:
        """Who may come in."""
        key = (
            mode.id,
            extra,
            situation.contact.channel,
            situation.motive,
            situation.leaving,
            situation.today,
        )
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= self.MOST:
                self._known.clear()
            known = self._known[key] = self._worked_out(mode, extra, situation)
        return known

    def _worked_out(self, mode: Mode, extra: Admitted, situation: Situation) -> Entrants:
        stops = {}
        for row, fitting in enumerate(self._fitted):
            stop = _allowed(mode, extra, fitting, situation) or _fits_contact(fitting, situation)
            if stop is not None:
                stops[row] = stop
        return Entrants(tuple(row for row in range(len(self._fitted)) if row not in stops), stops)


def _allowed(mode: Mode, extra: Admitted, fitting: Fitting, situation: Situation) -> Stop | None:
    action = fitting.action
    if action.cancels:
        # Once a wish to leave is voiced the way out is open in every mode; before, nobody is shown the door.
        return None if situation.leaving else Stop("no_wish_to_leave")
    if action.kind in mode.kinds or (action.kind, None) in extra:
        return None
    if any((action.kind, motive) in extra for motive in fitting.motives):
        return None
    return Stop("kind_not_in_mode", (("mode", mode.id), ("kind", action.kind)))


@dataclass(frozen=True, slots=True)
class ProductNeeds:
    """What a product requires and excludes, as sets of products."""

    requires: tuple[tuple[str, frozenset[str]], ...]
    excludes: tuple[tuple[str, frozenset[str]], ...]


def product_needs(catalogue: Catalogue) -> dict[str, ProductNeeds]:
    """By product id. What excludes a product is excluded by it: two products that cannot stand together need to say so once."""
    return {
        product.id: ProductNeeds(
            tuple((name, catalogue.members(name)) for name in product.requires),
            (
                *((name, catalogue.members(name)) for name in product.excludes),
                *((other.id, frozenset((other.id,))) for other in _excluders(product, catalogue)),
            ),
        )
        for product in catalogue.products
    }


def _excluders(product: Product, catalogue: Catalogue) -> list[Product]:
    return [
        other
        for other in catalogue.products
        if any(product.id in catalogue.members(name) for name in other.excludes)
    ]


def _fits_contact(fitting: Fitting, situation: Situation) -> Stop | None:
    action = fitting.action
    channel, motive = situation.contact.channel, situation.motive
    if fitting.channels and channel not in fitting.channels:
        return Stop("channel", (("contact.channel", channel),))
    if not _in_dates(action.valid_from, action.valid_until, situation.today):
        return Stop(
            "dates", (("valid_from", _day(action.valid_from)), ("valid_until", _day(action.valid_until)))
        )
    if action.kind == "save" and fitting.motives and motive is not None and motive not in fitting.motives:
        return Stop("motive", (("contact.motive", motive),))
    return None


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _in_dates(first: date | None, last: date | None, today: date) -> bool:
    return (first is None or first <= today) and (last is None or today <= last)


def fit_customer(
    fitting: Fitting, situation: Situation, unchanged: Swap, products: Mapping[str, ProductNeeds]
) -> Swap | Stop:
    """What accepting would do to this customer's holdings, or why what he holds or has refused stops the action."""
    if fitting.action.id in situation.refused_saves:
        return Stop("already_refused", (("history.saves_refused", situation.refused_saves),))
    if not fitting.asks_holdings:
        return unchanged
    stop = _lacks(fitting, situation.held)
    swap = fitting.swap(situation.held) if stop is None else None
    if swap is None:
        return stop or Stop("nothing_to_replace", (("replaces", fitting.action.replaces),))
    return _fits_together(swap, situation.held, products) or swap


def _lacks(fitting: Fitting, held: Mapping[str, int]) -> Stop | None:
    for product_id in fitting.once:
        if product_id in held:
            return Stop("already_held", (("product", product_id),))
    for name, members in fitting.requires:
        if members.isdisjoint(held):
            return Stop("requires", (("requires", name),))
    for name, members in fitting.excludes:
        if not members.isdisjoint(held):
            return Stop("excludes", (("excludes", name),))
    return None


def _fits_together(swap: Swap, held: Mapping[str, int], products: Mapping[str, ProductNeeds]) -> Stop | None:
    """What is sold must stand with what is held afterwards, and what is given up may leave nothing behind that needs it.

    A need that was not met before, in a record that does not add up, is not held against the action.
    """
    after = swap.after
    for product_id in after if swap.given_up else swap.sold:
        new = product_id in swap.sold
        for name, members in products[product_id].requires:
            if members.isdisjoint(after) and (new or not members.isdisjoint(held)):
                return Stop("requires", (("product", product_id), ("requires", name)))
    for product_id in swap.sold:
        for name, members in products[product_id].excludes:
            if any(other in members for other in after if other != product_id):
                return Stop("excludes", (("product", product_id), ("excludes", name)))
    return None
