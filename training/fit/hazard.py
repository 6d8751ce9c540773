"""Fit one hazard: a logistic regression over facts and holdings, its strength chosen inside the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from models.churn import ChurnModel
from training.fit.binary import Binary
from training.fit.encoding import fit_encoder
from training.fit.level import balance
from training.fit.strength import Chosen, choose, held_out, ridge

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from models.features import Encoder, Floats
    from training.fit.churn_rows import ChurnRows

MOST_STAYED = 80_000
"""Rows of those who stayed that are fitted on. More are drawn at random and count for those left out, so that calibration stays
exact; every row of a leaver is kept, and with a leaver in seventy rows they are what there is to learn from."""
CHUNK = 50_000


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
        chosen = choose(problem, gram, held_out(rows, seed), seed)
    penalty = ridge(design, chosen.strength)
    theta = problem.fit(penalty, problem.within(gram, penalty))
    # The slope is folded into the weights, so that the sum stays a sum; as many are to be expected to leave as before.
    theta[1:] *= chosen.slope
    intercept, weights = float(theta[0]), theta[1:]
    intercept += balance(rows.churned, design @ theta, weight)
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
