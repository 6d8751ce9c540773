"""Pictures of a run for MLflow: the tournament with its intervals, and calibration."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from training.evaluation.binary import reliability

if TYPE_CHECKING:
    from models.features import Floats
    from training.evaluation.judging import Row
    from training.evaluation.metrics import Bin


def tournament(rows: tuple[Row, ...]) -> bytes:
    """PNG: how much lower each method's log-loss is than that of popularity by segment, with 95 % intervals."""
    judged = [row for row in rows if row.log_loss_gain is not None]
    figure = Figure(figsize=(8, 1 + 0.4 * len(judged)), layout="constrained")
    axes = figure.subplots()
    for place, row in enumerate(reversed(judged)):
        gain = row.log_loss_gain
        assert gain is not None  # noqa: S101  filtered above
        axes.errorbar(
            gain.mean, place, xerr=[[gain.mean - gain.low], [gain.high - gain.mean]], fmt="o", capsize=3
        )
    axes.axvline(0.0, color="grey", linewidth=1)
    axes.set_yticks(range(len(judged)), [row.title for row in reversed(judged)])
    axes.set_xlabel("log-loss lower than popularity by segment (nats, 95 % interval)")
    return _png(figure)


def propensity_calibration(bins: tuple[Bin, ...]) -> bytes:
    """PNG: predicted against observed, ten bins of equal mass."""
    return _calibration(
        np.array([[one.predicted, one.observed] for one in bins]), "propensity of the method that serves"
    )


def churn_calibration(labels: Floats, hazards: Floats) -> bytes:
    """PNG: the same for the monthly churn hazard."""
    return _calibration(reliability(labels, hazards)[:, :2], "monthly churn hazard")


def _calibration(points: Floats, title: str) -> bytes:
    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.subplots()
    most = float(points.max(initial=1e-6)) * 1.05
    axes.plot([0.0, most], [0.0, most], color="grey", linewidth=1)
    axes.plot(points[:, 0], points[:, 1], "o-")
    axes.set_xlabel("predicted")
    axes.set_ylabel("observed")
    axes.set_title(title)
    return _png(figure)


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110, metadata={"Software": None})
    return buffer.getvalue()
