"""`render=1`: the decision as before, and behind it the message that brings it to the customer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pytest

from api.breaker import Breaker
from examples.whatsapp_bot.limits import refusals
from tests.api.channels.limits import whatsapp_ids
from tests.api.running import Running, a_customer, a_question, an_event

if TYPE_CHECKING:
    import redis

pytestmark = pytest.mark.anyio


async def rendered(desk: Running, **question: Any) -> dict[str, Any]:
    asked = a_question(**{"channel": "whatsapp", "contact_id": "chat-1", "detail": "short", **question})
    direction = asked.pop("direction", None)
    if direction is not None:
        asked["contact"]["direction"] = direction
    answer = await desk.post("/v1/decisions?render=1", asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_the_message_stands_behind_the_decision_and_is_not_recorded(
    desk: Running, store: redis.Redis
) -> None:
    await desk.put(a_customer("C-1", "fiber"))
    found = await rendered(desk, consents={"marketing": True})
    payload = found.pop("render")
    assert refusals(payload) == []
    assert whatsapp_ids(payload)[0] == f"take|{found['decision_id']}|{found['proposals'][0]['action_id']}"
    (key,) = store.keys("*:decision:*")
    record = store.get(key)
    assert b"render" not in record
    assert orjson.loads(record)["decision"] == found
    assert (await desk.get(f"/v1/decisions/{found['decision_id']}")).json() == found
    replayed = await desk.post(f"/v1/decisions/{found['decision_id']}/replay")
    assert replayed.json()["same"] is True


async def test_the_same_question_gets_the_same_decision_and_the_same_message(desk: Running) -> None:
    await desk.put(a_customer("C-1", "fiber"))
    assert await rendered(desk) == await rendered(desk)


async def test_an_answer_without_render_has_none(desk: Running) -> None:
    for path in ("/v1/decisions", "/v1/decisions?render=0"):
        assert "render" not in (await desk.post(path, a_question(channel="whatsapp"))).json()


async def test_where_a_person_speaks_nothing_is_rendered(desk: Running) -> None:
    for channel in ("voice", "shop"):
        found = await rendered(desk, channel=channel)
        assert found["render"] is None
        assert found["proposals"]


@pytest.mark.parametrize(
    ("channel", "kind"), [("chat", "choices"), ("app", "choices"), ("sms", "text"), ("email", "text")]
)
async def test_each_channel_has_its_own_form(desk: Running, channel: str, kind: str) -> None:
    found = await rendered(desk, channel=channel, intent="cancel")
    assert found["render"]["type"] == kind
    assert f"person|{found['decision_id']}" in str(found["render"])


async def test_who_is_written_to_needs_the_template_unless_he_wrote_within_a_day(desk: Running) -> None:
    await desk.put(a_customer("C-1", "fiber"))
    out = {"direction": "outbound", "consents": {"marketing": True}}
    assert (await rendered(desk, **out))["render"]["type"] == "template"
    wrote = {"kind": "contact", "contact_id": "chat-0", "channel": "whatsapp", "direction": "inbound"}
    yesterday = an_event("e-1", at="2026-11-20T11:59:00Z", **wrote)
    assert (await desk.post("/v1/events", {"events": [yesterday]})).status_code == 200
    assert (await rendered(desk, **out))["render"]["type"] == "template"
    today = an_event("e-2", at="2026-11-20T12:01:00Z", **wrote)
    assert (await desk.post("/v1/events", {"events": [today]})).status_code == 200
    assert (await rendered(desk, **out))["render"]["type"] == "interactive"


async def test_while_the_store_is_away_nobody_is_known_to_have_written(
    desk: Running, store: redis.Redis
) -> None:
    asked = {"channel": "whatsapp", "consents": {"marketing": True, "profiling": True}}
    held = [{"product_id": "fiber"}]
    await desk.service.store.close()
    desk.service.store._quick = desk.service.store._patient = _Away()
    found = await rendered(desk, direction="outbound", holdings=held, **asked)
    assert "record" in found["degraded"]
    assert found["render"]["type"] == "template"
    assert (await rendered(desk, holdings=held, **asked))["render"]["type"] == "interactive"


class _Away:
    """A client whose server is gone."""

    async def run(self, *_: Any) -> None:
        raise OSError("gone")

    def breaker(self, _: str = "") -> Breaker:
        return Breaker()

    def close(self) -> None:
        return None

    async def get(self, _: str) -> None:
        raise OSError("gone")

    async def aclose(self) -> None:
        return None


@pytest.mark.parametrize(
    ("said", "speaker"),
    [({}, "bot"), ({"speaker": "agent"}, "agent"), ({"agent": {"agent_id": "A-1"}}, None)],
)
async def test_a_bot_is_meant_unless_an_agent_is_named(
    desk: Running, store: redis.Redis, said: dict[str, Any], speaker: str | None
) -> None:
    contact = {"contact_id": "chat-1", "channel": "chat", "language": "en", **said}
    body = {"customer_id": "C-1", "contact": contact, "language": "nl"}
    found = (await desk.post("/v1/decisions?render=1", body)).json()
    request = orjson.loads(store.get(f"{{p30}}:decision:{found['decision_id']}"))["request"]
    assert request == {
        "customer_id": "C-1",
        "contact": contact if speaker is None else {**contact, "speaker": speaker},
        "language": "en",
    }


async def test_a_question_that_is_rendered_is_recorded_as_it_was_sent(
    desk: Running, store: redis.Redis
) -> None:
    held = [{"product_id": "fiber", "since": "2024-02-29"}]
    found = await rendered(desk, holdings=held, facts={"data_gb": 3.0}, consents={"marketing": True})
    request = orjson.loads(store.get(f"{{p30}}:decision:{found['decision_id']}"))["request"]
    assert (request["holdings"], request["facts"]) == (held, {"data_gb": 3.0})
    assert (request["consents"], request["detail"]) == ({"marketing": True}, "short")
