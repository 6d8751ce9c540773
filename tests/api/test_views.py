"""Views: what a bot's and a customer's key are shown of a decision, and nothing beside it."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from hypothesis import given
from hypothesis import settings as trying
from jsonschema import Draft202012Validator

from api.contract import declared
from api.deciding import as_json
from api.flat import flat
from api.keyring import KeyFile, create_key, read_keys
from api.openapi import document
from api.routes import endpoints
from api.security import OPENS, SCOPES, VIEWS, View
from api.settings import Settings, SettingsError
from api.views import seen_as_json, seen_by
from tests.api.made_up_decisions import DECISIONS
from tests.api.running import HERE, KEY, Running, a_customer, a_question, an_event, an_outcome, running

if TYPE_CHECKING:
    import httpx

    from models.response import Decision

pytestmark = pytest.mark.anyio

NARROW: tuple[View, ...] = ("bot", "customer")
PRICE = {"price_before", "price_after", "price_after_discount", "discount_months"}
CUSTOMER = {
    "decision_id",
    "valid_until",
    *(f"proposals.{name}" for name in ("rank", "action_id", "title", "say", "disclosures")),
    *(f"proposals.comparison.{name}" for name in PRICE),
}
BOT = {
    *CUSTOMER,
    *("customer_id", "contact_id", "mode", "degraded", "decided_at", "motive.value", "motive.source"),
    "proposals.kind",
    *(f"proposals.commitment.{name}" for name in ("months", "resets_term")),
    *(
        f"proposals.comparison.{side}.{name}"
        for side in ("gained", "lost")
        for name in ("product_id", "name")
    ),
    *(f"proposals.comparison.{name}" for name in ("bundle_benefit_change", "customer_benefit", "worse_off")),
    *(f"proposals.question.{name}" for name in ("fact", "motive", "answers.value", "answers.label")),
    *(f"proposals.do.{name}" for name in ("process", "link")),
    *(f"proposals.promise.{name}" for name in ("by", "subject")),
}
SHOWN: dict[View, set[str]] = {"bot": BOT, "customer": CUSTOMER}

SCHEMAS = {
    view: Draft202012Validator(
        {
            "$ref": f"#/components/schemas/DecisionAnswerSeenBy{view.capitalize()}",
            "components": document(endpoints())["components"],
        }
    )
    for view in NARROW
}


def paths(value: Any, start: str = "") -> Iterator[str]:
    """Every key at every depth, also of what is null or empty."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield start + name
            yield from paths(inner, f"{start}{name}.")
    elif isinstance(value, list):
        for item in value:
            yield from paths(item, start)


def on_the_list(view: View) -> set[str]:
    """What a view shows, and what that lies in."""
    return {".".join(path.split(".")[:depth]) for path in SHOWN[view] for depth in range(1, 5)}


def whole(decision: Decision) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(as_json(decision))
    return found


@pytest.mark.parametrize("view", NARROW)
@trying(max_examples=150, deadline=None)
@given(decision=DECISIONS)
def test_no_view_shows_a_field_outside_its_list_and_every_field_on_it(decision: Decision, view: View) -> None:
    full = whole(decision)
    seen = seen_by(view, full)
    assert set(paths(seen)) == set(paths(full)) & on_the_list(view)
    assert orjson.loads(seen_as_json(view, as_json(decision))) == seen


@pytest.mark.parametrize("view", NARROW)
@trying(max_examples=50, deadline=None)
@given(decision=DECISIONS)
def test_what_a_view_shows_is_what_the_contract_says_it_shows(decision: Decision, view: View) -> None:
    answer = {**seen_by(view, whole(decision)), "render": {"type": "text"}}
    SCHEMAS[view].validate(answer)
    for secret in ("versions", "churn", "vetoes"):
        assert not SCHEMAS[view].is_valid({**answer, secret: whole(decision)[secret]})


@trying(max_examples=50, deadline=None)
@given(decision=DECISIONS)
def test_the_agents_view_is_the_whole_byte_for_byte(decision: Decision) -> None:
    assert seen_by("agent", whole(decision)) == whole(decision)
    assert seen_as_json("agent", as_json(decision)) == as_json(decision)


