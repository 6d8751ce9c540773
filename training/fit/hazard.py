"""Fit one hazard: a logistic regression over facts and holdings, its strength chosen inside the rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy import sparse

from models.churn import ChurnModel
from training.evaluation.binary import calibration_line, log_loss
from training.fit.binary import FREE, Binary
from training.fit.encoding import fit_encoder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from models.features import Encoder, Floats
    from training.fit.churn_rows import ChurnRows

STRENGTHS = (0.02, 0.05, 0.2, 1.0)
"""Variance of the weights before anything is seen (scikit-learn's C); small is cautious."""
INNER_FOLDS = 5
MOST_STAYED = 80_000
"""Rows of those who stayed that are fitted on. More are drawn at random and count for those left out, so that calibration stays
exact; every row of a leaver is kept, and with a leaver in seventy rows they are what there is to learn from."""
INNER_ROWS = 40_000
"""Strength and calibration are chosen on at most so many of them, drawn at random."""
CHOOSING = 1e-6
"""Tolerance of the loss while they are chosen: log-losses are then right to more digits than tell two strengths apart."""
CHUNK = 50_000


@dataclass(frozen=True)
class Chosen:
    """What is chosen inside the training rows: the strength, and the line on the logit (0, 1 leaves it as it is)."""

    strength: float
    shift: float = 0.0
    slope: float = 1.0


def fit_one(
    rows: ChurnRows,
    kinds: Mapping[str, str],
    products: Sequence[str],
    seed: int,
    chosen: Chosen | None = None,
) -> tuple[ChurnModel, Chosen]:
    """The model of these rows and what was chosen for it, unless `chosen` says it already."""
    drawn, weight = _drawn(rows.churned, seed)
    rows = rows.take(drawn)
    encoder = fit_encoder(rows.facts, kinds)
    design = _design(encoder, rows)
    problem = Binary(design, rows.churned, weight)
    gram = problem.gram()
    if chosen is None:
        chosen = _choose(problem, gram, rows.customers, seed)
    penalty = _penalty(design, chosen.strength)
    theta = problem.fit(penalty, problem.within(gram, penalty))
    intercept, weights = float(theta[0]), theta[1:]
    # A calibration line on the logit is folded into the weights, so that the sum stays a sum.
    intercept, weights = chosen.shift + chosen.slope * intercept, chosen.slope * weights
    means = np.asarray(design.T @ weight).ravel()[1:] / weight.sum()
    return _centred(encoder, products, means, intercept, weights), chosen


def _drawn(churned: Floats, seed: int) -> tuple[npt.NDArray[np.intp], Floats]:
    """(rows, weight): every leaver, and of those who stayed at most MOST_STAYED, each standing for as many as were left out."""
    stayed = np.flatnonzero(churned == 0.0)
    some = stayed
    if stayed.size > MOST_STAYED:
        some = np.random.default_rng(seed).choice(stayed, MOST_STAYED, replace=False)
    rows = np.sort(np.concatenate([np.flatnonzero(churned != 0.0), some]))
    return rows, np.where(churned[rows] == 0.0, stayed.size / max(some.size, 1), 1.0)


def constant(rows: ChurnRows, products: Sequence[str]) -> ChurnModel:
    """The same hazard for everyone: where too few left to tell them apart. Half a leaver is added to each side, for a rate of 0."""
    left, nothing = float(rows.churned.sum()), np.zeros(0)
    return ChurnModel(
        products=tuple(products),
        encoder=fit_encoder({}, {}),
        intercept=float(np.log((left + 0.5) / (len(rows.churned) - left + 0.5))),
        effects=nothing,
        unseen=nothing,
        product_effects=np.zeros(len(products)),
        product_shares=np.zeros(len(products)),
    )


def stretched(model: ChurnModel, slope: float) -> ChurnModel:
    """Every contribution times `slope`: as a calibration line says, folded into the weights so that the sum stays a sum."""
    return replace(
        model,
        effects=slope * model.effects,
        unseen=slope * model.unseen,
        product_effects=slope * model.product_effects,
    )


def folds_of(customers: npt.NDArray[np.int64], folds: int, seed: int) -> npt.NDArray[np.intp]:
    """A fold for each row, all rows of a customer in the same one."""
    known, codes = np.unique(customers, return_inverse=True)
    order: npt.NDArray[np.intp] = np.random.default_rng(seed).permutation(known.size) % folds
    return order[codes]


def _design(encoder: Encoder, rows: ChurnRows) -> sparse.csr_matrix:
    """(n, 1 + encoder.size + products), ones first; sparse: two or three numbers a fact are not 0."""
    parts = []
    for start in range(0, len(rows.churned), CHUNK):
        stop = start + CHUNK
        table = encoder.encode_table({fact: column[start:stop] for fact, column in rows.facts.items()})
        held = rows.holdings[start:stop]
        known = [table, held] if rows.facts else [held]
        parts.append(sparse.csr_matrix(np.hstack([np.ones((len(held), 1)), *known])))
    return sparse.vstack(parts, format="csr")


def _penalty(design: sparse.csr_matrix, strength: float) -> Floats:
    return np.asarray(np.r_[FREE, np.full(design.shape[1] - 1, 1.0 / strength)])


def _choose(problem: Binary, gram: Floats, customers: npt.NDArray[np.int64], seed: int) -> Chosen:
    """The strength with the lowest log-loss over inner folds, and its calibration line: (0, 1) while the slope lies in [.9, 1.1].

    From cautious to bold, each fold from its weights before; the first one after which held-out loss rises ends the search.
    """
    some = np.random.default_rng(seed).permutation(len(customers))[:INNER_ROWS]
    some.sort()
    design, churned, weight = problem.X[some], problem.y[some], problem.weight[some]
    folds = folds_of(customers[some], INNER_FOLDS, seed)
    inside = [Binary(design[folds != f], churned[folds != f], weight[folds != f]) for f in range(INNER_FOLDS)]
    found: list[Floats | None] = [None] * INNER_FOLDS
    best = (np.inf, STRENGTHS[0], np.zeros(len(churned)))
    for strength in STRENGTHS:
        logits, penalty = np.empty(len(churned)), _penalty(design, strength)
        within = problem.within(gram * (1.0 - 1.0 / INNER_FOLDS) * len(some) / len(customers), penalty)
        for fold, part in enumerate(inside):
            found[fold] = theta = part.fit(penalty, within, found[fold], CHOOSING)
            logits[folds == fold] = design[folds == fold] @ theta
        loss = log_loss(churned, 1.0 / (1.0 + np.exp(-logits)), weight)
        if loss >= best[0]:
            break
        best = (loss, strength, logits)
    shift, slope = calibration_line(churned, best[2], weight)
    return Chosen(best[1], 0.0, 1.0) if 0.9 <= slope <= 1.1 else Chosen(best[1], shift, slope)


def _centred(
    encoder: Encoder, products: Sequence[str], means: Floats, intercept: float, weights: Floats
) -> ChurnModel:
    """Move each fact's mean over the rows (`means` of the columns) into the intercept, so that a contribution of 0 is the average customer.

    A missing value or rare level that no row had contributes 0: nothing is known against the average.
    """
    effects = weights[: encoder.size].copy()
    unseen = np.zeros(len(encoder.blocks))
    for i, span in enumerate(encoder.spans().values()):
        mean = float(means[span] @ weights[span])
        intercept += mean
        effects[span] -= mean
        effects[span][means[span] == 0.0] = 0.0
        if means[span].sum() < 1.0 - 1e-9:
            unseen[i] = -mean
    product_weights, shares = weights[encoder.size :], means[encoder.size :]
    return ChurnModel(
        products=tuple(products),
        encoder=encoder,
        intercept=float(intercept + product_weights @ shares),
        effects=effects,
        unseen=unseen,
        product_effects=product_weights.copy(),
        product_shares=shares.copy(),
    )
