"""The demo desk's data: whom to choose from, what is on a card, and who calls next. It is there only where it is asked for."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import pytest
import redis

from api.embedded import find_binary, start
from api.keys import tag_of
from api.next_call import MIX
from tests.api.running import HERE, Running, a_customer, an_event, an_outcome, running

if TYPE_CHECKING:
    from pathlib import Path

    from api.settings import Settings

pytestmark = pytest.mark.anyio
ROUTES = ("/v1/desk/customers", "/v1/desk/customers/C-1", "/v1/desk/next-call")
TELECOM = HERE.parents[1] / "examples" / "telecom"
PAGES = ("/desk", "/desk/desk.js", "/desk/desk.css", "/desk/words.nl.json", "/desk/words.en.json")


@pytest.fixture
async def open_desk(settings: Settings) -> AsyncIterator[Running]:
    async with running(dataclasses.replace(settings, desk=True)) as found:
        yield found


async def test_there_is_no_desk_unless_the_settings_say_so(desk: Running) -> None:
    for path in (*ROUTES, *PAGES):
        answer = await desk.get(path)
        assert (answer.status_code, answer.json()["detail"]) == (
            404,
            "there is no demo desk here; set BEHOUD_DESK=1 for one",
        )


async def test_the_pages_need_no_key_and_hold_no_script_of_their_own(open_desk: Running) -> None:
    for path in PAGES:
        answer = await open_desk.client.get(path, headers={"authorization": ""})
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers
    page = await open_desk.get("/desk")
    assert "default-src 'none'; script-src 'self'" in page.headers["content-security-policy"]
    assert "'unsafe-inline'" not in page.headers["content-security-policy"]
    assert "<script>" not in page.text
    assert "style=" not in page.text
    assert (await open_desk.get("/desk/other.js")).status_code == 404


async def test_customers_are_listed_by_id_a_page_at_a_time(open_desk: Running) -> None:
    for number in (3, 1, 5, 2, 4):
        await open_desk.put(a_customer(f"C-{number}", "mobile"))
    first = (await open_desk.get("/v1/desk/customers?limit=3")).json()
    assert [customer["customer_id"] for customer in first["customers"]] == ["C-1", "C-2", "C-3"]
    assert first["customers"][0]["holdings"] == [
        {"product_id": "mobile", "name": "Mobile", "price": None, "since": None}
    ]
    assert first["next"] == "C-3"
    rest = (await open_desk.get("/v1/desk/customers?limit=3&after=C-3")).json()
    assert [customer["customer_id"] for customer in rest["customers"]] == ["C-4", "C-5"]
    assert rest["next"] is None


async def test_no_more_customers_are_looked_for_than_asked(open_desk: Running) -> None:
    for number in range(5):
        await open_desk.put(a_customer(f"C-{number}", "mobile"))
    found = await open_desk.service.store.some_customers(3)
    assert len(found) == 3
    assert set(found) < {f"C-{number}" for number in range(5)}


async def test_what_this_version_cannot_read_is_passed_over(open_desk: Running, store: redis.Redis) -> None:
    for customer_id in ("C-1", "C-2"):
        await open_desk.put(a_customer(customer_id, "mobile"))
    store.set(f"{tag_of('C-2')}customer:C-2", b'{"customer_id": "C-2", "shoes": 44}')
    store.rpush(f"{tag_of('C-1')}history:C-1", b'{"kind": "wedding"}')
    listed = (await open_desk.get("/v1/desk/customers")).json()
    assert [customer["customer_id"] for customer in listed["customers"]] == ["C-1"]
    assert (await open_desk.get("/v1/desk/customers/C-2")).status_code == 404
    card = (await open_desk.get("/v1/desk/customers/C-1")).json()
    assert (card["events"], card["history_lost"]) == ([], True)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("customers?limit=0", "limit"),
        ("customers?limit=101", "limit"),
        ("customers?limit=x", "limit"),
        ("next-call?number=-1", "number"),
        ("next-call?number=²", "number"),
        ("next-call?about=weather", "about"),
    ],
)
async def test_what_a_query_cannot_mean_is_named(open_desk: Running, query: str, field: str) -> None:
    answer = await open_desk.get(f"/v1/desk/{query}")
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_a_card_names_what_a_customer_has_and_when_his_term_ends(open_desk: Running) -> None:
    who = a_customer("C-1", "fiber", "tv", months_to_contract_end=4, contract="year", vulnerable=False)
    await open_desk.put(who)
    card = (await open_desk.get("/v1/desk/customers/C-1")).json()
    assert [(held["name"], held["price"]) for held in card["holdings"]] == [("Fiber", 40.0), ("TV", 15.0)]
    assert card["monthly_price"] == 55.0
    assert {fact["fact"]: (fact["text"], fact["until"]) for fact in card["facts"]} == {
        "months_to_contract_end": ("4", "2027-03-21"),
        "contract": ("year", None),
        "vulnerable": ("no", None),
    }
    assert card["consents"] == [{"consent": "marketing", "name": "marketing", "given": True}]
    assert (card["events"], card["outcomes"], card["trends"]) == ([], [], [])


async def test_a_card_shows_what_happened_and_what_became_of_proposals_the_newest_first(
    open_desk: Running,
) -> None:
    await open_desk.put(a_customer("C-1", "fiber"))
    told = [an_event("e-1", kind="interest", product_id="tv"), an_event("e-2", at="2026-11-20T11:00:00Z")]
    await open_desk.post("/v1/events", {"events": told})
    decision = await open_desk.decide(intent="cancel")
    title = decision["proposals"][0]["title"]
    await open_desk.post("/v1/outcomes", {"outcomes": [an_outcome(decision)]})
    open_desk.clock.move(minutes=5)
    card = (await open_desk.get("/v1/desk/customers/C-1")).json()
    assert [event["kind"] for event in card["events"]] == ["contact", "complaint_opened", "interest"]
    assert card["events"][-1]["product"] == "TV"
    assert [(outcome["title"], outcome["kind"]) for outcome in card["outcomes"]] == [(title, "spoken")]


async def test_a_card_is_in_the_language_that_is_asked_for(settings: Settings) -> None:
    who = a_customer("C-1", "mobile-m", contract="one_year", data_gb_m3=4.5, data_gb_m1=3.0)
    async with running(dataclasses.replace(settings, knowledge=TELECOM, desk=True)) as desk:
        await desk.put(who)
        dutch, english, other = [
            (await desk.get(f"/v1/desk/customers/C-1?language={language}")).json()
            for language in ("nl", "en", "fy")
        ]
        listed = (await desk.get("/v1/desk/customers?language=en")).json()["customers"]
    assert other == dutch
    assert [(card["holdings"][0]["name"], card["facts"][0]["text"]) for card in (dutch, english)] == [
        ("Mobiel 20 GB", "een jaar"),
        ("Mobile 20 GB", "one year"),
    ]
    assert listed[0]["holdings"][0]["name"] == "Mobile 20 GB"
    assert english["trends"] == [{"name": "data use of last month in GB", "values": [4.5, None, 3.0]}]
    assert [fact["fact"] for fact in english["facts"]] == ["contract"]


async def test_what_the_catalogue_has_no_more_keeps_its_id(open_desk: Running, store: redis.Redis) -> None:
    await open_desk.put(a_customer("C-1", "fiber"))
    stored = {"customer_id": "C-1", "holdings": [{"product_id": "telex"}]}
    store.set(f"{tag_of('C-1')}customer:C-1", json.dumps(stored))
    card = (await open_desk.get("/v1/desk/customers/C-1")).json()
    assert card["holdings"] == [{"product_id": "telex", "name": "telex", "price": None, "since": None}]
    assert card["monthly_price"] == 0.0


async def test_nobody_has_a_card_who_is_not_stored(open_desk: Running) -> None:
    answer = await open_desk.get("/v1/desk/customers/C-404")
    assert answer.status_code == 404
    assert answer.json()["detail"] == "no customer 'C-404'; choose one of /v1/desk/customers"


async def test_nobody_calls_where_nobody_has_anything(open_desk: Running) -> None:
    await open_desk.put(a_customer("C-1"))
    answer = await open_desk.get("/v1/desk/next-call")
    assert answer.status_code == 404
    assert answer.json()["detail"].startswith("nobody can call")


@pytest.fixture
async def company(open_desk: Running) -> Running:
    """Twelve calm customers, and one for each thing that a history can be about."""
    for number in range(12):
        await open_desk.put(a_customer(f"C-{number}", "fiber", "tv"))
    stories: dict[str, dict[str, Any]] = {
        "C-COMPLAINT": {"kind": "complaint_opened", "subject": "bill"},
        "C-OUTAGE": {"kind": "outage", "subject": "tv", "hours": 5},
        "C-PAYMENT": {"kind": "missed_payment"},
        "C-INTEREST": {"kind": "interest", "product_id": "security"},
    }
    for customer_id, told in stories.items():
        await open_desk.put(a_customer(customer_id, "fiber"))
        event = an_event(f"e-{customer_id}", customer_id, **told)
        assert (await open_desk.post("/v1/events", {"events": [event]})).status_code == 200
    return open_desk


async def test_calls_are_about_what_their_customers_went_through(company: Running) -> None:
    calls = [(await company.get(f"/v1/desk/next-call?number={number}")).json() for number in range(len(MIX))]
    assert [call["about"] for call in calls] == list(MIX)
    by_kind = {call["about"]: call for call in calls}
    assert (by_kind["complaint"]["customer_id"], by_kind["complaint"]["subject"]) == ("C-COMPLAINT", "bill")
    assert (by_kind["outage"]["customer_id"], by_kind["outage"]["subject"]) == ("C-OUTAGE", "tv")
    assert (by_kind["payment"]["customer_id"], by_kind["payment"]["intent"]) == ("C-PAYMENT", "payment")
    assert (by_kind["interest"]["customer_id"], by_kind["interest"]["product_id"]) == (
        "C-INTEREST",
        "security",
    )


async def test_the_same_number_is_the_same_call_and_leavers_have_different_reasons(company: Running) -> None:
    leaving = [number for number, kind in enumerate(MIX) if kind == "leaving"]
    first = [(await company.get(f"/v1/desk/next-call?number={number}")).json() for number in leaving]
    again = [(await company.get(f"/v1/desk/next-call?number={number}")).json() for number in leaving]
    assert first == again
    assert [call["motive"] for call in first] == ["price", "service", "price"]
    assert {call["intent"] for call in first} == {"cancel"}
    assert len({call["customer_id"] for call in first}) == len(leaving)


async def test_a_leaver_is_somebody_who_can_be_kept_where_there_is_one(settings: Settings) -> None:
    bound = {"tenure_months": 3, "months_to_contract_end": 12, "fiber_available": False}
    async with running(dataclasses.replace(settings, knowledge=TELECOM, desk=True)) as desk:
        for number in range(6):
            await desk.put(a_customer(f"C-{number}", "internet-dsl", "mobile-s", **bound))
        hopeless = (await desk.get("/v1/desk/next-call?about=leaving")).json()["customer_id"]
        other = "C-5" if hopeless != "C-5" else "C-4"
        await desk.put(a_customer(other, "internet-dsl", "mobile-s", **{**bound, "tenure_months": 30}))
        call = (await desk.get("/v1/desk/next-call?about=leaving")).json()
    assert call["customer_id"] == other


async def test_what_nobody_can_call_about_becomes_another_call(open_desk: Running) -> None:
    await open_desk.put(a_customer("C-1", "fiber"))
    call = (await open_desk.get("/v1/desk/next-call?about=outage")).json()
    assert (call["customer_id"], call["about"], call["subject"]) == ("C-1", "bill", "bill")


async def test_while_the_store_is_away_the_desk_says_when_to_come_back(
    settings: Settings, tmp_path: Path
) -> None:
    mortal = start(tmp_path / "mortal", find_binary())
    try:
        async with running(dataclasses.replace(settings, redis_url=mortal.url, desk=True)) as desk:
            mortal.stop()
            for path in ROUTES:
                answer = await desk.get(path)
                assert answer.status_code == 503
                assert answer.headers["retry-after"] == "2"
    finally:
        mortal.stop()
