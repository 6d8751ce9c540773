"""The rows of a nested regression: which effects each row is under, and how often it was asked and answered yes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.features import Floats

    Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Design:
    """n rows of `actions` actions, each with own effects of the groups (o,), next to shared effects of the groups (g,).

    `effects` (n, a·o + g): ones where a row is under an effect. `pairs` (a·o·o + a·o·g + g·g, n): where it is under two. `offset`, `asked`, `yes` (n,).
    """

    actions: int
    own_groups: Ints
    shared_groups: Ints
    effects: csr_matrix
    pairs: csr_matrix
    offset: Floats
    asked: Floats
    yes: Floats

    def total(self, own: Floats, shared: Floats) -> Floats:
        """(n,) log-odds under own effects (a, o) and shared ones (g,)."""
        return np.asarray(self.offset + self.effects @ np.concatenate([own.ravel(), shared]))

    def summed(self, values: Floats) -> tuple[Floats, Floats]:
        """Values (n,) of rows added up by own (a, o) and by shared (g,) effect."""
        found, cut = self.effects.T @ values, self.actions * len(self.own_groups)
        return found[:cut].reshape(self.actions, -1), found[cut:]

    def squared(self, weight: Floats) -> tuple[Floats, Floats, Floats]:
        """Weights (n,) added up by pairs: two own effects (a, o, o), an own and a shared one (a, o, g), two shared ones (g, g)."""
        a, o, g = self.actions, len(self.own_groups), len(self.shared_groups)
        own, between, shared = np.split(self.pairs @ weight, [a * o * o, a * o * (o + g)])
        return own.reshape(a, o, o), between.reshape(a, o, g), shared.reshape(g, g)


def design(
    action: Ints, own: Ints, shared: Ints, groups: tuple[Ints, Ints], told: tuple[Floats, Floats, Floats]
) -> Design:
    """`action` (n,); `own` (n, k) and `shared` (n, m) columns, -1 for none; groups of own and shared effects; offset, asked and yes."""
    a, o, g = int(action.max()) + 1, len(groups[0]), len(groups[1])
    mine = np.where(own < 0, -1, action[:, None] * o + own)
    effects = _ones(a * o + g, _after(0, mine), _after(a * o, shared))
    pairs = _ones(
        a * o * (o + g) + g * g,
        _after(0, _both(mine, own, o)),
        _after(a * o * o, _both(mine, shared, g)),
        _after(a * o * (o + g), _both(shared, shared, g)),
    )
    return Design(a, *groups, effects, pairs.T.tocsr(), *told)


def _both(one: Ints, other: Ints, size: int) -> Ints:
    """(n, k·m) places of pairs in a table `size` wide."""
    left, right = one[:, :, None], other[:, None, :]
    return np.where((left < 0) | (right < 0), -1, left * size + right).reshape(len(one), -1)


def _after(start: int, columns: Ints) -> Ints:
    return np.where(columns < 0, -1, start + columns)


def _ones(width: int, *columns: Ints) -> csr_matrix:
    """(n, width) with a one at each row's columns."""
    at = np.column_stack(columns)
    rows = np.broadcast_to(np.arange(len(at))[:, None], at.shape)
    there = at >= 0
    return csr_matrix((np.ones(int(there.sum())), (rows[there], at[there])), shape=(len(at), width))
