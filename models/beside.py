"""Policies that stand beside the usual one, for whom flags say so: what two of them must say alike.

A customer is one customer to all of them: his facts, consents and history are read once, the law is the same, and who is left out to measure
is left out of every one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.documents import Path, Problem
    from models.policy import Policy

MOST: Final = 4
"""Policies, and bundles, beside the usual one: each is held in memory whole."""
SHARED: Final = (
    "languages",
    "timezone",
    "law",
    "facts",
    "trends",
    "consents",
    "experiments",
    "keeping",
)
LEAVING: Final = ("intents", "confirmed", "motives")


def unlike(policy: Policy, usual: Policy) -> list[Problem]:
    """What stands otherwise in a policy beside the usual one, and may not."""
    return [
        policy.problem(place, "must say what policy.yaml says; write the same here")
        for place in _differing(policy, usual)
    ]


def _differing(policy: Policy, usual: Policy) -> Iterator[Path]:
    for section in SHARED:
        if getattr(policy, section) != getattr(usual, section):
            yield (section,)
    for key in LEAVING:
        if getattr(policy.leaving, key) != getattr(usual.leaving, key):
            yield ("leaving", key)
    explore, other = policy.arbitration.explore, usual.arbitration.explore
    # What is given up in a day is counted over all of them.
    if explore is not None and (other is None or explore.euros_a_day != other.euros_a_day):
        yield ("arbitration", "explore", "euros_a_day")
