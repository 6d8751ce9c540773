"""How good the churn hazard is: as a ranking, as a probability, and in money."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import beta
from sklearn.model_selection import StratifiedKFold

from models.causes import VOLUNTARY, hazards_by_cause
from training.evaluation.binary import auc, brier, calibration_slope, ece, log_loss

if TYPE_CHECKING:
    from collections.abc import Callable

    from models.churn import ChurnModel
    from models.features import Floats
    from training.fit.churn_rows import ChurnRows


def judge_churn(labels: Floats, hazards: Floats) -> dict[str, float]:
    """Measures of held-out rows, `labels` (n,) 1 for one who left. AUC, slope and EMPC only where both kinds are present."""
    rate = float(labels.mean())
    metrics = {
        "rows": float(labels.size),
        "churners": float(labels.sum()),
        "rate": rate,
        "brier": brier(labels, hazards),
        "brier_of_the_rate": rate * (1.0 - rate),
        "log_loss": log_loss(labels, hazards),
        "log_loss_of_the_rate": log_loss(labels, np.full_like(labels, rate)),
        "ece": ece(labels, hazards),
    }
    if 0.0 < rate < 1.0:
        metrics["auc"] = auc(labels, hazards)
        metrics["calibration_slope"] = calibration_slope(labels, hazards)
        metrics["empc"] = empc(labels, hazards)
    return metrics


def judge_causes(model: ChurnModel, rows: ChurnRows) -> dict[str, float]:
    """How many of held-out rows were lost for each cause, and how many the model expected: `CAUSE.left`, `CAUSE.expected`."""
    expected = hazards_by_cause(model, rows.facts, rows.holdings)
    left = {**rows.causes, VOLUNTARY: rows.by_himself().churned}
    return {
        f"{name}.{what}": float(of.sum())
        for name in expected
        for what, of in (("left", left[name]), ("expected", expected[name]))
    }


def cross_validated(
    rows: ChurnRows, fit: Callable[[ChurnRows, int], ChurnModel], times: int = 5
) -> dict[str, float]:
    """The means of `judge_churn` over `times` two-fold cross-validations, as many leavers in one half as in the other; seeds count from 0."""
    verdicts = []
    for seed in range(times):
        halves = StratifiedKFold(2, shuffle=True, random_state=seed)
        for train, test in halves.split(rows.churned, rows.churned):
            unseen = rows.take(test)
            hazards = fit(rows.take(train), seed).hazards(unseen.facts, unseen.holdings)
            verdicts.append(judge_churn(unseen.churned, hazards))
    return {name: float(np.mean([verdict[name] for verdict in verdicts])) for name in verdicts[0]}


def empc(
    labels: Floats, hazards: Floats, value: float = 200.0, incentive: float = 10.0, contact: float = 1.0
) -> float:
    """Expected maximum profit of a campaign to keep churners, in money a customer.

    Verbraken, Verbeke and Baesens (2013): whoever is targeted costs `contact` and is offered `incentive`; a churner accepts with a
    chance drawn from Beta(6, 14) and then is worth `value`; one who would have stayed takes the incentive. For each chance the best
    number of targets is taken; 200 chances of equal mass stand for the distribution.
    """
    order = np.argsort(-hazards, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(hazards[order]) != 0), labels.size - 1)
    churners = np.append(0.0, np.cumsum(labels[order])[ends]) / labels.size
    stayers = np.append(0.0, np.cumsum(1.0 - labels[order])[ends]) / labels.size
    cost = contact * churners + (contact + incentive) * stayers
    accepts = beta.ppf((np.arange(200) + 0.5) / 200, 6.0, 14.0)
    return float(np.mean([np.max(chance * (value - incentive) * churners - cost) for chance in accepts]))
