"""How fast learning from answers makes good for offline scores that are off: `python -m bench learning`.

Contacts of the laboratory come in random order, PACE a day; one action is asked, the answer drawn by the truth. The offline score is the laboratory's own
probability; what is true of each action has twice its odds or half of them, which of the two by luck. Ours is the learner's own fit, asked by one draw of its posterior as exploration does; the
other learner is Pega's adaptive model as `training.worlds.pega` has it, once as it is and once with the offline score among its predictors. Both know the
same values in euros and learn every BATCH contacts. Regret: what the best action was truly worth, less that of the one asked.

After FIRST contacts the world changes, in one of two ways. Flipped: what was twice too high is now twice too low and the other way round, a fourfold change
of every action's odds at once. Drawn anew: for each action luck says again whether its odds are twice or half, so that half of them stay as they were.
It is back when SETTLED contacts later it loses no more than it lost as many contacts after its start, when there was nothing to unlearn. Beside it stand what
is lost more than just before the change, when it had seen more, and more than by a learner that knows of the change: one that starts with it.
BEHOUD_BENCH_SEEDS names how many seeds are played, from 0 on (default 20, two at least).
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from scipy.stats import t

from bench.public import row
from models.learned import Learned
from training.learning.fit import corrections
from training.learning.tally import Cell, Count
from training.learning.words import STEPS
from training.simulator.laboratory import deeds
from training.simulator.laboratory.asking import acceptance
from training.simulator.laboratory.contacting import CANCEL, UNTOLD
from training.simulator.laboratory.desk import Desk, Proposals
from training.simulator.laboratory.goods import LIST
from training.simulator.laboratory.people import CHANNELS
from training.simulator.laboratory.play import HISTORY, Play, opened
from training.simulator.laboratory.policies import RandomEligible
from training.simulator.laboratory.setting import set_up
from training.simulator.laboratory.worlds import WORLDS
from training.worlds.adaptive import Adaptive, learned
from training.worlds.binning import Binning, binning_of
from training.worlds.pega import drawn, values

if TYPE_CHECKING:
    from models.features import Floats
    from training.simulator.laboratory.luck import Ints

FIRST, AFTER, SETTLED = 5000, 4000, 2000
PACE, BATCH = 100, 250
CUSTOMERS, MONTHS = 4000, 12
DRAWN, NEW = ", drawn anew", ", starting with it"
TWOFOLD = float(np.log(2.0))
TODAY = 739_500
FEWEST = 2
"""Seeds; one has no interval."""
SCORE_BINS = 10
N = len(deeds.DEEDS)


@dataclass(frozen=True)
class Contacts:
    """(n, …) contacts: the offline scores as logits (n, deeds), -inf where a deed may not be asked; euros of a yes (n, deeds); what both learners may see."""

    scores: Floats
    euros: Floats
    cells: Ints
    channel: Ints
    motive: Ints

    def take(self, rows: Ints) -> Contacts:
        """These only."""
        return Contacts(
            *(getattr(self, name)[rows] for name in ("scores", "euros", "cells", "channel", "motive"))
        )


@dataclass
class Watching:
    """Asks at random, and writes down the laboratory's probabilities of every contact."""

    play: Play
    binning: Binning
    parts: list[Contacts] = field(default_factory=list)
    asking: RandomEligible = field(default_factory=lambda: RandomEligible(share=0.5))

    def propose(self, desk: Desk) -> Proposals:
        """Those of the moment before anything is said."""
        moment, contacts = self.play.moment, desk.contacts
        assert moment is not None
        part, rows = moment.state.take(contacts.row), contacts.row
        asked = (self.play.setting, part, contacts)
        true = np.column_stack(
            [
                acceptance(*asked, np.full(len(rows), deed), moment.utility[rows], moment.before.motive[rows])
                for deed in range(N)
            ]
        )
        true = np.clip(true, 1e-4, 1.0 - 1e-4)
        may = desk.eligible & (~deeds.SAVE | (contacts.intent == CANCEL)[:, None]) & (values(desk) > 0)
        self.parts.append(
            Contacts(
                np.where(may, np.log(true / (1.0 - true)), -np.inf),
                np.where(may, values(desk), 0.0),
                self.binning.cells(desk.facts, desk.held, contacts.intent, contacts.motive),
                contacts.channel,
                contacts.motive,
            )
        )
        return self.asking.propose(desk)


def world(seed: int) -> tuple[Contacts, Binning]:
    """FIRST + AFTER contacts in random order, of which something may be asked."""
    play = opened(set_up(WORLDS["base"], seed, CUSTOMERS)).run(RandomEligible(share=0.5), HISTORY)
    watching = Watching(play, binning_of(play.seen))
    play.run(watching, MONTHS)
    names = ("scores", "euros", "cells", "channel", "motive")
    pool = Contacts(*(np.concatenate([getattr(part, name) for part in watching.parts]) for name in names))
    some = np.flatnonzero(np.isfinite(pool.scores).any(axis=1))
    order = np.random.default_rng(seed).choice(some, FIRST + AFTER, replace=len(some) < FIRST + AFTER)
    return pool.take(order), watching.binning


