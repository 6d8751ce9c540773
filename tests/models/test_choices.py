"""What an agent picks from is written in every language, fits the motives, and leaves nothing out."""

from __future__ import annotations

from typing import Any

import pytest

from models.documents import DocumentError
from models.policy import Policy, load_policy
from tests.builders import a_policy, both, policy_bytes

LEAVING = {"motives": ["price", "moving"], "declined": {"too_dear": "price"}}


def choosing(**choices: Any) -> Policy:
    return a_policy(leaving=LEAVING, choices=choices)


def problems_of(**choices: Any) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        load_policy(policy_bytes(leaving=LEAVING, choices=choices))
    return [str(problem).split(": ", 1)[1] for problem in caught.value.problems]


def test_a_policy_need_not_name_them() -> None:
    assert a_policy(leaving=LEAVING).choices.motives == {}


def test_they_stand_in_the_order_in_which_they_are_written() -> None:
    policy = choosing(motives={"moving": both("Verhuist"), "price": both("Te duur")})
    assert list(policy.choices.motives) == ["moving", "price"]


def test_a_label_is_written_in_every_language() -> None:
    assert problems_of(intents={"cancel": {"nl": "Wil weg"}}) == [
        "choices.intents.cancel: no text in 'en'; add it"
    ]
    assert problems_of(exits={"too_dear": {"motive": "price", "text": {"en": "Too dear"}}}) == [
        "choices.exits.too_dear.text: no text in 'nl'; add it"
    ]


def test_a_motive_that_is_not_listed_is_refused() -> None:
    remedy = "unknown motive 'prize'; add it to leaving.motives or correct the name"
    assert problems_of(exits={"too_dear": {"motive": "prize", "text": both("Te duur")}}) == [
        f"choices.exits.too_dear.motive: {remedy}"
    ]
    labels = {name: both(name) for name in ("price", "moving", "prize")}
    assert problems_of(motives=labels) == [f"choices.motives.prize: {remedy}"]


def test_what_the_policy_counts_on_can_be_picked() -> None:
    assert problems_of(motives={"price": both("Te duur")}) == [
        "choices.motives: nobody could pick 'moving' of leaving; add a label for it"
    ]
    assert problems_of(declined={"unknown": both("Onbekend")}) == [
        "choices.declined: nobody could pick 'too_dear' of leaving; add a label for it"
    ]
