"""Who leaves now: after nothing was said, after a save was refused, after an action was accepted; one logit model of all three.

    logit P(leaves) = stated + base + motive + facts + hazard                                        (q0: nothing was said)
                    + refused                                                                        (q1: a save was refused)
                    + kind + terms + action + motive' + action x motive + facts'                     (rho: the action was accepted)

`terms` are of saves: what discount is given, and for how long the customer is bound. `hazard` is the logit the churn model gave before the
contact, against the average: who hardly ever leaves and says that he will means it less. `stated` is what policy and catalogue say, the
others are learned and stand at 0 without evidence. They are normal together, so that what is known of a difference (q0 - rho) is not
mistaken for what is known of either. Who accepts is another than who refuses: each chance holds for those in that state, and P(leaves | asked) = p·rho + (1-p)·q1.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from models.acceptance import logit
from models.features import Encoder
from models.leaving_design import (
    NO_HAZARD,
    TERMS,
    UNKNOWN,
    Columns,
    States,
    centring,
    design,
    hazard_of,
    terms_of,
)
from models.motive import mixed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from models.domain import Source
    from models.features import Facts, Floats
    from models.response import Motive

LEAST: Final = 1e-3
"""A stated chance of 0 or 1 has no logit, and nobody is that sure."""
WISHES, SAVES_ACCEPTED = "history.wishes_365d", "history.saves_accepted_365d"
"""Facts that the history tells: earlier contacts with a wish to leave in 365 days, and saves accepted. Who threatens comes back."""


def stated_logit(chance: Floats) -> Floats:
    """Of figures a business states."""
    return logit(np.clip(np.asarray(chance, dtype=np.float64), LEAST, 1.0 - LEAST))


@dataclass(frozen=True)
class Saving:
    """What was learned of who leaves now.

    `now`, `refused` (motives + 1,) and `accepted` (actions,): the stated logits of q0, q1 and rho; the last motive is that none was
    said. `means` (encoder.size,): of the encoded facts in training. `weights` (d,) and `factor` (d, d), lower: the weights are
    normal with covariance factor·factor^T; d as `columns` says. `usual`: the euros of discount that stand for 1; None where nothing was
    learned of terms. `hazard`: the churn logit of the average conversation; None where no churn model stood beside.
    `shown`: whether those who accepted a save surely left less than those who heard none. Otherwise accepting counts as changing nothing.

    Raises:
        ValueError: arrays that do not fit each other, or numbers that are not finite.
    """

    motives: tuple[str, ...]
    actions: tuple[str, ...]
    encoder: Encoder
    means: Floats
    now: Floats
    refused: Floats
    accepted: Floats
    weights: Floats
    factor: Floats
    usual: float | None = None
    shown: bool = True
    hazard: float | None = None

    def __post_init__(self) -> None:
        if self.usual is not None and not 0.0 < self.usual < np.inf:
            raise ValueError("saving: usual must be some euros of discount")
        if self.hazard is not None and not np.isfinite(self.hazard):
            raise ValueError("saving: hazard must be a finite logit")
        d = self.columns.size
        shapes = {
            "means": (self.encoder.size,),
            "now": (len(self.motives) + 1,),
            "refused": (len(self.motives) + 1,),
            "accepted": (len(self.actions),),
            "weights": (d,),
            "factor": (d, d),
        }
        for name, shape in shapes.items():
            array = getattr(self, name)
            if array.shape != shape or not np.isfinite(array).all():
                raise ValueError(f"saving: {name} must be {shape} finite numbers, not {array.shape}")
        for names in (self.motives, self.actions):
            if len(set(names)) != len(names):
                raise ValueError("saving: a motive or an action stands twice; keep one of them")

    @cached_property
    def columns(self) -> Columns:
        terms = 0 if self.usual is None else TERMS
        hazard = 0 if self.hazard is None else 1
        return Columns.of(len(self.motives) + 1, len(self.actions), self.encoder.size, terms, hazard)

    @cached_property
    def _centring(self) -> Floats:
        return centring(self.encoder, self.means)

    def centred(self, facts: Facts) -> Floats:
        """(k,) A customer's facts against the average; what training never saw, a gap among them, counts as average."""
        return np.asarray(self.encoder.encode(facts) @ self._centring)

    def serving(self, actions: Sequence[Accepting]) -> Serving:
        """For the actions of a catalogue, in their order."""
        return Serving(self, tuple(actions))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON; of the factor the rows up to its diagonal."""
        arrays = {name: getattr(self, name).tolist() for name in _ARRAYS}
        factor = [row[: place + 1].tolist() for place, row in enumerate(self.factor)]
        names: dict[str, Any] = {"motives": list(self.motives), "actions": list(self.actions)}
        names |= {"usual": self.usual, "shown": self.shown, "hazard": self.hazard}
        return {**names, "encoder": self.encoder.to_json(), **arrays, "factor": factor}

    @classmethod
    def from_json(cls, content: Any) -> Saving:
        """What `to_json` wrote. Raises KeyError, TypeError or ValueError when it did not."""
        rows = content["factor"]
        factor = np.zeros((len(rows), len(rows)))
        for place, row in enumerate(rows):
            factor[place, : place + 1] = row
        return cls(
            motives=tuple(map(str, content["motives"])),
            actions=tuple(map(str, content["actions"])),
            encoder=Encoder.from_json(content["encoder"]),
            **{name: np.asarray(content[name], dtype=np.float64) for name in _ARRAYS},
            factor=factor,
            usual=None if content.get("usual") is None else float(content["usual"]),
            shown=bool(content.get("shown", True)),
            hazard=None if content.get("hazard") is None else float(content["hazard"]),
        )


_ARRAYS: Final = ("means", "now", "refused", "accepted", "weights")


class Accepting(NamedTuple):
    """An action that may be accepted: the catalogue's rho of it stands for what was not learned. `given`: euros of discount in all; `months` it binds."""

    id: str
    kind: str
    stated: float
    given: float = 0.0
    months: float = 0.0


