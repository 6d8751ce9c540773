"""Rules that speak of nothing: they look like a safeguard and never are."""

from __future__ import annotations

from models.catalogue import Catalogue
from models.documents import Problem
from models.policy import Policy
from models.sections.selector import selects


def idle_rules(catalogue: Catalogue, policy: Policy) -> list[Problem]:
    """The policy's own rules whose `for` selects no action. A pack's may wait for an action that is still to come.

    They were allowed once, so a replay does not ask.
    """
    packs = tuple(f"{pack.id}." for pack in policy.packs)
    open_to_rules = [action for action in catalogue.actions if not action.cancels]
    problems = []
    for index, rule in enumerate(policy.rules):
        if rule.id.startswith(packs) or any(selects(rule.applies, action) for action in open_to_rules):
            continue
        way_out = any(selects(rule.applies, action) for action in catalogue.actions)
        message = (
            "speaks of the way out alone, which no rule stops; remove the rule"
            if way_out
            else "no action is all of this, so the rule never speaks; correct it, or remove the rule"
        )
        problems.append(policy.problem(("rules", index, "for"), message))
    return problems
