"""Fit the monthly churn hazard: leaving by oneself, calibrated in time, other causes beside it, and how long what the facts say lasts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from training.evaluation.churn import judge_causes, judge_churn
from training.fit.cause import SAYS, fit_cause
from training.fit.churn_rows import ChurnRows
from training.fit.customer_months import churn_rows
from training.fit.fading import fit_fading
from training.fit.hazard import fit_one
from training.fit.in_time import at_its_level, last_months
from training.fit.strength import folds_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from models.churn import ChurnModel
    from models.features import Floats
    from models.trends import Trend
    from training.fit.cause import OfCause
    from training.fit.strength import Chosen
    from training.tables import Tables

__all__ = ["ChurnFit", "ChurnRows", "churn_of", "fit_churn", "fit_hazard", "landmarks"]

ENDINGS_NEEDED = 50


@dataclass(frozen=True)
class ChurnFit:
    """A model and how it was judged, or None and the reason. `held_out`: labels and hazards of the rows it was judged on."""

    model: ChurnModel | None
    metrics: Mapping[str, float]
    sentences: tuple[str, ...]
    held_out: tuple[Floats, Floats] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class _Fitted:
    """The model, what was chosen for leaving by oneself, and what was found for each other cause."""

    model: ChurnModel
    chosen: Chosen | None = None
    causes: Mapping[str, OfCause] = field(default_factory=dict)


@dataclass(frozen=True)
class _Order:
    kinds: Mapping[str, str]
    products: Sequence[str]
    seed: int
    clocks: Collection[str]


def landmarks(tables: Tables) -> ChurnRows | None:
    """The rows of the tables, with level and slope of the trends a model may learn of; in the order of the customers table."""
    return churn_rows(
        tables.holdings,
        tables.customers,
        tuple(tables.kinds),
        tables.products,
        trends=tables.learned_trends,
        causes=tables.causes,
    )


def churn_of(rows: ChurnRows | None, tables: Tables, seed: int, *, judged: bool = True) -> ChurnFit:
    """`fit_churn` on the landmarks of the tables."""
    return fit_churn(
        rows,
        tables.churn_kinds,
        tables.products,
        seed,
        clocks=tables.clocks,
        trends=tables.learned_trends,
        judged=judged,
    )


def fit_churn(
    rows: ChurnRows | None,
    kinds: Mapping[str, str],
    products: Sequence[str],
    seed: int,
    *,
    clocks: Collection[str] = (),
    trends: Mapping[str, Trend] | None = None,
    judged: bool = True,
) -> ChurnFit:
    """Fit on the earlier rows, judge on the later ones, then fit on all of them; not `judged`: the last alone.

    `kinds`: fact -> number, integer, string, boolean or date, level and slope of `trends` among them. `clocks`: facts that run by themselves.
    None with the reason when the table has no `churned` column, or too few left or stayed.
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
    order = _Order(kinds, products, seed, clocks)
    first = _fit(rows.take(early), order) if judged else None
    fitted = _fit(rows, order, first)
    model = replace(fitted.model, trends={name: trend.of for name, trend in (trends or {}).items()})
    if first is None:
        told = (*dropped, *_sentences(rows, None, how), *_of_causes(rows, fitted, {}))
        return ChurnFit(model, {}, told)
    later = rows.take(late)
    hazards = first.model.hazards(later.facts, later.holdings)
    metrics = judge_churn(later.churned, hazards)
    of_causes = judge_causes(first.model, later) if rows.causes else {}
    told = (*dropped, *_sentences(rows, metrics, how), *_of_causes(rows, fitted, of_causes))
    return ChurnFit(model, {**metrics, **of_causes}, told, (later.churned, hazards))


def fit_hazard(
    rows: ChurnRows,
    kinds: Mapping[str, str],
    products: Sequence[str],
    seed: int,
    clocks: Collection[str] = (),
) -> ChurnModel:
    """The model of these rows, calibrated inside them."""
    return _fit(rows, _Order(kinds, products, seed, clocks)).model


def _fit(rows: ChurnRows, order: _Order, before: _Fitted | None = None) -> _Fitted:
    """`before`: what was fitted on some of the rows."""
    kinds, products, seed, clocks = order.kinds, order.products, order.seed, order.clocks
    by_himself = rows.by_himself()
    model, chosen = fit_one(by_himself, kinds, products, seed, None if before is None else before.chosen)
    model = at_its_level(model, by_himself)
    model = replace(model, fading=fit_fading(model, by_himself, clocks, seed))
    known = {} if before is None else before.causes
    causes = {
        name: fit_cause(rows.lost_for(name), kinds, products, seed, clocks, known.get(name))
        for name in rows.causes
    }
    return _Fitted(replace(model, causes={name: of.model for name, of in causes.items()}), chosen, causes)


def _without_products(
    kinds: Mapping[str, str], products: Sequence[str]
) -> tuple[dict[str, str], tuple[str, ...]]:
    same = [fact for fact in kinds if fact in set(products)]
    told = tuple(f"Churn: fact '{fact}' is left out, a product has the same name." for fact in same)
    return {fact: kind for fact, kind in kinds.items() if fact not in same}, told


def _split(rows: ChurnRows, seed: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], str]:
    """(early, late, how): the last fifth of the months, or a quarter of the customers where there are fewer than five."""
    late, last, months = last_months(rows)
    how = f"the last {last} of {months} months"
    if not last:
        late = folds_of(rows.customers, 4, seed) == 0
        how = "a quarter of the customers"
    return np.flatnonzero(~late), np.flatnonzero(late), how


def _sentences(rows: ChurnRows, metrics: Mapping[str, float] | None, how: str) -> tuple[str, ...]:
    """`metrics` None: it was not judged."""
    n, churners = len(rows.churned), int(rows.churned.sum())
    judged = "not judged" if metrics is None else f"judged on {how}"
    lines = [f"Churn: {churners:,} of {n:,} customer-months ended in leaving ({churners / n:.2%}); {judged}."]
    if metrics is not None and "auc" in metrics:
        lines.append(
            f"Churn: AUC {metrics['auc']:.3f}, Brier {metrics['brier']:.4f} (the bare rate {metrics['brier_of_the_rate']:.4f}), "
            f"calibration error {metrics['ece']:.4f}, slope {metrics['calibration_slope']:.2f}, EMPC {metrics['empc']:.2f}."
        )
    elif metrics is not None:
        lines.append(
            "Churn: the held-out rows have only one kind of ending, so the ranking could not be judged."
        )
    return tuple(lines)


def _of_causes(rows: ChurnRows, fitted: _Fitted, judged: Mapping[str, float]) -> Iterator[str]:
    """A sentence for each cause that is no wish of the customer."""
    for name, lost in rows.causes.items():
        line = f"Churn: {int(lost.sum()):,} of the {int(rows.churned.sum()):,} were lost for cause {name}, on which lock-in does not act; {SAYS[fitted.causes[name].by]}."
        if judged:
            line += f" In the months it was judged on {judged[f'{name}.left']:.0f} were lost, {judged[f'{name}.expected']:.1f} expected."
        yield line
