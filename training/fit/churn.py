"""Fit the monthly churn hazard: one logistic regression over facts and holdings, its strength chosen inside the training rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from models.churn import ChurnModel
from training.evaluation.binary import calibration_line, log_loss
from training.evaluation.churn import judge_churn
from training.fit.churn_rows import ChurnRows
from training.fit.encoding import fit_encoder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from models.features import Encoder, Floats

ENDINGS_NEEDED = 50
STRENGTHS = (0.02, 0.05, 0.2, 1.0)
"""Variance of the weights before anything is seen (scikit-learn's C); small is cautious."""
INNER_FOLDS = 5
MOST_STAYED = 80_000
"""Rows of those who stayed that are fitted on. More are drawn at random and count for those left out, so that calibration stays
exact; every row of a leaver is kept, and with a leaver in seventy rows they are what there is to learn from."""
INNER_ROWS = 40_000
"""Strength and calibration are chosen on at most so many of them, drawn at random."""
CHUNK = 50_000


@dataclass(frozen=True)
class Chosen:
    """What is chosen inside the training rows: the strength, and the line on the logit (0, 1 leaves it as it is)."""

    strength: float
    shift: float
    slope: float


@dataclass(frozen=True)
class ChurnFit:
    """A model and how it was judged, or None and the reason. `held_out`: labels and hazards of the rows it was judged on."""

    model: ChurnModel | None
    metrics: Mapping[str, float]
    sentences: tuple[str, ...]
    held_out: tuple[Floats, Floats] | None = field(default=None, repr=False)


def fit_churn(
    rows: ChurnRows | None, kinds: Mapping[str, str], products: Sequence[str], seed: int
) -> ChurnFit:
    """Fit on the earlier rows, judge on the later ones, then fit on all of them.

    `kinds`: fact -> number, integer, string, boolean or date. None with the reason when the table has no `churned` column, or too few left or stayed.
    """
    if rows is None:
        return ChurnFit(None, {}, ("Churn is left out: the customers table has no column 'churned'.",))
    early, late, how = _split(rows, seed)
    left = int(rows.churned[early].sum())
    stayed = len(early) - left
    if min(left, stayed) < ENDINGS_NEEDED:
        reason = f"Churn is left out: in the rows to learn from {left} left and {stayed} stayed, {ENDINGS_NEEDED} of each are needed."
        return ChurnFit(None, {}, (reason,))
    kinds, dropped = _without_products(kinds, products)
    judged = rows.take(late)
    first, chosen = _fit(rows, early, kinds, products, seed)
    hazards = first.hazards(judged.facts, judged.holdings)
    metrics = judge_churn(judged.churned, hazards)
    model, _ = _fit(rows, np.arange(len(rows.churned)), kinds, products, seed, chosen)
    sentences = (*dropped, *_sentences(rows, metrics, how))
    return ChurnFit(model, metrics, sentences, (judged.churned, hazards))


def fit_hazard(rows: ChurnRows, kinds: Mapping[str, str], products: Sequence[str], seed: int) -> ChurnModel:
    """The model of these rows, calibrated inside them."""
    return _fit(rows, np.arange(len(rows.churned)), kinds, products, seed)[0]


def _fit(
    rows: ChurnRows,
    use: npt.NDArray[np.intp],
    kinds: Mapping[str, str],
    products: Sequence[str],
    seed: int,
    chosen: Chosen | None = None,
) -> tuple[ChurnModel, Chosen]:
    """The model of the rows in `use` and what was chosen for it, unless `chosen` says it already."""
    drawn, weight = _drawn(rows.churned[use], seed)
    rows = rows.take(use[drawn])
    encoder = fit_encoder(rows.facts, kinds)
    design = _design(encoder, rows)
    if chosen is None:
        chosen = _choose(design, rows, weight, seed)
    intercept, weights = _regress(design, rows.churned, weight, chosen.strength, seed)
    # A calibration line on the logit is folded into the weights, so that the sum stays a sum.
    intercept, weights = chosen.shift + chosen.slope * intercept, chosen.slope * weights
    means = np.asarray(design.T @ weight).ravel() / weight.sum()
    return _centred(encoder, products, means, intercept, weights), chosen


def _drawn(churned: Floats, seed: int) -> tuple[npt.NDArray[np.intp], Floats]:
    """(rows, weight): every leaver, and of those who stayed at most MOST_STAYED, each standing for as many as were left out."""
    stayed = np.flatnonzero(churned == 0.0)
    some = stayed
    if stayed.size > MOST_STAYED:
        some = np.random.default_rng(seed).choice(stayed, MOST_STAYED, replace=False)
    rows = np.sort(np.concatenate([np.flatnonzero(churned != 0.0), some]))
    return rows, np.where(churned[rows] == 0.0, stayed.size / max(some.size, 1), 1.0)


def _without_products(
    kinds: Mapping[str, str], products: Sequence[str]
) -> tuple[dict[str, str], tuple[str, ...]]:
    same = [fact for fact in kinds if fact in set(products)]
    told = tuple(f"Churn: fact '{fact}' is left out, a product has the same name." for fact in same)
    return {fact: kind for fact, kind in kinds.items() if fact not in same}, told


def _split(rows: ChurnRows, seed: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], str]:
    """(early, late, how): the last fifth of the months, or a quarter of the customers where there are fewer than five."""
    months = np.unique(rows.months)
    if months.size >= 5:
        last = max(1, round(months.size / 5))
        late = rows.months >= months[-last]
        how = f"the last {last} of {months.size} months"
    else:
        late = _folds(rows.customers, 4, seed) == 0
        how = "a quarter of the customers"
    return np.flatnonzero(~late), np.flatnonzero(late), how


