"""The nine worlds: what each changes of the usual ranges. One row is one world."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from training.simulator.laboratory.parameters import Range

NONE = (0.0, 0.0)


@dataclass(frozen=True)
class World:
    """`ranges`: parameters drawn from elsewhere than usual; `at_most`: customers there are, however many are asked for.

    `confounded`: adjusting for all facts does not recover the effect of holding. `strategic`: customers learn from what they get, so
    that looking one contact ahead need not be best.
    """

    name: str
    says: str
    ranges: Mapping[str, Range] = field(default_factory=dict)
    at_most: int | None = None
    confounded: bool = False
    strategic: bool = False


NO_EFFECT = dict.fromkeys(("locking", "waking", "persuasion", "saving", "barrier", "clock"), NONE)
_ALL = (
    World("base", "everything as usual"),
    World(
        "no-signal",
        "holdings say nothing about what is wanted next",
        dict.fromkeys(("needs", "relations", "thrift", "confounding", "drift"), NONE),
    ),
    World("no-effect", "asking, saving and holding change nothing; discounts still cost", NO_EFFECT),
    World(
        "hidden",
        "the loyal buy more, and no fact shows who is loyal",
        {"confounding": (0.55, 0.75), "hidden": (0.85, 0.95), "loyalty": (0.6, 0.75)},
        confounded=True,
    ),
    World(
        "sleeping-dogs",
        "most are asleep, many would leave if awake, and being asked wakes",
        {"sleep": (1.7, 1.9), "calm": (1.1, 1.3), "waking": (0.7, 1.0)},
    ),
    World(
        "price-rise",
        "prices rise while the policy decides, and tastes wander",
        {"rise": (0.08, 0.14), "rise_month": (8.0, 12.0), "drift": (0.08, 0.12)},
    ),
    World("ignored-ranks", "agents speak what they like of what is shown", {"ignore": (0.9, 1.0)}),
    World("small", "4,000 customers, however many are asked for", at_most=4000),
    World(
        "threats",
        "customers learn that threatening to leave is paid for",
        {"learning": (0.08, 0.15), "bluff": (0.006, 0.012)},
        strategic=True,
    ),
)
WORLDS: Mapping[str, World] = {world.name: world for world in _ALL}
