"""What every channel keeps: whatever is proposed fits, says everything, can be answered, and leads to a person."""

from __future__ import annotations

import json
import re
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any, get_args

import pytest

from api import taps
from api.channels import renderers
from api.languages import spoken
from models.decision import decide
from models.domain import Channel
from models.placeholders import placeholders
from models.response import Proposal, Terms, Value
from models.texts import parse_text
from tests.api.channels.decisions import CANCEL, a_decision, a_proposal, a_question
from tests.api.channels.limits import IDS, REFUSALS
from tests.scenarios.anyone import KNOWLEDGE, TOLD

if TYPE_CHECKING:
    from models.actions import Action
    from models.knowledge import Knowledge
    from models.response import Decision

CHANNELS = sorted(renderers())
LANGUAGES = ("nl", "en")
SPOKEN = {"voice", "shop"}
"""Where a person speaks, and nothing is rendered."""
SECRET = re.compile(
    r"margin|churn|\bvalue\b|expected|p_accept|lock_in|hazard|probability|experiment|degraded|veto"
)


def test_every_channel_renders_or_is_spoken_by_a_person() -> None:
    assert set(CHANNELS) | SPOKEN == set(get_args(Channel))
    assert set(CHANNELS) == set(REFUSALS) == set(IDS)


def filled(text: str, about: dict[str, Any], language: str) -> str:
    """With a value for everything it names: amounts and counts as the longest customers have them."""
    values = {name: about.get(name, 1234.56) for name in placeholders(text)}
    found = parse_text(text, spoken()[language]).fill(values)
    assert found is not None
    return found


def proposals_of(action: Action, channel: str, language: str, known: Knowledge) -> list[Proposal]:
    """An action as it may be proposed: with each of its sentences, and with all that may have to be told."""
    row = known.catalogue.actions.index(action)

    def named(ids: tuple[str, ...]) -> list[str]:
        return [known.catalogue.product[product].name[language] for product in ids]

    about: dict[str, Any] = {"sells": named(action.sells), "replaces": named(action.replaces[:1])}
    facts = known.policy.facts
    samples = {"date": date(2026, 11, 21), "string": "Noordwijkerhout", "boolean": True, "integer": 12}
    about |= {name: samples.get(spec.type, 123.45) for name, spec in facts.items()}
    about |= {"promised_by": date(2026, 11, 30), "new_end_date": date(2028, 9, 30)}
    told = [
        filled(text.text[language], about, language)
        for name, channels, _ in known.told[row]
        if not channels or channel in channels
        for text in known.policy.disclosures
        if text.id == name
    ]
    texts = action.texts[language]
    return [
        a_proposal(
            action.id,
            action.kind,
            title=filled(texts.title, about, language),
            say=filled(sentence, about, language),
            disclosures=told,
            question=None if action.asks is None else action.asks.shown(1.0, language),
        )
        for sentence in texts.sentences
    ]


@cache
def decisions(channel: str, language: str) -> list[Decision]:
    """Every action alone and with every sentence, beside its neighbour, and the two beside the way out."""
    known = KNOWLEDGE
    open_to = [a for a in known.catalogue.actions if not a.channels or channel in a.channels]
    out = next(action for action in open_to if action.cancels)
    found = []
    last = proposals_of(out, channel, language, known)[0]
    for place, action in enumerate(open_to):
        neighbour = proposals_of(open_to[place - 1], channel, language, known)[0]
        for proposal in proposals_of(action, channel, language, known):
            found.append(a_decision(proposal))
            found.append(a_decision(proposal, neighbour))
            if out not in (action, open_to[place - 1]):
                found.append(a_decision(proposal, last, neighbour))
    return found


@pytest.mark.parametrize("in_window", [True, False])
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("channel", CHANNELS)
def test_every_action_of_the_example_fits(channel: str, language: str, *, in_window: bool) -> None:
    render = renderers()[channel].render
    rendered = 0
    for decision in decisions(channel, language):
        payload = render(decision, spoken()[language], in_window=in_window)
        if payload is None:
            assert not in_window
            continue
        rendered += 1
        assert REFUSALS[channel](payload) == [], decision.proposals
        assert not [text for text in texts_in(payload) if "{" in text or "}" in text]
        assert payload == render(decision, spoken()[language], in_window=in_window)
        check_taps(channel, payload, decision)
    assert rendered > 100


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("channel", CHANNELS)
def test_every_action_alone_is_said_whole_with_all_that_must_be_told(channel: str, language: str) -> None:
    for decision in decisions(channel, language):
        if len(decision.proposals) == 1:
            payload = renderers()[channel].render(decision, spoken()[language], in_window=True)
            (proposal,) = decision.proposals
            said = "\n".join([proposal.say, *proposal.disclosures])
            assert any(said in text for text in texts_in(payload)), proposal


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("channel", sorted(SPOKEN))
def test_where_a_person_speaks_no_placeholder_is_left_either(channel: str, language: str) -> None:
    for decision in decisions(channel, language):
        for proposal in decision.proposals:
            said = " ".join([proposal.title, proposal.say, *proposal.disclosures])
            assert proposal.say
            assert "{" not in said
            assert "}" not in said


