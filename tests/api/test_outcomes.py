"""Outcomes: taken once, held against their decision, remembered for the next."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from tests.api.running import HERE, Running, a_customer, actions, an_event, an_outcome, running

if TYPE_CHECKING:
    from pathlib import Path

    import redis

    from api.settings import Settings

pytestmark = pytest.mark.anyio


async def tell(desk: Running, *outcomes: dict[str, Any]) -> list[dict[str, str]]:
    answer = await desk.post("/v1/outcomes", {"outcomes": list(outcomes)})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, str]] = answer.json()["results"]
    return found


async def test_an_outcome_is_new_once_and_known_afterwards(desk: Running, store: redis.Redis) -> None:
    decision = await desk.decide()
    told = an_outcome(decision)
    assert await tell(desk, told) == [{"id": "o-1", "status": "new"}]
    revision = store.get("{p30}:revision:C-1")
    assert await tell(desk, told, told) == [{"id": "o-1", "status": "known"}] * 2
    assert store.get("{p30}:revision:C-1") == revision == b"1"
    assert store.xlen("{p30}:journal") == 2


async def test_the_journal_carries_the_outcome_with_what_its_decision_knew(
    desk: Running, store: redis.Redis
) -> None:
    decision = await desk.decide(holdings=[{"product_id": "fiber"}])
    await tell(desk, an_outcome(decision, action_id="offer-tv", kind="declined", reason="too_dear"))
    _, entry = store.xrange("{p30}:journal")[-1]
    assert (entry[b"kind"], entry[b"id"], entry[b"customer"]) == (b"outcome", b"o-1", b"C-1")
    assert orjson.loads(entry[b"record"]) == {
        "outcome_id": "o-1",
        "decision_id": decision["decision_id"],
        "action_id": "offer-tv",
        "kind": "declined",
        "at": "2026-11-21T12:01:00Z",
        "reason": "too_dear",
        "customer_id": "C-1",
        "contact_id": "call-1",
        "channel": "voice",
        "action_kind": "offer",
        "family": "television",
    }


async def test_two_refused_saves_lead_to_the_cancel_process(desk: Running) -> None:
    await desk.put(a_customer("C-1", "fiber"))
    refused = []
    for turn in range(2):
        decision = await desk.decide(intent="cancel", motive="price")
        assert decision["mode"] == "save"
        save = next(p["action_id"] for p in decision["proposals"] if p["kind"] == "save")
        at = desk.clock().isoformat()
        await tell(
            desk, an_outcome(decision, f"o-{turn}", action_id=save, kind="declined", reason="no", at=at)
        )
        refused.append(save)
        desk.clock.move(minutes=1)
    assert sorted(refused) == ["save-apology", "save-discount"]
    last = await desk.decide(intent="cancel", motive="price")
    assert (last["mode"], actions(last)) == ("proceed_to_cancel", ["cancel"])


@pytest.mark.parametrize(
    ("channel", "speaker"), [("chat", None), ("app", None), ("web", "agent"), ("voice", "bot")]
)
async def test_two_saves_that_were_shown_to_the_customer_himself_are_two_rounds(
    desk: Running, channel: str, speaker: str | None
) -> None:
    await desk.put(a_customer("C-1", "fiber"))
    asked = {"channel": channel, "speaker": speaker, "intent": "cancel", "motive": "price"}
    for turn in range(2):
        decision = await desk.decide(contact_id=f"view-{turn}", **asked)
        save = next(p["action_id"] for p in decision["proposals"] if p["kind"] == "save")
        at = desk.clock().isoformat()
        await tell(desk, an_outcome(decision, f"o-{turn}", action_id=save, kind="shown", at=at))
        desk.clock.move(minutes=1)
    last = await desk.decide(**asked)
    assert (last["mode"], actions(last)) == ("proceed_to_cancel", ["cancel"])


async def test_a_page_that_is_loaded_again_shows_what_it_showed(desk: Running) -> None:
    await desk.put(a_customer("C-1", "fiber"))
    views = []
    for view in range(4):
        decision = await desk.decide(channel="web", intent="cancel", motive="price")
        views.append((decision["mode"], actions(decision)))
        save = next(p["action_id"] for p in decision["proposals"] if p["kind"] == "save")
        at = desk.clock().isoformat()
        await tell(desk, an_outcome(decision, f"o-{view}", action_id=save, kind="shown", at=at))
        desk.clock.move(minutes=1)
    assert views == [views[0]] * 4
    assert views[0][0] == "save"


async def test_rounds_of_saving_are_not_pushed_out_by_events(desk: Running, store: redis.Redis) -> None:
    await desk.put(a_customer("C-1", "fiber"))
    decision = await desk.decide(intent="cancel", motive="price")
    save = next((p for p in decision["proposals"] if p["kind"] == "save"), None)
    assert save is not None
    await tell(desk, an_outcome(decision, action_id=save["action_id"], kind="declined", reason="no"))
    events = [an_event(f"e-{number}", kind="information", subject="bill") for number in range(450)]
    assert (await desk.post("/v1/events", {"events": events})).status_code == 200
    assert store.llen("{p30}:history:C-1") == 200
    assert store.llen("{p30}:saves:C-1") == 1
    desk.clock.move(minutes=2)
    again = await desk.decide(intent="cancel", motive="price", detail="full")
    vetoes = {veto["action_id"]: veto["rule"] for veto in again["vetoes"]}
    assert vetoes[save["action_id"]] == "already_refused"


async def test_a_batch_with_one_unknown_decision_changes_nothing(desk: Running, store: redis.Redis) -> None:
    decision = await desk.decide()
    strange = {**an_outcome(decision, "o-2"), "decision_id": "p07-never-made"}
    answer = await desk.post("/v1/outcomes", {"outcomes": [an_outcome(decision), strange]})
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert error["field"] == "outcomes[1].decision_id"
    assert error["message"] == "there is no decision 'p07-never-made'"
    assert store.get("{p30}:revision:C-1") is None
    assert await tell(desk, an_outcome(decision)) == [{"id": "o-1", "status": "new"}]


async def test_an_action_that_was_not_proposed_is_refused_by_name(desk: Running) -> None:
    decision = await desk.decide(holdings=[{"product_id": "fiber"}])
    answer = await desk.post("/v1/outcomes", {"outcomes": [an_outcome(decision, action_id="offer-fiber")]})
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert error["field"] == "outcomes[0].action_id"
    assert error["message"] == "'offer-fiber' was not proposed in that decision"
    assert "offer-tv" in error["remedy"]


async def test_outcomes_of_many_customers_come_in_one_batch(desk: Running) -> None:
    decisions = [await desk.decide(customer_id=f"C-{number}") for number in range(20)]
    told = [an_outcome(decision, f"o-{number}") for number, decision in enumerate(decisions)]
    assert {result["status"] for result in await tell(desk, *told)} == {"new"}
    assert 'behoud_outcomes_total{kind="spoken"} 20.0' in (await desk.get("/metrics")).text


async def test_the_family_comes_from_the_catalogue_of_then_when_the_action_is_gone(
    settings: Settings, store: redis.Redis, tmp_path: Path
) -> None:
    async with running(settings) as desk:
        decision = await desk.decide(holdings=[{"product_id": "fiber"}])
    folder = tmp_path / "later"
    folder.mkdir()
    (folder / "policy.yaml").write_bytes((HERE / "policy.yaml").read_bytes())
    text = (HERE / "catalogue.yaml").read_text().replace("offer-tv", "offer-television")
    (folder / "catalogue.yaml").write_text(text)
    later = dataclasses.replace(settings, knowledge=folder)
    async with running(later) as desk:
        await tell(desk, an_outcome(decision, "o-1", action_id="offer-tv"))
        assert orjson.loads(store.lindex("{p30}:outcomes:C-1", 0))["family"] == "television"
    store.delete(*store.scan_iter("behoud:shelf:*"))
    async with running(dataclasses.replace(later, var=tmp_path / "elsewhere")) as desk:
        await tell(desk, an_outcome(decision, "o-2", action_id="offer-tv"))
        assert orjson.loads(store.lindex("{p30}:outcomes:C-1", 1))["family"] == "unknown"


async def test_two_writers_on_one_history_at_once_lose_nothing(desk: Running, store: redis.Redis) -> None:
    decision = await desk.decide()

    async def writer(name: str) -> None:
        for number in range(40):
            await desk.post("/v1/events", {"events": [an_event(f"{name}-{number}", kind="payment")]})
            await tell(desk, an_outcome(decision, f"{name}-o-{number}"))

    await asyncio.gather(writer("one"), writer("two"))
    ids = {orjson.loads(item)["event_id"] for item in store.lrange("{p30}:troubles:C-1", 0, -1)}
    assert ids >= {f"{name}-{number}" for name in ("one", "two") for number in range(40)}
    assert store.llen("{p30}:outcomes:C-1") == 80
    assert store.get("{p30}:revision:C-1") == b"160"
    assert store.xlen("{p30}:journal") == 161


async def test_an_outcome_of_a_clock_that_is_ahead_changes_the_very_next_answer(
    desk: Running, store: redis.Redis
) -> None:
    await desk.put(a_customer("C-1", "fiber"))
    decision = await desk.decide(intent="cancel", motive="price")
    save = next(p["action_id"] for p in decision["proposals"] if p["kind"] == "save")
    told = an_outcome(decision, action_id=save, kind="declined", reason="no", at="2026-11-21T12:00:05Z")
    await tell(desk, told)
    again = await desk.decide(intent="cancel", motive="price", detail="full")
    assert {veto["action_id"]: veto["rule"] for veto in again["vetoes"]}[save] == "already_refused"
    _, entry = next(row for row in store.xrange("{p30}:journal") if row[1][b"kind"] == b"outcome")
    assert orjson.loads(entry[b"record"])["at"] == "2026-11-21T12:00:05Z"
    assert orjson.loads(store.lindex("{p30}:saves:C-1", 0))["at"] == "2026-11-21T12:00:00Z"


async def test_an_outcome_that_will_only_come_is_refused(desk: Running) -> None:
    told = an_outcome(await desk.decide(), at="2026-11-21T12:15:01Z")
    answer = await desk.post("/v1/outcomes", {"outcomes": [told]})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "outcomes[0].at")


async def test_an_unknown_motive_of_an_outcome_is_refused_and_the_nearest_named(desk: Running) -> None:
    decision = await desk.decide()
    answer = await desk.post("/v1/outcomes", {"outcomes": [an_outcome(decision, motive="prise")]})
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {
            "field": "outcomes[0].motive",
            "message": "unknown motive 'prise'",
            "remedy": "did you mean 'price'?",
        }
    ]
    assert await tell(desk, an_outcome(decision, motive="price")) == [{"id": "o-1", "status": "new"}]


async def test_the_same_id_with_another_content_is_known_and_dropped(
    desk: Running, store: redis.Redis
) -> None:
    decision = await desk.decide()
    await tell(desk, an_outcome(decision))
    other = an_outcome(decision, kind="declined", reason="no")
    assert await tell(desk, other) == [{"id": "o-1", "status": "known"}]
    assert store.llen("{p30}:outcomes:C-1") == 1