@pytest.mark.parametrize("view", NARROW)
@trying(max_examples=50, deadline=None)
@given(decision=DECISIONS)
def test_what_is_flat_holds_nothing_that_is_not_seen(decision: Decision, view: View) -> None:
    """A field that is not seen is as empty as one that is not there."""
    full = whole(decision)
    hidden = {
        "customer": ("mode_text", "reopens_when", "motive", "degraded", "evidence1", "mode"),
        "bot": ("mode_text", "reopens_when", "evidence1"),
    }
    rows = {"customer": ("expected", "p_accept", "reason1", "kind", "do", "asks", "answers", "promised_by")}
    found = flat(seen_by(view, full))
    for name in hidden[view]:
        assert found[name] == ""
    for name in rows.get(view, ("expected", "p_accept", "reason1")):
        assert found[f"offer1_{name}"] == ""


def test_every_view_has_a_list_and_its_scopes() -> None:
    assert set(SHOWN) == set(VIEWS) - {"agent"}
    assert set(OPENS) == set(VIEWS)
    assert set(OPENS["agent"]) == set(SCOPES)


# --- over HTTP ----------------------------------------------------------------------------------------------------


@asynccontextmanager
async def seen_with(settings: Settings, view: View) -> AsyncIterator[tuple[Running, str]]:
    """The service, and a key with this view beside the tests' own."""
    token, key = create_key(OPENS[view], view, view)
    keys = KeyFile(keys=(KEY, key)).model_dump_json()
    async with running(dataclasses.replace(settings, keys=keys)) as desk:
        await desk.put(a_customer("C-1", "fiber", data_gb=3.0))
        yield desk, token


async def ask(desk: Running, token: str, body: Any, path: str = "/v1/decisions") -> httpx.Response:
    return await desk.client.post(path, json=body, headers={"authorization": f"Bearer {token}"})


SITUATIONS: tuple[dict[str, Any], ...] = (
    {},
    {"intent": "cancel"},
    {"intent": "cancel", "motive": "price"},
    {"intent": "cancel_confirmed"},
    {"consents": {"marketing": False}},
    {"channel": "chat"},
    {"channel": "whatsapp", "intent": "cancel"},
)


@pytest.mark.parametrize("view", NARROW)
async def test_new_and_known_answers_are_cut_alike(settings: Settings, view: View) -> None:
    async with seen_with(settings, view) as (desk, token):
        for number, situation in enumerate(SITUATIONS):
            question = a_question(contact_id=f"call-{number}", detail="short", **situation)
            first = await ask(desk, token, question)
            assert first.status_code == 200, first.text
            known = await ask(desk, token, question)
            full = (await desk.post("/v1/decisions", question)).json()
            assert known.content == first.content
            assert first.json() == seen_by(view, full)
            assert set(paths(first.json())) == set(paths(full)) & on_the_list(view)
            assert first.json()["proposals"]


@pytest.mark.parametrize("view", NARROW)
async def test_an_answer_the_agent_had_first_is_cut_too(settings: Settings, view: View) -> None:
    async with seen_with(settings, view) as (desk, token):
        full = await desk.decide(detail="short")
        found = (await ask(desk, token, a_question(detail="short"))).json()
        assert found == seen_by(view, full)
        assert found["decision_id"] == full["decision_id"]


@pytest.mark.parametrize("view", NARROW)
async def test_the_message_stands_whole_beside_what_is_seen(settings: Settings, view: View) -> None:
    async with seen_with(settings, view) as (desk, token):
        question = a_question(channel="whatsapp", contact_id="chat-1", detail="short", intent="cancel")
        found = (await ask(desk, token, question, "/v1/decisions?render=1")).json()
        agents = (await desk.post("/v1/decisions?render=1", question)).json()
        assert found["render"] == agents["render"]
        assert found.pop("render")["type"] == "interactive"
        assert set(paths(found)) <= on_the_list(view)
        assert b'"expected"' not in orjson.dumps(agents["render"])
        flattened = await ask(desk, token, question, "/v1/decisions?render=1&shape=flat")
        assert orjson.loads(flattened.json()["render"]) == agents["render"]
        assert flattened.json()["offer1_expected"] == ""


