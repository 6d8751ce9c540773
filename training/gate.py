"""Whether a new bundle may become the champion: not significantly worse than popularity by segment, nor than the one in service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from models.recency import SINCE_LAST
from training.evaluation import metrics
from training.evaluation.bootstrap import paired
from training.evaluation.tournament import FEWEST, judged_part, refit
from training.fit.acquisitions import acquisitions
from training.fit.examples import one_a_customer
from training.fit.popularity_by_segment import NAME as FLOOR
from training.scoreboard import UNTIL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from models.bundle import Bundle
    from models.features import Floats
    from models.propensity import PropensityModel
    from training.evaluation.bootstrap import Interval
    from training.evaluation.judging import Row
    from training.fit.acquisitions import Acquisitions, PropensityData


@dataclass(frozen=True)
class Gate:
    """`passes`, and why or why not in sentences."""

    passes: bool
    sentences: tuple[str, ...]

    def and_(self, passes: bool, sentence: str) -> Gate:
        """One thing more that it must not fail."""
        return Gate(self.passes and passes, (*self.sentences, sentence))


def judge_bundle(
    bundle: Bundle,
    rows: tuple[Row, ...],
    champion: Bundle | None,
    data: PropensityData,
    seed: int,
    settings: Mapping[str, Any] | None = None,
) -> Gate:
    """`rows` are those of the tournament that made `bundle`, `settings` those of the method it serves; `data` and `seed` give the acquisitions.

    Without a champion nothing has to be shown but that it is not worse than popularity. A champion is replaced only on evidence.
    """
    checks = [_against_popularity(bundle, rows, champion)]
    if champion is not None:
        checks += [
            _against_champion(bundle, champion, data, seed, settings or {}),
            _keeps_churn(bundle, champion),
        ]
    return Gate(all(passes for passes, _ in checks), tuple(sentence for _, sentence in checks if sentence))


def _against_popularity(bundle: Bundle, rows: tuple[Row, ...], champion: Bundle | None) -> tuple[bool, str]:
    served = next((row for row in rows if row.method == bundle.winner.method), None)
    if bundle.winner.method == FLOOR:
        return True, "Gate: popularity by segment itself serves."
    if served is None or served.log_loss_gain is None:
        few = "Gate: too few acquisitions to compare with popularity by segment"
        return champion is None, f"{few}." if champion is None else f"{few}; the champion stays."
    gain = served.log_loss_gain
    if gain.high < 0.0:
        return False, f"Gate: {served.title} is worse than popularity by segment: log-loss {_words(gain)}."
    return True, f"Gate: {served.title} is not worse than popularity by segment: log-loss {_words(gain)}."


def _against_champion(
    bundle: Bundle, champion: Bundle, data: PropensityData, seed: int, settings: Mapping[str, Any]
) -> tuple[bool, str]:
    """What is new since the champion was fitted has been seen by neither once the new one is fitted on what came before, as it was.

    Where no day says what is new, or too little is, both are taken as they would serve, on what the tournament held out.
    """
    if bundle.version == champion.version:
        return True, "Gate: the champion is this very bundle."
    shared = [
        product
        for product in data.products
        if product in bundle.winner.products and product in champion.winner.products
    ]
    lines = _of_products(acquisitions(data, seed), shared)
    until = champion.metrics.get(UNTIL)
    model, how = bundle.winner, "held-out acquisitions, both as they would serve"
    held = lines.take(judged_part(lines, seed, data.valid_from))
    if lines.time is not None and until is not None:
        new = np.asarray(lines.time > until)
        if new.sum() >= FEWEST and len(lines) - new.sum() >= FEWEST:
            model = _as_of(acquisitions(data, seed), until, model, settings, seed)
            held, how = lines.take(new), "acquisitions that neither has seen"
    if len(held) < FEWEST:
        return False, (
            f"Gate: {len(held)} held-out acquisitions of {len(shared)} products both know, {FEWEST} are needed to compare; the champion stays. "
            "Move the alias in MLflow by hand if you know better."
        )
    gain = _gain(model, champion.winner, held, shared, seed)
    word = "worse" if gain.high < 0.0 else "not worse"
    return gain.high >= 0.0, (
        f"Gate: {word} than the champion on {len(held)} {how}{_among(shared, bundle, champion)}: log-loss {_words(gain)}."
    )


def _of_products(lines: Acquisitions, products: Sequence[str]) -> Acquisitions:
    """The acquisitions of these products."""
    known = np.array([product in set(products) for product in lines.products], dtype=bool)
    return lines.take(np.flatnonzero(known[lines.label]))


def _among(shared: Sequence[str], bundle: Bundle, champion: Bundle) -> str:
    every = len(set(bundle.products) | set(champion.products))
    return "" if len(shared) == every else f", among the {len(shared)} products both know of {every}"


def _as_of(
    lines: Acquisitions, until: float, served: PropensityModel, settings: Mapping[str, Any], seed: int
) -> PropensityModel:
    """The method that is to serve, with the facts it uses, fitted on what was known by that day."""
    assert lines.time is not None  # noqa: S101  the caller has looked
    before = lines.take(np.asarray(lines.time <= until))
    if SINCE_LAST not in served.encoder.spans():
        before = before.without(SINCE_LAST)
    return refit(before.encoded(before.encoder()), served.method, settings, seed)


def _gain(
    model: PropensityModel, champion: PropensityModel, held: Acquisitions, shared: Sequence[str], seed: int
) -> Interval:
    """How much lower the log-loss of the new one is, paired by acquisition; both spread their chances over the shared products."""
    place = np.full(len(held.products), -1, dtype=np.intp)
    place[[held.products.index(product) for product in shared]] = np.arange(len(shared))
    losses = []
    for one in (model, champion):
        examples = held.encoded(one.encoder)
        if examples.time is None:
            examples = one_a_customer(examples, seed)
        table = _table(one, held.products, examples.holdings, examples.facts, shared)
        losses.append(metrics.log_losses(table, place[examples.label]))
    return paired(losses[1] - losses[0], examples.weight, examples.customer, seed)


def _table(
    model: PropensityModel, products: Sequence[str], holdings: Floats, facts: Floats, shared: Sequence[str]
) -> Floats:
    """(n, shared) probabilities that add up to 1, whatever products the model knows, and in what order."""
    own = np.zeros((len(holdings), len(model.products)))
    for column, product in enumerate(model.products):
        if product in products:
            own[:, column] = holdings[:, products.index(product)]
    table = model.which_table(own, facts)[:, [model.products.index(product) for product in shared]]
    return np.asarray(table / np.maximum(table.sum(axis=1, keepdims=True), metrics.SMALLEST))


def _keeps_churn(bundle: Bundle, champion: Bundle) -> tuple[bool, str]:
    if champion.churn is not None and bundle.churn is None:
        return (
            False,
            "Gate: the champion knows churn and this bundle does not; give `customers` a column 'churned'.",
        )
    return True, ""


def _words(gain: Interval) -> str:
    return f"lower by {gain.mean:.4f} [{gain.low:.4f}, {gain.high:.4f}]"