class Leaves(NamedTuple):
    """Chances to leave now of one customer: q0 and q1, and rho of each action, (N,)."""

    q0: float
    q1: float
    rho: Floats


class Errors(NamedTuple):
    """Standard errors on the logit: of q0, of what a refusal adds to it, and of what accepting each action adds, (N,)."""

    leaving: float
    refused: float
    accepted: Floats


@dataclass(frozen=True)
class Serving:
    """A `Saving` over the actions of a catalogue: what does not depend on the facts is worked out once a motive."""

    saving: Saving
    actions: tuple[Accepting, ...]

    @cached_property
    def _tables(self) -> dict[str | None, tuple[Floats, Floats]]:
        """By motive: the logits of nothing, refused and each action accepted, (2 + N,), and what their errors are made of, (2 + N, d)."""
        saving, found = self.saving, {}
        for place, motive in enumerate((*saving.motives, None)):
            rows = self._rows(place)
            stated = np.concatenate([[saving.now[place], saving.refused[place]], self._stated])
            rows_after = np.concatenate([rows[:1], rows[1:] - rows[0]])
            found[motive] = (stated + rows @ saving.weights, rows_after @ saving.factor)
        return found

    @cached_property
    def _known(self) -> npt.NDArray[np.intp]:
        place = {action_id: index for index, action_id in enumerate(self.saving.actions)}
        return np.array([place.get(action.id, UNKNOWN) for action in self.actions], dtype=np.intp)

    @cached_property
    def _stated(self) -> Floats:
        """(N,) logits of rho: as they were stated when the model was fitted, for an action it did not know as they are now."""
        now = stated_logit(np.array([action.stated for action in self.actions], dtype=np.float64))
        return np.where(self._known == UNKNOWN, now, np.append(self.saving.accepted, 0.0)[self._known])

    def source(self, row: int) -> Source:
        """Where rho of an action comes from: learned for what the fit saw accepted, the others go by their kind."""
        return "assumed" if self._known[row] == UNKNOWN else "learned"

    def leaves(self, motive: Motive, facts: Facts, logit: float | None = None) -> Leaves:
        """For a customer with a wish to leave, of this churn logit (None: the average). A motive that is only likely is mixed with that of who did not say one."""
        centred, hazard = self.saving.centred(facts), self._hazard(logit)
        found = self._chances(motive.value, centred, hazard)
        if motive.value is not None and motive.probability < 1.0:
            found = mixed(found, self._chances(None, centred, hazard), motive.probability)
        rho = found[2:] if self.saving.shown else np.full(len(found) - 2, found[0])
        return Leaves(float(found[0]), float(found[1]), rho)

    def errors(self, motive: Motive, facts: Facts, logit: float | None = None) -> Errors:
        """How sure that is. Of a motive that is only likely: that of the motive."""
        saving, columns = self.saving, self.saving.columns
        centred = saving.centred(facts)
        rows = self._table(motive.value)[1].copy()
        rows[0] += (
            centred @ saving.factor[columns.facts] + self._hazard(logit) @ saving.factor[columns.hazard]
        )
        rows[2:] += centred @ saving.factor[columns.accepted_facts]
        found = np.sqrt(np.einsum("nd,nd->n", rows, rows))
        return Errors(float(found[0]), float(found[1]), found[2:] * self.saving.shown)

    def _table(self, motive: str | None) -> tuple[Floats, Floats]:
        tables = self._tables
        return tables[motive if motive in tables else None]

    def _hazard(self, logit: float | None) -> Floats:
        """(1,), or (0,) for a model without."""
        average = self.saving.hazard
        if average is None:
            return NO_HAZARD
        return np.array([0.0 if logit is None else logit - average])

    def _chances(self, motive: str | None, centred: Floats, hazard: Floats) -> Floats:
        """(2 + N,)."""
        weights, columns = self.saving.weights, self.saving.columns
        shift = float(centred @ weights[columns.facts]) + float(hazard @ weights[columns.hazard])
        logits = self._table(motive)[0] + shift
        logits[2:] += float(centred @ weights[columns.accepted_facts])
        chances: Floats = 1.0 / (1.0 + np.exp(np.minimum(-logits, 500.0)))
        return chances

    def _rows(self, place: int) -> Floats:
        """The rows of the design for the average customer: nothing said, refused, each action accepted."""
        n = 2 + len(self.actions)
        given, months = np.array(
            [(0.0, 0.0), (0.0, 0.0), *[(a.given, a.months) for a in self.actions]], dtype=np.float64
        ).T
        states = States(
            motive=np.full(n, place),
            refused=np.arange(n) == 1,
            accepted=np.arange(n) > 1,
            action=np.concatenate([[UNKNOWN, UNKNOWN], self._known]),
            save=np.array([False, False, *[action.kind == "save" for action in self.actions]]),
            terms=terms_of(given, months, self.saving.usual),
            hazard=hazard_of(np.full(n, np.nan), self.saving.hazard),
        )
        return design(self.saving.columns, states, np.zeros((n, self.saving.encoder.size)))


def history_facts(folded: Mapping[str, Any], wishes: int | None) -> dict[str, Any]:
    """The facts of the history, from its counts and the earlier wishes to leave; missing where it could not be read."""
    return {WISHES: wishes, SAVES_ACCEPTED: folded.get("saves_accepted_365d")}
