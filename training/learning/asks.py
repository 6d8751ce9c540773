"""Counts as arrays: what asks have in common, how old they are, and the design they make before and since a change."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from training.learning.design import design
from training.learning.holding import rewarded
from training.learning.words import STEPS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.features import Floats
    from training.learning.design import Design, Ints
    from training.learning.tally import Cell, Count

HALF_LIFE = 75.0
"""Days: an answer counts as much as it is likely that nothing has changed since, if changes come at one rate at all times."""
ACTION, CHANNEL, MOTIVE, ACTION_ERA, KIND, FAMILY, KIND_ERA = range(7)
"""Groups of effects."""


@dataclass(frozen=True)
class Asks:
    """Names of what was asked, and where effects stand: an action's own are itself, `channels`, `motives`; shared are `kinds`, `families` (kind, family).

    (c,) of each count: `age` in days, `alike`: the row of `action`, `own`, `shared`, `offset` it belongs to, its weights of those asked and of their yeses.
    """

    kinds: list[str]
    families: list[tuple[str, str]]
    actions: list[str]
    channels: list[str]
    motives: list[str]
    age: Ints
    alike: Ints
    asked: Floats
    yes: Floats
    action: Ints
    own: Ints
    shared: Ints
    offset: Floats

    @property
    def groups(self) -> tuple[list[int], list[int]]:
        """Of an action's own effects and of shared ones."""
        own = [ACTION, *[CHANNEL] * len(self.channels), *[MOTIVE] * len(self.motives)]
        return own, [KIND] * len(self.kinds) + [FAMILY] * len(self.families)

    @cached_property
    def usual(self) -> Floats:
        """(a, o) the share of each of an action's own effects among those who were asked of it; 0 where nobody was."""
        own, _ = self.design(0).summed(_added(self.alike, self.asked))
        return own / own[:, :1]

    def design(self, window: int) -> Design:
        """If something changed so many days ago, what action and kind are in each era is an effect too; 0: nothing has."""
        since = self.age < window
        asked, yes = (_added(2 * self.alike + since, weights) for weights in (self.asked, self.yes))
        rows = np.flatnonzero(asked)
        alike, era = rows // 2, rows % 2
        (own_groups, shared_groups), own, shared = self.groups, self.own[alike], self.shared[alike]
        if window:
            own = np.column_stack([own, len(own_groups) + era])
            shared = np.column_stack([shared, len(shared_groups) + era * len(self.kinds) + shared[:, 0]])
            own_groups += [ACTION_ERA] * 2
            shared_groups += [KIND_ERA] * 2 * len(self.kinds)
        groups = np.array(own_groups), np.array(shared_groups)
        return design(self.action[alike], own, shared, groups, (self.offset[alike], asked[rows], yes[rows]))


def asks(cells: Sequence[tuple[Cell, Count]], today: int, *, priced: bool) -> Asks:
    """What was asked up to a day; there is one count at least. `priced`: as in `rewarded`."""
    common = {alike: row for row, alike in enumerate(dict.fromkeys(cell[1:] for cell, _ in cells))}
    kinds, channels = sorted({alike[0] for alike in common}), sorted({alike[3] for alike in common})
    actions = sorted({alike[2] for alike in common})
    families, motives = sorted({alike[:2] for alike in common}), sorted({alike[4] for alike in common} - {""})
    age = np.maximum(today - np.array([cell.day for cell, _ in cells]), 0)
    weight = 0.5 ** (age / HALF_LIFE)
    places = [
        (
            actions.index(action),
            1 + channels.index(channel),
            1 + len(channels) + motives.index(motive) if motive else -1,
            kinds.index(kind),
            len(kinds) + families.index((kind, family)),
        )
        for kind, family, action, channel, motive, _ in common
    ]
    action, channel, motive, kind, family = np.array(places).T
    return Asks(
        kinds,
        families,
        actions,
        channels,
        motives,
        age,
        np.array([common[cell[1:]] for cell, _ in cells]),
        weight * np.array([count.asked for _, count in cells]),
        weight * np.array(rewarded(cells, priced=priced)),
        action,
        np.column_stack([np.zeros_like(action), channel, motive]),
        np.column_stack([kind, family]),
        np.array([alike[5] for alike in common]) / STEPS,
    )


def _added(places: Ints, weights: Floats) -> Floats:
    return np.bincount(places, weights).astype(np.float64)
