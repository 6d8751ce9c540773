"""Raw scores become probabilities: temperature, a bias a product, and terms for facts and for the number of holdings.

Tuning and calibration see only scores of customers (or, with dates, of acquisitions) that the scoring was not fitted on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from models.any_purchase import MOST_COUNTED
from models.propensity import PropensityModel
from models.scores import Linear
from training.fit.examples import Examples, at_most, inner_splits
from training.fit.method import Fitted
from training.fit.softmax import INTERCEPT_PENALTY, ROUGHLY, counts_of, fit_softmax, mean_loss

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from models.features import Floats
    from models.scores import Scores
    from training.fit.method import Settings

BIAS_PENALTY = 1.0
"""Ridge on a correction of logits that are probabilities already."""

TUNING_LINES = 12_000
"""Enough to choose a setting with."""

FACT_PENALTIES = (3.0, 10.0, 30.0, 100.0)
"""Ridges to choose from for the terms of facts and counts beside a raw score."""


def calibrated(
    name: str,
    examples: Examples,
    seed: int,
    candidates: Sequence[dict[str, Any]],
    fit_scores: Callable[[Examples, dict[str, Any]], Scores],
    chosen: Settings | None = None,
) -> Fitted:
    """Choose among the candidate settings (unless `chosen`), calibrate out of fold, then fit the scores on all examples.

    Where the table is too small to hold anything out, the scores get no weight: what is left is popularity.
    """
    splits = inner_splits(examples, seed)
    if not splits:
        return Fitted(assembled(name, examples, no_scores(examples), 0.0, prior_only(examples)), {})
    if chosen is None:
        own = min(
            candidates, key=lambda settings: _tuning_loss(examples, splits[0], settings, fit_scores, seed)
        )
    else:
        own = {name: chosen[name] for name in candidates[0]}
    held = examples.take(np.concatenate([hold for _, hold in splits]))
    raw = np.concatenate(
        [fit_scores(examples.take(fit), own).table(examples.holdings[hold]) for fit, hold in splits]
    )
    strength = _tune_facts(held, raw, examples.base(), seed) if chosen is None else float(chosen["fact_l2"])
    scale, B = _with_facts(held, raw, examples.base(), strength)
    return Fitted(assembled(name, examples, fit_scores(examples, own), scale, B), own | {"fact_l2": strength})


def latest_bias(logits: Callable[[Examples], Floats], examples: Examples, seed: int) -> Floats:
    """(P,) what to add to the logits so that they fit the last quarter of dated lines: popularity moves. 0 without dates."""
    splits = inner_splits(examples, seed)
    if examples.time is None or not splits:
        return np.zeros(examples.n_products)
    last = examples.take(splits[0][1])
    ones, anywhere = np.ones((len(last), 1)), np.ones(examples.n_products)
    _, bias = fit_softmax(last, ones, np.array([BIAS_PENALTY]), base=anywhere, offset=logits(last))
    return np.asarray(bias[0])


def temperature(raw: Floats, held: Examples) -> float:
    """The factor on logits that fits best where they were not fitted."""
    grid = np.linspace(0.5, 1.5, 41)
    return float(grid[np.argmin([mean_loss(factor * raw, held) for factor in grid])])


def assembled(name: str, examples: Examples, scores: Scores, scale: float, B: Floats) -> PropensityModel:
    """The serving form; rows of B: intercept, facts, counts."""
    space, k = examples.space, examples.space.encoder.size
    return PropensityModel(
        products=space.products,
        method=name,
        encoder=space.encoder,
        repeatable=space.repeatable,
        base=examples.base(),
        scores=scores,
        scale=scale,
        intercept=B[0].copy(),
        facts=B[1 : 1 + k].copy(),
        counts=B[1 + k :].copy(),
    )


def no_scores(examples: Examples) -> Linear:
    """Scores of a method that does not look at which products are held."""
    return Linear(np.zeros((examples.n_products, examples.n_products)))


def prior_only(examples: Examples) -> Floats:
    """B of a model that knows the shares of acquisitions and nothing else."""
    B = np.zeros((2 + examples.space.encoder.size + MOST_COUNTED, examples.n_products))
    B[0] = np.log(examples.base())
    return B


def _tuning_loss(
    examples: Examples,
    split: tuple[Any, Any],
    settings: dict[str, Any],
    fit_scores: Callable[[Examples, dict[str, Any]], Scores],
    seed: int,
) -> float:
    """The loss on held-out lines after temperature and bias only: a dozen numbers, too few to flatter."""
    fit, hold = (at_most(examples.take(rows), TUNING_LINES, seed) for rows in split)
    raw, ones = fit_scores(fit, settings).table(hold.holdings), np.ones((len(hold), 1))
    scale, bias = fit_softmax(hold, ones, np.array([INTERCEPT_PENALTY]), raw, base=fit.base())
    return mean_loss(scale * raw + bias, hold)


def _with_facts(
    held: Examples, raw: Floats, base: Floats, strength: float, tolerance: float = 1e-6
) -> tuple[float, Floats]:
    features = _features(held)
    penalty = np.r_[INTERCEPT_PENALTY, np.full(features.shape[1] - 1, strength)]
    return fit_softmax(held, features, penalty, raw, base=base, tolerance=tolerance)


def _features(held: Examples) -> Floats:
    return np.hstack([np.ones((len(held), 1)), held.facts, counts_of(held)])


def _tune_facts(held: Examples, raw: Floats, base: Floats, seed: int) -> float:
    """The ridge, chosen on lines that the terms were not fitted on: a later quarter, or a third of the customers."""
    splits = inner_splits(held, seed)
    if not splits:
        return FACT_PENALTIES[-1]
    fit, judge = (rows[:TUNING_LINES] for rows in splits[0])
    judged = held.take(judge)

    def loss(strength: float) -> float:
        scale, B = _with_facts(held.take(fit), raw[fit], base, strength, ROUGHLY)
        return mean_loss(scale * raw[judge] + _features(judged) @ B, judged)

    return min(FACT_PENALTIES, key=loss)
