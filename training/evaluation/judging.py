"""Judge every method on the same held-out acquisitions, and say which one serves and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from training.evaluation import metrics
from training.evaluation.bootstrap import Interval, paired
from training.fit.popularity_by_segment import NAME as FLOOR

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from models.features import Floats
    from training.fit.examples import Examples, Flags, Indices


@dataclass(frozen=True)
class Lines:
    """The held-out acquisitions: label, customer, event (n,), weight (n,), allowed (n, P)."""

    label: Indices
    allowed: Flags
    weight: Floats
    customer: Indices
    event: Indices

    @classmethod
    def of(cls, examples: Examples) -> Lines:
        """From examples, events numbered from 0."""
        event = np.unique(examples.event, return_inverse=True)[1].ravel()
        return cls(examples.label, examples.allowed, examples.weight, examples.customer, event)

    @classmethod
    def joined(cls, parts: Sequence[Lines]) -> Lines:
        """Folds put together; a customer has the same index in all of them."""
        offsets = np.cumsum([0] + [part.event.max() + 1 for part in parts])
        return cls(
            np.concatenate([part.label for part in parts]),
            np.concatenate([part.allowed for part in parts]),
            np.concatenate([part.weight for part in parts]),
            np.concatenate([part.customer for part in parts]),
            np.concatenate([part.event + offset for part, offset in zip(parts, offsets, strict=False)]),
        )

    def event_customers(self) -> Indices:
        """(events,) the customer of each event."""
        return self.customer[np.unique(self.event, return_index=True)[1]]


@dataclass(frozen=True)
class Row:
    """One line of the tournament. Gains are paired intervals against popularity by segment, above 0 when better.

    recall is the share of events with a product among the first 1 or 3; log_loss and calibration are None for raw scores.
    """

    method: str
    title: str
    recall_1: float
    recall_3: float
    map_7: float
    log_loss: float | None = None
    log_loss_gain: Interval | None = None
    recall_1_gain: Interval | None = None
    recall_3_gain: Interval | None = None
    calibration_slope: float | None = None
    ece: float | None = None

    @property
    def beats_popularity(self) -> bool:
        """Its log-loss is lower and it puts the product first, or among the first three, more often: intervals above 0.

        Both are asked for: on a large table a thousandth of log-loss is significant and sells nothing.
        """
        gains = (self.log_loss_gain, self.recall_1_gain, self.recall_3_gain)
        loss, first, three = (gain is not None and gain.above_zero for gain in gains)
        return loss and (first or three)


def judge(
    lines: Lines, probabilities: Mapping[str, Floats], titles: Mapping[str, str], seed: int
) -> tuple[Row, ...]:
    """A row a method; `probabilities` (method -> (n, P)) must hold popularity by segment. Best log-loss first."""
    floor = probabilities[FLOOR]
    rows = [_row(lines, name, titles[name], table, floor, seed) for name, table in probabilities.items()]
    return tuple(sorted(rows, key=lambda row: (row.log_loss, row.method)))


def ranking_row(lines: Lines, name: str, title: str, scores: Floats) -> Row:
    """A row for scores that are no probabilities."""
    rank = metrics.ranks(scores, lines.allowed, lines.label)
    one, three = (float(metrics.hits(rank, lines.event, k).mean()) for k in (1, 3))
    return Row(name, title, one, three, float(metrics.average_precision(rank, lines.event).mean()))


def random_row(lines: Lines) -> Row:
    """What drawing the order of what is allowed gives on average, taken per line."""
    size = lines.allowed.sum(axis=1)
    harmonic = np.array([(1.0 / np.arange(1, min(m, 7) + 1)).sum() / m for m in size])
    weight = lines.weight
    return Row(
        "random",
        "Random",
        float(np.average(1.0 / size, weights=weight)),
        float(np.average(np.minimum(1.0, 3.0 / size), weights=weight)),
        float(np.average(harmonic, weights=weight)),
        log_loss=float(np.average(np.log(size), weights=weight)),
    )


def cells(lines: Lines, probabilities: Floats) -> tuple[Floats, Floats]:
    """Every product that could be acquired as one cell: its probability and whether it happened."""
    happened = np.zeros(lines.allowed.shape)
    happened[np.arange(len(lines.label)), lines.label] = 1.0
    return probabilities[lines.allowed], happened[lines.allowed]


def _row(lines: Lines, name: str, title: str, table: Floats, floor: Floats, seed: int) -> Row:
    rank, floor_rank = (metrics.ranks(scores, lines.allowed, lines.label) for scores in (table, floor))
    loss, floor_loss = (metrics.log_losses(scores, lines.label) for scores in (table, floor))
    customers = lines.event_customers()
    ones = np.ones(len(customers))

    def gain(k: int) -> Interval:
        better = metrics.hits(rank, lines.event, k) - metrics.hits(floor_rank, lines.event, k)
        return paired(better, ones, customers, seed)

    probability, happened = cells(lines, table)
    plain = ranking_row(lines, name, title, table)
    return Row(
        name,
        title,
        plain.recall_1,
        plain.recall_3,
        plain.map_7,
        log_loss=float(np.average(loss, weights=lines.weight)),
        log_loss_gain=paired(floor_loss - loss, lines.weight, lines.customer, seed),
        recall_1_gain=gain(1),
        recall_3_gain=gain(3),
        calibration_slope=metrics.calibration_slope(probability, happened),
        ece=metrics.expected_calibration_error(metrics.calibration_bins(probability, happened)),
    )


def winner(rows: Sequence[Row]) -> str:
    """The lowest log-loss among those that beat popularity by segment; popularity by segment when none does."""
    better = [row for row in rows if row.beats_popularity]
    return min(better, key=lambda row: (row.log_loss, row.method)).method if better else FLOOR


def verdicts(rows: Sequence[Row]) -> tuple[str, ...]:
    """The outcome in words: who serves, what it is better by, or what the nearest one lacked."""
    by_name = {row.method: row for row in rows}
    best = by_name[winner(rows)]
    floor = by_name[FLOOR]
    if best.method != FLOOR:
        text = (
            f"{best.title} serves: log-loss {best.log_loss:.3f} against {floor.log_loss:.3f} of popularity by segment "
            f"({_words(best.log_loss_gain)} lower), the product first in {best.recall_1:.1%} against {floor.recall_1:.1%}."
        )
        return (text,)
    others = [
        row
        for row in rows
        if row.log_loss_gain is not None and row.method not in {FLOOR, "popularity", "recent"}
    ]
    nearest = min(others, key=lambda row: (row.log_loss, row.method), default=None)
    text = (
        "Nothing beats popularity here: popularity by segment serves. What customers hold does not tell which product "
        "they take next better than what others like them took."
    )
    said = [text]
    if nearest is not None:
        said.append(
            f"The nearest, {nearest.title}: log-loss lower by {_words(nearest.log_loss_gain)}, product first more often by "
            f"{_words(nearest.recall_1_gain)}, among the first three by {_words(nearest.recall_3_gain)}; a method serves only "
            "when log-loss and one of the other two exclude 0."
        )
    return tuple(said)


def _words(gain: Interval | None) -> str:
    return "nothing" if gain is None else f"{gain.mean:.4f} [{gain.low:.4f}, {gain.high:.4f}]"
