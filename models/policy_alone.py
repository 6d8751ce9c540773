"""What can be said of a policy when its catalogue cannot be used."""

from __future__ import annotations

from models.catalogue import Catalogue
from models.documents import Problem
from models.policy import Policy
from models.rules import compile_disclosures, compile_inferred, compile_rules


def alone(policy: Policy) -> list[Problem]:
    """Every condition that cannot be used whatever the catalogue says, so that its mistakes do not wait for the other file's."""
    nothing = Catalogue(languages=policy.languages, products=(), actions=())
    book, problems = compile_rules(nothing, policy)
    problems += compile_disclosures(nothing, policy, book)[1]
    problems += compile_inferred(nothing, policy, book)[1]
    return problems
