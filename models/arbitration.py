"""Which eligible actions are proposed, and in what order. Prices rank offers and saves; the mode places everything else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from models.catalogue import Action, Catalogue
from models.domain import LeverUse
from models.ladder import CANDIDATES, Saves, ladder
from models.levers import InForce, levers_cost
from models.policy import Mode, Policy
from models.pricing import Forecast, PricedActions
from models.value import Floats

WORTHLESS = "worth_less_than_nothing"
NOT_BEST = "not_among_the_best"
NOT_ON_LADDER = "not_on_the_ladder"
FAMILY_FULL = "family_already_proposed"
BEHIND_LEVER = "behind_a_lever"
NOT_WORTH_ASKING = "not_worth_asking"
ARBITRATION_TEXTS: Mapping[str, Mapping[str, str]] = {
    WORTHLESS: {"nl": "Levert minder op dan niets doen", "en": "Worth less than doing nothing"},
    NOT_BEST: {"nl": "Andere voorstellen zijn meer waard", "en": "Other proposals are worth more"},
    NOT_ON_LADDER: {"nl": "Andere behoudsaanbiedingen gaan voor", "en": "Other save-offers come first"},
    FAMILY_FULL: {
        "nl": "Er staat al een voorstel van deze soort",
        "en": "A proposal of this family already stands",
    },
    BEHIND_LEVER: {
        "nl": "Een tijdelijke keuze van het bedrijf gaat voor",
        "en": "A lever of the business puts others first",
    },
    NOT_WORTH_ASKING: {
        "nl": "Het antwoord levert minder op dan het vragen kost",
        "en": "The answer is worth less than asking costs",
    },
}

NOTHING_ASKED: Mapping[int, float] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Placed:
    """Rows of the catalogue in the order they are proposed, and why each other eligible row is not.

    `levers` had a say in the order, which costs `levers_cost` euros of expected value.
    """

    ranked: tuple[int, ...]
    passed: Mapping[int, str]
    levers: tuple[LeverUse, ...] = ()
    levers_cost: float = 0.0


class Figures(NamedTuple):
    """What the actions at these rows of the catalogue are worth, and all that a ladder of them is counted by; q0 before any refusal."""

    rows: tuple[int, ...]
    eiv: Floats
    saves: Saves
    V0: float
    q0: float


def figures_of(priced: PricedActions, forecast: Forecast) -> Figures:
    """From prices."""
    options = priced.options
    saves = Saves(options.p, options.rho, priced.priced.V1, options.cost, options.contact_cost)
    return Figures(priced.index, priced.priced.eiv, saves, priced.priced.V0, forecast.leaves_first)


def arbitrate(
    eligible: Sequence[int],
    priced: PricedActions | None,
    forecast: Forecast | None,
    *,
    mode: Mode,
    refused: int,
    spoken: int,
    leaving: bool,
    catalogue: Catalogue,
    policy: Policy,
    levers: InForce | None = None,
    asked: Mapping[int, float] = NOTHING_ASKED,
) -> Placed:
    """Place the eligible actions. Without prices (profiling objected to) offers and saves stand by priority as the rest does.

    Levers change the order by value, and with it who is among the proposals; never what an action is said to be worth.

    `refused` saves of this conversation were spoken and not accepted, `spoken` counts those that were accepted too: each was a round.
    `asked` is what the answer to a question is worth: of those in it only what is worth something is asked, the best first.
    """
    arrange = partial(
        _arranged,
        eligible,
        priced,
        forecast,
        mode=mode,
        refused=refused,
        spoken=spoken,
        leaving=leaving,
        catalogue=catalogue,
        policy=policy,
        asked=asked,
    )
    if priced is None:
        return arrange(worth={})
    worth = dict(zip(priced.index, priced.priced.eiv.tolist(), strict=True))
    placed = arrange(worth=worth)
    actions = catalogue.actions
    # The ladder orders the saves of someone who is leaving.
    free = [row for row in priced.index if not (leaving and actions[row].kind == "save")]
    used = () if levers is None else levers.used(worth, free)
    if levers is None or not used:
        return placed
    levered = arrange(worth=levers.levered(worth))
    behind = {row: BEHIND_LEVER for row in placed.ranked if row not in levered.ranked}
    cost = levers_cost(_figures(placed, worth), _figures(levered, worth))
    return Placed(levered.ranked, {**levered.passed, **behind}, used, cost)


def _figures(placed: Placed, worth: Mapping[int, float]) -> list[float]:
    """The true values of the proposals that have one, in their order."""
    return [worth[row] for row in placed.ranked if row in worth]


def _arranged(
    eligible: Sequence[int],
    priced: PricedActions | None,
    forecast: Forecast | None,
    *,
    worth: Mapping[int, float],
    mode: Mode,
    refused: int,
    spoken: int,
    leaving: bool,
    catalogue: Catalogue,
    policy: Policy,
    asked: Mapping[int, float],
) -> Placed:
    """The eligible actions in order, offers by `worth`."""
    passed: dict[int, str] = {}
    actions = catalogue.actions
    left = max(0, policy.leaving.rounds - spoken)
    groups: list[list[int]] = []
    for kind in _kinds(mode, eligible, actions):
        rows = [row for row in eligible if actions[row].kind == kind and not actions[row].cancels]
        if kind == "question":
            groups.append(_questions(rows, asked, actions, passed))
        elif priced is None or forecast is None or kind not in {"offer", "save"}:
            by_priority = sorted(rows, key=lambda row: (actions[row].priority, actions[row].id))
            groups.append(_rounds_left(by_priority, left, passed) if kind == "save" else by_priority)
        elif kind == "save" and leaving:
            on_ladder = climb(rows, figures_of(priced, forecast), refused, left, policy)
            passed |= {row: NOT_ON_LADDER for row in rows if row not in on_ladder}
            groups.append(on_ladder)
        else:
            by_value = _offers(rows, worth, actions, passed)
            groups.append(_rounds_left(by_value, left, passed) if kind == "save" else by_value)
    order = [row for group in groups for row in group]
    chosen = _cut(order, actions, policy, passed)
    exits = [row for row in eligible if actions[row].cancels]
    ranked = _with_way_out(chosen, exits[:1], actions, policy.arbitration.proposals) if leaving else chosen
    passed |= {row: NOT_BEST for row in (*order, *exits) if row not in ranked and row not in passed}
    return Placed(tuple(ranked), passed)


def _kinds(mode: Mode, eligible: Sequence[int], actions: Sequence[Action]) -> list[str]:
    """The mode's kinds in their order, then those that only an admission let in."""
    admitted = [str(actions[row].kind) for row in eligible if not actions[row].cancels]
    return list(dict.fromkeys([*mode.kinds, *admitted]))


