"""Customer lifetime value from the tables: who stays how long by the churn model, and how margins grow of those who stay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from models.lifetime import lifetime_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from models.churn import ChurnModel
    from models.features import Floats
    from training.fit.churn_rows import ChurnRows


@dataclass(frozen=True)
class Growth:
    """Margin a month later, of who stays: `gained` + `kept` · margin now. Purchases unasked and withdrawals, in two numbers."""

    gained: float = 0.0
    kept: float = 1.0

    def ahead(self, margin: Floats, horizon: int) -> Floats:
        """Expected margin at the end of each month, the first being that of now: (n,) -> (n, H)."""
        months = np.empty((margin.size, horizon))
        months[:, 0] = margin
        for month in range(1, horizon):
            months[:, month] = self.gained + self.kept * months[:, month - 1]
        return months


def fit_growth(rows: ChurnRows, margin: Floats) -> Growth:
    """Least squares over customers seen in two months running; `margin` (n,) euros a month of each row. No growth where nobody was."""
    order = np.lexsort((rows.months, rows.customers))
    customers, months, euros = rows.customers[order], rows.months[order], margin[order]
    running = (np.diff(customers) == 0) & (np.diff(months) == 1)
    now, then = euros[:-1][running], euros[1:][running]
    if not running.any() or np.ptp(now) == 0.0:
        return Growth()
    kept = float(np.cov(now, then, bias=True)[0, 1] / now.var())
    return Growth(float(then.mean() - kept * now.mean()), kept)


def hazard_curves(model: ChurnModel, rows: ChurnRows, horizon: int, clocks: Mapping[str, float]) -> Floats:
    """(n, H): what the service expects of each row, for whatever cause; row by row, as it is served."""
    curves = np.empty((len(rows.churned), horizon))
    for row, held in enumerate(rows.holdings):
        facts = {fact: column[row] for fact, column in rows.facts.items() if column[row] is not None}
        curves[row] = model.curve_of_all(facts, held, horizon, clocks)
    return curves


def clv(
    model: ChurnModel,
    rows: ChurnRows,
    margin: Floats,
    horizon: int,
    clocks: Mapping[str, float],
    *,
    growth: Growth | None = None,
    yearly_discount: float = 0.0,
) -> Floats:
    """(n,) euros each customer of `rows` earns over the horizon, nothing being said; `margin` (n,) euros a month now."""
    months = (growth or Growth()).ahead(margin, horizon)
    return lifetime_value(months, hazard_curves(model, rows, horizon, clocks), yearly_discount)


def margin_by_rate(margin: Floats, rate: float, horizon: int | None = None) -> Floats:
    """The rule of thumb: margin / churn rate; with a horizon, no further than that."""
    stays = 1.0 - rate
    months = 1.0 / rate if horizon is None else stays * (1.0 - stays**horizon) / rate
    return margin * months