@pytest.mark.parametrize("view", NARROW)
async def test_full_detail_is_refused_where_it_would_not_be_seen(settings: Settings, view: View) -> None:
    async with seen_with(settings, view) as (desk, token):
        for path in ("/v1/decisions", "/v1/decisions?render=1", "/v1/decisions?shape=flat"):
            answer = await ask(desk, token, a_question(), path)
            assert answer.status_code == 403
            assert f"the view '{view}', which shows no full detail" in answer.json()["detail"]


@pytest.mark.parametrize("view", NARROW)
async def test_a_narrow_view_tells_what_it_saw_and_not_what_came_of_it(
    settings: Settings, view: View
) -> None:
    told = ("shown", "spoken", "accepted", "declined", "deferred", "skipped", "withdrawn")
    async with seen_with(settings, view) as (desk, token):
        found = (await ask(desk, token, a_question(detail="short"))).json()
        for kind in (*told, "kept", "relapsed"):
            outcome = an_outcome(found, f"o-{kind}", kind=kind, reason="unknown")
            answer = await ask(desk, token, {"outcomes": [outcome]}, "/v1/outcomes")
            assert answer.status_code == (200 if kind in told else 403), answer.text


@pytest.mark.parametrize("view", NARROW)
async def test_what_a_narrow_view_is_told_when_it_errs_tells_nothing_of_a_decision(
    settings: Settings, view: View
) -> None:
    async with seen_with(settings, view) as (desk, token):
        found = (await ask(desk, token, a_question(detail="short"))).json()
        errors = [
            await ask(desk, token, {"outcomes": [an_outcome(found, action_id="nothing")]}, "/v1/outcomes"),
            await ask(desk, token, {"outcomes": [{}]}, "/v1/outcomes"),
            await ask(desk, token, a_question(motive="nothing", detail="short")),
            await ask(desk, token, a_question(detail="short"), "/v1/decisions?shape=round"),
            await ask(desk, token, {}, f"/v1/decisions/{found['decision_id']}/replay"),
            await ask(desk, token, {"minutes": 5}, "/v1/tokens"),
            await ask(desk, token, {"events": [an_event(product_id="x")]}, "/v1/events"),
        ]
        for answer in errors:
            assert answer.status_code in (403, 422), answer.text
            assert answer.headers["content-type"] == "application/problem+json"
            assert set(answer.json()) <= {"type", "title", "status", "detail", "errors"}
        proposed = {proposal["action_id"] for proposal in found["proposals"]}
        (misfit,) = errors[0].json()["errors"]
        assert set(misfit["remedy"].removeprefix("use one of ").split(", ")) == proposed


def test_a_narrow_view_reaches_only_routes_whose_answers_are_cut_or_say_nothing_of_a_decision() -> None:
    reached = {
        (operation.method, operation.path): operation.views
        for operation in map(declared, endpoints())
        if operation.scope in {*OPENS["bot"], *OPENS["customer"]}
    }
    assert reached.pop(("POST", "/v1/decisions")) == NARROW
    plain = {("POST", "/v1/outcomes"), ("POST", "/v1/events")}
    assert set(reached) == plain, "say in the route's declaration which views see less, and cut its answer"


# --- the scopes of a view -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("view", NARROW)
def test_a_narrow_view_may_have_no_scope_that_shows_more(view: View) -> None:
    for scope in SCOPES:
        if scope in OPENS[view]:
            assert create_key((scope,), "site", view)[1].view == view
        else:
            with pytest.raises(
                SettingsError, match=f"'site' has the view '{view}' and may not have {scope}; "
            ):
                create_key((scope,), "site", view)


def test_a_keys_file_that_says_otherwise_is_refused_by_the_name_of_the_key() -> None:
    _, key = create_key(("policy:read",), "site")
    broad = KeyFile(keys=(KEY, key)).model_dump(mode="json")
    broad["keys"][1]["view"] = "bot"
    with pytest.raises(SettingsError, match=r"BEHOUD_KEYS: keys\.1: the key 'site' has the view 'bot'"):
        read_keys(Settings(knowledge=HERE, keys=orjson.dumps(broad).decode()))