class Learner(Protocol):
    """Says which deeds to ask, and hears what came of it."""

    def ask(self, contacts: Contacts, score: Floats, luck: np.random.Generator) -> Ints:
        """(m,) deeds; `score` (m, deeds) the logit the offline model has."""

    def hear(self, contacts: Contacts, score: Floats, deed: Ints, yes: Floats, first: int) -> None:
        """Answers to what was asked, of the contacts from number `first` on."""


class Ours:
    """The product's counts and fit, served as the service serves them."""

    def __init__(self) -> None:
        self.counts: dict[Cell, Count] = {}
        self.shift = np.zeros((N, len(CHANNELS), 1 + len(deeds.MOTIVES)))
        self.error = np.full(N, 0.5)

    def ask(self, contacts: Contacts, score: Floats, luck: np.random.Generator) -> Ints:
        added = self.shift[:, contacts.channel, contacts.motive - UNTOLD].T
        logit = score + added + self.error * luck.normal(size=score.shape)
        return _best(_chance(logit), contacts)

    def hear(self, contacts: Contacts, score: Floats, deed: Ints, yes: Floats, first: int) -> None:
        for n, (d, y) in enumerate(zip(deed.tolist(), yes.tolist(), strict=True)):
            cell = Cell(
                TODAY + (first + n) // PACE,
                deeds.DEEDS[d].kind,
                LIST[deeds.SELLS[d]].family if deeds.SALE[d] else deeds.DEEDS[d].kind,
                deeds.IDS[d],
                CHANNELS[contacts.channel[n]],
                _motive(int(contacts.motive[n])),
                round(float(score[n, d]) * STEPS),
            )
            known = self.counts.get(cell, Count(0, 0))
            self.counts[cell] = Count(known.asked + 1, known.yes + int(y))
        found = Learned(**corrections(self.counts, TODAY + (first + len(deed)) // PACE)._asdict())
        for d in range(N):
            family = LIST[deeds.SELLS[d]].family if deeds.SALE[d] else deeds.DEEDS[d].kind
            heard = found.of(deeds.IDS[d], family, deeds.DEEDS[d].kind)
            if heard is not None:
                self.error[d] = heard.error or 0.0
                for c, channel in enumerate(CHANNELS):
                    for m in range(1 + len(deeds.MOTIVES)):
                        self.shift[d, c, m] = heard.total(channel, _motive(m + UNTOLD) or None)


def _motive(motive: int) -> str:
    return "" if motive == UNTOLD else deeds.MOTIVES[motive]


class Pega:
    """`scored`: the offline score is one of its predictors."""

    def __init__(self, binning: Binning, *, scored: bool) -> None:
        self.scored = scored
        self.bins = np.r_[binning.bins, np.full(SCORE_BINS if scored else 0, SCORE_BINS)]
        self.cells = len(binning.bins)
        self.told: list[tuple[Ints, Ints, Ints, Floats]] = []
        self.models: dict[tuple[int, int], Adaptive] = {}

    def ask(self, contacts: Contacts, score: Floats, luck: np.random.Generator) -> Ints:
        p, n = np.full(score.shape, 0.5), np.zeros(score.shape)
        for (deed, channel), model in self.models.items():
            here = np.flatnonzero(contacts.channel == channel)
            if len(here):
                p[here, deed] = model.propensity(self._cells(contacts.take(here), score[here, deed]))
                n[here, deed] = model.evidence
        return _best(drawn(p, n, luck.random(score.shape)), contacts)

    def hear(self, contacts: Contacts, score: Floats, deed: Ints, yes: Floats, first: int) -> None:  # noqa: ARG002  it forgets nothing
        rows = np.arange(len(deed))
        self.told.append((self._cells(contacts, score[rows, deed]), contacts.channel, deed, yes))
        cells, channel, asked, said = (np.concatenate(parts) for parts in zip(*self.told, strict=True))
        for key in {*zip(asked.tolist(), channel.tolist(), strict=True)}:
            mine = (asked == key[0]) & (channel == key[1])
            self.models[key] = learned(cells[mine], said[mine] > 0, self.bins)

    def _cells(self, contacts: Contacts, score: Floats) -> Ints:
        if not self.scored:
            return contacts.cells
        place = np.clip(np.floor((score + 5.0) / 0.6), 0, SCORE_BINS - 1).astype(
            np.int64
        )  # from 1 in 150 to 7 in 10
        return np.column_stack([contacts.cells, self.cells + place])


def _best(chance: Floats, contacts: Contacts) -> Ints:
    may = np.isfinite(contacts.scores)
    return np.asarray(np.where(may, chance * contacts.euros, -1.0).argmax(axis=1))


def _chance(logit: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-logit)))


