"""Nothing a caller sends is a fault of ours: every bad call is a problem document that says what to mend."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.bodies import MAX_BODY
from api.vocabulary import unknown_motive
from models.policy import load_policy
from tests.api.running import Running, a_customer, a_question

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx
    import redis

pytestmark = pytest.mark.anyio

JSON = {"content-type": "application/json"}
ROUTES = ("/v1/decisions", "/v1/outcomes", "/v1/events")


async def send(desk: Running, content: Any, path: str = "/v1/decisions") -> httpx.Response:
    return await desk.client.post(path, content=content, headers=JSON)


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    assert found["status"] == status
    assert found["type"].startswith("urn:behoud:problem:")
    assert {"title", "detail"} <= set(found)
    return found


def written(value: str) -> str:
    return json.dumps(a_question(facts={"data_gb": 1.5})).replace("1.5", value)


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize(
    "body", ["", "{", "nul", '{"a":1}x', "\x00", '"\\ud800"', "[" * 100_000, b"\xff\xfe{}"]
)
async def test_what_is_not_json_is_malformed(desk: Running, path: str, body: Any) -> None:
    assert "send JSON" in problem(await send(desk, body, path), 400)["detail"]


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 5000])
async def test_numbers_without_a_value_are_malformed(desk: Running, value: str) -> None:
    problem(await send(desk, written(value)), 400)


async def test_a_nan_beside_a_right_body_is_malformed_too(desk: Running) -> None:
    body = json.dumps(a_question()).replace('"call-1"', '"call-1", "queue_load": NaN')
    problem(await send(desk, body), 400)


@pytest.mark.parametrize("depth", [150, 500, 5000])
async def test_deep_nesting_is_refused(desk: Running, depth: int) -> None:
    answer = await send(desk, written("[" * depth + "]" * depth))
    assert answer.status_code in (400, 422)
    problem(answer, answer.status_code)


@pytest.mark.parametrize("path", ROUTES)
async def test_ten_megabytes_are_refused_unread(desk: Running, path: str) -> None:
    answer = await send(desk, b'{"a":"' + b"x" * 10_000_000 + b'"}', path)
    assert problem(answer, 413)["detail"] == "10000008 bytes; send at most 1000000"


async def test_a_body_of_unsaid_length_is_refused_when_it_grows_too_long(desk: Running) -> None:
    sent = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(1000):
            sent += 100_000
            yield b" " * 100_000

    problem(await send(desk, chunks()), 413)
    assert sent <= MAX_BODY + 200_000


async def test_a_right_body_may_come_in_chunks(desk: Running) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        text = json.dumps(a_question()).encode()
        yield text[:10]
        yield text[10:]

    assert (await send(desk, chunks())).status_code == 200


@pytest.mark.parametrize("said", ["text/plain", "application/x-www-form-urlencoded", ""])
async def test_another_content_type_is_refused(desk: Running, said: str) -> None:
    answer = await desk.client.post("/v1/decisions", content="{}", headers={"content-type": said})
    assert "send application/json" in problem(answer, 415)["detail"]


async def test_a_content_type_may_name_its_charset(desk: Running) -> None:
    headers = {"content-type": "application/json; charset=utf-8"}
    body = json.dumps(a_question())
    assert (await desk.client.post("/v1/decisions", content=body, headers=headers)).status_code == 200


@pytest.mark.parametrize(
    ("change", "field", "message", "remedy"),
    [
        ({"contact": None}, "contact", "Input should be an object", "send what the OpenAPI document describes here"),
        ({"extra": 1}, "extra", "Extra inputs are not permitted", "remove it, or correct its name"),
        ({"customer_id": "a b"}, "customer_id", "String should match pattern '^[A-Za-z0-9][A-Za-z0-9._:@+-]*$'", "send what the OpenAPI document describes here"),
        ({"facts": {"data_gb": [1]}}, "facts.data_gb", "Is no value a fact can have", "send a string, a number, true, false or a date"),
        ({"facts": {"": 1}}, "facts.", "String should have at least 1 character", "send what the OpenAPI document describes here"),
        ({"facts": {"data": 1}}, "facts.data", "unknown fact 'data'", "did you mean 'data_gb'?"),
        ({"facts": {f"f{n}": 1 for n in range(501)}}, "facts", "501 facts; send at most 500", "follow the message"),
        ({"consents": {"email": True}}, "consents.email", "unknown consent 'email'", "declare it in the policy"),
        ({"holdings": [{"product_id": "modile"}]}, "holdings[0].product_id", "unknown product 'modile'", "did you mean 'mobile'?"),
    ],
)  # fmt: skip
async def test_a_field_that_is_wrong_is_named_with_its_remedy(
    desk: Running, change: dict[str, Any], field: str, message: str, remedy: str
) -> None:
    answer = await desk.post("/v1/decisions", {**a_question(), **change})
    [error, *_] = problem(answer, 422)["errors"]
    assert error == {"field": field, "message": message, "remedy": remedy}


@pytest.mark.parametrize(
    ("motive", "remedy"),
    [("prise", "did you mean 'price'?"), ("weather", "use one of price, service, or leave it out")],
)
async def test_a_motive_the_policy_does_not_list_is_refused(desk: Running, motive: str, remedy: str) -> None:
    [error] = problem(await desk.post("/v1/decisions", a_question(motive=motive)), 422)["errors"]
    assert error == {"field": "contact.motive", "message": f"unknown motive '{motive}'", "remedy": remedy}


def test_where_the_policy_lists_no_motive_none_is_taken() -> None:
    policy = load_policy(b"languages: [en]\nmodes: [{id: grow, kinds: [offer], text: {en: Grow}}]\n")
    error = unknown_motive("contact.motive", "price", policy)
    assert error is not None
    assert error.remedy == "the policy lists none; leave it out"


async def test_a_channel_that_does_not_exist_is_answered_with_those_that_do(desk: Running) -> None:
    [error] = problem(await desk.post("/v1/decisions", a_question(channel="fax")), 422)["errors"]
    assert error["field"] == "contact.channel"
    assert "'voice', 'chat'" in error["remedy"]


async def test_a_missing_field_is_to_be_added(desk: Running) -> None:
    errors = problem(await desk.post("/v1/decisions", {}), 422)["errors"]
    assert [(error["field"], error["remedy"]) for error in errors] == [
        ("customer_id", "add it"),
        ("contact", "add it"),
    ]


async def test_a_moment_without_an_offset_is_refused(desk: Running) -> None:
    event = {"event_id": "e", "customer_id": "C", "kind": "payment", "at": "2026-11-20T10:00:00"}
    [error, *_] = problem(await desk.post("/v1/events", {"events": [event]}), 422)["errors"]
    assert error == {
        "field": "events[0].at",
        "message": "Input should have timezone info",
        "remedy": "add the offset from UTC, such as Z or +01:00",
    }


@pytest.mark.parametrize("path", ["/v1/outcomes", "/v1/events"])
async def test_an_empty_batch_and_a_huge_one_are_refused(desk: Running, path: str) -> None:
    name = path.removeprefix("/v1/")
    problem(await desk.post(path, {name: []}), 422)
    many = problem(await desk.post(path, {name: [{}] * 20_000}), 422)
    assert len(many["errors"]) <= 100


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/nothing", 404),
        ("POST", "/v1/decisions/", 404),
        ("DELETE", "/v1/decisions", 405),
        ("GET", "/v1/decisions/p07-nobody", 404),
        ("POST", "/v1/decisions/p07-nobody/replay", 404),
        ("GET", "/v1/decisions/%00%ff'\"", 404),
        ("GET", "/v1/decisions/" + "x" * 5000, 404),
        ("GET", "/v1/customers/%F0%9F%98%80", 404),
    ],
)
async def test_what_is_not_there_is_not_found(desk: Running, method: str, path: str, status: int) -> None:
    problem(await desk.client.request(method, path), status)


@given(
    body=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(("customer_id", "contact", "facts", "outcomes", "events", "kind", "at", "x")),
                inner,
                max_size=5,
            )
        ),
        max_leaves=20,
    )
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_json_comes_it_is_no_fault_of_ours(desk: Running, body: Any) -> None:
    for path in ROUTES:
        answer = await send(desk, json.dumps(body), path)
        assert 400 <= answer.status_code < 500
        problem(answer, answer.status_code)


async def test_half_of_a_bad_call_is_never_applied(desk: Running, store: redis.Redis) -> None:
    before = store.dbsize()
    await desk.put(a_customer("C-1", "fibre"))
    await desk.post("/v1/events", {"events": [{}, {}]})
    await desk.post("/v1/outcomes", {"outcomes": [{}]})
    await desk.post("/v1/decisions", a_question(facts={"x": 1}))
    assert store.dbsize() == before


async def test_a_fault_of_ours_is_a_problem_too_and_tells_nothing(desk: Running) -> None:
    del desk.app.state.service
    answer = await desk.get("/v1/policy")
    assert problem(answer, 500)["detail"] == "it was logged; the call may be repeated"


async def test_a_caller_who_leaves_while_he_speaks_is_no_fault(
    desk: Running, caplog: pytest.LogCaptureFixture
) -> None:
    answered: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        answered.append(message)

    headers = [
        (b"authorization", desk.client.headers["authorization"].encode()),
        (b"content-type", b"application/json"),
    ]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/decisions",
        "raw_path": b"/v1/decisions",
        "query_string": b"",
        "headers": headers,
    }
    with caplog.at_level(logging.INFO):
        await desk.app(scope, receive, send)
    assert answered == []
    assert "the caller left" in caplog.text
