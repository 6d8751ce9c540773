"""Fit who leaves now (`models.saving`): one logit over what was said and answered, every group of effects shrunk by what the data say of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from models.acceptance import leaves_after
from models.leaving_design import (
    TERMS,
    UNKNOWN,
    Columns,
    States,
    centring,
    design,
    hazard_of,
    terms_of,
)
from models.saving import SAVES_ACCEPTED, WISHES, Saving, stated_logit
from training.evaluation.binary import log_loss, losses
from training.fit.encoding import fit_encoder
from training.fit.hierarchy import fit_groups, groups_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from models.catalogue import Catalogue
    from models.features import Floats
    from models.sections.leaving import Leaving
    from training.fit.hierarchy import Group
    from training.fit.leaving_rows import LeavingRows

NEEDED = 50
"""Conversations that ended in leaving, and as many that did not."""
KNOTS = 3
"""A curve with one bend a fact is all that some hundred conversations can tell."""
GUESSES: Final = {
    "base": 1.0,
    "motive": 0.5,
    "facts": 0.3,
    "refused": 0.3,
    "kind": 1.0,
    "action": 0.5,
    "kind_motive": 0.5,
    "action_motive": 0.3,
    "accepted_facts": 0.2,
    "terms": 0.5,
    "hazard": 0.5,
}
"""How far, in logits, each group is thought to stray from what is stated before anything is seen; base and kind: how far off a stated figure may be.

