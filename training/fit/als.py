"""`implicit` alternating least squares, tuned for small catalogues; served by the closed form of one user's factors."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from scipy.sparse import csr_matrix

from models.scores import Factors
from training.fit.calibration import calibrated
from training.fit.method import Fitted, Method

if TYPE_CHECKING:
    from models.features import Floats
    from training.fit.examples import Examples
    from training.fit.method import Settings

ITERATIONS = 15


def fit(examples: Examples, seed: int, chosen: Settings | None = None) -> Fitted:
    """Factors, regularisation and alpha chosen inside the training part, then calibrated."""
    return calibrated("als", examples, seed, grid(examples.n_products), partial(_scores, seed=seed), chosen)


def grid(n_products: int) -> list[dict[str, Any]]:
    """Fewer factors than products, and a regularisation of 10 to 100: anything else reproduces the matrix."""
    sizes = sorted({min(size, max(1, n_products - 1)) for size in (4, 8, 16)})
    return [
        {"factors": size, "regularization": reg, "alpha": alpha}
        for size in sizes
        for reg in (10.0, 30.0, 100.0)
        for alpha in (1.0, 4.0)
    ]


def item_factors(matrix: Floats, settings: dict[str, Any], seed: int) -> AlternatingLeastSquares:
    """The fitted `implicit` model on a 0/1 matrix (customers, P); one thread, so that a seed gives the same bits."""
    als = AlternatingLeastSquares(**settings, iterations=ITERATIONS, num_threads=1, random_state=seed)
    als.fit(csr_matrix(matrix.astype(np.float32)), show_progress=False)
    return als


def served(als: AlternatingLeastSquares) -> Factors:
    """The serving form of a fitted `implicit` model."""
    return Factors.of(als.item_factors.astype(np.float64), float(als.alpha), float(als.regularization))


def default_scores(matrix: Floats, holdings: Floats, seed: int) -> Floats:
    """The scores (n, P) of `implicit` with its own defaults: printed beside the others, never served."""
    own = AlternatingLeastSquares()
    settings = {"factors": own.factors, "regularization": own.regularization, "alpha": own.alpha}
    return served(item_factors(matrix, settings, seed)).table(holdings)


def _scores(examples: Examples, settings: dict[str, Any], seed: int) -> Factors:
    return served(item_factors(examples.final_holdings(), settings, seed))


METHOD = Method("als", "implicit ALS, tuned and calibrated", fit)
