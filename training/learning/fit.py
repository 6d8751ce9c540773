"""From counts to corrections: a Bayesian logistic regression on top of the odds each decision thought of, shrunk level by level.

    logit P(yes that stands) = thought + kind + family + action + action x channel + action x motive
                               + what changed lately of the kind and of the action,      each group ~ N(0, its spread^2)

A count weighs half after 75 days. Forgetting alone is slow to see a break, so each level may also have changed in the last DYADIC days; how much the data
allow it is theirs to say, as with every spread (empirical Bayes). The same counts give the same corrections to the bit, in whatever order they came.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.sparse import csr_matrix

from models.learned import Correction
from training.fit.hierarchy import fit_groups, groups_of
from training.learning.words import STEPS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from models.features import Floats
    from training.fit.hierarchy import Posterior
    from training.learning.tally import Cell, Count

HALF_LIFE = 75.0
"""Days."""
LATELY = (8, 32)
"""Days within which an action may have changed: steps of four below the half-life, so that each window has a few times the answers of the one within."""
GUESS = 0.5
"""Logits; what a spread is thought to be while little is seen: two of three actions within a factor of 1.6 of what was thought of their odds."""
ROUNDS = 10
"""Of looking for the spreads: after so many they move by less than they are known, and an answer is waited for."""
DECIMALS = 3
"""A thousandth of a logit is at most a four-thousandth of a chance: no new snapshot for less."""
FAR = 10.0


class Corrections(NamedTuple):
    """The parts of a snapshot."""

    corrections: dict[str, Correction]
    families: dict[str, Correction]
    kinds: dict[str, Correction]


class Term(NamedTuple):
    """One effect: its group, and of what; what does not apply is empty."""

    group: str
    name: str
    part: str = ""


class Alike(NamedTuple):
    """What asks have in common that matters today; `windows` are those of LATELY they lie in."""

    kind: str
    family: str
    action: str
    channel: str
    motive: str
    odds: int
    windows: tuple[int, ...]

    @property
    def terms(self) -> list[Term]:
        """The effects on them."""
        own = [
            Term("1 kind", self.kind),
            Term("2 family", self.family, self.kind),
            Term("3 action", self.action),
            Term("4 channel", self.action, self.channel),
        ]
        if self.motive:
            own.append(Term("5 motive", self.action, self.motive))
        for days in self.windows:
            own += [Term(_changed("kind", days), self.kind), Term(_changed("action", days), self.action)]
        return own


@dataclass(frozen=True)
class Table:
    """(n,) one row each: what was asked, the weights of those asked and of their yeses."""

    alike: tuple[Alike, ...]
    asked: Floats
    yes: Floats


def corrections(counts: Mapping[Cell, Count], today: int, taught: int = 0) -> Corrections:
    """What counts teach on a day; those of decisions up to the day `taught` are in the bundle already."""
    table = _table([(cell, count) for cell, count in sorted(counts.items()) if cell.day > taught], today)
    if not table.alike:
        return Corrections({}, {}, {})
    terms = [alike.terms for alike in table.alike]
    columns = sorted({term for some in terms for term in some})
    place = {term: column for column, term in enumerate(columns)}
    rows = np.repeat(np.arange(len(terms)), [len(some) for some in terms])
    at = np.array([place[term] for some in terms for term in some])
    X = csr_matrix((np.ones(len(at)), (rows, at)), shape=(len(terms), len(columns)))
    sizes: dict[str, int] = defaultdict(int)
    for term in columns:
        sizes[term.group] += 1
    groups = groups_of(*((name, size, GUESS, False) for name, size in sizes.items()))
    thought = np.array([alike.odds for alike in table.alike]) / STEPS
    posterior = fit_groups(X, table.yes / table.asked, thought, groups, weight=table.asked, rounds=ROUNDS)
    theirs: dict[str, list[int]] = defaultdict(list)
    for row, alike in enumerate(table.alike):
        theirs[alike.action].append(row)
    return _Effects(table, place, X, posterior, theirs).told()


def _table(cells: Iterable[tuple[Cell, Count]], today: int) -> Table:
    weights: dict[Alike, list[float]] = {}
    for cell, (asked, yes) in cells:
        age = max(today - cell.day, 0)
        windows = tuple(days for days in LATELY if age < days)
        alike = Alike(*cell[1:], windows)
        weight, total = 0.5 ** (age / HALF_LIFE), weights.setdefault(alike, [0.0, 0.0])
        total[0] += weight * asked
        total[1] += weight * yes
    asked_of, yes_of = np.array(list(weights.values()), dtype=np.float64).reshape(-1, 2).T
    return Table(tuple(weights), asked_of, yes_of)


def _changed(what: str, days: int) -> str:
    return f"6 {what} within {days:02}"


@dataclass(frozen=True)
class _Effects:
    table: Table
    place: Mapping[Term, int]
    X: csr_matrix
    posterior: Posterior
    rows: Mapping[str, list[int]]

    def told(self) -> Corrections:
        table = self.table
        own: dict[str, Correction] = {}
        families: dict[str, Correction] = {}
        kinds: dict[str, Correction] = {}
        for kind, family, action in sorted({alike[:3] for alike in table.alike}):
            own[action] = self._of_action(action, family, kind)
        spread = self.posterior.spreads
        lately = sum(spread.get(_changed("action", days), 0.0) ** 2 for days in LATELY)
        new = spread["3 action"] ** 2 + spread["4 channel"] ** 2 + lately
        for kind, family in sorted({alike[:2] for alike in table.alike}):
            families[family] = self._heard([*self._of_kind(kind), Term("2 family", family, kind)], new)
        for kind in sorted({alike.kind for alike in table.alike}):
            kinds[kind] = self._heard(self._of_kind(kind), new + spread["2 family"] ** 2)
        return Corrections(own, families, kinds)

    def _of_kind(self, kind: str) -> list[Term]:
        return [Term("1 kind", kind), *[Term(_changed("kind", days), kind) for days in LATELY]]

    def _of_action(self, action: str, family: str, kind: str) -> Correction:
        """The error is that of the average of those who were asked."""
        mine = [*self._of_kind(kind), Term("2 family", family, kind), Term("3 action", action)]
        mine += [Term(_changed("action", days), action) for days in LATELY]
        channels, motives = (self._parts(group, action) for group in ("4 channel", "5 motive"))
        theirs = self.rows[action]
        share = self.table.asked[theirs] / self.table.asked[theirs].sum()
        usual = np.asarray(self.X[theirs].T @ share)
        found = self._heard(
            mine, 0.0, {self.place[term]: usual[self.place[term]] for term in (*channels, *motives)}
        )
        return found.model_copy(update={"by_channel": self._told(channels), "by_motive": self._told(motives)})

    def _parts(self, group: str, action: str) -> dict[Term, int]:
        return {t: column for t, column in self.place.items() if (t.group, t.name) == (group, action)}

    def _told(self, parts: Mapping[Term, int]) -> dict[str, float]:
        return {term.part: _rounded(self.posterior.mode[column]) for term, column in parts.items()}

    def _heard(
        self, terms: Iterable[Term], more: float, usual: Mapping[int, float] | None = None
    ) -> Correction:
        """The sum of these effects, and its error with a variance of `more` on top; what is `usual` of others counts in the error."""
        row = np.zeros(len(self.place))
        row[[self.place[term] for term in terms if term in self.place]] = 1.0
        mean = float(row @ self.posterior.mode)
        for column, share in (usual or {}).items():
            row[column] = share
        _, error = self.posterior.of(row[None])
        return Correction(mean=_rounded(mean), error=_rounded(float(np.sqrt(error[0] ** 2 + more))))


def _rounded(value: float) -> float:
    return round(float(np.clip(value, -FAR, FAR)), DECIMALS) + 0.0
