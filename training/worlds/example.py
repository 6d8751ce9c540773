"""The goods and deeds of the laboratory as a provider would write them down: a catalogue and a policy, in the words of docs/yaml.md.

Only what is public stands in them: prices, margins, families, needs, discounts, costs, minutes, terms. Rates of accepting and leaving
are what a marketer guesses, one for each kind, the same in every world: what is true of a world has to be learned.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from training.simulator.laboratory.contacting import CANCEL, INTENTS
from training.simulator.laboratory.deeds import DEEDS, MOTIVES
from training.simulator.laboratory.goods import IDS, LIST
from training.simulator.laboratory.money import PER_MINUTE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from training.simulator.laboratory.deeds import Deed
    from training.simulator.laboratory.goods import Good
    from training.simulator.laboratory.luck import Flags

LANGUAGE = "en"
RATES = {"offer": 0.10, "save": 0.35}
"""Accepted when asked."""
KEEP = 0.95
"""Of what was sold, not withdrawn."""
LEAVES, LEAVES_AFTER = 0.45, 0.10
"""Of those who say that they want to leave, gone at once: when nothing is said, and when a save was accepted."""
REPAIRABLE = "can_be_repaired"
"""The fact a provider's systems tell of a contact: there is something to repair."""
APOLOGY, SERVICE = "save-apology", "service"
"""Nobody says sorry to who has not complained, and money does not mend what does not work."""
INSTEAD = ".instead"
"""Ends the id of the action that is the same deed for who holds the cheaper plan, and gives it up."""


def cheaper_plans(good: Good) -> list[str]:
    """What is given up for it: the cheaper main products of its family."""
    return [
        one.id
        for one in LIST
        if good.main and one.main and one.family == good.family and one.price < good.price
    ]


def _names(deed: Deed) -> tuple[str, ...]:
    dearer = deed.sells >= 0 and bool(cheaper_plans(LIST[deed.sells]))
    return (deed.id, f"{deed.id}{INSTEAD}") if dearer else (deed.id,)


DEED_OF: Mapping[str, int] = {name: place for place, deed in enumerate(DEEDS) for name in _names(deed)}
"""The deed of each action, by index. The way out, which every provider must have, is no deed."""


def action_of(place: int, held: Flags) -> str:
    """The action that a deed is for who holds this, (products,) flags."""
    names = _names(DEEDS[place])
    given_up = len(names) > 1 and any(
        held[IDS.index(plan)] for plan in cheaper_plans(LIST[DEEDS[place].sells])
    )
    return names[1] if given_up else names[0]


def catalogue_text() -> bytes:
    """The catalogue. JSON is YAML."""
    actions = [_action(name, DEEDS[place]) for name, place in DEED_OF.items()]
    way_out = _named("cancel-contract", "process", "service") | {"cancels": True}
    products = [_product(good) for good in LIST]
    return _text({"languages": [LANGUAGE], "products": products, "actions": [*actions, way_out]})


def policy_text(facts: Mapping[str, Any]) -> bytes:
    """The policy of a provider who knows these facts, as `schema.yaml` declares them."""
    leaving = {
        "intents": [INTENTS[CANCEL]],
        "confirmed": [],
        "motives": MOTIVES,
        "leaves_now": LEAVES,
        "leaves_after": LEAVES_AFTER,
    }
    return _text(
        {
            "languages": [LANGUAGE],
            "timezone": "UTC",
            "facts": {**facts, REPAIRABLE: {"type": "boolean", "rules_only": True}},
            "money": {"horizon_months": 36, "minute_price": _euros(PER_MINUTE)},
            "leaving": leaving,
            "modes": list(_modes()),
            "rules": list(_rules()),
            # The way out is one of four where somebody wants to leave; a plan may stand beside its deal, as it may for every other policy.
            "arbitration": {"proposals": 4, "per_family": 3},
        }
    )


def _modes() -> Iterator[dict[str, Any]]:
    """A repair has no price in euros and stands where the mode puts it: before offers, but behind what keeps who is about to go."""
    complaint = "has(customer.complaint_open) && customer.complaint_open"
    let_down = f"has(contact.motive) && contact.motive == '{SERVICE}'"
    for name, when, kinds in (
        (
            "put_right",
            f"contact.leaving && ({complaint} || {let_down})",
            ["save", "service", "offer", "process"],
        ),
        ("save", "contact.leaving", ["save", "offer", "process"]),
        ("fix_first", complaint, ["service", "offer", "process"]),
        ("grow", None, ["offer", "process"]),
    ):
        yield {"id": name, "kinds": kinds, "text": _said(name), **({"when": when} if when else {})}


def _rules() -> Iterator[dict[str, Any]]:
    """What the laboratory forbids, as facts show it; what the holdings forbid is the catalogue's."""
    named = [(name, DEEDS[place]) for name, place in DEED_OF.items()]
    for rule, require, actions in (
        ("one_discount", "customer.discount_now == 0.0", [name for name, deed in named if deed.discount]),
        ("one_term", "customer.months_to_contract_end == 0.0", [name for name, deed in named if deed.term]),
        ("repairable", f"customer.{REPAIRABLE}", [name for name, deed in named if deed.kind == "service"]),
    ):
        yield {
            "id": rule,
            "tier": "eligibility",
            "for": {"actions": actions},
            "require": require,
            "reason": _said(rule),
        }


def _product(good: Good) -> dict[str, Any]:
    return {
        "id": good.id,
        "name": _said(good.id),
        "family": _family(good),
        "price": _euros(good.price),
        "margin": _euros(good.margin),
        "requires": [] if good.needs is None else [good.needs],
        "excludes": cheaper_plans(good),
        "binds": good.term > 0,
    }


def _family(good: Good) -> str:
    """A family may not be called as a product is: a requirement could mean either."""
    return f"all-{good.family}" if good.family in IDS else good.family


def _action(name: str, deed: Deed) -> dict[str, Any]:
    purpose = {"offer": "marketing", "save": "retention", "service": "service"}[deed.kind]
    action = _named(name, deed.kind, purpose) | {
        "cost": _euros(deed.cost),
        "minutes": deed.minutes,
        "commitment": {"months": deed.term, "resets_term": deed.term > 0},
    }
    if deed.kind in RATES:
        action["acceptance"] = {"rate": RATES[deed.kind]}
    if deed.discount:
        action["discount"] = {"amount": _euros(deed.discount), "months": deed.months}
    if deed.id == APOLOGY:
        action["condition"] = f"has(contact.motive) && contact.motive == '{SERVICE}'"
    elif deed.kind == "save":
        action["motives"] = [motive for motive in MOTIVES if motive != SERVICE]
    if deed.sells >= 0:
        good = LIST[deed.sells]
        action |= {"family": _family(good), "sells": [good.id], "leaves_after": LEAVES}
        action["acceptance"]["keep"] = KEEP
        if name.endswith(INSTEAD):
            action["replaces"] = cheaper_plans(good)
    return action


def _named(name: str, kind: str, purpose: str) -> dict[str, Any]:
    title = name.removesuffix(INSTEAD)
    texts = {LANGUAGE: {"title": title, "say": title}}
    return {"id": name, "kind": kind, "family": kind, "purpose": purpose, "texts": texts}


def _said(text: str) -> dict[str, str]:
    return {LANGUAGE: text}


def _euros(cents: int) -> float:
    return cents / 100.0


def _text(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, indent=1).encode()
