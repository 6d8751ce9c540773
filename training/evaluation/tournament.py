"""The tournament of propensity methods: split, fit all, judge all on the same acquisitions, refit the one that serves."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

from models.recency import SINCE_LAST
from training.evaluation import judging, metrics
from training.evaluation.judging import Lines, Row
from training.fit import als, any_purchase, popularity
from training.fit.acquisitions import Acquisitions, PropensityData, acquisitions
from training.fit.calibration import TUNING_LINES
from training.fit.drift import aged, best_half_life
from training.fit.examples import at_most, inner_splits, one_a_customer
from training.fit.lasting import lasting_facts
from training.fit.method import methods
from training.fit.multinomial import design
from training.fit.popularity_by_segment import NAME as FLOOR
from training.fit.softmax import INTERCEPT_PENALTY, ROUGHLY, fit_softmax, losses

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from models.features import Floats
    from models.propensity import PropensityModel
    from training.evaluation.metrics import Bin
    from training.fit.examples import Examples, Flags
    from training.fit.method import Fitted

JUDGED_SHARE = 0.2
"""The last fifth by time, or, without dates, of the customers, is held out to judge on."""

FEWEST = 20
"""Fewer held-out acquisitions than this judge nothing."""

RECENT_DAYS = 90.0
FITTED_LINES = 100_000
"""More acquisitions than these are sampled for fitting: the weights of some fifty products do not get better from more."""

IMPLICIT = "als"


@dataclass(frozen=True)
class TournamentResult:
    """The models to publish and how they were judged.

    winner and implicit (the calibrated `implicit` ALS) are refitted on all acquisitions; rows, bins and settings come from
    the split that judged. `bins` are the calibration of the winner; `how` says how lines were made and split. `any_purchase` are the
    measures of P(any acquisition within 90 days); `until` is the day (since 1970) of the latest acquisition fitted on, None without dates.
    """

    winner: PropensityModel
    implicit: PropensityModel
    rows: tuple[Row, ...]
    verdicts: tuple[str, ...]
    settings: dict[str, dict[str, Any]]
    bins: tuple[Bin, ...]
    how: str
    any_purchase: Mapping[str, float] = field(default_factory=dict)
    until: float | None = None


def silent(text: str) -> None:
    """Progress to nobody."""
    del text


def run_tournament(
    dataset: PropensityData,
    seed: int,
    method: str | None = None,
    progress: Callable[[str], None] = silent,
) -> TournamentResult:
    """Fit, judge and refit. `method` serves in place of the winner.

    Same data and seed give the same result bit for bit. Raises ValueError for a method that does not exist.
    """
    if method is not None and method not in methods():
        raise ValueError(f"propensity: no method {method!r}; there are {', '.join(methods())}")
    with threadpool_limits(1, "blas"):
        return _run(dataset, seed, method, progress)


def _run(
    dataset: PropensityData,
    seed: int,
    method: str | None,
    progress: Callable[[str], None],
) -> TournamentResult:
    dataset = with_earlier_facts(dataset, seed, judged=True)
    lines = acquisitions(dataset, seed)
    held = judged_part(lines, seed, dataset.valid_from)
    lines = _facts_that_help(lines, ~held, seed)
    rows, words, settings, bins = _judged(lines, held, seed, progress)
    serves = method or (judging.winner(rows) if rows else FLOOR)
    if method is not None:
        words = (*words, f"{methods()[method].title} serves because it was asked for.")
    progress(f"refitting {serves} and {IMPLICIT} on all {len(lines)} acquisitions")
    examples = lines.encoded(lines.encoder())
    purchase = any_purchase.fit(dataset, examples.space.encoder, seed)
    final = {
        name: replace(
            refit(examples, name, settings.get(name, {}), seed),
            any_purchase=None if purchase is None else purchase.model,
        )
        for name in sorted({serves, IMPLICIT})
    }
    return TournamentResult(
        winner=final[serves],
        implicit=final[IMPLICIT],
        rows=rows,
        verdicts=(*words, *any_purchase.sentences(purchase)),
        settings=settings,
        bins=bins,
        how=_how(lines, held),
        any_purchase={} if purchase is None else purchase.metrics,
        until=None if lines.time is None or not len(lines) else float(lines.time.max()),
    )


def fit_only(dataset: PropensityData, seed: int, method: str) -> TournamentResult:
    """One method, fitted on all acquisitions and held against nothing: what a simulation that learns again and again can afford. It stands for ALS too.

    Raises ValueError for a method that does not exist.
    """
    if method not in methods():
        raise ValueError(f"propensity: no method {method!r}; there are {', '.join(methods())}")
    with threadpool_limits(1, "blas"):
        dataset = with_earlier_facts(dataset, seed, judged=False)
        lines = acquisitions(dataset, seed)
        lines = _facts_that_help(lines, np.ones(len(lines), dtype=bool), seed)
        examples = lines.encoded(lines.encoder())
        purchase = any_purchase.fit(dataset, examples.space.encoder, seed)
        model = replace(
            refit(examples, method, {}, seed), any_purchase=None if purchase is None else purchase.model
        )
    how = f"{methods()[method].title} on {len(lines)} acquisitions, not judged"
    return TournamentResult(model, model, (), (f"{how}.",), {}, (), how)


def refit(examples: Examples, method: str, settings: Mapping[str, Any], seed: int) -> PropensityModel:
    """A method on other examples with the settings it was judged with; with none, they are chosen anew."""
    some = at_most(examples, FITTED_LINES, seed)
    half_life = settings["half_life"] if settings else best_half_life(some, seed)
    own = {name: value for name, value in settings.items() if name != "half_life"}
    return methods()[method].fit(aged(some, half_life), seed, own or None).model


def judged_part(lines: Acquisitions, seed: int, valid_from: datetime | None = None) -> Flags:
    """Which lines are held out: those from `valid_from` on, or the last ones by time, or those of some customers, (n,)."""
    if not len(lines):
        return np.zeros(0, dtype=bool)
    if lines.time is not None:
        if valid_from is not None:
            return np.asarray(lines.time >= valid_from.timestamp() / 86_400.0)
        return np.asarray(lines.time >= np.quantile(lines.time, 1.0 - JUDGED_SHARE))
    people, index = np.unique(lines.customer, return_inverse=True)
    chosen = np.random.default_rng(seed).permutation(len(people)) < JUDGED_SHARE * len(people)
    return np.asarray(chosen[index])


def fit_all(train: Examples, seed: int, progress: Callable[[str], None]) -> dict[str, Fitted]:
    """Every method on the same lines."""
    fitted = {}
    for name, one in methods().items():
        progress(f"fitting {one.title}")
        fitted[name] = one.fit(train, seed)
    return fitted


def baselines(train: Examples, held: Examples, seed: int) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """What is printed beside the methods: probabilities of 'recent' where there are dates; raw scores of default ALS."""
    probabilities = {}
    if train.time is not None:
        recent = popularity.fit(train.take(train.time >= train.time.max() - RECENT_DAYS), seed).model
        probabilities["recent"] = recent.which_table(held.holdings, held.facts)
    return probabilities, {"als_default": als.default_scores(train.final_holdings(), held.holdings, seed)}


def judge_all(
    lines: Lines,
    probabilities: Mapping[str, Floats],
    raw: Mapping[str, Floats],
    seed: int,
) -> tuple[Row, ...]:
    """The rows of methods and baselines."""
    titles = {name: one.title for name, one in methods().items()} | TITLES
    rows = judging.judge(lines, probabilities, titles, seed)
    raw_rows = (judging.ranking_row(lines, name, titles[name], scores) for name, scores in raw.items())
    return (*rows, *raw_rows, judging.random_row(lines))


TITLES = {"recent": "Recently acquired by others", "als_default": "implicit ALS with its defaults, raw"}


def _judged(
    lines: Acquisitions, held: Flags, seed: int, progress: Callable[[str], None]
) -> tuple[tuple[Row, ...], tuple[str, ...], dict[str, dict[str, Any]], tuple[Bin, ...]]:
    train_lines, held_lines = lines.take(~held), lines.take(held)
    if min(len(train_lines), len(held_lines)) < FEWEST:
        few = f"Too few acquisitions to judge a method by ({len(lines)}): popularity serves."
        return (), (few,), {}, ()
    encoder = train_lines.encoder()
    train, judged = train_lines.encoded(encoder), held_lines.encoded(encoder)
    if judged.time is None:
        judged = one_a_customer(judged, seed)
    train = at_most(train, FITTED_LINES, seed)
    half_life = best_half_life(train, seed)
    fitted = fit_all(aged(train, half_life), seed, progress)
    progress(f"judging on {len(judged)} acquisitions")
    extra, raw = baselines(train, judged, seed)
    tables = {name: one.model.which_table(judged.holdings, judged.facts) for name, one in fitted.items()}
    tested = Lines.of(judged)
    rows = judge_all(tested, tables | extra, raw, seed)
    settings = {name: one.settings | {"half_life": half_life} for name, one in fitted.items()}
    bins = metrics.calibration_bins(*judging.cells(tested, tables[judging.winner(rows)]))
    return rows, judging.verdicts(rows), settings, bins


def with_earlier_facts(data: PropensityData, seed: int, *, judged: bool) -> PropensityData:
    """The data with lasting facts stretched back to older purchases, where that predicts later ones better by more than two standard errors.

    What a purchase itself changed in a fact would mislead; that shows in purchases whose facts were known before, and by them it is judged.
    What methods are `judged` on afterwards is not looked at.
    """
    lasting = () if data.panel is None or not data.dated else lasting_facts(data.panel, data.kinds)
    if not lasting:
        return data
    stretched = replace(data, lasting=lasting, kinds={fact: data.kinds[fact] for fact in lasting})
    sets = [acquisitions(one, seed) for one in (data, stretched)]
    if judged:
        sets = [lines.take(~judged_part(lines, seed, data.valid_from)) for lines in sets]
    losses_of = [_losses_of_last(lines, data, seed) for lines in sets]
    if losses_of[0] is None or losses_of[1] is None or len(losses_of[0]) != len(losses_of[1]):
        return data
    gain = losses_of[0] - losses_of[1]
    return stretched if gain.mean() > 2.0 * gain.std() / np.sqrt(len(gain)) else data


def _losses_of_last(lines: Acquisitions, data: PropensityData, seed: int) -> Floats | None:
    """Losses on the last fifth of the acquisitions whose facts were known before; None when those are too few."""
    if data.panel is None or lines.time is None:
        return None
    known = data.panel.rows(lines.customer, lines.time) >= 0
    if JUDGED_SHARE * known.sum() < FEWEST:
        return None
    cut = float(np.quantile(lines.time[known], 1.0 - JUDGED_SHARE))
    before = lines.take(lines.time < cut)
    if len(before) < FEWEST:
        return None
    encoder = before.encoder()
    fit = at_most(before.encoded(encoder), TUNING_LINES, seed)
    return _rough_losses(fit, lines.take(known & (lines.time >= cut)).encoded(encoder))


def _rough_losses(fit: Examples, hold: Examples) -> Floats:
    """The loss of each held line under a multinomial quickly fitted on the others, times its weight."""
    features = design(fit)
    penalty = np.r_[INTERCEPT_PENALTY, np.full(features.shape[1] - 1, 10.0)]
    _, B = fit_softmax(fit, features, penalty, tolerance=ROUGHLY)
    return np.asarray(hold.weight * losses(design(hold) @ B, hold))


def _facts_that_help(lines: Acquisitions, train: Flags, seed: int) -> Acquisitions:
    """Time since the last acquisition stays a fact only where it helps by more than two standard errors inside training.

    A caller then has to supply it, and one that cannot should not pay for a fact that says little.
    """
    if lines.time is None:
        return lines
    mean, error = _gain_of_recency(lines.take(train), seed)
    return lines if mean > 2.0 * error else lines.without(SINCE_LAST)


def _gain_of_recency(lines: Acquisitions, seed: int) -> tuple[float, float]:
    tables = []
    for some in (lines.without(SINCE_LAST), lines):
        examples = at_most(some.encoded(some.encoder()), TUNING_LINES, seed)
        splits = inner_splits(examples, seed)
        if not splits:
            return 0.0, 0.0
        tables.append(_rough_losses(examples.take(splits[0][0]), examples.take(splits[0][1])))
    gain = tables[0] - tables[1]
    return float(gain.mean()), float(gain.std() / np.sqrt(len(gain)))


def _how(lines: Acquisitions, held: Flags) -> str:
    if lines.time is None:
        return f"no dates: each holding hidden in turn, {int(held.sum())} of {len(lines)} lines held out by customer, one a customer judged"
    return f"acquisitions after a date: {len(lines)}, the last {int(held.sum())} by time judged"
