"""The same call twice: under an `Idempotency-Key` it is done once and answered with the same bytes, whatever happens to the store."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from typing import TYPE_CHECKING, Any

import pytest

from api.connection import StoreAwayError
from api.embedded import find_binary, start
from api.idempotency import IN_FLIGHT, MOST, Idempotency
from api.keyring import KeyFile, create_key
from api.keys import once
from api.security import SCOPES
from tests.api.running import KEY, Running, a_customer, a_question, actions, an_event, an_outcome, running

if TYPE_CHECKING:
    from pathlib import Path

    import httpx
    import redis

    from api.settings import Settings

pytestmark = pytest.mark.anyio
REPLAYED = "Idempotent-Replayed"


async def send(
    desk: Running, key: str, body: Any, path: str = "/v1/decisions", **headers: str
) -> httpx.Response:
    method = "PUT" if "customers/" in path else "POST"
    given = {"Idempotency-Key": key, **headers}
    return await desk.client.request(method, path, json=body, headers=given)


def kind_of(answer: httpx.Response) -> str:
    found: str = answer.json()["type"]
    return found.removeprefix("urn:behoud:problem:")


async def told(desk: Running) -> list[tuple[str, Any]]:
    """A call of each route that takes a key."""
    decision = await desk.decide(contact_id="told")
    return [
        ("/v1/decisions", a_question(contact_id="asked")),
        ("/v1/outcomes", {"outcomes": [an_outcome(decision)]}),
        ("/v1/events", {"events": [an_event()]}),
        ("/v1/customers/C-9", a_customer("C-9", "mobile")),
    ]


async def test_the_same_call_under_the_same_key_has_the_same_answer(desk: Running) -> None:
    await desk.put(a_customer("C-1", "fiber"))
    for number, (path, body) in enumerate(await told(desk)):
        first, second = [await send(desk, f"key-{number}", body, path) for _ in range(2)]
        assert (first.status_code, second.status_code) == (200, 200)
        assert second.content == first.content
        assert (first.headers.get(REPLAYED), second.headers[REPLAYED]) == (None, "true")
        assert second.headers["content-type"] == first.headers["content-type"]


async def test_what_has_happened_since_does_not_change_the_answer_of_a_key(desk: Running) -> None:
    first = await send(desk, "k", a_question())
    await desk.post("/v1/events", {"events": [an_event()]})
    assert (await send(desk, "k", a_question())).content == first.content
    assert (await desk.decide())["decision_id"] != first.json()["decision_id"]


@pytest.mark.parametrize(
    "other", [{"contact_id": "call-2"}, {"customer_id": "C-2"}, {"customer_id": "C-3", "contact_id": "x"}]
)
async def test_a_key_that_comes_with_another_body_is_refused(desk: Running, other: dict[str, str]) -> None:
    await send(desk, "k", a_question())
    refused = await send(desk, "k", a_question(**other))
    assert (refused.status_code, kind_of(refused)) == (422, "idempotency-key-reused")


async def test_a_key_that_comes_to_another_address_is_refused(desk: Running) -> None:
    await send(desk, "k", a_question())
    flat = await send(desk, "k", a_question(), "/v1/decisions?shape=flat")
    assert (flat.status_code, kind_of(flat)) == (422, "idempotency-key-reused")


async def test_fifty_calls_at_once_under_one_key_make_one_decision(desk: Running, store: redis.Redis) -> None:
    answers = await asyncio.gather(*(send(desk, "k", a_question()) for _ in range(50)))
    done = [answer for answer in answers if answer.status_code == 200]
    waits = [answer for answer in answers if answer.status_code == 409]
    assert len(done) >= 1
    assert len(done) + len(waits) == 50
    assert len({answer.content for answer in done}) == 1
    assert {answer.headers["retry-after"] for answer in waits} <= {"1"}
    assert len(list(store.scan_iter("{*}:decision:*"))) == 1
    later = await send(desk, "k", a_question())
    assert (later.content, later.headers[REPLAYED]) == (done[0].content, "true")


async def test_what_was_refused_may_be_mended_and_sent_again_under_its_key(desk: Running) -> None:
    assert (await send(desk, "k", a_question(motive="prise"))).status_code == 422
    assert (await send(desk, "k", a_question(motive="price"))).status_code == 200


@pytest.mark.parametrize("key", ["", "two words", "x" * 256, "café"])
async def test_a_key_without_the_form_of_one_is_refused_by_name(desk: Running, key: str) -> None:
    headers = {"Idempotency-Key": key.encode("latin-1")}
    answer = await desk.client.post("/v1/decisions", json=a_question(), headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "Idempotency-Key")


async def test_another_caller_may_use_the_same_key(settings: Settings) -> None:
    token, other = create_key(SCOPES, "other")
    settings = dataclasses.replace(settings, keys=KeyFile(keys=(KEY, other)).model_dump_json())
    async with running(settings) as desk:
        await send(desk, "k", a_question())
        answer = await send(desk, "k", a_question("C-2"), authorization=f"Bearer {token}")
        assert (answer.status_code, answer.headers.get(REPLAYED)) == (200, None)


async def test_a_token_of_another_contact_is_not_given_what_a_key_was_answered(desk: Running) -> None:
    async def token(contact: str) -> str:
        asked = {"agent_id": "A-1", "contact_id": contact, "customer_id": "C-1"}
        found: str = (await desk.post("/v1/tokens", asked)).json()["token"]
        return found

    mine, theirs = await token("call-1"), await token("call-2")
    assert (await send(desk, "k", a_question(), authorization=f"Bearer {mine}")).status_code == 200
    assert (await send(desk, "k", a_question(), authorization=f"Bearer {theirs}")).status_code == 403


async def test_answers_are_kept_for_a_day_and_claims_for_seconds(desk: Running, store: redis.Redis) -> None:
    await send(desk, "k", a_question())
    [kept] = store.scan_iter("{p*}:once:*")
    assert 86_000 < store.ttl(kept) <= 86_400
    await desk.service.store.claim("name", b"?claim", IN_FLIGHT)
    assert 0 < store.ttl(once("name")) <= IN_FLIGHT


async def test_without_a_key_nothing_is_kept(desk: Running, store: redis.Redis) -> None:
    await desk.decide()
    assert list(store.scan_iter("{p*}:once:*")) == []


async def test_a_claim_that_stands_no_more_is_not_overwritten(desk: Running) -> None:
    known = desk.service.store
    assert await known.claim("n", b"?one", 10) is None
    await known.settle("n", b"?two", b"=two", 10)
    assert await known.claim("n", b"?three", 10) == b"?one"
    await known.settle("n", b"?one", b"", 10)
    assert await known.claim("n", b"?three", 10) is None


# --- while the store is away ---------------------------------------------------------------------------------------


@pytest.fixture
def away(settings: Settings, tmp_path: Path) -> Settings:
    """With a store that was there at the start of the test and is no more."""
    server = start(tmp_path / "gone", find_binary())
    url = server.url
    server.stop()
    return dataclasses.replace(settings, redis_url=url, redis_timeout=0.2)


async def test_without_the_store_this_process_remembers_and_says_so(away: Settings) -> None:
    async with running(away) as desk:
        first, second = [await send(desk, "k", a_question()) for _ in range(2)]
        assert first.json()["degraded"] == ["store", "idempotency", "bundle", "why:away", "record"]
        assert (second.content, second.headers[REPLAYED]) == (first.content, "true")
        other = await send(desk, "k", a_question("C-2"))
        assert kind_of(other) == "idempotency-key-reused"
        assert (await send(desk, "k2", a_question(motive="prise"))).status_code == 422
        assert (await send(desk, "k2", a_question(motive="price"))).status_code == 200


async def test_without_the_store_fifty_calls_at_once_have_one_answer(away: Settings) -> None:
    async with running(away) as desk:
        answers = await asyncio.gather(*(send(desk, "k", a_question()) for _ in range(50)))
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert len({answer.content for answer in answers if answer.status_code == 200}) == 1


async def test_without_the_store_the_same_contact_has_the_same_proposals_everywhere(away: Settings) -> None:
    async def asked(name: str) -> dict[str, Any]:
        async with running(dataclasses.replace(away, var=away.var / name)) as desk:
            return await desk.decide(facts={"data_gb": 1.5})

    one, other = await asked("one"), await asked("other")
    assert actions(one) == actions(other)
    own = ("decision_id", "took_ms")
    assert {**one, **dict.fromkeys(own)} == {**other, **dict.fromkeys(own)}


async def test_one_contact_at_one_turn_has_one_decision_without_any_key(
    desk: Running, store: redis.Redis
) -> None:
    first, second = [await desk.post("/v1/decisions", a_question()) for _ in range(2)]
    assert first.content == second.content
    assert len(list(store.scan_iter("{*}:decision:*"))) == 1


async def test_what_a_process_remembers_by_itself_is_bounded_and_ends() -> None:
    class Gone:
        async def claim(self, *_: Any) -> bytes | None:
            raise StoreAwayError

    moment = [0.0]
    known = Idempotency(Gone(), lambda: moment[0])  # type: ignore[arg-type]  # all it asks of a store
    for number in range(MOST + 1):
        claim = await known.claim(f"n{number}", b"f" * 16)
        assert not isinstance(claim, bytes)
        await known.settle(claim, json.dumps(number).encode())
    assert not isinstance(await known.claim("n0", b"f" * 16), bytes), "the oldest went"
    assert await known.claim("n2", b"f" * 16) == b"2"
    moment[0] = 86_401.0
    assert not isinstance(await known.claim("n2", b"f" * 16), bytes)