def texts_in(payload: Any) -> list[str]:
    if isinstance(payload, dict):
        return [text for part in payload.values() for text in texts_in(part)]
    if isinstance(payload, list):
        return [text for part in payload for text in texts_in(part)]
    return [payload] if isinstance(payload, str) else []


def check_taps(channel: str, payload: dict[str, Any], decision: Decision) -> None:
    """Everything that can be tapped is of this decision, differs from the rest, and was said with all that must be told."""
    ids = IDS[channel](payload)
    assert len(set(ids)) == len(ids)
    found = [taps.read(name) for name in ids]
    assert ids[-1] == taps.person(decision.decision_id)
    proposed = {proposal.action_id: proposal for proposal in decision.proposals}
    ranks = {proposal.rank for proposal in decision.proposals}
    said = json.dumps(payload, ensure_ascii=False)
    for tap in found:
        assert tap is not None
        assert tap.decision_id == decision.decision_id
        assert set(tap.ranks) <= ranks
        if tap.action_id is not None:
            for line in proposed[tap.action_id].disclosures:
                assert json.dumps(line, ensure_ascii=False)[1:-1] in said


@pytest.mark.parametrize("channel", CHANNELS)
def test_the_way_out_is_in_every_message_that_has_it(channel: str) -> None:
    for language in LANGUAGES:
        for decision in decisions(channel, language):
            out = [p for p in decision.proposals if p.action_id == "cancel"]
            if out:
                payload = renderers()[channel].render(decision, spoken()[language], in_window=True)
                assert payload is not None
                assert taps.take(decision.decision_id, "cancel") in IDS[channel](payload)


@pytest.mark.parametrize("channel", CHANNELS)
def test_what_is_decided_in_every_scenario_fits(channel: str) -> None:
    for place, (request, customer, history, now) in enumerate(TOLD):
        language = LANGUAGES[place % 2]
        contact = request.contact.model_copy(
            update={"channel": channel, "language": language, "speaker": "bot"}
        )
        asked = request.model_copy(update={"contact": contact, "language": language, "detail": "short"})
        decision = decide(asked, customer, history, KNOWLEDGE, now=now, decision_id="p00-1")
        payload = renderers()[channel].render(decision, spoken()[language], in_window=True)
        assert payload is not None
        assert REFUSALS[channel](payload) == []
        assert not [text for text in texts_in(payload) if "{" in text or "}" in text]
        check_taps(channel, payload, decision)
        if decision.proposals and decision.proposals[0].kind != "question":
            assert len(IDS[channel](payload)) > 1, decision.proposals


@pytest.mark.parametrize("channel", CHANNELS)
def test_the_longest_names_still_fit(channel: str) -> None:
    wide = [a_proposal("x" * 127 + str(n), title="👩🏽‍🦳" * 40, say="word " * 399) for n in range(3)]
    asked = a_question(*[f"Answer number {n}" for n in range(8)])
    for decision in (
        a_decision(*wide),
        a_decision(wide[0]),
        a_decision(asked, CANCEL, wide[0]),
        a_decision(),
    ):
        payload = renderers()[channel].render(decision, spoken()["nl"], in_window=True)
        assert payload is not None
        assert REFUSALS[channel](payload) == []
        check_taps(channel, payload, decision)


@pytest.mark.parametrize("in_window", [True, False])
@pytest.mark.parametrize("channel", CHANNELS)
def test_what_something_is_worth_to_us_is_in_no_message(channel: str, *, in_window: bool) -> None:
    terms = Terms(saved=61.17, margin=-51.73, lock_in=7.01, organic=-3.03, cost=-9.09, contact=-1.81)
    value = Value(
        expected=2.52, low=-7.77, high=88.13, p_accept=0.4242, terms=terms, sources={"p": "learned"}
    )
    for decision in decisions(channel, "en")[:60]:
        rich = decision.model_copy(
            update={
                "proposals": tuple(p.model_copy(update={"value": value}) for p in decision.proposals),
                "levers_cost": 13.37,
            }
        )
        payload = renderers()[channel].render(rich, spoken()["en"], in_window=in_window)
        assert payload == renderers()[channel].render(decision, spoken()["en"], in_window=in_window)
        text = json.dumps(payload)
        for figure in ("61.17", "51.73", "7.01", "3.03", "9.09", "1.81", "2.52", "7.77", "88.13", "0.4242"):
            assert figure not in text
        keys = set(re.findall(r'"(\w+)":', text))
        assert not any(SECRET.search(key) for key in keys)
