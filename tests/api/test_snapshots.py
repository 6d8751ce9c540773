"""Learned snapshots are kept as long as the decisions they made, and no longer; all else that decided is kept."""

from __future__ import annotations

import json
import logging
import os
import shutil
import time
from typing import TYPE_CHECKING

import pytest

from api.kept import STEP
from api.shelf import DAY, LONGER_DAYS, Shelf
from api.store import Store
from models.documents import version_of
from models.sections.keeping import Keeping
from tests.api.running import running

if TYPE_CHECKING:
    from pathlib import Path

    import redis

    from api.embedded import Server
    from api.settings import Settings
    from tests.api.running import Running

pytestmark = pytest.mark.anyio

WEEK = Keeping(decision_days=7)
LASTS = (WEEK.decision_days + LONGER_DAYS) * DAY


def told(number: int) -> bytes:
    return json.dumps({"sequence": number, "corrections": {"offer-tv": {"mean": 0.1 * number}}}).encode()


async def learn(desk: Running, store: redis.Redis, number: int) -> str:
    """The version of corrections that are in use now."""
    store.set("behoud:learned", told(number))
    await desk.service.library.look_for_learned()
    await desk.service.library.send_shelf()
    assert desk.service.library.current.versions.learned == version_of(told(number))
    return version_of(told(number))


def places(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def grow_old(place: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(place, (then, then))


async def test_a_snapshot_outlasts_the_decisions_it_made_and_documents_outlast_all(
    settings: Settings, store: redis.Redis
) -> None:
    async with running(settings) as desk:
        desk.service.store.keeping = WEEK
        version = await learn(desk, store, 1)
        made = (await desk.decide())["decision_id"]
        record = store.ttl(f"{{{made.partition('-')[0]}}}:decision:{made}")
        assert WEEK.decision_days * DAY - 60 <= record <= WEEK.decision_days * DAY
        assert LASTS - 60 <= store.ttl(f"behoud:shelf:{version}") <= LASTS
        versions = desk.service.library.current.versions
        for kept in (versions.catalogue, versions.policy, versions.flags):
            assert store.ttl(f"behoud:shelf:{kept}") == -1


async def test_the_snapshot_in_use_is_kept_for_as_long_again(settings: Settings, store: redis.Redis) -> None:
    async with running(settings) as desk:
        desk.service.store.keeping = WEEK
        version = await learn(desk, store, 1)
        store.expire(f"behoud:shelf:{version}", 10)
        place = settings.var / "shelf" / version.replace(":", "-")
        grow_old(place, 2 * LASTS)
        await desk.service.library.keep_snapshots()
        await desk.service.library.send_shelf()
        assert store.ttl(f"behoud:shelf:{version}") >= LASTS - 60
        assert time.time() - place.stat().st_mtime < LASTS


async def test_a_snapshot_this_disk_has_spoiled_does_not_take_the_place_of_the_good_one(
    settings: Settings, store: redis.Redis
) -> None:
    async with running(settings) as desk:
        version = await learn(desk, store, 1)
        (settings.var / "shelf" / version.replace(":", "-") / "learned.json").write_bytes(b"spoiled")
        await desk.service.library.keep_snapshots()
        await desk.service.library.send_shelf()
        assert store.hget(f"behoud:shelf:{version}", "learned.json") == told(1)


async def test_the_disk_forgets_what_no_kept_decision_can_have_used(valkey: Server, tmp_path: Path) -> None:
    store = Store(valkey.url, 1.0, WEEK)
    shelf = Shelf(tmp_path, store)
    for number in range(STEP):
        shelf.keep(version_of(told(number)), {"learned.json": told(number)})
    for name in ("policy.yaml", "manifest.json"):
        shelf.keep(f"sha256:{name}", {name: b""})
    remembered, used_lately = version_of(told(0)), version_of(told(1))
    shelf.remember("learned", remembered)
    for place in places(tmp_path):
        grow_old(place, LASTS + 60)
    grow_old(tmp_path / used_lately.replace(":", "-"), LASTS - 3600)
    assert await shelf.forget_snapshots(time.time()) == STEP - 2
    left = {path.name for path in places(tmp_path)}
    wanted = (remembered, used_lately, "sha256:policy.yaml", "sha256:manifest.json")
    assert left == {"last-learned", *(name.replace(":", "-").replace(".", "-") for name in wanted)}
    await store.close()


async def test_without_its_folder_the_service_says_so_and_looks_again(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(settings) as desk:
        shelf = settings.var / "shelf"
        shelf.rename(settings.var / "elsewhere")
        with caplog.at_level(logging.WARNING, "behoud.knowledge"):
            await desk.service.library.keep_snapshots()
        assert "snapshots not looked after" in caplog.messages
        shutil.move(settings.var / "elsewhere", shelf)
        await desk.service.library.keep_snapshots()
        assert len(caplog.messages) == 1
