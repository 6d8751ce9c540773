"""Yes or no from facts: a logistic regression whose strength is chosen inside the rows it is fitted on (empirical Bayes, `training.fit.hierarchy`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from training.fit.encoding import fit_encoder
from training.fit.hierarchy import fit_groups, groups_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from models.features import Encoder, Floats

    Table = Mapping[str, Sequence[Any]]

KNOTS = 4
LEVEL, EFFECT = 3.0, 0.3
"""Logits: how far a level, and an effect of a fact, are thought to stray from 0 before anything is seen."""


@dataclass(frozen=True)
class Centred:
    """Facts as columns whose mean over the rows fitted on is 0, so that a level is that of the average row."""

    encoder: Encoder
    means: Floats

    @classmethod
    def of(cls, facts: Table, kinds: Mapping[str, str]) -> Centred:
        """From the rows to fit on. `kinds`: fact -> number, integer, string, boolean."""
        encoder = fit_encoder(facts, kinds, KNOTS)
        return cls(encoder, encoder.encode_table(facts).mean(axis=0))

    def table(self, facts: Table) -> Floats:
        """(n, columns)."""
        return self.encoder.encode_table(facts) - self.means


@dataclass(frozen=True)
class Response:
    """P(yes) = sigmoid(level + facts·effects)."""

    columns: Centred
    level: float
    effects: Floats

    def probabilities(self, facts: Table) -> Floats:
        """(n,)."""
        return sigmoid(self.level + self.columns.table(facts) @ self.effects)


def fit_response(facts: Table, kinds: Mapping[str, str], yes: Floats) -> Response:
    """The model of these rows, `yes` (n,) of 0 and 1."""
    columns = Centred.of(facts, kinds)
    X = columns.table(facts)
    groups = groups_of(("level", 1, LEVEL, True), ("facts", X.shape[1], EFFECT, False))
    mode = fit_groups(np.column_stack([np.ones(len(yes)), X]), yes, np.zeros(len(yes)), groups).mode
    return Response(columns, float(mode[0]), mode[1:])


def sigmoid(logits: Floats) -> Floats:
    """1 / (1 + e^-x)."""
    return np.asarray(0.5 + 0.5 * np.tanh(0.5 * logits))
