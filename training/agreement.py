"""Where a challenger in the shadow agrees with the champion, where it does not, and why: counted from what both answered to the same questions.

Nothing of this says which of the two is better: nobody has seen what the challenger said. It says what would change.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import ndtri, stdtrit

from training.evaluation.linearised import linearised

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from models.features import Floats
    from models.shadow import Shadow, Side, Standing

LEVEL = 0.95
SAMPLES = 3
"""Decisions named with a reason."""
PERCENTILES = (50, 95, 99)
UNSAID, NOTHING = "(none)", "nothing"


class Figure(NamedTuple):
    """A share or a mean over `n` decisions of so many customers, with its 95 % interval; the decisions of a customer stand or fall together."""

    n: int
    customers: int
    value: float
    low: float
    high: float


class Reason(NamedTuple):
    """Why the first proposal is another one, in how many decisions, and some of them."""

    why: str
    decisions: int
    samples: tuple[str, ...]


class Stops(NamedTuple):
    """A rule by which one side stops what the other does not: in how many decisions, and which action most."""

    rule: str
    decisions: int
    action_id: str


@dataclass(frozen=True)
class Agreement:
    """`same`: share with the same first proposal, None without a decision. `groups`: by mode, channel and motive, the largest first.

    `gain`: euros by which the challenger's first is worth more than the champion's, by each one's own figures, of decisions where both sides price both.
    `moves`: champion's and challenger's first -> decisions. `stops`: by side. `took`: milliseconds of deciding in full by side, at PERCENTILES.
    """

    decisions: int
    failed: Mapping[str, int]
    same: Figure | None
    groups: Mapping[str, Mapping[str, Figure]]
    reasons: tuple[Reason, ...]
    moves: tuple[tuple[str, str, int], ...]
    stops: Mapping[str, tuple[Stops, ...]]
    gain: Mapping[str, Figure]
    took: Mapping[str, tuple[float, ...]]


@dataclass(frozen=True)
class Pair:
    """Both answers to one question."""

    shadow: Shadow
    champion: Side
    challenger: Side

    @property
    def firsts(self) -> tuple[str | None, str | None]:
        """The action each proposes first, if any."""
        ours, other = (side.proposals[0].action_id if side.proposals else None for side in self.sides)
        return ours, other

    @property
    def sides(self) -> tuple[Side, Side]:
        return self.champion, self.challenger


def agreement(shadows: Iterable[Shadow]) -> Agreement:
    """Of decisions made twice; one told twice counts once."""
    found = {shadow.decision_id: shadow for shadow in shadows}.values()
    pairs = [
        Pair(s, s.champion, s.challenger)
        for s in found
        if s.champion is not None and s.challenger is not None
    ]
    other = [pair for pair in pairs if pair.firsts[0] != pair.firsts[1]]
    gains = [(pair, gain) for pair in pairs if (gain := gain_of(pair)) is not None]
    by = {
        "mode": lambda pair: pair.champion.mode,
        "channel": lambda pair: pair.shadow.channel,
        "motive": lambda pair: pair.shadow.motive or UNSAID,
    }
    return Agreement(
        decisions=len(found),
        failed=Counter(shadow.failed for shadow in found if shadow.failed is not None),
        same=_share(pairs) if pairs else None,
        groups={name: _groups(pairs, key) for name, key in by.items()},
        reasons=_reasons(other),
        moves=_moves(other),
        stops={
            "champion": _stops(pairs, lambda p: p.champion),
            "challenger": _stops(pairs, lambda p: p.challenger),
        },
        gain={
            name: _mean([pair for pair, _ in gains], np.array([gain[place] for _, gain in gains]))
            for place, name in enumerate(("champion", "challenger"))
            if gains
        },
        took={
            name: tuple(np.percentile([pair.sides[place].took_ms for pair in pairs], PERCENTILES).tolist())
            for place, name in enumerate(("champion", "challenger"))
            if pairs
        },
    )


def reason_of(pair: Pair) -> str:
    """Why the first proposal is another: the mode, a rule, or the term of the value that moved most towards it."""
    if pair.champion.mode != pair.challenger.mode:
        return f"mode {pair.challenger.mode}, not {pair.champion.mode}"
    ours, other = pair.firsts
    if ours in pair.challenger.stopped:
        return f"rule {pair.challenger.stopped[ours]} stops {ours}"
    if other in pair.champion.stopped:
        return f"rule {pair.champion.stopped[other]} no longer stops {other}"
    towards = _towards(pair)
    if towards and sum(towards.values()) > 0.0:
        return f"euros: {max(towards, key=towards.__getitem__)}"
    return "order: none of mode, rules and euros"


def _towards(pair: Pair) -> dict[str, float]:
    """By how much more each term speaks for the challenger's first, by the challenger's figures than by the champion's; nothing where not all is priced."""
    ours, other = pair.firsts
    spoken: list[dict[str, float]] = []
    for side in pair.sides:
        a, b = _standing(side, ours), _standing(side, other)
        if a is None or b is None or a.terms is None or b.terms is None:
            return {}
        of_a, of_b = a.terms.model_dump(), b.terms.model_dump()
        spoken.append({term: of_b[term] - of_a[term] for term in of_a})
    before, after = spoken
    return {term: after[term] - before[term] for term in after}


