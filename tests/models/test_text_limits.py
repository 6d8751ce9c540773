"""A text that a channel would cut or refuse is refused when it is written."""

from __future__ import annotations

from typing import Any

import pytest

from models.documents import DocumentError
from models.domain import Channel
from models.policy import Policy, load_policy
from models.rules import compile_disclosures, compile_rules
from models.text_limits import graphemes, length, overlong
from tests.builders import (
    WAY_OUT,
    a_catalogue,
    a_policy,
    a_process,
    an_offer,
    both,
    policy_bytes,
    some_knowledge,
)

FAMILY = "\U0001f468‍\U0001f469‍\U0001f467"
FLAG = "\U0001f1f3\U0001f1f1"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("Hallo", 5),
        ("één", 3),
        ("e\u0301e\u0301n", 3),
        (FAMILY, 1),
        (FLAG + FLAG, 2),
        ("\U0001f44d\U0001f3fd", 1),
        ("❤️", 1),
        ("नि", 1),
        ("각", 1),
        ("€ 5", 3),
    ],
)
def test_a_character_is_what_a_reader_counts_as_one(text: str, count: int) -> None:
    assert graphemes(text) == count


def test_products_count_by_their_names_and_every_other_placeholder_for_twenty() -> None:
    assert length("{sells} kost {price_change:euro}.", {"sells": "Mobiel"}) == 6 + 6 + 20 + 1


def titled(title: str, **given: Any) -> dict[str, Any]:
    texts = {lang: {"title": title, "say": "Zeg het."} for lang in ("nl", "en")}
    return a_process("p", texts=texts, **given)


def found(*actions: Any, **stated: Any) -> list[tuple[str, str]]:
    return overlong_in(a_policy(channels=stated), *actions)


def overlong_in(policy: Policy, *actions: Any) -> list[tuple[str, str]]:
    catalogue = a_catalogue(*actions)
    told, _ = compile_disclosures(catalogue, policy, compile_rules(catalogue, policy)[0])
    return [(".".join(map(str, place[2:])), said) for place, said in overlong(catalogue, policy, told)]


OPEN = "shorten it, or name in 'channels' those it is for"


def test_an_action_open_to_every_channel_must_fit_the_narrowest() -> None:
    message = f"25 characters, and chat takes 24; {OPEN}"
    assert found(titled("x" * 25)) == [("texts.nl.title", message), ("texts.en.title", message)]


def test_a_title_that_just_fits_is_right() -> None:
    assert found(titled("x" * 23 + FAMILY)) == []


def test_where_a_title_is_never_cut_it_may_be_long() -> None:
    assert found(titled("x" * 61, channels=["voice", "shop"])) == []


@pytest.mark.parametrize(
    ("channel", "most"),
    [("whatsapp", 24), ("chat", 24), ("web", 24), ("app", 24), ("sms", 60), ("email", 60)],
)
def test_every_title_must_fit_what_is_tapped_or_numbered(channel: Channel, most: int) -> None:
    assert found(titled("x" * most, channels=[channel])) == []
    message = f"{most + 1} characters, and {channel} takes {most}; {OPEN}"
    assert found(titled("x" * (most + 1), channels=[channel]))[0] == ("texts.nl.title", message)


@pytest.mark.parametrize(
    ("channel", "most"),
    [("whatsapp", 1024), ("chat", 640), ("web", 640), ("app", 640), ("sms", 640), ("email", 640)],
)
def test_every_sentence_must_fit_the_body(channel: Channel, most: int) -> None:
    action = a_process("p", channels=[channel], say=["x" * most, "x" * (most + 1)])
    message = f"{most + 1} characters, and {channel} takes {most}; {OPEN}"
    assert found(action) == [("texts.nl.say", message), ("texts.en.say", message)]


def test_a_sentence_is_counted_as_it_will_be_filled() -> None:
    offer = an_offer(
        "sell-films", sells=["films"], channels=["sms"], say="x" * 615 + "{discount:euro}{sells}"
    )
    message = f"641 characters, and sms takes 640; {OPEN}"
    assert found(offer, sms={"say": 639})[0][1] == message.replace("640;", "639;").replace("641", "640")
    assert found(offer) == []


def test_the_way_out_can_only_be_said_more_shortly() -> None:
    texts = {lang: {"title": "x" * 25, "say": "Zeg het."} for lang in ("nl", "en")}
    assert found({**WAY_OUT, "texts": texts})[0][1] == "25 characters, and chat takes 24; shorten it"


def test_a_policy_may_state_its_own_limits() -> None:
    wide: dict[str, Any] = {"chat": {"title": 40}, "web": {"title": 40}, "app": {}, "whatsapp": {}}
    assert found(titled("x" * 25), **wide) == []
    assert found(titled("x" * 25, channels=["email"]), email={"title": 20})[0][1] == (
        f"25 characters, and email takes 20; {OPEN}"
    )


def test_a_sentence_must_leave_room_for_what_must_be_told_with_it() -> None:
    lines = [
        {"id": "named", "text": both("n" * 99)},
        {"id": "always", "when": "true", "text": both("a" * 99)},
        {"id": "elsewhere", "for": {"channels": ["voice"]}, "when": "true", "text": both("e" * 99)},
    ]
    policy = a_policy(disclosures=lines)

    def said(long: int) -> list[tuple[str, str]]:
        return overlong_in(
            policy, a_process("p", channels=["voice", "chat"], disclosures=["named"], say="x" * long)
        )

    assert said(440) == []
    message = f"641 characters with what must be told, and chat takes 640; {OPEN}"
    assert said(441) == [("texts.nl.say", message), ("texts.en.say", message)]


def test_what_does_not_fit_is_named_with_file_key_and_remedy() -> None:
    with pytest.raises(DocumentError) as caught:
        some_knowledge(titled("x" * 25))
    assert str(caught.value.problems[0]).partition(": ")[2] == (
        f"actions[p].texts.nl.title: 25 characters, and chat takes 24; {OPEN}"
    )
    assert {problem.source for problem in caught.value.problems} == {"catalogue.yaml"}


def test_a_limit_is_a_number_of_characters() -> None:
    assert load_policy(policy_bytes(channels={"sms": {"say": 160}})).channels["sms"].say == 160
