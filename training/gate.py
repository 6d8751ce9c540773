"""Whether a new bundle may become the champion: not significantly worse than popularity by segment, nor than the one in service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from training.evaluation import metrics
from training.evaluation.bootstrap import paired
from training.evaluation.tournament import judged_part
from training.fit.acquisitions import PropensityData, acquisitions
from training.fit.examples import one_a_customer
from training.fit.popularity_by_segment import NAME as FLOOR

if TYPE_CHECKING:
    from models.bundle import Bundle
    from models.propensity import PropensityModel
    from training.evaluation.bootstrap import Interval
    from training.evaluation.judging import Row
    from training.fit.acquisitions import Acquisitions


@dataclass(frozen=True)
class Gate:
    """`passes`, and why or why not in sentences."""

    passes: bool
    sentences: tuple[str, ...]


def judge_bundle(
    bundle: Bundle,
    rows: tuple[Row, ...],
    champion: Bundle | None,
    data: PropensityData,
    seed: int,
) -> Gate:
    """`rows` are those of the tournament that made `bundle`; `data` and `seed` give the acquisitions it was judged on."""
    checks = [_against_popularity(bundle, rows)]
    if champion is not None:
        checks += [_against_champion(bundle, champion, data, seed), _keeps_churn(bundle, champion)]
    return Gate(all(passes for passes, _ in checks), tuple(sentence for _, sentence in checks if sentence))


def _against_popularity(bundle: Bundle, rows: tuple[Row, ...]) -> tuple[bool, str]:
    served = next((row for row in rows if row.method == bundle.winner.method), None)
    if bundle.winner.method == FLOOR:
        return True, "Gate: popularity by segment itself serves."
    if served is None or served.log_loss_gain is None:
        return True, "Gate: too few acquisitions to compare with popularity by segment."
    gain = served.log_loss_gain
    if gain.high < 0.0:
        return False, f"Gate: {served.title} is worse than popularity by segment: log-loss {_words(gain)}."
    return True, f"Gate: {served.title} is not worse than popularity by segment: log-loss {_words(gain)}."


def _against_champion(bundle: Bundle, champion: Bundle, data: PropensityData, seed: int) -> tuple[bool, str]:
    """The two as they would serve, on the acquisitions the tournament judged on.

    Both have been fitted on what was known when they were made: the new one on all of these acquisitions, the champion on those
    of its time. What overfits has lost the tournament already, which judges what was fitted without them.
    """
    if bundle.version == champion.version:
        return True, "Gate: the champion is this very bundle."
    if set(bundle.products) != set(champion.products):
        return True, "Gate: the champion knows other products, so the two cannot be compared."
    lines = acquisitions(data, seed)
    held = lines.take(judged_part(lines, seed, data.valid_from))
    if not len(held):
        return True, "Gate: no acquisition is held out, so the two cannot be compared."
    gain = _gain(bundle, champion, held, seed)
    if gain.high < 0.0:
        return (
            False,
            f"Gate: worse than the champion on {len(held)} held-out acquisitions: log-loss {_words(gain)}.",
        )
    return (
        True,
        f"Gate: not worse than the champion on {len(held)} held-out acquisitions: log-loss {_words(gain)}.",
    )


def _gain(bundle: Bundle, champion: Bundle, held: Acquisitions, seed: int) -> Interval:
    """How much lower the log-loss of the new one is, paired by acquisition."""
    losses = []
    for model in (bundle.winner, champion.winner):
        examples = held.encoded(model.encoder)
        if examples.time is None:
            examples = one_a_customer(examples, seed)
        order = [model.products.index(product) for product in held.products]
        table = _ordered(model, examples.holdings, examples.facts, order)
        losses.append(metrics.log_losses(table, examples.label))
    return paired(losses[1] - losses[0], examples.weight, examples.customer, seed)


def _ordered(model: PropensityModel, holdings: np.ndarray, facts: np.ndarray, order: list[int]) -> np.ndarray:
    """Probabilities in the order of the data's products, whatever the model's own order is."""
    own = np.empty_like(holdings)
    own[:, order] = holdings
    return model.which_table(own, facts)[:, order]


def _keeps_churn(bundle: Bundle, champion: Bundle) -> tuple[bool, str]:
    if champion.churn is not None and bundle.churn is None:
        return (
            False,
            "Gate: the champion knows churn and this bundle does not; give `customers` a column 'churned'.",
        )
    return True, ""


def _words(gain: Interval) -> str:
    return f"lower by {gain.mean:.4f} [{gain.low:.4f}, {gain.high:.4f}]"
