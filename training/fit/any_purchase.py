"""Whether a customer acquires anything within 90 days when nobody proposes it: a logistic regression on snapshots."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix

from models.any_purchase import MOST_COUNTED, AnyPurchase, count_of
from models.recency import SINCE_LAST
from training.evaluation.binary import calibration_slope, ece, log_loss
from training.fit.acquisitions import facts_at, recency_column
from training.fit.binary import Binary
from training.fit.ledger import FAR_AHEAD, LONG_AGO

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from models.features import Encoder, Floats
    from training.fit.acquisitions import PropensityData
    from training.fit.examples import Flags, Indices

HORIZON = 90.0
"""Days."""

MOST_SNAPSHOTS = 8
MOST_LINES = 40_000
STILL_A_CUSTOMER = 62.0
"""Days since the month of the latest facts within which someone without holdings counts as a customer."""

STRENGTHS = (3.0, 30.0, 300.0)
INTERCEPT = 0.01
"""The penalty of the intercept."""


@dataclass(frozen=True)
class Snapshots:
    """One line per customer and moment: holdings (n, P), encoded facts (n, k), bought (n,) 0/1, moment (n,) in days."""

    holdings: Floats
    facts: Floats
    bought: Floats
    moment: Floats

    def take(self, rows: Indices | Flags) -> Snapshots:
        """Some of the lines."""
        return Snapshots(self.holdings[rows], self.facts[rows], self.bought[rows], self.moment[rows])

    @cached_property
    def design(self) -> Floats:
        """Ones, facts, number of holdings, holdings."""
        counts = np.eye(MOST_COUNTED + 1)[count_of(self.holdings)]
        return np.hstack([np.ones((len(self.bought), 1)), self.facts, counts, self.holdings])


@dataclass(frozen=True)
class Chance:
    """The model, and its measures on the moment that was held out: rows, rate, log-loss, that of the bare rate, ECE, slope."""

    model: AnyPurchase
    metrics: Mapping[str, float]


def fit(data: PropensityData, encoder: Encoder, seed: int) -> Chance | None:
    """Tune, judge on moments that neither tuning nor weights have seen, then fit on all.

    None without dates, or when fewer than 180 days of them are there to look back and ahead in.
    """
    lines = snapshots(data, encoder, seed) if data.dated else None
    if lines is None or not len(lines.bought):
        return None
    known, judged = _held_out(lines, seed)
    settings = _choose(known, seed)
    metrics = _measures(_model(known, settings, encoder.size), known, judged)
    return Chance(_model(lines, settings, encoder.size), metrics)


def sentences(chance: Chance | None) -> tuple[str, ...]:
    """How it was judged, in words."""
    if chance is None:
        return ("No chance of any purchase within 90 days: that takes at least 180 days of dated holdings.",)
    if not chance.metrics:
        return ("Any purchase within 90 days: nothing was held out, so it is not judged.",)
    found = chance.metrics
    slope = found.get("calibration_slope")
    line = "" if slope is None else f", slope {slope:.2f}"
    judged = f"{found['rate']:.1%} of {found['rows']:,.0f} held-out customers bought"
    losses = f"log-loss {found['log_loss']:.4f} (the bare rate {found['log_loss_of_the_rate']:.4f})"
    return (f"Any purchase within 90 days: {judged}; {losses}, calibration error {found['ece']:.4f}{line}.",)


def _choose(lines: Snapshots, seed: int) -> tuple[float, float] | None:
    """(strength, temperature) that do best on a later moment; None when there is nothing to learn from."""
    if not len(lines.bought):
        return None
    train, held = _held_out(lines, seed)
    if not (0.0 < train.bought.sum() < len(train.bought) and len(held.bought)):
        return None
    design = held.design
    trials = [(one, design @ theta) for one, theta in zip(STRENGTHS, _weights(train, STRENGTHS), strict=True)]
    _, strength, factor = min(
        (_loss(factor * logit, held.bought), strength, float(factor))
        for strength, logit in trials
        for factor in np.linspace(0.5, 1.5, 21)
    )
    return strength, factor


def _model(lines: Snapshots, settings: tuple[float, float] | None, k: int) -> AnyPurchase:
    """The model of these lines; without settings, the same chance for everyone."""
    design = lines.design
    if settings is None:
        return _split(np.r_[_smoothed_logit(lines.bought), np.zeros(design.shape[1] - 1)], k, lines)
    strength, factor = settings
    (weights,) = _weights(lines, [strength])
    middle = float(np.average(design @ weights))
    weights = weights * factor
    weights[0] += (1.0 - factor) * middle  # the temperature turns around the average customer
    weights[0] += _latest_level(lines, design @ weights)
    return _split(weights, k, lines)


def _latest_level(lines: Snapshots, logit: Floats) -> float:
    """What to add to the logits so that they fit the latest moment on average: the rate of buying moves. 0 where nobody bought, or everyone."""
    last = lines.moment == lines.moment.max()
    rate, logit = float(lines.bought[last].mean()), logit[last]
    if not 0.0 < rate < 1.0:
        return 0.0
    low, high = -30.0, 30.0
    while high - low > 1e-9:
        middle = 0.5 * (low + high)
        chance = float((0.5 + 0.5 * np.tanh(0.5 * (logit + middle))).mean())
        low, high = (middle, high) if chance < rate else (low, middle)
    return low


def _measures(model: AnyPurchase, known: Snapshots, judged: Snapshots) -> dict[str, float]:
    """Held-out lines against the rate that was known before them; no slope where all bought, or nobody."""
    if not (len(known.bought) and len(judged.bought)):
        return {}
    chances = model.table(judged.holdings, judged.facts)
    rate = float(judged.bought.mean())
    bare = np.full(len(judged.bought), 1.0 / (1.0 + np.exp(-_smoothed_logit(known.bought))))
    found = {
        "rows": float(len(judged.bought)),
        "rate": rate,
        "log_loss": log_loss(judged.bought, chances),
        "log_loss_of_the_rate": log_loss(judged.bought, bare),
        "ece": ece(judged.bought, chances),
    }
    return found | (
        {"calibration_slope": calibration_slope(judged.bought, chances)} if 0.0 < rate < 1.0 else {}
    )


def snapshots(data: PropensityData, encoder: Encoder, seed: int) -> Snapshots:
    """Customers at moments 90 days apart, the last one 90 days before the end of the data; at most MOST_LINES of them."""
    customer, moment = _population(data)
    bought, prompted = _bought(data, customer, moment)
    keep = np.flatnonzero(
        bought | ~prompted
    )  # who took only what was offered says nothing about taking unasked
    if len(keep) > MOST_LINES:
        keep = np.sort(np.random.default_rng(seed).choice(keep, MOST_LINES, replace=False))
    customer, moment = customer[keep], moment[keep]
    columns = facts_at(data, customer, moment)
    columns[SINCE_LAST] = recency_column(data, customer, moment)
    holdings = data.ledger.before(customer, moment)
    return Snapshots(holdings, encoder.encode_table(columns), bought[keep].astype(np.float64), moment)


def _population(data: PropensityData) -> tuple[Indices, Floats]:
    start, end = data.ledger.start, data.ledger.end
    seen = np.r_[start[start > LONG_AGO], end[end < FAR_AHEAD]]
    if data.panel is not None:
        seen = np.r_[seen, data.panel.month]
    moments = [seen.max() - HORIZON * k for k in range(1, MOST_SNAPSHOTS + 1)]
    moments = [moment for moment in moments if moment - HORIZON >= seen.min()]
    people = np.arange(len(data.people))
    chosen = [people[_is_customer(data, people, np.full(len(people), moment))] for moment in moments]
    customer = np.concatenate([*chosen, np.zeros(0, dtype=np.intp)])
    return customer, np.repeat(np.array(moments, dtype=np.float64), [len(some) for some in chosen])


def _is_customer(data: PropensityData, people: Indices, moment: Floats) -> Flags:
    holds = np.asarray(data.ledger.before(people, moment).sum(axis=1) > 0.0)
    if data.panel is None:
        return holds
    row = data.panel.rows(people, moment)
    recent = (row >= 0) & (moment - data.panel.month[row] <= STILL_A_CUSTOMER)
    return np.asarray(np.logical_or(holds, recent))


def _bought(data: PropensityData, customer: Indices, moment: Floats) -> tuple[Flags, Flags]:
    """Whether an unprompted, and whether a prompted acquisition lies within 90 days after each moment."""
    unprompted = data.lines["unprompted"].to_numpy().astype(bool)
    return _any_start(data, unprompted, customer, moment), _any_start(data, ~unprompted, customer, moment)


def _any_start(data: PropensityData, kind: Flags, customer: Indices, moment: Floats) -> Flags:
    who, when = data.ledger.customer[kind], data.ledger.start[kind]
    wide = 4.0 * FAR_AHEAD  # keeps customers apart on one axis of customer and day
    key = np.sort(who * wide + when)
    low, high = customer * wide + moment, customer * wide + moment + HORIZON
    return np.asarray(np.searchsorted(key, high) > np.searchsorted(key, low))


def _held_out(lines: Snapshots, seed: int) -> tuple[Snapshots, Snapshots]:
    """The last moment is held out; with one moment only, a third of the customers."""
    last = lines.moment == lines.moment.max()
    if last.all():
        last = np.random.default_rng(seed).random(len(last)) < 1.0 / 3.0
    return lines.take(~last), lines.take(last)


def _weights(lines: Snapshots, strengths: Sequence[float]) -> list[Floats]:
    """The weights of each strength, each found from those before."""
    problem = Binary(csr_matrix(lines.design), lines.bought, np.ones(len(lines.bought)))
    gram = problem.gram()
    found: list[Floats] = []
    for strength in strengths:
        penalty = np.r_[INTERCEPT, np.full(len(gram) - 1, strength)]
        found.append(problem.fit(penalty, problem.within(gram, penalty), found[-1] if found else None))
    return found


def _loss(logit: Floats, bought: Floats) -> float:
    return float(np.mean(np.logaddexp(0.0, logit) - bought * logit))


def _smoothed_logit(bought: Floats) -> float:
    yes = bought.sum() + 0.5
    return float(np.log(yes / (len(bought) + 1.0 - yes)))


def _split(weights: Floats, k: int, lines: Snapshots) -> AnyPurchase:
    counts = 1 + k + MOST_COUNTED + 1
    parts = weights[counts:].copy(), weights[1 : 1 + k].copy(), weights[1 + k : counts].copy()
    chances = 0.5 + 0.5 * np.tanh(0.5 * (lines.design @ weights))
    return AnyPurchase(float(weights[0]), *parts, typical=float(chances.mean()))
