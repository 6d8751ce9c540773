"""Going back: at once, on every replica, through a restart, until somebody resumes."""

from __future__ import annotations

import dataclasses
import json
import logging
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from api.going_back import keep_to_pins
from api.pins import PinBoard, Pins
from api.store import Store
from models.sections.keeping import Keeping
from tests.api.running import Running, a_customer, a_flag, actions, own_provider, running, write_bundle
from tests.api.test_reload import edit, look, stop_offers

if TYPE_CHECKING:
    from pathlib import Path

    import redis

    from api.settings import Settings

pytestmark = pytest.mark.anyio

NEVER = 3600.0


@pytest.fixture
def given(settings: Settings, tmp_path: Path) -> Settings:
    """With a bundle and documents that can be changed, looked at only when a test says so."""
    folder = own_provider(tmp_path / "provider")
    return dataclasses.replace(
        settings,
        var=tmp_path / "var",
        knowledge=folder,
        bundle=str(write_bundle(tmp_path / "bundle")),
        learned_every=NEVER,
        bundle_every=NEVER,
        knowledge_every=NEVER,
    )


def publish(settings: Settings, seed: int) -> Path:
    """Another bundle where the settings look."""
    shutil.rmtree(settings.bundle)
    return write_bundle(settings.var.parent / "bundle", seed)


async def told(desk: Running, path: str, **body: Any) -> dict[str, Any]:
    """What the route says of the part, and whether all know."""
    answer = await desk.post(f"/v1/admin/{path}", body)
    assert answer.status_code == 200, answer.text
    said = answer.json()
    [part] = [one for one in said["parts"] if one["part"] == body["part"]]
    return {**part, "told": said["told"]}


async def bundle_of(desk: Running, contact: str) -> str:
    found: str = (await desk.decide(contact_id=contact))["versions"]["bundle"]
    return found


