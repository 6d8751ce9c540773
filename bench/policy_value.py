"""The estimators of bar 3 of the sixth issue by themselves: made-up policies judged from another one's log, where the truth is known, and where it was played.

The whole way from a journal that `decide()` has written to a verdict: `python -m bench ope`.

Laboratory: of every contact of four months what each action would have brought is played with the same luck, nothing else being said for
three months. That is all there is: a policy's truth is a sum over it. Logs draw its customers and, with known chances, their actions.

Open Bandit: what the random policy earned, from the log of the other one, beside what it earned itself.

    BEHOUD_POLICIES=50 BEHOUD_LOGS=2 BEHOUD_CONTACTS=20000 python -m bench policy_value        a few minutes
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import polars as pl

from bench.public import DATA, absent, row
from training.evaluation.policy_value import Estimate, Logged, PolicyValue, estimated, policy_value
from training.evaluation.reward_model import Rows, foretold
from training.measured.intervals import between, share
from training.simulator.laboratory import deeds
from training.simulator.laboratory.contacting import INTENTS
from training.simulator.laboratory.deeds import DEEDS
from training.simulator.laboratory.desk import NONE, Desk, Proposals, nothing
from training.simulator.laboratory.goods import LIST
from training.simulator.laboratory.people import CHANNELS
from training.simulator.laboratory.play import HISTORY, Play, opened
from training.simulator.laboratory.policies import RandomEligible
from training.simulator.laboratory.setting import set_up
from training.simulator.laboratory.worlds import WORLDS

if TYPE_CHECKING:
    from models.features import Floats

POLICIES = int(os.environ.get("BEHOUD_POLICIES", "50"))
LOGS = int(os.environ.get("BEHOUD_LOGS", "2"))
CONTACTS = int(os.environ.get("BEHOUD_CONTACTS", "20000"))
CUSTOMERS = int(os.environ.get("BEHOUD_CUSTOMERS", "12000"))
WORLDS_ASKED = ("base", "hidden", "threats")
MONTHS, AFTER = 4, 3
EVEN, HEAT = 0.3, 1.0
"""Of the log: the share of even chances, and of the others how far they lean to what is worth more on paper."""
SILENCE = len(DEEDS)
"""The column of saying nothing."""
PAPER = np.array(
    [0.1 * 0.12 * LIST[deed.sells].margin if deed.sells >= 0 else 10.0 for deed in DEEDS] + [0.0]
)
"""Euros a marketer would expect of each."""


class Contacts(NamedTuple):
    """All that might have been: (m,) `customer`; (m, d) `context`; (m, actions) `may`; reward name -> (m, actions) euros."""

    customer: Any
    context: Floats
    may: Any
    reward: dict[str, Floats]

    def take(self, rows: Any) -> Contacts:
        """Some of them, as often as they are named."""
        reward = {name: table[rows] for name, table in self.reward.items()}
        return Contacts(self.customer[rows], self.context[rows], self.may[rows], reward)


@dataclass(frozen=True)
class Says:
    """The same deed to everybody it may be said to."""

    deed: int

    def propose(self, desk: Desk) -> Proposals:
        """It, or nothing."""
        found = nothing(len(desk.customer))
        if self.deed != SILENCE:
            found.deed[:, 0] = np.where(desk.eligible[:, self.deed], self.deed, NONE)
        return found


class Watches:
    """Says nothing, and keeps the desk."""

    def propose(self, desk: Desk) -> Proposals:
        """Nothing."""
        self.desk = desk
        return nothing(len(desk.customer))


def population(world: str, seed: int, customers: int = CUSTOMERS, months: int = MONTHS) -> Contacts:
    """All contacts of some months, in each of which everything eligible is tried."""
    play = opened(set_up(WORLDS[world], seed, customers)).run(RandomEligible(seed=seed, share=0.5), HISTORY)
    parts = []
    for _ in range(months):
        watches = Watches()
        play.branch().run(watches, 1)
        parts.append(_tried(play, watches.desk))
        play.run(RandomEligible(seed=seed, share=0.5), 1)
    customer, context, may = (np.concatenate([part[column] for part in parts]) for column in range(3))
    reward = {name: np.concatenate([part.reward[name] for part in parts]) for name in parts[0].reward}
    return Contacts(customer, context, may, reward)


def _tried(play: Play, desk: Desk) -> Contacts:
    here = play.branch(desk.contacts.row)
    may = np.column_stack([desk.eligible, np.ones(len(desk.customer), dtype=bool)])
    reward = {name: np.zeros(may.shape) for name in ("margin", "held")}
    margins = play.setting.margin(play.month) / 100.0
    for deed in range(len(DEEDS) + 1):
        told = here.branch(np.arange(len(desk.customer))).run(Says(deed), 1).run(None, AFTER - 1)
        reward["margin"][:, deed] = told.ledger.sum(axis=(0, 2)) / 100.0
        if deed != SILENCE:
            reward["held"][:, deed] = _held(told, deed, desk.held @ margins, margins)
    tenure = desk.facts["tenure_months"]
    known = [desk.held @ margins, desk.held.sum(axis=1), tenure, np.log1p(tenure), desk.facts["contacts_90d"], desk.facts["price_score"], desk.facts["engagement"]]  # fmt: skip
    words = [np.eye(len(INTENTS))[desk.contacts.intent], np.eye(len(CHANNELS))[desk.contacts.channel]]
    return Contacts(desk.customer, np.column_stack([*known, *words]), may, reward)


def _held(told: Play, deed: int, all_held: Floats, margins: Floats) -> Floats:
    """(m,) euros of what was accepted and stands, as `training.ope.rewards` has it."""
    asked, gone = told.seen[0].asked, np.any([outcome.gone for outcome in told.outcomes], axis=0)
    yes = asked.accepted[:, 0] & ~asked.withdrawn[:, 0] & (asked.deed[:, 0] == deed)
    gained = all_held * ~gone if deeds.SAVE[deed] else 0.0
    if deeds.SALE[deed]:
        gained = margins[deeds.SELLS[deed]]
    given = deeds.DISCOUNT[deed] / 100.0 * min(AFTER, int(deeds.MONTHS[deed]))
    yes &= ~(gone & deeds.SAVE[deed])
    return np.where(yes, AFTER * gained - given - deeds.COST[deed] / 100.0, 0.0)


def chances(scores: Floats, may: Any, even: float, heat: float) -> Floats:
    """(m, actions): even shares of what may be said, and the rest by softmax of the scores; heat 0 is the best alone."""
    scores = np.where(may, scores, -np.inf)
    if heat == 0.0:
        lean = np.eye(scores.shape[1])[scores.argmax(axis=1)]
    else:
        lean = np.exp((scores - scores.max(axis=1, keepdims=True)) / heat)
        lean /= lean.sum(axis=1, keepdims=True)
    return np.asarray((1.0 - even) * lean + even * may / may.sum(axis=1, keepdims=True))


def logging(found: Contacts) -> Floats:
    """The chances of the log: it leans to what is worth most on paper, a guess at acceptance times the margin of a year."""
    return chances(np.tile(PAPER / 10.0, (len(found.may), 1)), found.may, EVEN, HEAT)


def a_policy(found: Contacts, seed: int) -> Floats:
    """One of many: what it likes depends on the contact; every third takes the best alone, the others leave something to chance."""
    dice = np.random.default_rng((seed, 47))
    known = (found.context - found.context.mean(axis=0)) / np.maximum(found.context.std(axis=0), 1e-9)
    likes = dice.normal(size=SILENCE + 1) + known @ dice.normal(0.0, 0.3, (known.shape[1], SILENCE + 1))
    heat = 0.0 if seed % 3 == 0 else float(dice.uniform(0.2, 2.0))
    return chances(likes, found.may, float(dice.uniform(0.0, 0.2)), heat)


def a_log(found: Contacts, chance: Floats, contacts: int, seed: int) -> tuple[Any, Any, Any]:
    """Rows, actions and customers of a log: customers drawn with all their contacts, and of each an action by its chance."""
    dice = np.random.default_rng((seed, 48))
    people, index = np.unique(found.customer, return_inverse=True)
    order = np.argsort(index, kind="stable")
    count = np.bincount(index)
    start = np.cumsum(count) - count
    drawn = dice.integers(0, len(people), contacts)
    drawn = drawn[: int(np.searchsorted(np.cumsum(count[drawn]), contacts)) + 1]
    place = np.concatenate([np.arange(start[one], start[one] + count[one]) for one in drawn])
    rows = order[place]
    customer = np.repeat(np.arange(len(drawn)), count[drawn])
    action = (dice.random(len(rows))[:, None] > chance[rows].cumsum(axis=1)).sum(axis=1)
    return rows, np.minimum(action, SILENCE), customer


KIND_OF = np.unique([deed.kind for deed in DEEDS] + ["nothing"], return_inverse=True)[1]


class Trial(NamedTuple):
    """One policy, one log, one reward."""

    reward: str
    truth: float
    value: PolicyValue


def trials(found: Contacts, seeds: range, logs: int, contacts: int) -> list[Trial]:
    """Each policy judged from logs of its own; its truth is the mean over all contacts there are."""
    chance, out = logging(found), []
    for seed in seeds:
        policy = a_policy(found, seed)
        for log in range(logs):
            rows, action, customer = a_log(found, chance, contacts, 1000 * seed + log)
            for name, table in found.reward.items():
                reward = table[rows, action]
                predicted = foretold(Rows(found.context[rows], action, reward, KIND_OF), customer)
                logged = Logged(action, chance[rows, action], reward, customer)
                value = policy_value(logged, policy[rows], predicted, lost=np.zeros(len(rows)))
                out.append(Trial(name, float((policy * table).sum(axis=1).mean()), value))
    return out


def measure() -> list[dict[str, Any]]:
    """All of it."""
    return [*laboratory(), *open_bandit()]


def laboratory() -> list[dict[str, Any]]:
    """Policies dealt evenly to the worlds."""
    done, unsupported = [], 0
    for place, world in enumerate(WORLDS_ASKED):
        found = population(world, seed=place)
        seeds = range(place, POLICIES, len(WORLDS_ASKED))
        for seed in seeds:
            done += trials(found, range(seed, seed + 1), LOGS, CONTACTS)
            print(f"  {world}: policy {seed}", flush=True)
        unsupported += without_support(found, POLICIES + place)
    rows = [row("without support, not estimable", unsupported, f"of {len(WORLDS_ASKED)} policies", f"{len(WORLDS_ASKED)}", unsupported == len(WORLDS_ASKED))]  # fmt: skip
    for name in ("margin", "held"):
        rows += summary(name, [one for one in done if one.reward == name])
    return rows


def without_support(found: Contacts, seed: int) -> bool:
    """Whether a policy is refused of whose choices a tenth could not be drawn."""
    chance, policy = logging(found), a_policy(found, seed)
    never = np.argsort(policy.mean(axis=0))[-3:]
    chance = chances(np.log(np.maximum(chance, 1e-9)), found.may & ~np.isin(np.arange(SILENCE + 1), never), 0.0, 1.0)  # fmt: skip
    rows, action, customer = a_log(found, chance, CONTACTS, seed)
    logged = Logged(action, chance[rows, action], found.reward["margin"][rows, action], customer)
    lost = (policy * (chance == 0.0)).sum(axis=1)[rows]
    value = policy_value(logged, policy[rows], np.zeros_like(policy[rows]), lost=lost)
    return value.found is None and "support" in [gate.name for gate in value.failed]


def summary(name: str, done: list[Trial]) -> list[dict[str, Any]]:
    """Rows of one reward."""
    told = [(one.truth, one.value.found) for one in done if one.value.found is not None]
    n, effective = len(told), [one.value.weights.effective for one in done]
    rows = [
        row(f"{name}: estimable", n, f"of {len(done)} logs of {CONTACTS:,} contacts", "", None),
        row(f"{name}: truth, median", float(np.median([truth for truth, _ in told])), "EUR a contact", "", None),
        row(f"{name}: effective sample size, median", float(np.median(effective)), f"contacts, least {min(effective):,.0f}", "", None),
    ]  # fmt: skip
    for kind in ("dr", "snips", "ips", "dm"):
        ones = [(truth, getattr(found, kind)) for truth, found in told]
        error = float(np.median([abs(one.value - truth) / abs(truth) for truth, one in ones]))
        covered = share(sum(one.low <= truth <= one.high for truth, one in ones), n)
        near = sum(abs(one.value - truth) <= 3.0 * one.error + 0.05 * abs(truth) for truth, one in ones)
        decides = kind == "dr"
        rows += [
            row(f"{name}: {kind}, relative error, median", error, "", "<= 0.05" if decides else "", error <= 0.05 if decides else None),
            row(f"{name}: {kind}, coverage", covered.value, f"of {n} intervals {between(covered, 3)}", ">= 0.92" if decides else "", covered.value >= 0.92 if decides else None),
        ]  # fmt: skip
        if kind != "dm":
            rows.append(row(f"{name}: {kind}, within 3 errors + 5 %", near, f"of {n}", f"{n}", near == n))
    return rows


def open_bandit() -> list[dict[str, Any]]:
    """Clicks a thousand impressions; the clip that is stated is the square root of the number of rows."""
    folder = DATA / "bandit"
    if not folder.is_dir():
        return absent({"open bandit": ""})
    columns = ["item_id", "position", "click", "propensity_score"]
    other, random = (pl.read_csv(folder / f"{name}_all.csv", columns=columns) for name in ("bts", "random"))
    item, click = other["item_id"].to_numpy(), 1000.0 * other["click"].to_numpy()
    n, items = len(other), int(item.max()) + 1
    policy = np.full((n, items), 1.0 / items)
    context = np.eye(3)[other["position"].to_numpy() - 1]
    predicted = foretold(Rows(context, item, click, np.zeros(items, dtype=np.intp)), np.arange(n))
    logged = Logged(item, other["propensity_score"].to_numpy(), click)
    played = 1000.0 * float(random["click"].mean())
    half = 1960.0 * float(random["click"].std()) / np.sqrt(len(random))
    rows = [
        row("open bandit: random, as it was played", played, f"clicks a thousand [{played - half:.2f}, {played + half:.2f}]", "", None),
        row("open bandit: least propensity of the other", 1e6 * float(logged.propensity.min()), "millionths", "", None),
    ]  # fmt: skip
    for clip in (None, float(np.sqrt(n))):
        value = policy_value(logged, policy, predicted, clip=clip)
        found, name = estimated(logged, policy, predicted, clip=clip)[1], "unclipped" if clip is None else f"clip {clip:g}"  # fmt: skip
        failed = [gate.name for gate in value.failed]
        said = f"effective of {n:,}; mean weight {value.weights.mean:.3f}, largest {value.weights.most:.0f}; "
        said += f"not estimable: {', '.join(failed)}" if failed else "estimable"
        bar, holds = ("refused", bool(failed)) if clip is None else ("", None)
        rows.append(row(f"open bandit: {name}", value.weights.effective, said, bar, holds))
        rows += [_would_be(f"open bandit: {name}, {kind}", getattr(found, kind)) for kind in ("snips", "dr")]
    return rows


def _would_be(name: str, one: Estimate) -> dict[str, Any]:
    return row(name, one.value, f"clicks a thousand [{one.low:.2f}, {one.high:.2f}], for comparison alone", "", None)  # fmt: skip