def gain_of(pair: Pair) -> tuple[float, float] | None:
    """Euros the challenger's first has more than the champion's, by the champion's figures and by the challenger's; None where not all is priced."""
    ours, other = pair.firsts
    found = []
    for side in pair.sides:
        a, b = _standing(side, ours), _standing(side, other)
        if a is None or b is None or a.expected is None or b.expected is None:
            return None
        found.append(b.expected - a.expected)
    return found[0], found[1]


def _standing(side: Side, action_id: str | None) -> Standing | None:
    return next((proposal for proposal in side.proposals if proposal.action_id == action_id), None)


def _groups(pairs: Sequence[Pair], key: Callable[[Pair], str]) -> dict[str, Figure]:
    parts: defaultdict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        parts[key(pair)].append(pair)
    return {name: _share(parts[name]) for name in sorted(parts, key=lambda name: (-len(parts[name]), name))}


def _reasons(pairs: Iterable[Pair]) -> tuple[Reason, ...]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for pair in pairs:
        found[reason_of(pair)].append(pair.shadow.decision_id)
    rows = [Reason(why, len(ids), tuple(sorted(ids)[:SAMPLES])) for why, ids in found.items()]
    return tuple(sorted(rows, key=lambda row: (-row.decisions, row.why)))


def _moves(pairs: Iterable[Pair]) -> tuple[tuple[str, str, int], ...]:
    counts = Counter((ours or NOTHING, other or NOTHING) for ours, other in (pair.firsts for pair in pairs))
    return tuple(
        (*move, number) for move, number in sorted(counts.items(), key=lambda row: (-row[1], row[0]))
    )


def _stops(pairs: Iterable[Pair], side: Callable[[Pair], Side]) -> tuple[Stops, ...]:
    decisions: Counter[str] = Counter()
    actions: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for pair in pairs:
        stopped = side(pair).stopped
        decisions.update(set(stopped.values()))
        for action_id, rule in stopped.items():
            actions[rule][action_id] += 1
    rows = [
        Stops(rule, number, min(actions[rule], key=lambda name: (-actions[rule][name], name)))
        for rule, number in decisions.items()
    ]
    return tuple(sorted(rows, key=lambda row: (-row.decisions, row.rule)))


def _share(pairs: Sequence[Pair]) -> Figure:
    """Of those with the same first. Wilson's interval at the effective number of decisions (Korn and Graubard 1998): a share of 1 is not sure."""
    same = np.array([float(pair.firsts[0] == pair.firsts[1]) for pair in pairs])
    share, error, customers = _clustered(pairs, same)
    spread = share * (1.0 - share)
    n = min(float(len(pairs)), spread / error**2) if error > 0.0 else float(customers)
    z = float(ndtri(0.5 + LEVEL / 2.0))
    middle = (share + z * z / (2.0 * n)) / (1.0 + z * z / n)
    half = z / (1.0 + z * z / n) * np.sqrt(spread / n + z * z / (4.0 * n * n))
    return Figure(
        len(pairs), customers, share, float(max(middle - half, 0.0)), float(min(middle + half, 1.0))
    )


def _mean(pairs: Sequence[Pair], values: Floats) -> Figure:
    mean, error, customers = _clustered(pairs, values)
    half = float(stdtrit(max(customers - 1, 1), 0.5 + LEVEL / 2.0)) * error
    return Figure(len(pairs), customers, mean, mean - half, mean + half)


def _clustered(pairs: Sequence[Pair], values: Floats) -> tuple[float, float, int]:
    """The mean, its standard error and the number of customers, whose decisions are added up before they are squared."""
    found = linearised(values)
    _, who = np.unique([pair.shadow.customer_id for pair in pairs], return_inverse=True)
    sums = np.bincount(who, found.influence)
    customers = len(sums)
    correction = customers / (customers - 1) if customers > 1 else 1.0
    return found.value, float(np.sqrt(correction * (sums**2).sum())) / len(values), customers
