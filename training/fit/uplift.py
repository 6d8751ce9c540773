"""What a treatment changes, and for whom: one logistic regression over the treated and the untreated (an S-learner).

    logit P(yes) = level + facts·base + [treated]·(mean + facts·differs),      differs ~ N(0, spread^2)

The spread is the one under which the rows themselves are likeliest (Laplace's approximation of the marginal likelihood): where facts do
not tell who is changed, it is next to 0 and the treatment shifts every logit alike. Who is treated has to be drawn at random: nothing is
adjusted for. Several treatments are as many trials against the same untreated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from training.evaluation.binary import log_loss
from training.fit.hierarchy import fit_groups, groups_of
from training.fit.response import EFFECT, LEVEL, Centred, sigmoid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from models.features import Floats
    from training.fit.examples import Flags
    from training.fit.hierarchy import Group, Posterior
    from training.fit.response import Table

SPREADS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64)
"""Logits, to choose from: how far the effect of the treatment differs by a fact. The first is as good as not at all."""


@dataclass(frozen=True)
class Uplift:
    """`level` and `base` (d,) are those of the untreated, `mean` and `differs` (d,) what the treatment adds; `spread` of `differs`."""

    columns: Centred
    level: float
    base: Floats
    mean: float
    differs: Floats
    spread: float

    def effects(self, facts: Table) -> Floats:
        """(n,): P(yes) when treated less P(yes) when not."""
        X = self.columns.table(facts)
        untreated = self.level + X @ self.base
        return sigmoid(untreated + self.mean + X @ self.differs) - sigmoid(untreated)


def fit_uplift(facts: Table, kinds: Mapping[str, str], treated: Flags, yes: Floats) -> Uplift:
    """The model of a trial. `kinds`: fact -> number, integer, string, boolean; `treated` (n,), `yes` (n,) of 0 and 1."""
    columns = Centred.of(facts, kinds)
    X = columns.table(facts)
    given = treated[:, None].astype(np.float64)
    design = np.hstack([np.ones_like(given), given, X, given * X])
    _, spread, found = max((_fitted(design, yes, spread) for spread in SPREADS), key=lambda fitted: fitted[0])
    level, base, differs = np.split(found.mode, [2, 2 + X.shape[1]])
    return Uplift(columns, float(level[0]), base, float(level[1]), differs, spread)


def _fitted(design: Floats, yes: Floats, spread: float) -> tuple[float, float, Posterior]:
    """(log evidence, spread, posterior) with effects of the treatment spread so far."""
    d = design.shape[1] // 2 - 1
    groups = groups_of(("level", 2, LEVEL, True), ("base", d, EFFECT, False), ("differs", d, spread, True))
    found = fit_groups(design, yes, np.zeros(len(yes)), groups)
    return _evidence(design, yes, groups, found), spread, found


def _evidence(design: Floats, yes: Floats, groups: Mapping[str, Group], found: Posterior) -> float:
    """The logarithm of P(yes | spreads) but for a constant, by Laplace's method: the fit at the mode, less what the prior and its own curvature take."""
    deviation = np.concatenate(
        [np.full(group.stop - group.start, found.spreads[name]) for name, group in groups.items()]
    )
    fit = -len(yes) * log_loss(yes, sigmoid(design @ found.mode))
    prior = -0.5 * float(((found.mode / deviation) ** 2).sum()) - float(np.log(deviation).sum())
    return fit + prior + 0.5 * float(np.linalg.slogdet(found.covariance)[1])
