"""What outcomes teach of accepting: corrections to what the catalogue states, shrunk level by level.

    logit P(accepts) = stated logit + (s - 1)·lift + kind + action + channel + action x channel
                     + motive + action x motive (saves) + leaving by kind + offers heard lately by kind
                     + euros of discount by kind

`lift` is logit(o) - logit(o_typical). With a thousand proposals over some thirty actions most of what an action seems to be is luck: each
level is shrunk towards the one above by the spread the data show (empirical Bayes), and the kinds towards the catalogue.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl
from scipy.sparse import csr_matrix

from models.accepting import Acceptances, KindTaught, Taught
from training.fit.acceptance_terms import (
    KINDS,
    LEVEL,
    STATED,
    Layout,
    Terms,
    layout_of,
    terms_of,
)
from training.fit.hierarchy import Posterior, fit_groups, groups_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from models.features import Floats
    from training.fit.spoken import Talks
    from training.fit.spoken_rows import SpokenRows

COOLING_OFF: Final = timedelta(days=14)
"""How long what was accepted may still be withdrawn."""
FEWEST: Final = 50
"""Proposals heard; fewer teach nothing that is worth a part of the bundle."""
MOST: Final = 50_000
"""The latest are enough."""
CERTAIN: Final = 1e-3
"""A stated share of 1 has no logit."""


@dataclass(frozen=True)
class AcceptanceFit:
    """The part, and what the report says of it; no part when too little was heard."""

    part: Acceptances | None
    sentences: tuple[str, ...]


def fit_acceptance(rows: SpokenRows, talks: Talks, leaving: Sequence[str]) -> AcceptanceFit:
    """From proposals that were heard. `talks`: all that was said, and up to when anything is known; `leaving`: intents that voice a wish to leave."""
    if len(rows.action) < FEWEST:
        said = f"Acceptance: {len(rows.action)} proposals heard; from {FEWEST} on they teach something. The catalogue's rates stand."
        return AcceptanceFit(None, (said,))
    rows = rows.take(np.argsort(rows.table["at"].to_numpy(), kind="stable")[-MOST:])
    layout = layout_of(rows)
    terms = terms_of(rows, talks.spoken, leaving, layout)
    X = layout.design(terms)
    accepted = rows.table["accepted"].to_numpy().astype(np.float64)
    posterior = fit_groups(X, accepted, rows.offset, layout.groups)
    keep = _keep(rows, terms, len(layout.actions), talks.until)
    part = _part(layout, terms, X, posterior, keep, rows.table["at"].dt.date().max())  # type: ignore[arg-type]  # of moments
    stood, heard = talks.next_heard
    part = part.model_copy(
        update={"goes_on": (heard + 1.0) / (stood + 1.0)}
    )  # 1 of none, as without a journal
    said = (
        f"Acceptance: {len(accepted):,} proposals of {len(layout.actions)} actions heard, {accepted.mean():.1%} accepted; "
        f"the odds of accepting follow those of taking to the power {part.slope:.2f}; of {stood:,} proposals next to one that was not accepted {heard:,} were heard."
    )
    return AcceptanceFit(part, (said,))


def _part(
    layout: Layout, terms: Terms, X: csr_matrix, posterior: Posterior, keep: Floats, until: date
) -> Acceptances:
    """The effects added up: for each kind by itself, and for each action that was heard."""
    mode = posterior.mode
    shares = np.bincount(terms.channel, minlength=len(layout.channels)) / len(terms.kind)
    kinds, actions = {}, {}
    for kind in np.unique(terms.kind).tolist():
        usual = np.where(layout.own, 0.0, _average(X, terms.kind == kind))
        variance = float(posterior.of(usual[None])[1][0] ** 2) + posterior.spreads["action"] ** 2
        discount = layout.at("discount", kind)  # that of an action nobody heard may be any
        variance += float(terms.given[terms.kind == kind].var() * posterior.covariance[discount, discount])
        kinds[KINDS[kind]] = KindTaught(
            **_effects(layout, mode, kind, None, shares),
            deviation=float(np.sqrt(variance)),
            leaving=float(mode[layout.at("leaving", kind)]),
            each_offer=float(mode[layout.at("heard", kind)]),
            each_euro=float(mode[discount]) / layout.usual,
        )
    for place, action_id in enumerate(layout.actions):
        theirs = terms.action == place
        kind = int(terms.kind[theirs][0])
        effects = _effects(layout, mode, kind, place, shares)
        given = float(mode[layout.at("discount", kind)] * terms.given[theirs][0])
        actions[action_id] = Taught(
            **{**effects, "mean": effects["mean"] + given},
            deviation=float(posterior.of(_average(X, theirs)[None])[1][0]),
            keep=float(keep[place]),
            spoken=int(theirs.sum()),
        )
    slope = max(0.0, 1.0 + float(mode[layout.at("slope")]))
    return Acceptances(prior=STATED, until=until, slope=slope, kinds=kinds, actions=actions)


def _average(X: csr_matrix, rows: Floats) -> Floats:
    """The mean row of the design among these, (size,)."""
    return np.asarray(X[np.flatnonzero(rows)].mean(axis=0)).ravel()


def _effects(layout: Layout, mode: Floats, kind: int, place: int | None, shares: Floats) -> dict[str, Any]:
    """A `Shift`. What a channel adds is told against the average of those heard, so that one nobody spoke on adds nothing."""
    c, m = len(layout.channels), len(layout.motives)
    mean = float(mode[layout.at("kind", kind)])
    channels = mode[layout.at("channel") : layout.at("channel") + c].copy()
    motives = mode[layout.at("motive") : layout.at("motive") + m].copy()
    if place is not None:
        mean += float(mode[layout.at("action", place)])
        channels += mode[layout.at("action_channel", place * c) :][:c]
        if place < layout.saves:
            motives += mode[layout.at("action_motive", place * m) :][:m]
    usual = float(channels @ shares)
    by_channel = dict(zip(layout.channels, (channels - usual).tolist(), strict=True))
    told = dict(zip(layout.motives, motives.tolist(), strict=True)) if KINDS[kind] == "save" else {}
    return {"mean": mean + usual, "by_channel": by_channel, "by_motive": told}


def _keep(rows: SpokenRows, terms: Terms, n_actions: int, until: datetime | None) -> Floats:
    """(A,) The share of each action's acceptances that holds, shrunk like the rest; of a kind nobody accepted the catalogue's figure."""
    ripe = pl.lit(value=True) if until is None else pl.col("at") <= until - COOLING_OFF
    seen = np.flatnonzero(rows.table.select(sure=pl.col("accepted") & ripe)["sure"].to_numpy())
    stated, kind = np.zeros(n_actions), np.zeros(n_actions, dtype=np.intp)
    stated[terms.action], kind[terms.action] = rows.stated, terms.kind
    inside = np.clip(stated, CERTAIN, 1.0 - CERTAIN)
    offset = np.log(inside) - np.log1p(-inside)
    groups = groups_of(("kind", len(KINDS), STATED, False), ("action", n_actions, LEVEL, False))
    every = np.concatenate([np.eye(len(KINDS))[kind], np.eye(n_actions)], axis=1)
    action = terms.action[seen]
    held = 1.0 - rows.table["withdrawn"].to_numpy()[seen]
    found = fit_groups(csr_matrix(every[action]), held, offset[action], groups)
    chance = 1.0 / (1.0 + np.exp(-(offset + every @ found.mode)))
    return np.where(np.isin(kind, kind[action]), chance, stated)
