"""The design of who leaves now: which column of its logit model stands for what, and the row of each customer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from models.features import Encoder, Floats

UNKNOWN: Final = -1
"""An action no row of the fit had: it has the part of its kind and the catalogue's figure."""
KINDS: Final = ("offer", "save")
TERMS: Final = 2
NO_HAZARD: Final = np.empty(0)


class Columns(NamedTuple):
    """Where each part of the model stands among its weights; `size` of them in all."""

    base: slice
    motive: slice
    facts: slice
    refused: slice
    kind: slice
    action: slice
    kind_motive: slice
    action_motive: slice
    accepted_facts: slice
    terms: slice
    hazard: slice

    @classmethod
    def of(cls, motives: int, actions: int, facts: int, terms: int = 0, hazard: int = 0) -> Columns:
        """For so many motives (one of them: not said), actions, columns of facts, of terms and of the hazard."""
        sizes = (1, motives, facts, 1, len(KINDS), actions, motives, actions * motives, facts, terms, hazard)
        ends = np.cumsum(sizes).tolist()
        return cls(*[slice(end - size, end) for end, size in zip(ends, sizes, strict=True)])

    @property
    def size(self) -> int:
        """Of the whole vector."""
        return int(self.hazard.stop)


def terms_of(given: Floats, months: Floats, usual: float | None) -> Floats:
    """(n, TERMS) euros of discount in all, in the usual, and years the customer is bound for; (n, 0) for a model without."""
    return np.empty((len(given), 0)) if usual is None else np.stack([given / usual, months / 12.0], axis=1)


class States(NamedTuple):
    """n customers with a wish to leave: (n,) each. `action` was accepted (an index, or UNKNOWN) where `accepted`; `save`: it is one.

    `terms` (n, 2), or (n, 0) for a model without: as `terms_of` has them, of the save that was accepted. `hazard` (n, 1), or (n, 0): as
    `hazard_of` has it.
    """

    motive: npt.NDArray[np.intp]
    refused: npt.NDArray[np.bool_]
    accepted: npt.NDArray[np.bool_]
    action: npt.NDArray[np.intp]
    save: npt.NDArray[np.bool_]
    terms: Floats
    hazard: Floats


def hazard_of(logits: Floats, average: float | None) -> Floats:
    """(n, 1) churn logits against the average, NaN counting as it; (n, 0) for a model without."""
    return np.empty((len(logits), 0)) if average is None else np.nan_to_num(logits - average)[:, None]


def design(columns: Columns, states: States, facts: Floats) -> Floats:
    """(n, columns.size): the row of each customer; `facts` (n, k) centred."""
    n, motives = len(states.motive), columns.motive.stop - columns.motive.start
    X = np.zeros((n, columns.size))
    every = np.arange(n)
    X[:, columns.base] = 1.0
    X[every, columns.motive.start + states.motive] = 1.0
    X[:, columns.facts] = facts
    X[:, columns.refused] = states.refused[:, None]
    yes = np.flatnonzero(states.accepted)
    X[yes, columns.kind.start + states.save[yes]] = 1.0
    X[yes, columns.kind_motive.start + states.motive[yes]] = 1.0
    X[yes, columns.accepted_facts] = facts[yes]
    known = yes[states.action[yes] != UNKNOWN]
    X[known, columns.action.start + states.action[known]] = 1.0
    X[known, columns.action_motive.start + states.action[known] * motives + states.motive[known]] = 1.0
    saved = yes[states.save[yes]]
    X[saved, columns.terms] = states.terms[saved]
    X[:, columns.hazard] = states.hazard
    return X


def centring(encoder: Encoder, means: Floats) -> Floats:
    """(k, k) that takes encoded facts to their difference from the average: columns training never saw count as the average of their fact."""
    seen = (means > 0.0).astype(np.float64)
    same = np.zeros((encoder.size, encoder.size))
    for span in encoder.spans().values():
        total = means[span].sum()
        same[span, span] = means[span] / (total if total > 0.0 else 1.0)
    return np.asarray(seen[:, None] * (np.diag(seen) - same))
