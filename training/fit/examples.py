"""What propensity methods are fitted and judged on: a state just before, and which product was then acquired."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from models.features import Encoder, Floats

Indices = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Space:
    """What all examples share: the products (P), which of them are repeatable (P,), and the encoder of facts (k columns)."""

    products: tuple[str, ...]
    repeatable: Flags
    encoder: Encoder


@dataclass(frozen=True)
class Examples:
    """One line per acquired (or hidden) product. Lines of one customer stand together, in order of time.

    holdings (n, P) 0/1 as known before the acquisition; facts (n, k) encoded, as known before; label (n,) index of the product;
    weight (n,) above 0; customer (n,) index; event (n,) index of the purchase the line belongs to: several products may be
    bought at once; time (n,) in days, None where there are no dates.
    """

    space: Space
    holdings: Floats
    facts: Floats
    label: Indices
    weight: Floats
    customer: Indices
    event: Indices
    time: Floats | None
    allowed: Flags = field(init=False)

    def __post_init__(self) -> None:
        """Derive what may be acquired: not held, or repeatable."""
        object.__setattr__(self, "allowed", (self.holdings == 0.0) | self.space.repeatable)

    def __len__(self) -> int:
        """The number of lines."""
        return len(self.label)

    @property
    def n_products(self) -> int:
        """P."""
        return len(self.space.products)

    def take(self, rows: Indices | Flags) -> Examples:
        """Some of the lines."""
        return replace(
            self,
            holdings=self.holdings[rows],
            facts=self.facts[rows],
            label=self.label[rows],
            weight=self.weight[rows],
            customer=self.customer[rows],
            event=self.event[rows],
            time=None if self.time is None else self.time[rows],
        )

    def last_lines(self) -> Indices:
        """The last line of each customer, in order of customer."""
        order = np.argsort(self.customer, kind="stable")
        customer = self.customer[order]
        return order[np.r_[customer[1:] != customer[:-1], np.ones(min(len(customer), 1), dtype=bool)]]

    def final_holdings(self) -> Floats:
        """(customers, P): the last known state of each customer, with what was acquired last added; as `last_lines`."""
        last = self.last_lines()
        final = self.holdings[last].copy()
        if len(last):
            of_customer = np.searchsorted(self.customer[last], self.customer)
            newest = self.event == self.event[last][of_customer]
            final[of_customer[newest], self.label[newest]] = 1.0
        return final

    def base(self) -> Floats:
        """(P,) the share of acquisitions of each product, half an acquisition added to each so that none is 0."""
        counts = np.bincount(self.label, weights=self.weight, minlength=self.n_products) + 0.5
        return np.asarray(counts / counts.sum())


def one_a_customer(examples: Examples, seed: int) -> Examples:
    """One line of each customer, drawn uniformly with `seed`: the judging form of a table without dates."""
    draw = np.random.default_rng(seed).random(len(examples))
    order = np.lexsort((draw, examples.customer))
    customer = examples.customer[order]
    first = np.r_[np.ones(min(len(customer), 1), dtype=bool), customer[1:] != customer[:-1]]
    chosen = examples.take(np.sort(order[first]))
    return replace(chosen, weight=np.ones(len(chosen)))


def at_most(examples: Examples, lines: int, seed: int) -> Examples:
    """About so many lines, by drawing whole customers with `seed`; all of them when there are no more."""
    if len(examples) <= lines:
        return examples
    people = np.unique(examples.customer)
    share = max(1, len(people) * lines // len(examples))
    chosen = np.random.default_rng(seed).choice(people, share, replace=False)
    return examples.take(np.isin(examples.customer, chosen))


def inner_splits(examples: Examples, seed: int, folds: int = 3) -> list[tuple[Indices, Indices]]:
    """(fit, hold) line indices inside the training part: folds over customers, or, with dates, one split at the last quarter.

    Empty when there are too few lines to hold any out (fewer than twenty, or fewer customers than folds).
    """
    if len(examples) < 20:
        return []
    if examples.time is not None:
        cut = np.quantile(examples.time, 0.75)
        fit, hold = np.flatnonzero(examples.time < cut), np.flatnonzero(examples.time >= cut)
        return [(fit, hold)] if len(fit) and len(hold) else _by_customer(examples, seed, folds)
    return _by_customer(examples, seed, folds)


def _by_customer(examples: Examples, seed: int, folds: int) -> list[tuple[Indices, Indices]]:
    customers, index = np.unique(examples.customer, return_inverse=True)
    if len(customers) < folds:
        return []
    fold = np.random.default_rng(seed).permutation(len(customers))[index] % folds
    return [(np.flatnonzero(fold != f), np.flatnonzero(fold == f)) for f in range(folds)]
