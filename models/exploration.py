"""Which proposal stands first, by chance: now and then another one that is nearly as good, so that outcomes can tell what it is worth.

Rank 1 is drawn from (1-e)·p-hat + e·uniform over the candidates. p-hat is how often each is best in draws of what they may be worth, as
in Thompson sampling, and `models.certainty` makes those draws with a first seed; a second seed alone says which is drawn, so that
the chance that is stored is exact. Both come from the contact: what is asked again has the same answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from math import log
from typing import NamedTuple

import numpy as np

from models.response import Candidate, Seeds, Selection
from models.sections.arbitration import Explore
from models.standing import Standing
from models.value import Floats

EXPLORED = "explored"
"""The code of the reason an agent reads."""
SEED_BYTES = 6
"""Numbers that every reader of JSON keeps whole."""

Draws = Callable[[Sequence[int]], Floats | None]
"""By rows of the catalogue: what they are worth in each draw, (DRAWS, n) euros; None where nobody has learned how sure that is."""


class Exploring(NamedTuple):
    """How rank 1 of one decision is drawn."""

    rate: float
    limits: Explore
    seeds: Seeds
    draws: Draws


class Drawn(NamedTuple):
    """What chance decided: the candidates by row with the chance of each, the best first, and the one that was drawn.

    `given_up`: the expected euros between the two.
    """

    chances: Mapping[int, float]
    best: int
    chosen: int
    given_up: float

    @property
    def explored(self) -> bool:
        """Whether another than the best stands first."""
        return self.chosen != self.best


def seeds_of(customer_id: str, contact_id: str) -> Seeds:
    """The two seeds of a contact: hashes of it that tell nothing of each other."""
    about = f"{customer_id}\n{contact_id}".encode()
    return Seeds(
        values=_number(about, b"values"),
        choice=_number(about, b"choice"),
    )


def _number(about: bytes, person: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(about, digest_size=SEED_BYTES, person=person).digest(), "big")


def near_best(best: int, standing: Standing, limits: Explore) -> list[int]:
    """The rows within so many euros, or such a share, of the best; the best first, at most so many."""
    by = standing.by
    floor = by[best] - max(limits.within_euros, limits.within_share * by[best])
    near = sorted((row for row in by if row != best and by[row] >= floor), key=lambda row: (-by[row], row))
    return [best, *near[: limits.candidates - 1]]


def drawn(best: int, standing: Standing, exploring: Exploring, names: Sequence[str]) -> Drawn | None:
    """What stands first instead of `best`, or that itself; None where it has no rival. `names` are the actions' ids by row."""
    rows = near_best(best, standing, exploring.limits)
    if len(rows) == 1:
        return None
    even, share = exploring.rate / len(rows), 1.0 - exploring.rate
    counted = _how_often_best(rows, standing, exploring.draws(rows))
    chances = {row: share * often + even for row, often in zip(rows, counted, strict=True)}
    chosen = race({row: (names[row], chance) for row, chance in chances.items()}, exploring.seeds.choice)
    return Drawn(chances, best, chosen, max(0.0, standing.worth[best] - standing.worth[chosen]))


def _how_often_best(rows: Sequence[int], standing: Standing, draws: Floats | None) -> list[float]:
    """The share of draws in which each is the best. Where nobody has learned how sure their worth is, the best is always the best."""
    if draws is None:
        return [1.0, *[0.0] * (len(rows) - 1)]
    worth, expected, by = [np.array([of[row] for row in rows]) for of in standing]
    # What comes after it on the ladder, and the price of a discount, are as expected.
    values = draws + (worth - expected)
    values = np.where(values > 0.0, values * (by / worth), values)
    counts = np.bincount(values.argmax(axis=1), minlength=len(rows))
    return (counts / len(values)).tolist()  # type: ignore[no-any-return]  # of floats


def race(chances: Mapping[int, tuple[str, float]], seed: int) -> int:
    """Who is first when each arrives after an exponential time at the rate of its chance: each wins with exactly that.

    The times are of the names, so that whoever drops out changes nothing between the others: after a refusal the next one stands first with
    its share of what is left.
    """
    times = {row: -log(_uniform(name, seed)) / chance for row, (name, chance) in chances.items()}
    return min(times, key=times.__getitem__)


def _uniform(name: str, seed: int) -> float:
    """In (0, 1)."""
    digest = hashlib.blake2b(name.encode(), digest_size=8, key=seed.to_bytes(SEED_BYTES, "big")).digest()
    return ((int.from_bytes(digest, "big") >> 11) + 0.5) * 2.0**-53


CERTAIN = Selection(probability=1.0, explored=False)


def selection_of(
    found: Drawn | None, exploring: Exploring | None, rate: float, names: Sequence[str]
) -> Selection:
    """What is stored of it; `rate` is what was in force, also where chance had no say."""
    if rate == 0.0:
        return CERTAIN
    if found is None or exploring is None:
        return Selection(probability=1.0, explored=False, rate=rate)
    return Selection(
        probability=found.chances[found.chosen],
        explored=found.explored,
        rate=rate,
        seeds=exploring.seeds,
        candidates=tuple(
            [Candidate(action_id=names[row], probability=p) for row, p in found.chances.items()]
        ),
        given_up=round(found.given_up, 2),
    )
