"""What tries to refute an adjusted effect. Each check says what it found; an effect that fails one counts as nothing.

placebo outcome     who took it must not have wished to leave more, or less, in the months before
placebo treatment   against those who took something else: a hidden reason to buy at all would be theirs too. The effect must keep its sign and half its size
E-value             a hidden reason as strong as the strongest known one must not explain it (VanderWeele and Ding 2017)
leaving out         every region, or other segment, and either half of the months left out in turn: the effect must keep its sign and half its size
instrument          offers drawn at random must not contradict it
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.evidence import Check
from training.fit.aipw import contrast
from training.fit.trial import BEFORE, after, before

if TYPE_CHECKING:
    import numpy.typing as npt

    from training.fit.aipw import Contrast, Rows
    from training.fit.customer_panel import Panel
    from training.fit.trial import Trial

    Flags = npt.NDArray[np.bool_]

Z = 1.959963984540054
KEEPS = 0.5
"""What must be left of an effect on the logarithm under every other comparison."""
SURELY = 1.2816
"""Standard errors from 0 that the second comparison must be: nine in ten on one side."""
COMMON = (0.1, 0.9)
"""Columns of the design that so many have are strengths to measure a hidden reason by; rarer ones are noise."""
MOST_LEVELS = 12


def placebo_outcome(panel: Panel, trial: Trial, seed: int) -> Check:
    """Wishes to leave before the date, in place of leaving after it."""
    name = "placebo outcome"
    if not panel.known:
        return _unmade(name, "The tables have no journal, so wishes to leave are not known.")
    rows = before(panel, trial)
    if rows is None:
        return _unmade(name, f"Nobody who took it was watched for {BEFORE} months before the date.")
    if not rows.left[~rows.taken].any():
        return _unmade(name, "Nobody to compare with wished to leave before the date.")
    found = contrast(rows, seed)
    passed = abs(found.log_ratio) <= Z * found.error
    said = "as often as" if passed else "more often than" if found.log_ratio > 0 else "less often than"
    ratio = float(np.exp(found.log_ratio))
    return Check(
        name, passed, ratio, f"Before, they wished to leave {said} comparable others (ratio {ratio:.2f})."
    )


def _unmade(name: str, why: str) -> Check:
    """A check that could not be made refutes nothing; the reason for a grade says that it is missing."""
    return Check(name, passed=True, value=None, says=why)


def placebo_treatment(effect: Contrast, panel: Panel, something_else: Trial, seed: int) -> Check:
    """`something_else`: who took it, held against those who took something else in the same months."""
    name = "placebo treatment"
    rows = after(panel, something_else)
    if not rows.left[~rows.taken].any():
        return Check(name, passed=False, value=None, says="Too few took something else to compare with.")
    found = contrast(rows, seed)
    kept = found.log_ratio / effect.log_ratio
    passed = kept >= KEEPS and abs(found.log_ratio) >= SURELY * found.error
    ratio = float(np.exp(found.log_ratio))
    says = (
        f"Against those who took something else the ratio is {ratio:.2f}, {max(kept, 0.0):.0%} of the effect."
    )
    return Check(name, passed, ratio, says)


def e_value(effect: Contrast, rows: Rows) -> Check:
    """How strongly a hidden reason would have to be tied to both, beside the strongest known one."""
    ratio = float(np.exp(abs(effect.log_ratio)))
    needed = ratio + np.sqrt(ratio * (ratio - 1.0))
    bias, strongest = _strongest(rows)
    says = (
        f"A hidden reason would have to multiply both taking it and leaving by {needed:.2f} to explain it; "
        f"one as strong as {strongest} would explain a ratio of {bias:.2f}."
    )
    return Check("E-value", passed=ratio > bias, value=float(needed), says=says)


def _strongest(rows: Rows) -> tuple[float, str]:
    """The largest ratio that a known reason could feign: a·b / (a + b - 1), a and b its ratios with taking and with leaving."""
    present = rows.design > KEEPS
    share = present.mean(axis=0)
    common = np.flatnonzero((share >= COMMON[0]) & (share <= COMMON[1]))
    if not common.size:
        return 1.0, "any known fact"
    present = present[:, common].astype(np.float64)
    others = (~rows.taken).astype(np.float64)
    taking = _up((rows.taken @ present) / rows.taken.sum(), (others @ present) / others.sum())
    left, months = others * rows.left, others * rows.months
    rate = (left @ present + 0.5) / (months @ present + 1.0)
    rest = (left @ (1.0 - present) + 0.5) / (months @ (1.0 - present) + 1.0)
    leaving = _up(rate, rest)
    feigned = taking * leaving / (taking + leaving - 1.0)
    most = int(feigned.argmax())
    return float(feigned[most]), f"'{rows.names[common[most]]}'"


def _up(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    ratio = (one + 1e-9) / (other + 1e-9)
    return np.maximum(ratio, 1.0 / ratio)


def leaving_out(effect: Contrast, panel: Panel, trial: Trial) -> Check:
    """Without each level of each segment, and without either half of the months."""
    rows = np.concatenate([trial.taken, trial.others])
    parts: dict[str, Flags] = {}
    middle = np.median(panel.month[trial.taken])
    parts["the earlier months"] = panel.month[rows] <= middle
    parts["the later months"] = panel.month[rows] > middle
    columns = panel.columns(rows)
    for fact, kind in panel.facts.items():
        levels = sorted({value for value in columns[fact] if value is not None}) if kind == "string" else []
        if 2 <= len(levels) <= MOST_LEVELS:
            column = np.array(columns[fact], dtype=object)
            parts |= {f"{fact} {level}": column == level for level in levels}
    who = np.arange(len(rows)) < len(trial.taken)
    kept = {
        name: effect.without(flags) / effect.log_ratio
        for name, flags in parts.items()
        if not flags[who].all() and flags[who].any()
    }
    name, least = min(kept.items(), key=lambda item: item[1], default=("nothing", 1.0))
    says = f"Without {name}, {max(least, 0.0):.0%} of the effect is left, the least of {len(kept)} parts left out."
    return Check("leaving out", passed=least >= KEEPS, value=float(least), says=says)
