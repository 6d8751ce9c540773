"""Offers drawn at random as an instrument: who was offered a product by chance, against who was offered another one by chance.

What a decision logs with a probability below 1 was drawn. Being offered the product moves who holds it, and reaches leaving through that alone: all
compared were offered something. Both differences are adjusted for what the draw depended on, and divided (Wald):

    late = (r1 - r0) / (d1 - d0),      ratio = 1 + late / r0

r leavers a month, d share that holds it a month later, 1 offered it, 0 offered another. Weak where the offer moves few: F = (d1 - d0)^2 / variance.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from models.evidence import Check, Ratio
from training.fit.aipw import clustered, pieces_of
from training.fit.trial import Trial, after

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from models.features import Floats
    from training.fit.aipw import Pieces
    from training.fit.customer_panel import Panel

    Flags = npt.NDArray[np.bool_]
    Ints = npt.NDArray[np.int64]

STRONG = 10.0
"""The F of the first stage below which an instrument is weak (Staiger and Stock 1997)."""
OFFERED_NEEDED = 80
LEAST = 0.005
"""What was drawn less likely would stand for more than two hundred others."""
Z = 1.959963984540054


@dataclass(frozen=True)
class Offers:
    """k offers drawn at random: their rows in the panel, the products each sells (k, P), and one over the probability it was drawn with.

    Weighted so, every offer that could have been made was as likely as the other: what the policy preferred is undone.
    """

    row: Ints
    sells: Flags
    weight: Floats


@dataclass(frozen=True)
class Instrument:
    """What the draw says of the product: ln(hazard ratio) with its error, and how strongly the offer moves who holds it."""

    log_ratio: float
    error: float
    strength: float

    @property
    def ratio(self) -> Ratio:
        """The hazard ratio with its 95 % interval."""
        ends = self.log_ratio + Z * self.error * np.array([0.0, -1.0, 1.0])
        return Ratio(*np.exp(ends).tolist())


def offers_of(panel: Panel, drawn: pl.DataFrame | None, sells: Mapping[str, Sequence[str]]) -> Offers:
    """The offers of `drawn` (customer_id, day, action_id, probability) in the panel; one for a customer and month, the first.

    `sells`: action -> products. What was sure to be proposed, and what sells nothing, is no experiment.
    """
    place = {name: number for number, name in enumerate(panel.products)}
    none = Offers(np.zeros(0, dtype=np.int64), np.zeros((0, len(place)), dtype=bool), np.zeros(0))
    if drawn is None:
        return none
    chance = drawn.filter(
        pl.col("probability").is_between(LEAST, 1.0, closed="left"),
        pl.col("action_id").is_in([a for a in sells if sells[a]]),
    )
    first = (
        chance.with_columns(month=pl.col("day").cast(pl.Date).dt.truncate("1mo"))
        .sort("day", maintain_order=True)
        .unique(["customer_id", "month"], keep="first", maintain_order=True)
    )
    rows = panel.table.select("customer_id", pl.col("month").cast(pl.Date)).with_row_index("row")
    found = rows.join(first, on=["customer_id", "month"], maintain_order="left")
    row = found["row"].cast(pl.Int64).to_numpy()
    table = np.zeros((len(row), len(place)), dtype=bool)
    for number, action in enumerate(found["action_id"].to_list()):
        table[number, [place[name] for name in sells[action] if name in place]] = True
    followed = row < panel.last[row]
    weight = 1.0 / found["probability"].to_numpy()
    return Offers(row[followed], table[followed], weight[followed])


def instrument(panel: Panel, offers: Offers, product: int, could: Flags, seed: int) -> Instrument | None:
    """What the draw says of a product; None when too few were offered it, or the offer is too weak to tell."""
    open_to = could[offers.row]
    told = offers.sells[:, product]
    offered, others = offers.row[open_to & told], offers.row[open_to & ~told]
    if len(offered) < OFFERED_NEEDED or len(others) < OFFERED_NEEDED:
        return None
    trial = Trial(offered, others)
    weight = np.concatenate([offers.weight[open_to & told], offers.weight[open_to & ~told]])
    rows = replace(after(panel, trial), weight=weight)
    if not rows.left[~rows.taken].any():
        return None
    holds = panel.held[np.concatenate([offered, others]) + 1, product].astype(np.float64)
    once = np.ones(len(holds))
    leaving, of_leaving, base = _difference(pieces_of(rows, seed)[0])
    taking, of_taking, _ = _difference(
        pieces_of(replace(rows, left=holds, months=once, follow=once), seed)[0]
    )
    strength = (taking / clustered(of_taking, rows.customer)) ** 2
    if taking <= 0 or strength < STRONG:
        return None
    late = leaving / taking
    error = clustered((of_leaving - late * of_taking) / taking, rows.customer)
    return as_ratio(late, error, base, float(strength))


def as_ratio(late: float, error: float, base: float, strength: float) -> Instrument | None:
    """1 + late / base on the logarithm; None where the interval has no ratio, or where adjusting put the base, the rate of few leavers, at or below nothing."""
    if base <= 0.0 or base + late - Z * error <= 0.0:
        return None
    ratio = 1.0 + late / base
    return Instrument(float(np.log(ratio)), error / (base * ratio), strength)


def agrees(log_ratio: float, error: float, found: Instrument) -> Check:
    """Whether the adjusted estimate can be true beside what the draw says."""
    apart = abs(log_ratio - found.log_ratio)
    passed = apart <= Z * float(np.hypot(error, found.error))
    said = "agree with" if passed else "contradict"
    ratio = found.ratio
    return Check(
        "instrument",
        passed=passed,
        value=ratio.ratio,
        says=f"Offers drawn at random {said} it: {ratio.ratio:.2f} [{ratio.low:.2f}, {ratio.high:.2f}], F {found.strength:.0f}.",
    )


def _difference(pieces: Pieces) -> tuple[float, Floats, float]:
    """(rate with - rate without, influence of each row on it, rate without)."""
    months1, months0 = pieces.months_with.sum(), pieces.months_without.sum()
    rate1, rate0 = pieces.left_with.sum() / months1, pieces.left_without.sum() / months0
    of1 = (pieces.left_with - rate1 * pieces.months_with) / months1
    of0 = (pieces.left_without - rate0 * pieces.months_without) / months0
    return float(rate1 - rate0), of1 - of0, float(rate0)
