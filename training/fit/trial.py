"""The experiment that dated tables imitate: who took a product in a month, and who could have and did not, followed from the next month on.

Month t: covariates as known at its start. Taken: not held at the start of t, held at the start of t + 1. Compared with: those who did not hold
it then either. Followed: t + 1 to t + FOLLOWED. A month in which an offer was spoken is left out, for both: who gets in touch has a reason to, and
no fact of the month's start knows it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from training.fit.aipw import Rows
from training.fit.encoding import fit_encoder

if TYPE_CHECKING:
    import numpy.typing as npt

    from training.fit.customer_panel import Panel

    Flags = npt.NDArray[np.bool_]
    Ints = npt.NDArray[np.int64]

FOLLOWED = 12
"""Months of follow-up at most."""
BEFORE = 6
"""Months before the date that the placebo outcome looks back on."""
KNOTS = 5
A_TAKER = 25
"""Others drawn for each who took it; more add nothing to the precision."""
AT_LEAST, AT_MOST = 4_000, 20_000
SHARE_REPLACED = 0.5


@dataclass(frozen=True)
class Trial:
    """Positions in the panel: who took the product (k,), and who could have (m,), drawn at random."""

    taken: Ints
    others: Ints


def starts(panel: Panel) -> Flags:
    """(n,) Months with a next one to be followed in, in which nobody proposed anything."""
    return np.asarray((np.arange(len(panel.month)) < panel.last) & ~panel.spoken)


def acquired(panel: Panel) -> Flags:
    """(n, P) What is held at the start of the next month of the run and not of this one."""
    after = np.r_[panel.held[1:], panel.held[-1:]]
    return np.asarray(after & ~panel.held & (np.arange(len(panel.month)) < panel.last)[:, None])


def replaces(panel: Panel, taken: Ints) -> bool:
    """Whether most who take it give up something else in the same month: that is an exchange, not an addition."""
    lost = (panel.held[taken] & ~panel.held[taken + 1]).any(axis=1)
    return bool(len(taken) and lost.mean() >= SHARE_REPLACED)


def trial_of(panel: Panel, taken: Flags, could: Flags, seed: int) -> Trial:
    """`taken` and `could` (n,) flags; of the others of `could` a random part."""
    open_to = starts(panel)
    who = np.flatnonzero(open_to & taken)
    others = np.flatnonzero(open_to & could & ~taken)
    most = int(np.clip(A_TAKER * len(who), AT_LEAST, AT_MOST))
    if len(others) > most:
        others = np.sort(np.random.default_rng(seed).choice(others, most, replace=False))
    return Trial(who, others)


def after(panel: Panel, trial: Trial) -> Rows:
    """The trial with what came after it."""
    rows = np.concatenate([trial.taken, trial.others])
    follow = np.minimum(FOLLOWED, panel.months - 1 - panel.month[rows])
    end = panel.last[rows]
    months = np.minimum(follow, end - rows)
    left = panel.left[end] & (end - rows <= follow)
    return _rows(panel, rows, rows, len(trial.taken), left, months, follow)


def before(panel: Panel, trial: Trial) -> Rows | None:
    """The placebo: wishes to leave in the months before the date, facts from before those; None where there was no time before."""
    many = [rows[rows - panel.first[rows] >= BEFORE] for rows in (trial.taken, trial.others)]
    rows = np.concatenate(many)
    if not len(many[0]):
        return None
    counts = np.r_[0, np.cumsum(panel.wished)]
    wished = counts[rows] > counts[rows - BEFORE]
    months = np.full(len(rows), BEFORE)
    if wished.any():
        window = panel.wished[rows[wished][:, None] + np.arange(-BEFORE, 0)]
        months[wished] = 1 + window.argmax(axis=1)
    return _rows(panel, rows, rows - BEFORE, len(many[0]), wished, months, np.full(len(rows), BEFORE))


def _rows(panel: Panel, rows: Ints, known: Ints, taken: int, left: Flags, months: Ints, follow: Ints) -> Rows:
    """`known`: positions of the months whose start the facts are from; what is held is that of the date."""
    columns = panel.columns(known)
    encoder = fit_encoder(columns, panel.facts, KNOTS)
    calendar = np.unique(panel.month[rows])[1:]
    parts = (
        encoder.encode_table(columns),
        panel.held[rows].astype(np.float64),
        (panel.month[rows][:, None] == calendar).astype(np.float64),
    )
    facts = [block.fact for block in encoder.blocks for _ in (*block.columns, "missing")]
    names = [*facts, *panel.products, *(f"month {month + 1}" for month in calendar)]
    design = np.hstack(parts)
    told = np.flatnonzero(design.std(axis=0) > 0)
    return Rows(
        design=design[:, told],
        names=tuple(names[column] for column in told),
        taken=np.arange(len(rows)) < taken,
        left=left.astype(np.float64),
        months=months.astype(np.float64),
        follow=follow.astype(np.float64),
        customer=panel.customer[rows],
        weight=np.ones(len(rows)),
    )