async def test_the_bundle_before_is_used_at_once_and_stays_until_another_is_published(
    given: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(given) as desk:
        library = desk.service.library
        first = await bundle_of(desk, "k-1")
        publish(given, 2)
        await library.look_for_bundle()
        second = await bundle_of(desk, "k-2")
        assert second != first
        with caplog.at_level(logging.WARNING, "behoud.audit"):
            back = await told(desk, "rollback", part="bundle")
        assert (back["version"], back["pin"]["refused"], back["told"]) == (first, [second], True)
        assert "resume" in back["stays"]
        assert vars(caplog.records[-1])["by"] == "tests"
        assert (vars(caplog.records[-1])["from"], vars(caplog.records[-1])["to"]) == (second, first)
        assert await bundle_of(desk, "k-3") == first
        await library.look_for_bundle()
        assert await bundle_of(desk, "k-4") == first
        publish(given, 3)
        await library.look_for_bundle()
        third = await bundle_of(desk, "k-5")
        assert third not in (first, second)
        assert "bundle" not in library.stays
        publish(given, 2)
        await library.look_for_bundle()
        assert await bundle_of(desk, "k-6") == third
        resumed = await told(desk, "resume", part="bundle")
        assert (resumed["version"], resumed["pin"], resumed["stays"]) == (second, None, None)


async def test_held_it_stays_whatever_is_published(given: Settings) -> None:
    async with running(given) as desk:
        library = desk.service.library
        first = library.current.versions.bundle
        publish(given, 2)
        await library.look_for_bundle()
        await told(desk, "rollback", part="bundle", hold=True)
        publish(given, 3)
        await library.look_for_bundle()
        assert library.current.versions.bundle == first
        assert (await told(desk, "resume", part="bundle"))["version"] not in (first, None)


async def test_a_second_time_goes_one_further_back_and_a_named_version_is_taken(given: Settings) -> None:
    async with running(given) as desk:
        library = desk.service.library
        versions = [library.current.versions.bundle]
        for seed in (2, 3):
            publish(given, seed)
            await library.look_for_bundle()
            versions.append(library.current.versions.bundle)
        assert (await told(desk, "rollback", part="bundle"))["version"] == versions[1]
        assert (await told(desk, "rollback", part="bundle"))["version"] == versions[0]
        named = await told(desk, "rollback", part="bundle", to=versions[2])
        assert named["version"] == versions[2]
        assert set(named["pin"]["refused"]) == {versions[0], versions[1]}


async def test_it_outlasts_a_restart_and_other_replicas_follow(given: Settings, tmp_path: Path) -> None:
    other = dataclasses.replace(given, var=tmp_path / "elsewhere")
    async with running(given) as desk, running(other) as elsewhere:
        first = desk.service.library.current.versions.bundle
        publish(given, 2)
        for one in (desk, elsewhere):
            await one.service.library.look_for_bundle()
        await told(desk, "rollback", part="bundle")
        await keep_to_pins(elsewhere.service.library, other, elsewhere.clock())
        assert elsewhere.service.library.current.versions.bundle == first
    away = {"redis_url": "redis://127.0.0.1:1/0", "redis_timeout": 0.05}
    for machine in (given, other, dataclasses.replace(given, **away)):
        async with running(machine) as desk:
            assert desk.service.library.current.versions.bundle == first
            assert "resume" in desk.service.library.stays["bundle"]
    async with running(given) as desk, running(other) as elsewhere:
        second = (await told(desk, "resume", part="bundle"))["version"]
        assert second != first
        await keep_to_pins(elsewhere.service.library, other, elsewhere.clock())
        assert elsewhere.service.library.current.versions.bundle == second


async def test_a_replica_that_never_had_it_gets_it_from_another(given: Settings, tmp_path: Path) -> None:
    async with running(given) as desk:
        first = desk.service.library.current.versions.bundle
        publish(given, 2)
        await desk.service.library.look_for_bundle()
        await desk.service.library.send_shelf()
        await told(desk, "rollback", part="bundle")
    async with running(dataclasses.replace(given, var=tmp_path / "new")) as desk:
        assert desk.service.library.current.versions.bundle == first


async def test_documents_go_back_as_one_with_their_flags(given: Settings) -> None:
    async with running(given) as desk:
        await desk.put(a_customer("C-1", "fiber"))
        before = await desk.decide()
        edit(given.knowledge / "catalogue.yaml", "languages: [en]\n", "languages: [en]\ncurrency: GBP\n")
        (given.knowledge / "flags.json").write_text(a_flag("implicit"))
        stop_offers(given.knowledge)
        await look(desk)
        assert "offer-tv" not in actions(await desk.decide(contact_id="k-2"))
        back = await told(desk, "rollback", part="documents")
        after = await desk.decide(contact_id="k-3")
        assert after["versions"] == before["versions"]
        assert "offer-tv" in actions(after)
        await look(desk)
        assert desk.service.library.documents == back["version"]
        edit(given.knowledge / "policy.yaml", "reason: {en: Closed}", "reason: {en: Shut}")
        await look(desk)
        assert desk.service.library.documents not in (back["version"], *back["pin"]["refused"])


async def test_learned_corrections_are_left_out_and_held(given: Settings, store: redis.Redis) -> None:
    async with running(given) as desk:
        library = desk.service.library

        async def learned(mean: float) -> str | None:
            store.set(
                "behoud:learned", json.dumps({"sequence": 1, "corrections": {"offer-tv": {"mean": mean}}})
            )
            await library.look_for_learned()
            return library.current.versions.learned

        first = await learned(2.0)
        assert first is not None
        back = await told(desk, "rollback", part="learned")
        assert (back["version"], back["pin"]["hold"], back["before"]) == ("none", True, [])
        assert await learned(2.1) is None
        assert (await told(desk, "rollback", part="learned", to=first))["version"] == first
        assert await learned(2.2) == first
        resumed = await told(desk, "resume", part="learned")
        assert resumed["version"] not in ("none", first)


async def test_what_cannot_be_gone_back_to_is_refused_and_nothing_changes(given: Settings) -> None:
    async with running(given) as desk:
        before = desk.service.library.current
        for body, why in (
            ({"part": "bundle"}, "nothing else was in use on this machine"),
            ({"part": "bundle", "to": f"sha256:{'0' * 64}"}, "was not kept"),
            ({"part": "bundle", "to": ".."}, "pattern"),
            ({"part": "bundle", "to": "none"}, "none was not kept"),
            ({"part": "documents", "to": before.versions.policy}, "'catalogue.yaml'"),
            ({"part": "bundle", "to": before.versions.policy}, "manifest.json: missing"),
            ({"part": "learned", "to": before.versions.bundle}, "what is kept as"),
        ):
            answer = await desk.post("/v1/admin/rollback", body)
            assert answer.status_code == 422
            [error] = answer.json()["errors"]
            assert error["field"] == "to"
            assert why in error["message"]
        assert desk.service.library.current is before
        assert desk.service.library.board.current == Pins()


async def test_what_is_in_use_can_be_asked(given: Settings) -> None:
    async with running(given) as desk:
        said = (await desk.get("/v1/admin/versions")).json()
        versions = desk.service.library.current.versions
        assert [part["part"] for part in said["parts"]] == ["bundle", "documents", "learned"]
        assert said["parts"][0] == {
            "part": "bundle",
            "version": versions.bundle,
            "before": [],
            "pin": None,
            "stays": None,
        }


@pytest.fixture
def boards(settings: Settings, tmp_path: Path) -> tuple[Path, Store]:
    return tmp_path / "rolled-back.json", Store(settings.redis_url, 1.0, Keeping())


async def test_a_board_that_cannot_be_read_is_an_empty_one_and_said(
    boards: tuple[Path, Store], store: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    file, speaking = boards
    file.write_text("{")
    store.set("behoud:rolled-back", "[]")
    board = PinBoard(file, speaking)
    await board.look()
    assert board.current == Pins()
    assert [record.message for record in caplog.records] == ["unreadable", "unreadable"]
    file.unlink()
    file.mkdir()
    assert await board.put({})
    assert board.current.sequence == 1
    assert store.get("behoud:rolled-back") == b'{"sequence":1,"parts":{}}'
    assert caplog.records[2].message == "rolled back, and not kept on this disk"
    await speaking.close()


async def test_what_was_done_while_the_store_was_away_is_told_when_it_is_back(
    boards: tuple[Path, Store], store: redis.Redis
) -> None:
    file, speaking = boards
    away = Store("redis://127.0.0.1:1/0", 0.05, Keeping())
    board = PinBoard(file, away)
    assert not await board.put({})
    assert store.get("behoud:rolled-back") is None
    back = PinBoard(file, speaking)
    await back.look()
    assert store.get("behoud:rolled-back") is not None
    await away.close()
    await speaking.close()