def _folds(customers: npt.NDArray[np.int64], folds: int, seed: int) -> npt.NDArray[np.intp]:
    """A fold for each row, all rows of a customer in the same one."""
    known, codes = np.unique(customers, return_inverse=True)
    order: npt.NDArray[np.intp] = np.random.default_rng(seed).permutation(known.size) % folds
    return order[codes]


def _design(encoder: Encoder, rows: ChurnRows) -> sparse.csr_matrix:
    """(n, encoder.size + products), sparse: two or three numbers a fact are not 0."""
    parts = []
    for start in range(0, len(rows.churned), CHUNK):
        stop = start + CHUNK
        table = encoder.encode_table({fact: column[start:stop] for fact, column in rows.facts.items()})
        held = rows.holdings[start:stop]
        parts.append(sparse.csr_matrix(np.hstack([table, held]) if rows.facts else held))
    return sparse.vstack(parts, format="csr")


def _regress(
    design: sparse.csr_matrix, churned: Floats, weight: Floats, strength: float, seed: int
) -> tuple[float, Floats]:
    regression = LogisticRegression(C=strength, solver="lbfgs", max_iter=2000, random_state=seed)
    regression.fit(design, churned, sample_weight=weight)
    return float(regression.intercept_[0]), regression.coef_[0]


def _choose(design: sparse.csr_matrix, rows: ChurnRows, weight: Floats, seed: int) -> Chosen:
    """The strength with the lowest log-loss over inner folds, and its calibration line: (0, 1) while the slope lies in [.9, 1.1].

    From cautious to bold; the first one after which held-out loss rises ends the search.
    """
    some = np.random.default_rng(seed).permutation(len(rows.churned))[:INNER_ROWS]
    some.sort()
    design, churned, weight = design[some], rows.churned[some], weight[some]
    folds = _folds(rows.customers[some], INNER_FOLDS, seed)
    best = (np.inf, STRENGTHS[0], np.zeros(len(churned)))
    for strength in STRENGTHS:
        logits = np.empty(len(churned))
        for fold in range(INNER_FOLDS):
            inside = folds != fold
            intercept, weights = _regress(design[inside], churned[inside], weight[inside], strength, seed)
            logits[~inside] = intercept + design[~inside] @ weights
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


def _sentences(rows: ChurnRows, metrics: Mapping[str, float], how: str) -> tuple[str, ...]:
    n, churners = len(rows.churned), int(rows.churned.sum())
    lines = [
        f"Churn: {churners:,} of {n:,} customer-months ended in leaving ({churners / n:.2%}); judged on {how}."
    ]
    if "auc" in metrics:
        lines.append(
            f"Churn: AUC {metrics['auc']:.3f}, Brier {metrics['brier']:.4f} (the bare rate {metrics['brier_of_the_rate']:.4f}), "
            f"calibration error {metrics['ece']:.4f}, slope {metrics['calibration_slope']:.2f}, EMPC {metrics['empc']:.2f}."
        )
    else:
        lines.append(
            "Churn: the held-out rows have only one kind of ending, so the ranking could not be judged."
        )
    return tuple(lines)
