"""How a run came out, as lines to read and as numbers to log."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from training.evaluation.judging import Row
    from training.evaluation.tournament import TournamentResult
    from training.fit.churn import ChurnFit


def table_of(rows: tuple[Row, ...]) -> list[str]:
    """The tournament as lines of text, best log-loss first."""
    if not rows:
        return []
    head = f"{'method':44}{'recall@1':>9}{'recall@3':>9}{'MAP@7':>8}{'log-loss':>9}{'slope':>7}{'ECE':>7}  log-loss lower than popularity by segment"
    return [head, *(_line(row) for row in rows)]


def _line(row: Row) -> str:
    gain = row.log_loss_gain
    said = "" if gain is None else f"{gain.mean:+.4f} [{gain.low:+.4f}, {gain.high:+.4f}]"
    ranked = f"{row.title:44}{row.recall_1:9.3f}{row.recall_3:9.3f}{row.map_7:8.3f}"
    return f"{ranked}{_number(row.log_loss, 9)}{_number(row.calibration_slope, 7, 2)}{_number(row.ece, 7)}  {said}".rstrip()


def _number(value: float | None, width: int, digits: int = 3) -> str:
    return " " * width if value is None else f"{value:{width}.{digits}f}"


UNTIL = "propensity.until"
"""The metric that says up to which day (since 1970) a bundle's acquisitions go."""


def metrics_of(tournament: TournamentResult, churn: ChurnFit) -> dict[str, float]:
    """`propensity.<method>.<measure>`, `propensity.until`, `any_purchase.<measure>` and `churn.<measure>`."""
    names = ("recall_1", "recall_3", "map_7", "log_loss", "calibration_slope", "ece")
    found = {
        f"propensity.{row.method}.{name}": getattr(row, name) for row in tournament.rows for name in names
    }
    found |= {UNTIL: tournament.until}
    found |= {f"any_purchase.{name}": value for name, value in tournament.any_purchase.items()}
    found |= {f"churn.{name}": value for name, value in churn.metrics.items()}
    return {name: float(value) for name, value in found.items() if value is not None}
