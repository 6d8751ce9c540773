"""Health: true to those who route traffic, full to those who look closer."""

from __future__ import annotations

import dataclasses
from datetime import date
from typing import TYPE_CHECKING

import pytest

from api.app import look_at_journal
from tests.api.running import Running, running

if TYPE_CHECKING:
    import redis

    from api.settings import Settings

pytestmark = pytest.mark.anyio


async def test_it_lives_and_is_ready(desk: Running) -> None:
    assert (await desk.get("/livez")).json() == {"status": "alive"}
    assert (await desk.get("/readyz")).json() == {"ready": True}


async def test_asked_closer_it_says_how_the_store_is_and_what_decides(desk: Running) -> None:
    ready = (await desk.get("/readyz?verbose")).json()
    assert (ready["ready"], ready["store"], ready["durability"]) == (True, "answers", "always")
    assert ready["versions"]["catalogue"].startswith("sha256:")


async def test_without_a_store_it_is_ready_all_the_same(settings: Settings) -> None:
    away = dataclasses.replace(settings, redis_url="redis://127.0.0.1:1/0", redis_timeout=0.05)
    async with running(away) as desk:
        assert (await desk.get("/readyz")).json() == {"ready": True}
        ready = (await desk.get("/readyz?verbose")).json()
        assert (ready["store"], ready["durability"]) == ("away", "unknown")


async def test_figures_are_in_the_format_of_prometheus(desk: Running) -> None:
    answer = await desk.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert "behoud_breaker_open 0.0" in answer.text


async def test_every_figure_has_a_line_in_the_manual(desk: Running, manual: str) -> None:
    text = (await desk.get("/metrics")).text
    names = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE behoud_")}
    assert {name for name in names if not name.endswith("_created") and f"`{name}`" not in manual} == set()


async def test_the_journal_counts_until_an_archive_takes_it(desk: Running, store: redis.Redis) -> None:
    for number in range(3):
        await desk.decide(contact_id=f"call-{number}")
    held = sum(store.xlen(key) for key in store.scan_iter("*:journal"))
    await look_at_journal(desk.service.store, desk.service.metrics)
    assert held >= 3
    assert f"behoud_journal_backlog {held}.0" in (await desk.get("/metrics")).text
    store.delete(*store.scan_iter("*:journal"))
    await look_at_journal(desk.service.store, desk.service.metrics)
    assert "behoud_journal_backlog 0.0" in (await desk.get("/metrics")).text


async def test_a_bundle_is_as_old_as_what_it_has_learned_from(desk: Running) -> None:
    assert "behoud_bundle_age_seconds NaN" in (await desk.get("/metrics")).text
    desk.service.metrics.aged(date(2026, 11, 14), date(2026, 11, 21))
    assert f"behoud_bundle_age_seconds {7 * 86400:.1f}" in desk.service.metrics.text().decode()
