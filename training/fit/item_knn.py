"""`implicit` item-to-item neighbours: how often those who hold one product hold another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from implicit.nearest_neighbours import ItemItemRecommender
from scipy.sparse import csr_matrix

from models.scores import Linear
from training.fit.calibration import calibrated
from training.fit.method import Fitted, Method

if TYPE_CHECKING:
    from models.features import Floats
    from training.fit.examples import Examples
    from training.fit.method import Settings

SIMILARITIES: list[dict[str, Any]] = [{"similarity": "conditional"}, {"similarity": "cosine"}]


def fit(examples: Examples, seed: int, chosen: Settings | None = None) -> Fitted:
    """Cosine similarity or conditional probability, whichever predicts better inside the training part."""
    return calibrated("item_knn", examples, seed, SIMILARITIES, _scores, chosen)


def _scores(examples: Examples, settings: dict[str, Any]) -> Linear:
    together = neighbours(examples.final_holdings())
    holders = np.maximum(np.diag(together), 1.0)
    if settings["similarity"] == "conditional":
        weights = together / holders[:, None]  # P(other | this): together / holders of this
    else:
        weights = together / np.sqrt(np.outer(holders, holders))
    np.fill_diagonal(weights, 0.0)
    return Linear(weights)


def neighbours(matrix: Floats) -> Floats:
    """(P, P) how many customers hold both, from a 0/1 matrix (customers, P)."""
    recommender = ItemItemRecommender(
        K=matrix.shape[1], num_threads=1
    )  # by default only 20 neighbours are kept
    recommender.fit(csr_matrix(matrix), show_progress=False)
    return np.asarray(recommender.similarity.todense(), dtype=np.float64)


METHOD = Method("item_knn", "implicit item-kNN", fit)
