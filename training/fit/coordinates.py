"""Coordinates in which a penalised likelihood is nearly a sphere, so that a quasi-Newton search is there in a few steps.

Facts as hat weights add up to one each, so columns of the design depend on each other and their weights are searched for along a narrow valley. With
G = Z'·diag(weight)·Z and the ridge D, the curvature of output j is about c_j·G + D. One eigendecomposition serves all outputs:

    D^(-1/2)·G·D^(-1/2) = U·diag(g)·U',      B = T·(S∘phi),      T = D^(-1/2)·U,      S = (c·g + 1)^(-1/2)

What is minimised stays the same; only the way to it is shorter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from models.features import Floats

CHUNK = 20_000


@dataclass(frozen=True)
class Coordinates:
    """`turn` (d, d) is T, `scale` (d, P) is S, `penalty` (d,) the diagonal of D."""

    turn: Floats
    scale: Floats
    penalty: Floats

    def weights(self, phi: Floats) -> Floats:
        """(d, P) the weights at a point, flat or not."""
        return self.turn @ (self.scale * phi.reshape(self.scale.shape))

    def point(self, weights: Floats) -> Floats:
        """(d, P) the point of these weights."""
        return np.asarray(self.turn.T @ (self.penalty[:, None] * weights) / self.scale)

    def gradient(self, of_weights: Floats) -> Floats:
        """(d, P) the gradient at a point from that of the weights."""
        return np.asarray(self.scale * (self.turn.T @ of_weights))


def coordinates(gram: Floats, penalty: Floats, curvature: Floats) -> Coordinates:
    """`gram` (d, d) is G, `penalty` (d,) above 0, `curvature` (P,) c: about the mean of p(1 - p) of each output."""
    root = 1.0 / np.sqrt(penalty)
    sizes, turned = np.linalg.eigh(root[:, None] * gram * root)
    scale = 1.0 / np.sqrt(np.maximum(sizes, 0.0)[:, None] * curvature + 1.0)
    return Coordinates(root[:, None] * turned, scale, penalty)


def gram_of(design: Floats | csr_matrix, weight: Floats) -> Floats:
    """(d, d) Z'·diag(weight)·Z."""
    total = np.zeros((design.shape[1], design.shape[1]))
    for start in range(0, len(weight), CHUNK):
        part = design[start : start + CHUNK]
        dense = part if isinstance(part, np.ndarray) else part.toarray()
        dense = dense * np.sqrt(weight[start : start + CHUNK])[:, None]
        total += dense.T @ dense
    return total