def regrets(
    seed: int, contacts: Contacts, learner: Learner | None, change: int = FIRST, *, drawn_anew: bool = False
) -> Floats:
    """(n,) euros a contact, in a world that changes after so many, flipped or drawn anew; no learner: the scores as they are, for ever."""
    luck, answers = np.random.default_rng([seed, 1]), np.random.default_rng([seed, 2])
    off, other = (
        TWOFOLD * np.where(np.random.default_rng([seed, of]).random(N) < 0.5, 1.0, -1.0) for of in (3, 4)
    )
    then = other if drawn_anew else -off
    found = []
    for first in range(0, len(contacts.channel), BATCH):
        part = contacts.take(np.arange(first, first + BATCH))
        score = part.scores
        true = _chance(score + (off if first < change else then))
        deed = _best(_chance(score), part) if learner is None else learner.ask(part, score, luck)
        worth, rows = true * part.euros, np.arange(BATCH)
        yes = (answers.random(BATCH) < true[rows, deed]).astype(np.float64)
        found.append(worth.max(axis=1) - worth[rows, deed])
        if learner is not None:
            learner.hear(part, score, deed, yes, first)
    return np.concatenate(found)


def measure() -> list[dict[str, Any]]:
    """The bars of learning: half the regret, and back after a change. Intervals are over seeds, in pairs."""
    seeds = range(max(FEWEST, int(os.environ.get("BEHOUD_BENCH_SEEDS") or 20)))
    played = []
    for seed in seeds:
        played.append(_played(seed))
        print(f"  seed {seed} of {len(seeds)}", flush=True)
    return judged({name: np.array([one[name] for one in played]) for name in played[0]})


def judged(found: dict[str, Floats]) -> list[dict[str, Any]]:
    """(seeds, contacts) of regret by learner; those of the other change bear DRAWN in their name, those that start with the change NEW."""
    rows, unit = [], f"EUR lost a contact, {len(found['ours'])} seeds"
    for name, lost in found.items():
        if not name.endswith((DRAWN, NEW)):
            first, before = lost[:, :FIRST].mean(), lost[:, FIRST - SETTLED : FIRST].mean()
            rows += [
                row(f"learning.{name}, first {FIRST}", first, unit, "", None),
                row(f"learning.{name}, last {SETTLED} of them", before, unit, "", None),
            ]
        jump, back = lost[:, -AFTER : BATCH - AFTER].mean(), lost[:, SETTLED - AFTER :].mean()
        rows += [
            row(f"learning.{name}, first {BATCH} after the change", jump, unit, "", None),
            row(f"learning.{name}, from {SETTLED} after it on", back, unit, "", None),
        ]
    for name in ("pega", "pega, scored"):
        theirs = found[name][:, :FIRST].mean(axis=1)
        mine = found["ours"][:, :FIRST].mean(axis=1)
        _, most = interval(mine - 0.5 * theirs)
        share = f"of the regret of {name}; less half of it: at most {most:+.2f} EUR"
        rows.append(
            row(f"learning.share of {name}", mine.mean() / theirs.mean(), share, "<= 0.5", most <= 0.0)
        )
    return rows + [row for change in ("", DRAWN) for row in _back(found, change)]


def _back(found: dict[str, Floats], change: str) -> list[dict[str, Any]]:
    """How much more is lost from SETTLED contacts after the change on."""
    ours, rows = found[f"ours{change}"], []
    after = ours[:, SETTLED - AFTER :].mean(axis=1)
    for against, bar, before in (
        ("as many contacts after the start", "not > 0", ours[:, SETTLED:AFTER]),
        (f"the last {SETTLED} before the change", "", ours[:, FIRST - SETTLED : FIRST]),
        ("one that starts with the change", "", found[f"ours{change}{NEW}"][:, SETTLED - AFTER :]),
    ):
        worse = after - before.mean(axis=1)
        least, most = interval(worse)
        told = f"EUR more than {against}, [{least:+.2f}, {most:+.2f}]"
        holds = least <= 0.0 if bar else None
        rows.append(
            row(f"learning.from {SETTLED} after the change on{change}", worse.mean(), told, bar, holds)
        )
    return rows


def _played(seed: int) -> dict[str, Floats]:
    contacts, binning = world(seed)
    learners: dict[str, Learner | None] = {
        "ours": Ours(),
        "pega": Pega(binning, scored=False),
        "pega, scored": Pega(binning, scored=True),
        "no learning": None,
    }
    found = {name: regrets(seed, contacts, learner) for name, learner in learners.items()}
    later = contacts.take(np.arange(FIRST, FIRST + AFTER))
    for change, drawn_anew in (("", False), (DRAWN, True)):
        found[f"ours{change}{NEW}"] = regrets(seed, later, Ours(), 0, drawn_anew=drawn_anew)
    for name, learner in (("ours", Ours()), ("no learning", None)):
        found[f"{name}{DRAWN}"] = regrets(seed, contacts, learner, drawn_anew=True)
    return found


def interval(values: Floats) -> tuple[float, float]:
    """Of the mean, 95 %, by Student's t."""
    half = float(t.ppf(0.975, max(len(values) - 1, 1)) * values.std(ddof=1) / np.sqrt(len(values)))
    return float(values.mean()) - half, float(values.mean()) + half
