"""The highest risk gets a save-offer: a churn model on history, and the save that is accepted most for those it fears for.

The model: penalised logistic regression of leaving in a month, for whatever reason, on facts and holdings at its start. Approached is whoever is in
touch with a risk that the top fifth of the contacts of history had. What the customer calls about plays no part: it is targeting by risk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.fit.logistic import regress
from training.simulator.laboratory import deeds
from training.simulator.laboratory.desk import Desk, Policy, Proposals
from training.simulator.laboratory.luck import Floats
from training.simulator.laboratory.play import Play
from training.simulator.laboratory.records import STAYED, Seen
from training.worlds.design import Design, design_of
from training.worlds.entrant import Entrant
from training.worlds.ranking import best
from training.worlds.responses import acceptance_rates, responses

SHARE = 0.2
L2 = 10.0


@dataclass(frozen=True)
class HighestRisk:
    """`leaving` (d,) log-odds a column of the design; `least`: log-odds from which a contact is approached; `rates` (deeds,) of acceptance."""

    design: Design
    leaving: Floats
    least: float
    rates: Floats

    def propose(self, desk: Desk) -> Proposals:
        """The one save that is accepted most, where the risk is high."""
        risk = self.design.columns(desk.facts, desk.held) @ self.leaving
        proposals = best(np.where(deeds.SAVE & (risk >= self.least)[:, None], self.rates, 0.0), desk.eligible)
        proposals.deed[:, 1:] = -1
        return proposals


def fit(past: Sequence[Seen]) -> HighestRisk:
    """On everything written down."""
    design = design_of(past)
    features = [design.columns(seen.facts, seen.held) for seen in past]
    left = np.concatenate([seen.left != STAYED for seen in past])[:, None].astype(np.float64)
    X = np.concatenate(features)
    leaving = regress(X, left, np.ones_like(left), np.ones((X.shape[1], 1)), L2)[:, 0]
    risks = [
        (columns @ leaving)[np.searchsorted(seen.row, seen.contacts.row)]
        for seen, columns in zip(past, features, strict=True)
    ]
    least = float(np.quantile(np.concatenate(risks), 1.0 - SHARE))
    return HighestRisk(design, leaving, least, acceptance_rates(responses(past), len(deeds.DEEDS)))


def make(play: Play, seed: int, workdir: Path) -> Policy:  # noqa: ARG001  as every entrant is made
    """Fitted on what was written down."""
    return fit(play.seen)


ENTRANT = Entrant(
    "highest-risk", "the save accepted most, to the fifth of the contacts with the highest churn risk", make
)
