"""What a button carries, so that a tap on it can be told back as it came: what is meant, the decision, and which of its proposals.

    take|p07-0197…|right-size-mobile       yes to what the message said of this action
    answer|p07-0197…|ask-motive|2          the third answer of a question
    none|p07-0197…|1.2                     none of the proposals with these ranks
    person|p07-0197…                       talk to a person
    shown|p07-0197…|1.2                    on no button: what a message said, told back when it was sent

An id says what was proposed and proves nothing: whoever takes a tap holds it against the stored decision.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, cast

if TYPE_CHECKING:
    from collections.abc import Iterable

Meaning = Literal["take", "answer", "none", "person", "shown"]
MOST: Final = 200
"""Characters of the longest id: a row of a list in WhatsApp takes no more."""

_NAME = r"[A-Za-z0-9][A-Za-z0-9._:@+-]{0,127}"
_RANKS = r"[1-9][0-9]?(?:\.[1-9][0-9]?){0,19}"
_FORM = re.compile(
    rf"(?:(?P<take>take)\|(?P<d1>{_NAME})\|(?P<taken>{_NAME})"
    rf"|(?P<answer>answer)\|(?P<d2>{_NAME})\|(?P<asked>{_NAME})\|(?P<place>[0-9])"
    rf"|(?P<said>none|shown)\|(?P<d3>{_NAME})\|(?P<ranks>{_RANKS})"
    rf"|(?P<person>person)\|(?P<d4>{_NAME}))"
)


@dataclass(frozen=True, slots=True)
class Tap:
    """`action_id` of take and answer, `place` of the answer from 0, `ranks` of none and shown."""

    meaning: Meaning
    decision_id: str
    action_id: str | None = None
    place: int | None = None
    ranks: tuple[int, ...] = ()


def take(decision_id: str, action_id: str) -> str:
    return f"take|{decision_id}|{action_id}"


def answer(decision_id: str, action_id: str, place: int) -> str:
    return f"answer|{decision_id}|{action_id}|{place}"


def none_of(decision_id: str, ranks: Iterable[int]) -> str:
    return f"none|{decision_id}|{_listed(ranks)}"


def person(decision_id: str) -> str:
    return f"person|{decision_id}"


def shown(decision_id: str, ranks: Iterable[int]) -> str:
    return f"shown|{decision_id}|{_listed(ranks)}"


def _listed(ranks: Iterable[int]) -> str:
    return ".".join(map(str, ranks))


def read(text: object) -> Tap | None:
    """What an id says; None when it is none of ours."""
    found = _FORM.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    said = found.groupdict()
    meaning = said["take"] or said["answer"] or said["said"] or said["person"]
    return Tap(
        meaning=cast("Meaning", meaning),
        decision_id=said["d1"] or said["d2"] or said["d3"] or said["d4"],
        action_id=said["taken"] or said["asked"],
        place=None if said["place"] is None else int(said["place"]),
        ranks=() if said["ranks"] is None else tuple(map(int, said["ranks"].split("."))),
    )
