"""Common random numbers: every draw is a hash of seed, customer, month, kind and action, so luck does not depend on what was done.

Two policies that meet the same customer in the same month meet the same shocks, the same mood and the same answer to the same action.
The hash is the finaliser of splitmix64 (Steele, Lea and Flood, 2014), absorbing one number after the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, auto
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from training.simulator.laboratory.rows import Rows

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint64]

GOLDEN, FIRST, SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
MASK = 2**64 - 1
PLACES, AGENTS, GOODS = 2**40, 2**41, 2**42
"""Numbers from which regions, agents and products draw, far from those of customers."""


class Kind(IntEnum):
    """What a draw is for. New kinds go to the end: a number decides what is drawn."""

    PARAMETER = auto()
    NEED = auto()
    HOUSEHOLD = auto()
    REGION = auto()
    ENGAGEMENT = auto()
    UNSEEN = auto()
    THRIFT = auto()
    INERTIA = auto()
    STARTLE = auto()
    TALK = auto()
    CHANNEL = auto()
    WALLET = auto()
    TENURE = auto()
    RESPONSE = auto()
    ATTRIBUTE = auto()
    POPULARITY = auto()
    EFFECT = auto()
    ORDER = auto()
    SKILL = auto()
    DILIGENCE = auto()
    FAVOURITE = auto()
    CAMPAIGN = auto()
    OUTAGE = auto()
    HIT = auto()
    HOURS = auto()
    BILL = auto()
    MOVE = auto()
    AWAY = auto()
    PAYMENT = auto()
    DEATH = auto()
    COMPLAINT = auto()
    AWAKE = auto()
    PRESSURE = auto()
    CALL = auto()
    BLUFF = auto()
    CONTACT = auto()
    STATED = auto()
    WHICH_MOTIVE = auto()
    AGENT = auto()
    SPEAK = auto()
    ACCEPT = auto()
    WITHDRAW = auto()
    WANT = auto()
    DRIFT = auto()
    FACT = auto()
    MISSING = auto()
    POLICY = auto()
    PERSUADE = auto()
    DAY = auto()


@dataclass(frozen=True)
class Luck(Rows):
    """The luck of some customers: `keys` (u,), one of each; `index` (n,) the key of each row, when many rows share one."""

    keys: Keys
    index: Ints | None = None

    def uniform(self, kind: Kind, month: int = 0, actions: int | Ints | None = None) -> Floats:
        """Numbers strictly between 0 and 1: (n,), or (n, actions) when a count is given, or (n,) with one action a row when an array is."""
        return self._spread(_share(self._hash(kind, month, actions)), actions)

    def normal(self, kind: Kind, month: int = 0, actions: int | Ints | None = None) -> Floats:
        """Standard normal numbers of the same shapes."""
        drawn = np.asarray(ndtri(_share(self._hash(kind, month, actions))), dtype=np.float64)
        return self._spread(drawn, actions)

    def again(self, number: int) -> Luck:
        """The same customers in another run of luck; 0 is the one that is played."""
        return self if number == 0 else Luck(mixed(self.keys ^ np.uint64(stirred(number))), self.index)

    def take(self, rows: npt.NDArray[Any]) -> Luck:
        """The luck of these rows; what is drawn for copies of a customer is drawn once."""
        index = np.arange(len(self.keys)) if self.index is None else self.index
        unique, shared = np.unique(index[rows], return_inverse=True)
        return Luck(self.keys[unique], shared)

    def among(self, rows: Ints) -> Luck:
        """The same for a draw or two, of rows of which none comes twice: quicker than `take`, which looks for copies."""
        return Luck(self.keys[rows]) if self.index is None else Luck(self.keys, self.index[rows])

    def _hash(self, kind: Kind, month: int, actions: int | Ints | None) -> Keys:
        """(u,), (u, actions) or, with an action of its own for each row, (n,)."""
        here = mixed(self.keys ^ np.uint64(stirred(kind, month)))
        if actions is None:
            return here
        if isinstance(actions, int):
            return mixed(here[:, None] ^ mixed(np.arange(actions, dtype=np.uint64)))
        return mixed((here if self.index is None else here[self.index]) ^ mixed(actions.astype(np.uint64)))

    def _spread(self, drawn: Floats, actions: int | Ints | None) -> Floats:
        own = self.index is None or isinstance(actions, np.ndarray)
        return drawn if own else np.asarray(drawn[self.index])


def _share(words: Keys) -> Floats:
    """The upper 53 bits as a number strictly between 0 and 1."""
    return np.asarray(((words >> np.uint64(11)) + 0.5) * 2.0**-53)


def luck_of(seed: int, numbers: Ints) -> Luck:
    """The luck of customers (or regions, agents, products) by number, in the world of this seed."""
    return Luck(mixed(np.uint64(stirred(seed)) ^ numbers.astype(np.uint64)))


def mixed(words: Keys) -> Keys:
    """The finaliser over an array, modulo 2^64."""
    words = words + np.uint64(GOLDEN)
    words = (words ^ (words >> np.uint64(30))) * np.uint64(FIRST)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(SECOND)
    return words ^ (words >> np.uint64(31))


def stirred(*numbers: int) -> int:
    """The same over plain whole numbers, negative ones included, one after the other."""
    word = 0
    for number in numbers:
        word = ((word ^ (number & MASK)) + GOLDEN) & MASK
        word = ((word ^ (word >> 30)) * FIRST) & MASK
        word = ((word ^ (word >> 27)) * SECOND) & MASK
        word ^= word >> 31
    return word