def _questions(
    rows: list[int], asked: Mapping[int, float], actions: Sequence[Action], passed: dict[int, str]
) -> list[int]:
    """Worth asking, the best first; then by priority those of which nobody says what an answer is worth."""
    passed |= {row: NOT_WORTH_ASKING for row in rows if asked.get(row, 1.0) <= 0}
    left = [row for row in rows if row not in passed]
    return sorted(left, key=lambda row: (-asked.get(row, 0.0), actions[row].priority, actions[row].id))


def _offers(
    rows: list[int], worth: Mapping[int, float], actions: Sequence[Action], passed: dict[int, str]
) -> list[int]:
    """By expected incremental value; doing nothing is worth 0 and may win."""
    passed |= {row: WORTHLESS for row in rows if worth[row] <= 0}
    return sorted((row for row in rows if worth[row] > 0), key=lambda row: (-worth[row], actions[row].id))


def climb(rows: Sequence[int], figures: Figures, refused: int, left: int, policy: Policy) -> list[int]:
    """These saves in ladder order: what to say now, and what to say after a refusal. The four with the highest value climb it."""
    at = {row: position for position, row in enumerate(figures.rows)}
    best = sorted(rows, key=lambda row: -figures.eiv[at[row]])[:CANDIDATES]
    if not best:
        return []
    places = np.array([at[row] for row in best], dtype=np.intp)
    plan = ladder(
        Saves(*[column[places] for column in figures.saves]),
        V0=figures.V0,
        q0=figures.q0,
        fatigue=policy.leaving.fatigue,
        refused=refused,
        rounds=min(refused, policy.leaving.rounds) + left,
    )
    return [best[position] for position in plan.order]


def _rounds_left(order: list[int], left: int, passed: dict[int, str]) -> list[int]:
    """As many saves as this conversation has rounds left, where no ladder has counted them."""
    passed |= dict.fromkeys(order[left:], NOT_ON_LADDER)
    return order[:left]


def _cut(order: list[int], actions: Sequence[Action], policy: Policy, passed: dict[int, str]) -> list[int]:
    """At most so many proposals, and so many of one family and kind; saves are steps of one conversation and share a family freely."""
    seen: dict[tuple[str, str], int] = {}
    kept = []
    for row in order:
        action = actions[row]
        place = (action.kind, action.family)
        if action.kind == "offer" and seen.get(place, 0) >= policy.arbitration.per_family:
            passed[row] = FAMILY_FULL
            continue
        seen[place] = seen.get(place, 0) + 1
        kept.append(row)
    return list(islice(kept, policy.arbitration.proposals))


def _with_way_out(chosen: list[int], exits: list[int], actions: Sequence[Action], most: int) -> list[int]:
    """Once a wish to leave is voiced, the cancel process is first or second: first where nothing but processes that may wait stands."""
    if not chosen:
        return exits
    waits = actions[chosen[0]].kind == "process"
    waits = waits and all(actions[row].priority <= actions[chosen[0]].priority for row in exits)
    place = 0 if waits else 1
    return [*chosen[:place], *exits, *chosen[place:]][: max(most, 2)]
