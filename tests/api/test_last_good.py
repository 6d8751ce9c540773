"""A start while the folder, the registry or Redis is away or broken: with what was in use on this machine before."""

from __future__ import annotations

import dataclasses
import json
import logging
import shutil
from typing import TYPE_CHECKING

import pytest

from api.__main__ import check_start
from api.bundles import read_folder
from api.kept import Kept
from api.opening import first_documents
from api.settings import Settings, SettingsError, kept_here, read_settings
from models.documents import DocumentError
from tests.api.running import Running, actions, own_provider, running, write_bundle
from tests.api.test_reload import edit, look, stop_offers

if TYPE_CHECKING:
    from pathlib import Path

    import redis

pytestmark = pytest.mark.anyio


@pytest.fixture
async def given(settings: Settings, tmp_path: Path) -> Settings:
    """A machine that served once, with a bundle, and documents of which the latest stop all offers."""
    folder = own_provider(tmp_path / "provider")
    made = dataclasses.replace(
        settings,
        var=tmp_path / "var",
        knowledge=folder,
        bundle=str(write_bundle(tmp_path / "bundle")),
        knowledge_every=3600.0,
        bundle_every=3600.0,
        learned_every=3600.0,
    )
    async with running(made) as desk:
        stop_offers(folder)
        await look(desk)
        assert "closed" in rules(desk)
    return made


def rules(desk: Running) -> set[str]:
    return {rule.id for rule in desk.service.library.current.policy.rules}


async def stays(desk: Running) -> dict[str, str]:
    found: dict[str, str] = (await desk.get("/readyz?verbose")).json()["stays"]
    return found


async def test_a_folder_that_was_spoiled_meanwhile_costs_a_line_in_the_log_and_no_start(
    given: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    edit(given.knowledge / "policy.yaml", "<= 12", "<== 12")
    with caplog.at_level(logging.ERROR, "behoud.knowledge"):
        check_start(given)
        async with running(given) as desk:
            assert "closed" in rules(desk)
            assert actions(await desk.decide()) == ["repair"]
            assert (await stays(desk))["documents"].startswith("policy.yaml:")
            assert "behoud_knowledge_refused 1.0" in (await desk.get("/metrics")).text
            await look(desk)
            assert "closed" in rules(desk)
            edit(given.knowledge / "policy.yaml", "<== 12", "<= 11")
            await look(desk)
            assert await stays(desk) == {}
            assert {record.message for record in caplog.records} == {
                "documents refused, the last good ones are in use",
            }


async def test_a_folder_that_is_gone_is_made_up_for_too(given: Settings, tmp_path: Path) -> None:
    shutil.rmtree(given.knowledge)
    shutil.rmtree(given.bundle)
    environ = {"BEHOUD_KNOWLEDGE": str(given.knowledge), "BEHOUD_BUNDLE": given.bundle}
    assert read_settings({**environ, "BEHOUD_VAR": str(given.var)}).knowledge == given.knowledge
    with pytest.raises(SettingsError, match=r"there is no catalogue.yaml"):
        read_settings({**environ, "BEHOUD_VAR": str(tmp_path / "new")})
    assert kept_here(given.var, "documents")
    async with running(given) as desk:
        assert "closed" in rules(desk)
        assert desk.service.library.current.bundle is not None
        assert set(await stays(desk)) == {"bundle", "documents"}


async def test_a_command_and_a_new_machine_are_told_what_is_wrong(given: Settings, tmp_path: Path) -> None:
    edit(given.knowledge / "policy.yaml", "<= 12", "<== 12")
    with pytest.raises(DocumentError):
        first_documents(given, None, last_good=False)
    with pytest.raises(DocumentError):
        first_documents(dataclasses.replace(given, var=tmp_path / "new"), None, last_good=True)
    shutil.rmtree(given.knowledge)
    with pytest.raises(SettingsError, match=r"BEHOUD_KNOWLEDGE: .*catalogue.yaml.*; bring the folder back"):
        first_documents(given, None, last_good=False)


async def test_documents_of_which_this_disk_has_lost_a_part_are_passed_over(given: Settings) -> None:
    kept = Kept(given.var / "shelf")
    latest, first = kept.used("documents")
    for name in kept.on_disk(latest):
        (given.var / "shelf" / latest.replace(":", "-") / name).unlink()
    edit(given.knowledge / "policy.yaml", "<= 12", "<== 12")
    async with running(given) as desk:
        assert desk.service.library.documents == first
        assert "closed" not in rules(desk)


@pytest.mark.filterwarnings("ignore")  # of MLflow and SQLAlchemy about each other
async def test_what_a_disk_has_spoiled_is_mended_by_the_next_who_has_it(given: Settings) -> None:
    files = read_folder(given.knowledge.parent / "bundle")
    kept = Kept(given.var / "shelf")
    [version] = kept.used("bundle")
    spoiled = given.var / "shelf" / version.replace(":", "-") / "winner.npz"
    spoiled.write_bytes(b"")
    no_folder = given.var / "a-file"
    no_folder.write_bytes(b"")
    away = dataclasses.replace(
        given, bundle="models:/behoud@champion", tracking_uri=f"sqlite:///{no_folder}/all.db"
    )
    async with running(away) as desk:
        assert desk.service.library.current.bundle is None
        assert "models:/behoud@champion" in (await stays(desk))["bundle"]
    async with running(given) as desk:
        assert desk.service.library.current.versions.bundle == version
    assert spoiled.read_bytes() == files["winner.npz"]
    async with running(away) as desk:
        assert desk.service.library.current.versions.bundle == version


async def test_corrections_are_those_of_this_machine_while_redis_is_away(
    given: Settings, store: redis.Redis
) -> None:
    told = json.dumps({"sequence": 1, "corrections": {"offer-tv": {"mean": 2.0}}})
    store.set("behoud:learned", told)
    async with running(given) as desk:
        learned = desk.service.library.current.versions.learned
        assert learned is not None
    away = dataclasses.replace(given, redis_url="redis://127.0.0.1:1/0", redis_timeout=0.05)
    async with running(away) as desk:
        assert (await desk.decide())["versions"]["learned"] == learned
        assert "the store is away" in (await stays(desk))["learned"]
    async with running(given) as desk:
        assert await stays(desk) == {}
