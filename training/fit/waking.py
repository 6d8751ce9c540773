"""Whether being asked wakes: of customers in contact without a wish to leave, who leaves in the months after, by what they heard.

    logit P(leaves t months after the contact) = month t + intent + s·churn logit + (b + g·(n - 1))·f^t,      n proposals heard

b is of the first proposal, by what was heard: offers alone, or a save among it. Who is awake is not woken again, so the others add what they add (g),
and a decision is priced against silence: by b.

Where what is asked is drawn at random this is an experiment; where agents choose, the hazard the churn model saw before the contact and
the intent adjust for whom they ask. b and g are shrunk to 0, and one kind to the other. Who calls for something else leaves less in that month
than the hazard that serves says, for who is about to leave says so: `share` is how much of it is theirs, and b is a ratio to that part.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl
from scipy.sparse import csr_matrix

from models.waking import Waking, Woken
from training.fit.hierarchy import Posterior, fit_groups, groups_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.features import Floats
    from training.fit.spoken import Talks

MONTHS: Final = 4
"""Followed from the month of the contact on."""
FADES: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
"""What may be left after a month; averaged by how well each explains who left."""
OTHER_CAUSES: Final = ("non-payment", "unavoidable")
USUAL: Final = 0.5
"""How much being asked may do to ln(hazard) before anything is seen: in a randomised trial of 65,000 telecom customers a contact made
10.0 in place of 6.4 % leave, ln 1.6."""
APART: Final = 0.2
"""How far offers and saves may differ in it."""
FURTHER: Final = 0.2
"""What each proposal after the first may add to it."""
ASKED: Final = (("asked", 1, USUAL), ("kind", 2, APART), ("further", 1, FURTHER))
WIDE: Final = 10.0
FEWEST: Final = 30
"""Who left, in all; fewer tell nothing."""
KINDS: Final = ("offer", "save")


@dataclass(frozen=True)
class WakingFit:
    """The part, and what the report says of it."""

    part: Waking | None
    sentences: tuple[str, ...]


def months_known(
    customers: pl.DataFrame, logits: Floats, other_causes: Sequence[str] = OTHER_CAUSES
) -> pl.DataFrame:
    """customer_id, month, `left` by himself in it, `offset`: the churn logit at its start. `logits`: of the rows where `churned` is known, in their order."""
    rows = customers.filter(pl.col("churned").is_not_null())
    other = pl.lit(value=False)
    if "churn_motive" in rows.columns:
        other = pl.col("churn_motive").is_in(list(other_causes)).fill_null(value=False)
    left = (pl.col("churned") & ~other).cast(pl.Float64)
    return rows.select("customer_id", "month", left=left, offset=pl.Series(logits))


def followed(talks: Talks, months: pl.DataFrame, leaving: Sequence[str]) -> pl.DataFrame:
    """One row a contact without a wish to leave and month after it that is known: `after` 0.., `left`, `offset`, `intent`, `offer` and `save` heard."""
    heard = talks.spoken.group_by("contact_id", "customer_id").agg(
        **{kind: (pl.col("action_kind") == kind).sum().cast(pl.Float64) for kind in KINDS}
    )
    quiet = talks.contacts.filter(~pl.col("intent").is_in(list(leaving)).fill_null(value=False))
    contacts = quiet.select(
        "contact_id", "customer_id", "intent", month=pl.col("at").dt.date().dt.month_start()
    ).join(heard, on=["contact_id", "customer_id"], how="left")
    contacts = contacts.with_columns(pl.col(KINDS).fill_null(0.0), pl.col("intent").fill_null("")).join(
        months.select("customer_id", "month", "offset"), on=["customer_id", "month"]
    )
    later = months.select("customer_id", "month", "left")
    parts = []
    for after in range(MONTHS):
        there = contacts.with_columns(month=pl.col("month").dt.offset_by(f"{after}mo"))
        parts.append(
            there.join(later, on=["customer_id", "month"]).with_columns(after=pl.lit(after, dtype=pl.Int64))
        )
    return pl.concat(parts).sort("contact_id", "after")


def fit_waking(rows: pl.DataFrame) -> WakingFit:
    """From contacts that were `followed`. No part when too few left, or when everybody was asked or nobody."""
    left, first = rows["left"].to_numpy(), rows.filter(pl.col("after") == 0)
    asked = int(((first["offer"] + first["save"]) > 0).sum())
    if left.sum() < FEWEST or not 0 < asked < len(first):
        said = f"Waking: {asked:,} of {len(first):,} contacts without a wish to leave were asked anything and {left.sum():.0f} left within {MONTHS} months: too few to compare."
        return WakingFit(None, (said,))
    found = [_fit(rows, fade) for fade in FADES]
    likely = np.array([fit.explains for fit in found])
    share = np.exp(likely - likely.max())
    fade = float(share @ np.array(FADES) / share.sum())
    fit = _fit(rows, fade)
    kinds = {kind: _woken(fit, place) for place, kind in enumerate(KINDS) if (rows[kind] > 0).any()}
    part = Waking.model_validate(
        {"kinds": kinds, "fade": fade, "share": fit.share, "contacts": len(first), "asked": asked}
    )
    return WakingFit(part, (_sentence(part),))


@dataclass(frozen=True)
class _Fit:
    """`explains`: the log-likelihood at the mode, less what the prior of the effects costs. `share`: of the served hazard, by month, when nothing is said."""

    posterior: Posterior
    place: int
    explains: float
    share: tuple[float, ...]


def _fit(rows: pl.DataFrame, fade: float) -> _Fit:
    after, left = rows["after"].to_numpy(), rows["left"].to_numpy()
    lasting = np.power(fade, after, dtype=np.float64)  # 0^0 = 1: the month of the contact
    heard = _heard(rows) * lasting[:, None]
    intents = rows.select("intent").to_dummies().to_numpy().astype(np.float64)
    offset = rows["offset"].to_numpy()
    nuisance = np.column_stack([np.eye(MONTHS)[after], intents, offset - offset.mean()])
    groups = groups_of(
        ("nuisance", nuisance.shape[1], WIDE, True),
        *((name, columns, spread, True) for name, columns, spread in ASKED),
    )
    X = csr_matrix(np.column_stack([nuisance, heard]))
    base = np.log(left.mean()) - np.log1p(-left.mean())
    posterior = fit_groups(X, left, np.full(len(left), base), groups)
    logits = base + X @ posterior.mode
    place = nuisance.shape[1]
    effects = posterior.mode[place:] / np.repeat(
        [spread for *_, spread in ASKED], [columns for _, columns, _ in ASKED]
    )
    likelihood = float((left * logits - np.logaddexp(0.0, logits)).sum())
    silent = base + nuisance @ posterior.mode[:place]
    share = [
        float(
            (1.0 / (1.0 + np.exp(-silent[after == month]))).sum()
            / (1.0 / (1.0 + np.exp(-offset[after == month]))).sum()
        )
        if (after == month).any()
        else 1.0
        for month in range(MONTHS)
    ]
    return _Fit(posterior, place, likelihood - 0.5 * float(effects @ effects), tuple(share))


def _heard(rows: pl.DataFrame) -> Floats:
    """(n, 4) Columns of ASKED in the month of the contact: whether anything was heard, offers alone or a save, and how many after the first."""
    offers, saves = rows["offer"].to_numpy(), rows["save"].to_numpy()
    asked, save = offers + saves > 0, saves > 0
    return np.column_stack([asked, asked & ~save, save, np.maximum(offers + saves - 1.0, 0.0)])


def _woken(fit: _Fit, kind: int) -> Woken:
    """What the first proposal of a kind does: the part all share and its own."""
    combination = np.zeros((1, len(fit.posterior.mode)))
    combination[0, [fit.place, fit.place + 1 + kind]] = 1.0
    mean, error = fit.posterior.of(combination)
    return Woken(log_ratio=float(mean[0]), deviation=float(error[0]))


def _sentence(part: Waking) -> str:
    told = "; ".join(
        f"{kind}: hazard ratio {np.exp(woken.log_ratio):.2f} [{np.exp(woken.log_ratio - 1.96 * woken.deviation):.2f}, "
        f"{np.exp(woken.log_ratio + 1.96 * woken.deviation):.2f}], {'counts' if woken.counts else 'counts as 1'}"
        for kind, woken in part.kinds.items()
    )
    return f"Waking, {part.asked:,} of {part.contacts:,} contacts without a wish to leave asked something; {told}; {part.fade:.2f} of it is left after a month; {part.share[0]:.2f} of the hazard is theirs in the month of the contact."