hazard: 0 where a wish to leave is meant alike by all who voice it; 1 where all threaten alike, so that the odds of meaning it go with those of leaving.
"""

WIDTH: Final = 1.959963984540054
WIDE: Final = 10.0
"""Logits: no prior to speak of."""
SURE: Final = 1.645
"""Standard errors of the paired difference in log-loss: one-sided, 95 %."""


@dataclass(frozen=True)
class Stated:
    """What policy and catalogue say: the prior. `after`: rho by action where the catalogue has one. `terms`: euros of discount in all and months bound, by action."""

    leaving: Leaving
    after: Mapping[str, float] = field(default_factory=dict)
    terms: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    @classmethod
    def of(cls, leaving: Leaving, catalogue: Catalogue | None) -> Stated:
        """From the documents."""
        actions = () if catalogue is None else catalogue.actions
        return cls(
            leaving,
            {a.id: a.leaves_after for a in actions if a.leaves_after is not None},
            {a.id: (a.given, float(a.commitment.months)) for a in actions},
        )

    def terms_of(self, action_ids: Sequence[str | None], usual: float | None) -> Floats:
        """(n, terms) as the model has them; nothing accepted, and an action the catalogue does not know, have none."""
        rows = [self.terms.get(action_id or "", (0.0, 0.0)) for action_id in action_ids]
        given, months = np.array(rows, dtype=np.float64).reshape(-1, 2).T
        return terms_of(given, months, usual)

    def usual(self, saves: Sequence[str]) -> float | None:
        """The mean discount of those of these saves that give one, euros; None where none does."""
        given = [self.terms[save][0] for save in saves if self.terms.get(save, (0.0, 0.0))[0] > 0.0]
        return float(np.mean(given)) if given else None

    def rho(self, action_id: str) -> float:
        """After accepting it."""
        return self.after.get(action_id, self.leaving.leaves_after)

    def q(self, motive: str | None, refused: int) -> float:
        """When so many saves were refused."""
        first = self.leaving.by_motive.get(motive or "", self.leaving.leaves_now)
        return leaves_after(first, self.leaving.fatigue, refused)


@dataclass(frozen=True)
class SavingFit:
    """A model and how it was judged, or None and the reason."""

    model: Saving | None
    metrics: Mapping[str, float]
    sentences: tuple[str, ...]


def fit_saving(rows: LeavingRows | None, kinds: Mapping[str, str], stated: Stated) -> SavingFit:
    """Fit on the earlier months, judge on the last fifth of them, then fit on all. `kinds`: fact -> type.

    Left out when there is too little to learn from, or when what is stated surely foretells the later conversations better: it is where the
    learning began, and a hundred conversations can make it seem better by chance.
    """
    if rows is None:
        return _left_out("the customers table has no column 'churned'")
    left = int(rows.table["left"].sum())
    if min(left, len(rows) - left) < NEEDED:
        return _left_out(
            f"{left} of {len(rows)} conversations about leaving ended in it; {NEEDED} that did and {NEEDED} that did not are needed"
        )
    months = rows.table["month"].unique().sort()
    late = rows.table["month"] >= months[-max(1, round(len(months) / 5))]
    metrics = _judged(rows.take(~late), rows.take(late), kinds, stated)
    told = _sentences(rows, metrics)
    behind = metrics["saving.log_loss"] - metrics["saving.log_loss_stated"]
    if behind > SURE * metrics["saving.log_loss_error"]:
        return SavingFit(
            None, metrics, (*told, "Saving is left out: what policy and catalogue state surely does better.")
        )
    model, (less, error) = learned(rows, kinds, stated), kept_by_saves(rows, kinds)
    shown = less - WIDTH * error > 0.0
    metrics |= {"saving.kept": less, "saving.kept_error": error}
    verdict = "counts" if shown else "accepting one counts as changing nothing"
    said = f"Saving: who accepted a save left less, by {less:.2f} [{less - WIDTH * error:.2f}, {less + WIDTH * error:.2f}] on the logit: {verdict}."
    return SavingFit(replace(model, shown=shown), metrics, (*told, said))


def kept_by_saves(rows: LeavingRows, kinds: Mapping[str, str]) -> tuple[float, float]:
    """How much less who accepted a save left than who heard none, on the logit, and its standard error; motive and facts being equal.

    By the conversations alone: whatever is stated of saves, and whichever it was, has no part in it.
    """
    numbers = {WISHES: "number", SAVES_ACCEPTED: "number"}
    encoder = fit_encoder(rows.facts, {**kinds, **numbers}, KNOTS)
    encoded = encoder.encode_table(rows.facts)
    facts = encoded @ centring(encoder, encoded.mean(axis=0))
    motive = rows.table.select(pl.col("motive").fill_null("")).to_dummies().to_numpy().astype(np.float64)
    accepted, save = (rows.table["accepted"].is_not_null().to_numpy(), _saved(rows))
    states = np.column_stack([save, accepted & ~save, ~accepted & (rows.table["refused"].to_numpy() > 0)])
    X = np.column_stack([np.ones(len(rows)), states, motive, facts])
    groups = groups_of(
        ("free", 1 + states.shape[1], WIDE, True),
        ("motive", motive.shape[1], GUESSES["motive"], False),
        ("facts", facts.shape[1], GUESSES["facts"], False),
    )
    y = rows.table["left"].cast(float).to_numpy()
    posterior = fit_groups(X, y, np.zeros(len(rows)), groups)
    mean, error = posterior.of(np.eye(X.shape[1])[1:2])
    return -float(mean[0]), float(error[0])


def _saved(rows: LeavingRows) -> npt.NDArray[np.bool_]:
    """(n,) Whether a save was accepted."""
    return (rows.table["save"].fill_null(value=False) & rows.table["accepted"].is_not_null()).to_numpy()


def learned(rows: LeavingRows, kinds: Mapping[str, str], stated: Stated) -> Saving:
    """The model of these rows."""
    numbers = {WISHES: "number", SAVES_ACCEPTED: "number"}
    encoder = fit_encoder(rows.facts, {**kinds, **numbers}, KNOTS)
    encoded = encoder.encode_table(rows.facts)
    means = encoded.mean(axis=0)
    motives = stated.leaving.motives
    offers, saves = (_accepted(rows, save=save) for save in (False, True))
    actions = (*offers, *saves)
    usual = stated.usual(saves)
    hazard = rows.table["logit"].mean()
    columns = Columns.of(
        len(motives) + 1,
        len(actions),
        encoder.size,
        0 if usual is None else TERMS,
        0 if hazard is None else 1,
    )
    average = None if hazard is None else float(hazard)  # type: ignore[arg-type]  # a mean of floats is one
    states = _states(rows, motives, actions, stated, usual, average)
    X = design(columns, states, encoded @ centring(encoder, means))
    y = rows.table["left"].cast(float).to_numpy()
    posterior = fit_groups(X, y, _offset(rows, stated), _groups(columns, len(offers), len(saves)))
    return Saving(
        motives=motives,
        actions=actions,
        encoder=encoder,
        means=means,
        now=stated_logit(np.array([stated.q(motive, 0) for motive in (*motives, None)])),
        refused=stated_logit(np.array([stated.q(motive, 1) for motive in (*motives, None)])),
        accepted=stated_logit(np.array([stated.rho(action) for action in actions])),
        weights=posterior.mode,
        factor=np.asarray(np.linalg.cholesky(posterior.covariance), dtype=np.float64),
        usual=usual,
        hazard=average,
    )


def _accepted(rows: LeavingRows, *, save: bool) -> list[str]:
    """The saves, or the offers, that were accepted."""
    return rows.table.filter(pl.col("save") == save)["accepted"].drop_nulls().unique().sort().to_list()


def _groups(columns: Columns, offers: int, saves: int) -> Mapping[str, Group]:
    """The effects that share a spread. Offers and saves have each their own: what some sale does to staying says little of a remedy."""
    motives = columns.motive.stop - columns.motive.start
    sizes: list[tuple[str, int, float, bool]] = []
    for name, part in zip(columns._fields, columns, strict=True):
        size, guess = part.stop - part.start, GUESSES[name]
        if name in ("action", "action_motive"):
            each = motives if name == "action_motive" else 1
            sizes += [(f"{name} of offers", offers * each, guess, False), (name, saves * each, guess, False)]
        else:
            sizes.append((name, size, guess, size == 1))
    return groups_of(*sizes)


def foretold(model: Saving, rows: LeavingRows, stated: Stated) -> Floats:
    """(n,) P(leaves) of conversations in the state they were in."""
    states = _states(rows, model.motives, model.actions, stated, model.usual, model.hazard)
    centred = model.encoder.encode_table(rows.facts) @ centring(model.encoder, model.means)
    logits = _offset(rows, stated) + design(model.columns, states, centred) @ model.weights
    return np.asarray(1.0 / (1.0 + np.exp(-logits)))


def _states(
    rows: LeavingRows,
    motives: tuple[str, ...],
    actions: tuple[str, ...],
    stated: Stated,
    usual: float | None,
    average: float | None,
) -> States:
    place = {motive: index for index, motive in enumerate(motives)}
    action = {action_id: index for index, action_id in enumerate(actions)}
    table = rows.table
    accepted = table["accepted"].is_not_null().to_numpy()
    return States(
        motive=np.array([place.get(motive, len(motives)) for motive in table["motive"]], dtype=np.intp),
        refused=(table["refused"].to_numpy() > 0) & ~accepted,
        accepted=accepted,
        action=np.array([action.get(action_id, UNKNOWN) for action_id in table["accepted"]], dtype=np.intp),
        save=table["save"].fill_null(value=False).to_numpy(),
        terms=stated.terms_of(table["accepted"].to_list(), usual),
        hazard=hazard_of(table["logit"].cast(pl.Float64).fill_null(np.nan).to_numpy(), average),
    )


def _offset(rows: LeavingRows, stated: Stated) -> Floats:
    """(n,) the stated logit of the state each row is in."""
    parts = zip(rows.table["motive"], rows.table["refused"], rows.table["accepted"], strict=True)
    chances = [
        stated.q(motive, refused) if action is None else stated.rho(action)
        for motive, refused, action in parts
    ]
    return stated_logit(np.array(chances))


def _judged(
    early: LeavingRows, late: LeavingRows, kinds: Mapping[str, str], stated: Stated
) -> dict[str, float]:
    y = late.table["left"].cast(float).to_numpy()
    rate = np.full(len(y), float(early.table["left"].mean()))  # type: ignore[arg-type]  # a mean of booleans is a number
    said = 1.0 / (1.0 + np.exp(-_offset(late, stated)))
    model = foretold(learned(early, kinds, stated), late, stated)
    apart = losses(y, model) - losses(y, said)
    return {
        "saving.judged": float(len(y)),
        "saving.log_loss": log_loss(y, model),
        "saving.log_loss_stated": log_loss(y, said),
        "saving.log_loss_error": float(apart.std() / np.sqrt(len(y))),
        "saving.log_loss_of_the_rate": log_loss(y, rate),
    }


def _sentences(rows: LeavingRows, metrics: Mapping[str, float]) -> tuple[str, ...]:
    table = rows.table
    refused = int(((table["refused"] > 0) & table["accepted"].is_null()).sum())
    accepted = table["accepted"].len() - table["accepted"].null_count()
    left = int(table["left"].sum())
    had = f"{len(rows):,} conversations about leaving, {left:,} left ({left / len(rows):.1%})"
    loss, said, rate = (metrics[f"saving.log_loss{which}"] for which in ("", "_stated", "_of_the_rate"))
    return (
        f"Saving: {had}; in {refused:,} a save was refused, in {accepted:,} an action accepted.",
        f"Saving: log-loss {loss:.3f} on the last {metrics['saving.judged']:.0f} (as stated {said:.3f}, the bare rate {rate:.3f}).",
    )


def _left_out(reason: str) -> SavingFit:
    return SavingFit(None, {}, (f"Saving is left out: {reason}.",))
