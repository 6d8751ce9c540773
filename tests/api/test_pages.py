"""Pages: what they may do, who may frame them, and that nothing else is given."""

from __future__ import annotations

import dataclasses

import pytest

from api.languages import spoken
from api.routes.panel import words_of
from api.settings import Settings, SettingsError, read_settings
from models.knowledge import build_knowledge
from tests.api.running import HERE, Running, running
from tests.builders import a_catalogue, a_policy

pytestmark = pytest.mark.anyio

DESKTOP = "https://desktop.example"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)


async def test_a_page_runs_our_scripts_and_is_framed_by_us_alone(desk: Running) -> None:
    answer = await desk.get("/panel")
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "set-cookie" not in answer.headers
    assert '<meta name="behoud-origins" content="">' in answer.text


async def test_the_origins_that_may_frame_it_are_set(settings: Settings) -> None:
    async with running(dataclasses.replace(settings, frame_ancestors=(DESKTOP,))) as desk:
        answer = await desk.get("/panel?contact=call-1")
    assert answer.headers["content-security-policy"] == f"{POLICY} {DESKTOP}"
    assert f'<meta name="behoud-origins" content="{DESKTOP}">' in answer.text


async def test_a_script_is_sent_once_and_known_by_its_bytes(desk: Running) -> None:
    first = await desk.get("/panel.js")
    assert first.headers["content-type"] == "text/javascript; charset=utf-8"
    again = await desk.client.get("/panel.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("name", ["../panel.html", "..%2f..%2fsettings.py", "nothing.js", "xx.json"])
async def test_a_name_is_looked_up_and_no_path(desk: Running, name: str) -> None:
    answer = await desk.get(f"/panel/{name}")
    assert answer.status_code == 404 or "<behoud-panel>" in answer.text


async def test_a_page_of_an_allowed_origin_may_read_the_answers_and_no_other(settings: Settings) -> None:
    async with running(dataclasses.replace(settings, frame_ancestors=(DESKTOP,))) as desk:
        for origin, allowed in ((DESKTOP, DESKTOP), ("https://else.example", None), ("null", None)):
            answer = await desk.client.get("/v1/panel", headers={"Origin": origin})
            assert answer.status_code == 200
            assert answer.headers.get("access-control-allow-origin") == allowed
            # So that a panel elsewhere can read how long it is asked to wait.
            readable = answer.headers.get("access-control-expose-headers")
            assert readable == ("retry-after, date, idempotent-replayed" if allowed else None)
        asked = {"Origin": DESKTOP, "Access-Control-Request-Method": "POST"}
        before = await desk.client.request("OPTIONS", "/v1/decisions", headers=asked)
        assert (before.status_code, before.headers["access-control-allow-methods"]) == (204, "GET, POST")
        assert (
            before.headers["access-control-allow-headers"]
            == "authorization, content-type, idempotency-key, x-request-timeout-ms"
        )
        elsewhere = {**asked, "Origin": "https://else.example"}
        assert (await desk.client.request("OPTIONS", "/v1/decisions", headers=elsewhere)).status_code == 405


async def test_without_allowed_origins_no_page_of_another_reads_anything(desk: Running) -> None:
    answer = await desk.client.get("/v1/panel", headers={"Origin": DESKTOP})
    assert "access-control-allow-origin" not in answer.headers


def test_an_origin_is_written_without_a_path() -> None:
    given = {"BEHOUD_KNOWLEDGE": str(HERE), "BEHOUD_FRAME_ANCESTORS": f"{DESKTOP} http://localhost:8081"}
    assert read_settings(given).frame_ancestors == (DESKTOP, "http://localhost:8081")
    for wrong in ("desktop.example", "https://desktop.example/", "*", "https://x;script-src"):
        with pytest.raises(SettingsError, match="is no origin; write such as https:"):
            read_settings({**given, "BEHOUD_FRAME_ANCESTORS": wrong})


# --- what an agent picks from ----------------------------------------------------------------------------------------


async def test_without_texts_in_the_agents_language_the_policys_first_is_spoken(desk: Running) -> None:
    assert (await desk.get("/v1/panel?lang=xx")).json()["language"] == "en"


def test_labels_come_from_the_policy_in_its_order() -> None:
    both = {"nl": "Te duur", "en": "Too dear"}
    policy = a_policy(
        leaving={"motives": ["moving", "price"], "declined": {"too_dear": "price"}},
        choices={
            "motives": {"price": both, "moving": {"nl": "Verhuist", "en": "Moves"}},
            "declined": {"too_dear": both, "silent": {"nl": "Zei niets", "en": "Said nothing"}},
            "exits": {"dear": {"motive": "price", "text": both}},
        },
    )
    words = words_of(build_knowledge(a_catalogue(), policy, wordbooks=spoken()), "en")
    assert [(c.value, c.label) for c in words.motives] == [("price", "Too dear"), ("moving", "Moves")]
    assert [c.value for c in words.decline_reasons] == ["too_dear", "silent"]
    assert [(c.value, c.label, c.motive) for c in words.exit_reasons] == [("dear", "Too dear", "price")]


def test_without_labels_the_words_themselves_are_offered() -> None:
    policy = a_policy(leaving={"motives": ["price"], "declined": {"too_dear": "price"}})
    words = words_of(build_knowledge(a_catalogue(), policy, wordbooks=spoken()), "nl")
    assert [(c.value, c.label) for c in words.motives] == [("price", "price")]
    assert [c.value for c in words.intents] == ["cancel", "cancel_confirmed"]
    assert [c.value for c in words.decline_reasons] == ["too_dear", "unknown"]
    assert [c.value for c in words.skip_reasons] == ["unknown"]
    assert [(c.value, c.motive) for c in words.exit_reasons] == [("price", "price")]
