"""Who may stand first: the offers or saves that chance may choose among, with what they are worth there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from models.climbing import said_first, stakes_of
from models.ladder import WITHIN

if TYPE_CHECKING:
    from models.arbitration import Candidates
    from models.pricing import PricedActions


class Standing(NamedTuple):
    """Of each, by row of the catalogue and in euros: its `worth` where it stands, what is `expected` of it alone, and what it is ordered `by`, levers included."""

    worth: Mapping[int, float]
    expected: Mapping[int, float]
    by: Mapping[int, float]


def may_stand_first(
    best: int, among: Candidates, priced: PricedActions, worth: Mapping[int, float], by: Mapping[int, float]
) -> Standing | None:
    """`best` and those of its kind that are worth something; None where what stands first is no matter of value.

    That is a service, a process or a question, an emergency, a save that was shown and waits for its answer, and a ladder that is ordered by
    what is given away.
    """
    actions = among.catalogue.actions
    if best not in worth or actions[best].emergency or actions[best].id in among.waiting:
        return None
    kind = actions[best].kind
    rows = [row for row in among.eligible if actions[row].kind == kind and not actions[row].emergency]
    expected = dict(zip(priced.index, priced.priced.eiv, strict=True))
    if kind != "save" or not among.leaving or among.forecast is None:
        left = [row for row in rows if worth[row] > 0]
        return Standing({row: worth[row] for row in left}, expected, {row: by[row] for row in left})
    if among.within > WITHIN:
        return None
    ladder = said_first(
        rows, stakes_of(priced, among.forecast), among.refused, among.rounds_left, among.policy
    )
    climbing = {row: value for row, value in ladder.items() if row == best or (value > 0 and worth[row] > 0)}
    return Standing(climbing, expected, climbing)
