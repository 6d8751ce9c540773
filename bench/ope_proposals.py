"""Fifty things a manager proposes: ten sorts, five of each, made by a rule that knows no outcome.

Which action or family is meant is drawn by how often it stood first in the journal: nobody proposes to change what is never said.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from bench.ope_shop import METHOD, RATE, UNHEARD, Documents

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True)
class Proposal:
    """What is proposed: `papers`, the `method` by which the bundle is learned, the `rate` of exploring."""

    sort: str
    says: str
    papers: Documents
    method: str = METHOD
    rate: float = RATE


def proposal(number: int, papers: Documents, often: Mapping[str, int]) -> Proposal:
    """The one of this number. `often`: how often each action stood first in the journal."""
    sort, variant = [*SORTS][number % len(SORTS)], number // len(SORTS) % 5
    papers = deepcopy(papers)
    dice = Random(sort)
    made = SORTS[sort](papers, often, dice, variant)
    return Proposal(sort, made.pop("says"), papers, **made)


def _action(papers: Documents, often: Mapping[str, int], kind: str, dice: Random, variant: int) -> str:
    """Each variant of a sort another one: who arrives first, at the rate of how often it stood first, second, and so on."""
    kinds = {action["id"]: action["kind"] for action in papers.catalogue["actions"]}
    names = sorted(name for name in often if kinds.get(name) == kind)
    order = sorted(names, key=lambda name: dice.expovariate(often[name]))
    return order[variant % len(order)]


def _row(papers: Documents, name: str) -> dict[str, Any]:
    return next(action for action in papers.catalogue["actions"] if action["id"] == name)


def _lever(papers: Documents, often: Mapping[str, int], dice: Random, variant: int) -> dict[str, Any]:
    family = _row(papers, _action(papers, often, "offer", dice, variant))["family"]
    factor = (0.5, 0.67, 1.5, 1.75, 2.0)[variant]
    papers.policy["levers"] = [
        {"id": "lever", "for": {"families": [family]}, "factor": factor, "owner": "Sales", "until": "2099-12-31", "reason": "campaign"}
    ]  # fmt: skip
    return {"says": f"{family} x {factor}"}


def _terms(papers: Documents, often: Mapping[str, int], dice: Random, variant: int) -> dict[str, Any]:
    name = _action(papers, often, "offer", dice, variant)
    more = (-4.0, -2.0, 1.0, 2.0, 5.0)[variant]
    _row(papers, name)["cost"] += more
    return {"says": f"{name} costs {more:+.0f} EUR"}


def _withdrawn(papers: Documents, often: Mapping[str, int], dice: Random, variant: int) -> dict[str, Any]:
    name = _action(papers, often, "save" if variant == 4 else "offer", dice, variant)
    _rule(papers, "withdrawn", {"actions": [name]}, "false")
    return {"says": name}


def _guarded(papers: Documents, often: Mapping[str, int], dice: Random, variant: int) -> dict[str, Any]:
    family = _row(papers, _action(papers, often, "offer", dice, variant))["family"]
    require = (
        "customer.tenure_months >= 12.0",
        "customer.price_score <= 60.0",
        "customer.engagement >= 40.0",
        "customer.payments_missed == 0.0",
        "customer.outage_hours_90d < 4.0",
    )[variant]
    _rule(papers, "guarded", {"families": [family]}, require)
    return {"says": f"{family}: {require}"}


def _rule(papers: Documents, name: str, whom: dict[str, Any], require: str) -> None:
    papers.policy["rules"].append(
        {"id": name, "tier": "eligibility", "for": whom, "require": require, "reason": {"en": name}}
    )


def _patience(papers: Documents, often: Mapping[str, int], dice: Random, variant: int) -> dict[str, Any]:  # noqa: ARG001  every sort is asked alike
    require = (
        "customer.contacts_90d <= 0.0",
        "customer.contacts_90d <= 2.0",
        "true",
        "customer.contacts_90d <= 1.0 && !customer.complaint_open",
        "customer.contacts_90d <= 1.0 || customer.engagement >= 60.0",
    )[variant]
    next(rule for rule in papers.policy["rules"] if rule["id"] == "patience")["require"] = require
    return {"says": require}


def _modes(papers: Documents, often: Mapping[str, int], dice: Random, variant: int) -> dict[str, Any]:  # noqa: ARG001
    name, kinds = (
        ("save", ["save", "process"]),
        ("put_right", ["save", "service", "process"]),
        ("fix_first", ["service", "process"]),
        ("grow", ["offer", "save", "process"]),
        ("put_right", ["service", "save", "offer", "process"]),
    )[variant]
    next(mode for mode in papers.policy["modes"] if mode["id"] == name)["kinds"] = kinds
    return {"says": f"{name}: {', '.join(kinds)}"}


def _rate(papers: Documents, often: Mapping[str, int], dice: Random, variant: int) -> dict[str, Any]:  # noqa: ARG001
    rate = (0.0, 0.05, 0.1, 0.3, 0.4)[variant]
    return {"says": f"{rate:g}", "rate": rate}


def _bundle(papers: Documents, often: Mapping[str, int], dice: Random, variant: int) -> dict[str, Any]:  # noqa: ARG001
    method = ("als", "ease", "popularity_by_segment", "logistic", UNHEARD)[variant]
    return {"says": method, "method": method}


def _money(papers: Documents, often: Mapping[str, int], dice: Random, variant: int) -> dict[str, Any]:  # noqa: ARG001
    key, value = (
        ("minute_price", 0.3),
        ("minute_price", 1.0),
        ("horizon_months", 24),
        ("horizon_months", 48),
        ("yearly_discount", 0.15),
    )[variant]
    papers.policy["money"][key] = value
    return {"says": f"{key} {value}"}


def _arbitration(papers: Documents, often: Mapping[str, int], dice: Random, variant: int) -> dict[str, Any]:  # noqa: ARG001
    key, value = (("sure", 0.95), ("harmed", 0.05), ("per_family", 1), ("proposals", 3), ("proposals", 2))[variant]  # fmt: skip
    papers.policy["arbitration"][key] = value
    return {"says": f"{key} {value}"}


SORTS: dict[str, Callable[[Documents, Mapping[str, int], Random, int], dict[str, Any]]] = {
    "lever": _lever,
    "cost of an offer": _terms,
    "action withdrawn": _withdrawn,
    "rule added": _guarded,
    "rule changed": _patience,
    "kinds of a mode": _modes,
    "exploration": _rate,
    "bundle": _bundle,
    "money": _money,
    "arbitration": _arbitration,
}
