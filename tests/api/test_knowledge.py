"""Knowledge: loaded once, swapped whole, refused with a reason, kept for replays."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import logging
import os
import shutil
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest
from mlflow import MlflowClient

from api.app import ended
from api.bundles import QUIET, Folder, Registry, RegistryAwayError, read_folder, source_of
from api.documents import build, read_documents
from api.looking import keep_looking, report_end
from api.settings import SettingsError
from api.shelf import Shelf, UnknownVersionError
from api.store import Store
from models.bundle import BundleError, open_bundle
from models.documents import DocumentError, version_of
from models.sections.keeping import Keeping
from tests.api.running import HERE, a_customer, a_flag, a_question, running, write_bundle

if TYPE_CHECKING:
    from pathlib import Path

    import redis

    from api.embedded import Server
    from api.settings import Settings

pytestmark = pytest.mark.anyio


def a_folder(tmp_path: Path, **change: tuple[str, str]) -> Path:
    """The tests' catalogue and policy, with a text replaced in either."""
    folder = tmp_path / "provider"
    folder.mkdir()
    for name in ("catalogue", "policy"):
        text = (HERE / f"{name}.yaml").read_text()
        (folder / f"{name}.yaml").write_text(text.replace(*change.get(name, ("", ""))))
    return folder


def flip_a_bit(folder: Path, name: str = "winner.npz") -> None:
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(data)


# --- refusing to start --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"catalogue": ("products:", "products: [")}, "catalogue.yaml:"),
        ({"catalogue": ("sells: [tv]", "sells: [tvv]")}, "actions[offer-tv].sells[0]: unknown product 'tvv'"),
        ({"policy": ("<= 12", "<== 12")}, "policy.yaml:"),
        ({"policy": ("customer.vulnerable", "customer.vulnerible")}, "vulnerible"),
        ({"policy": ("<= 12", "<= 'a'")}, "rules[term_too_long]"),
    ],
)
async def test_documents_that_cannot_work_are_refused_before_anything_starts(
    settings: Settings, tmp_path: Path, change: dict[str, tuple[str, str]], message: str
) -> None:
    broken = dataclasses.replace(settings, knowledge=a_folder(tmp_path, **change))
    with pytest.raises(DocumentError) as refused:
        async with running(broken):
            pass
    assert message in str(refused.value)


def test_flags_that_cannot_be_read_name_the_file_and_the_key(settings: Settings, tmp_path: Path) -> None:
    folder = a_folder(tmp_path)
    (folder / "flags.json").write_text(a_flag("best"))
    with pytest.raises(
        SettingsError,
        match=r"flags.json: flags.propensity.variants.best: Input should be 'winner' or 'implicit'",
    ):
        read_documents(dataclasses.replace(settings, knowledge=folder))
    (folder / "flags.json").write_text("{")
    with pytest.raises(SettingsError, match=r"flags.json: document: Invalid JSON"):
        read_documents(dataclasses.replace(settings, knowledge=folder))


def test_a_setting_overrides_the_flags(settings: Settings, tmp_path: Path) -> None:
    folder = a_folder(tmp_path)
    (folder / "flags.json").write_text(a_flag("implicit"))
    given = dataclasses.replace(settings, knowledge=folder)
    assert read_documents(given).flags.propensity == "implicit"
    assert read_documents(dataclasses.replace(given, propensity="winner")).flags.propensity == "winner"


async def test_a_named_folder_with_a_broken_bundle_is_refused(settings: Settings, tmp_path: Path) -> None:
    folder = write_bundle(tmp_path / "bundle")
    flip_a_bit(folder)
    with pytest.raises(SettingsError, match=r"BEHOUD_BUNDLE: bundle refused: winner.npz: its SHA-256"):
        async with running(dataclasses.replace(settings, bundle=str(folder))):
            pass


def test_a_folder_without_a_manifest_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="write one with 'python -m training run --out'"):
        read_folder(tmp_path)


def test_more_bytes_than_a_bundle_may_have_are_not_read(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path / "bundle")
    with pytest.raises(BundleError, match=r"announces \d+ bytes; a bundle may have 5000"):
        read_folder(folder, 5000)
    with (folder / "winner.npz").open("ab") as file:
        file.truncate(600_000_000)
    with pytest.raises(BundleError, match=r"winner.npz: has more than \d+ bytes"):
        read_folder(folder)


def test_what_is_no_file_of_the_bundle_is_not_read(tmp_path: Path) -> None:
    for number, name in enumerate(("winner.npz", "manifest.json")):
        folder = write_bundle(tmp_path / f"linked-{number}")
        (folder / name).rename(tmp_path / f"elsewhere-{number}")
        (folder / name).symlink_to(tmp_path / f"elsewhere-{number}")
        with pytest.raises(BundleError, match=f"{name}: is a link, and no file"):
            read_folder(folder)
    folder = write_bundle(tmp_path / "pipe")
    (folder / "winner.npz").unlink()
    os.mkfifo(folder / "winner.npz")
    with pytest.raises(BundleError, match=r"winner.npz: is no file"):
        read_folder(folder)
    folder = write_bundle(tmp_path / "more")
    (folder / "run.sh").write_text("")
    with pytest.raises(BundleError, match=r"run.sh: is not in the manifest; remove it"):
        read_folder(folder)


# --- swapping -----------------------------------------------------------------------------------------------------


async def test_another_bundle_in_the_folder_is_used_and_a_broken_one_is_not(
    settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = write_bundle(tmp_path / "bundle", seed=1)
    async with running(dataclasses.replace(settings, bundle=str(folder))) as desk:
        library = desk.service.library
        first = library.current
        await library.look_for_bundle()
        assert library.current is first
        shutil.rmtree(folder)
        write_bundle(folder, seed=2)
        await library.look_for_bundle()
        second = library.current.versions.bundle
        assert second not in (None, first.versions.bundle)
        shutil.rmtree(folder)
        write_bundle(folder, seed=3)
        flip_a_bit(folder)
        with caplog.at_level(logging.WARNING):
            await library.look_for_bundle()
        assert library.current.versions.bundle == second
        assert "its SHA-256 is not the one in the manifest" in str(caplog.records[-1].__dict__["why"])
        shutil.rmtree(folder)
        await library.look_for_bundle()
        assert library.current.versions.bundle == second
        assert (await desk.decide())["versions"]["bundle"] == second


async def test_a_learned_snapshot_is_used_within_a_second_and_nonsense_is_not(
    settings: Settings, store: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(settings) as desk:
        library = desk.service.library
        assert library.current.versions.learned is None
        store.set("behoud:learned", json.dumps({"sequence": 3, "corrections": {"offer-tv": {"mean": 2.0}}}))
        await library.look_for_learned()
        learned = library.current.versions.learned
        assert learned is not None
        with caplog.at_level(logging.WARNING):
            for nonsense in ("{", '{"corrections": {"offer-tv": {"mean": 99}}}'):
                store.set("behoud:learned", nonsense)
                await library.look_for_learned()
                await library.look_for_learned()
        assert library.current.versions.learned == learned
        assert (
            len(
                [
                    record
                    for record in caplog.records
                    if record.message == "learned refused, the old ones stay"
                ]
            )
            == 2
        )


@pytest.mark.parametrize("nonsense", [b"soon", b"\xff", b"2026-11-02T10:00:00"])
async def test_a_beat_that_is_no_moment_keeps_nobody_from_the_snapshot(
    settings: Settings, store: redis.Redis, nonsense: bytes
) -> None:
    async with running(settings) as desk:
        library = desk.service.library
        store.set("{behoud:learned}:beat", "2026-11-02T10:00:00+00:00")
        await library.look_for_learned()
        store.set("{behoud:learned}:beat", nonsense)
        store.set("behoud:learned", json.dumps({"sequence": 3, "corrections": {"offer-tv": {"mean": 2.0}}}))
        await library.look_for_learned()
        assert library.learned_until == datetime(2026, 11, 2, 10, tzinfo=UTC)
        assert library.current.learned.sequence == 3


async def test_a_learned_snapshot_changes_the_price(settings: Settings, store: redis.Redis) -> None:
    async with running(settings) as desk:
        before = await desk.decide(contact_id="k-1", holdings=[{"product_id": "fiber"}])
        store.set("behoud:learned", json.dumps({"sequence": 1, "corrections": {"offer-tv": {"mean": 2.0}}}))
        await desk.service.library.look_for_learned()
        after = await desk.decide(contact_id="k-2", holdings=[{"product_id": "fiber"}])

    def chance(decision: dict[str, list[dict[str, dict[str, float]]]]) -> float:
        return next(p["value"]["p_accept"] for p in decision["proposals"] if p["action_id"] == "offer-tv")  # type: ignore[comparison-overlap]

    assert chance(after) > chance(before)


# --- a bundle of another policy -----------------------------------------------------------------------------------


def of_another_policy(tmp_path: Path, then: str, now: str) -> Path:
    """A bundle learned under the tests' policy with a text replaced."""
    provider = a_folder(tmp_path, policy=(then, now))
    folder = write_bundle(tmp_path / "other", 5, provider)
    shutil.rmtree(provider)
    return folder


NUMBER_NOW_WORD = ("contract: {type: string, values: [month, year, none]}", "contract: {type: number}")
WORD_NOW_NUMBER = ("data_gb: {type: number, minimum: 0}", "data_gb: {type: string, values: [little, much]}")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (NUMBER_NOW_WORD, "learned fact 'contract' as a number, the policy declares it as string"),
        (WORD_NOW_NUMBER, "learned fact 'data_gb' as a word, the policy declares it as number"),
    ],
)
async def test_a_bundle_whose_facts_are_of_another_kind_is_refused_and_the_old_one_stays(
    settings: Settings,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    change: tuple[str, str],
    why: str,
) -> None:
    other = of_another_policy(tmp_path, *change)
    folder = write_bundle(tmp_path / "bundle", seed=1)
    async with running(dataclasses.replace(settings, bundle=str(folder))) as desk:
        library = desk.service.library
        first = library.current.versions.bundle
        shutil.rmtree(folder)
        shutil.copytree(other, folder)
        with caplog.at_level(logging.WARNING):
            await library.look_for_bundle()
        assert why in caplog.records[-1].__dict__["why"]
        decision = await desk.decide(facts={"contract": "month", "data_gb": 3.1}, contact_id="k-1")
        assert decision["versions"]["bundle"] == first
        version = open_bundle(read_folder(other)).version
        Shelf(settings.var / "shelf", desk.service.store).keep(version, read_folder(other))
        with pytest.raises(UnknownVersionError, match="learned fact"):
            await library.of(library.current.versions.model_copy(update={"bundle": version}))
    async with running(dataclasses.replace(settings, bundle=str(folder))) as desk:
        assert desk.service.library.current.versions.bundle == first
        assert why in desk.service.library.stays["bundle"]
    with pytest.raises(SettingsError, match=r"BEHOUD_BUNDLE: bundle refused: winner\.json: learned fact"):
        async with running(dataclasses.replace(settings, bundle=str(folder), var=tmp_path / "new")):
            pass


@pytest.mark.filterwarnings("ignore")  # of MLflow and SQLAlchemy about each other
async def test_a_last_bundle_of_another_policy_is_not_used_at_a_cold_start(
    settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    files = read_folder(of_another_policy(tmp_path, *NUMBER_NOW_WORD))
    (tmp_path / "a-file").write_text("")
    away = dataclasses.replace(
        settings, bundle="models:/behoud@champion", tracking_uri=f"sqlite:///{tmp_path}/a-file/mlflow.db"
    )
    async with running(settings) as desk:
        shelf = Shelf(settings.var / "shelf", desk.service.store)
        shelf.keep(open_bundle(files).version, files)
        shelf.remember("bundle", open_bundle(files).version)
    with caplog.at_level(logging.WARNING):
        async with running(away) as desk:
            decision = await desk.decide(facts={"contract": "month"})
            assert "bundle" in decision["degraded"]
    refused = next(record for record in caplog.records if record.message == "last bundle not used")
    assert "learned fact 'contract'" in refused.__dict__["why"]


async def test_a_fact_that_only_the_bundle_knows_is_left_out(
    settings: Settings, tmp_path: Path, store: redis.Redis
) -> None:
    extra = (
        "data_gb: {type: number, minimum: 0}",
        "data_gb: {type: number, minimum: 0}\n  shoe: {type: number}",
    )
    other = of_another_policy(tmp_path, *extra)
    async with running(dataclasses.replace(settings, bundle=str(other))) as desk:
        refused = await desk.post("/v1/decisions", a_question(facts={"shoe": "big"}))
        assert refused.status_code == 422
        without = await desk.decide(holdings=[{"product_id": "fiber"}])
        stored = {**a_customer("C-1", "fiber"), "facts": {"shoe": "big"}, "consents": {}}
        store.set("{p30}:customer:C-1", json.dumps(stored))
        found = await desk.decide(contact_id="k-2")
        assert found["proposals"] == without["proposals"]


# --- a disk that is full ------------------------------------------------------------------------------------------


async def test_a_disk_that_takes_nothing_ends_no_search(
    settings: Settings, tmp_path: Path, store: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    folder = write_bundle(tmp_path / "bundle", seed=1)
    shelf, aside = settings.var / "shelf", settings.var / "aside"
    async with running(dataclasses.replace(settings, bundle=str(folder))) as desk:
        library = desk.service.library
        before = library.current
        write_bundle(folder, seed=2)
        store.set("behoud:learned", json.dumps({"sequence": 1, "corrections": {"offer-tv": {"mean": 2.0}}}))
        shelf.rename(aside)
        shelf.write_text("no folder can be made here")
        with caplog.at_level(logging.ERROR, "behoud.knowledge"):
            await library.look_for_bundle()
            await library.look_for_learned()
        assert [record.message for record in caplog.records] == ["not kept, not used"] * 2
        assert library.current is before
        shelf.unlink()
        aside.rename(shelf)
        await library.look_for_bundle()
        await library.look_for_learned()
        assert library.current.versions.bundle != before.versions.bundle
        assert library.current.learned.sequence == 1
        assert [path.name for path in shelf.iterdir() if path.name.startswith(".")] == []


def test_a_bundle_that_cannot_be_named_leaves_no_crumbs(
    settings: Settings, tmp_path: Path, valkey: Server
) -> None:
    shelf = Shelf(tmp_path / "shelf", Store(valkey.url, 1.0, Keeping()))
    (tmp_path / "shelf" / "last-bundle" / "in the way").mkdir(parents=True)
    with pytest.raises(OSError, match="last-bundle"):
        shelf.remember("bundle", "sha256:a")
    assert [path.name for path in (tmp_path / "shelf").iterdir()] == ["last-bundle"]


# --- the registry -------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore")  # of MLflow and SQLAlchemy about each other
async def test_the_champion_of_the_registry_is_used_and_swapped(settings: Settings, tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    client = MlflowClient(tracking_uri=uri, registry_uri=uri)
    client.create_registered_model("behoud")
    given = dataclasses.replace(settings, bundle="models:/behoud@champion", tracking_uri=uri)
    with pytest.raises(RegistryAwayError, match="models:/behoud@champion at sqlite"):
        Registry(given.bundle, uri).token()
    for seed in (1, 2):
        source = write_bundle(tmp_path / f"artifact-{seed}", seed=seed)
        client.create_model_version("behoud", str(source))
    client.set_registered_model_alias("behoud", "champion", "1")
    async with running(given) as desk:
        library = desk.service.library
        first = library.current.versions.bundle
        assert first is not None
        client.set_registered_model_alias("behoud", "champion", "2")
        await library.look_for_bundle()
        second = library.current.versions.bundle
        assert second not in (None, first)
    (tmp_path / "a-file").write_text("")
    away = dataclasses.replace(given, tracking_uri=f"sqlite:///{tmp_path}/a-file/mlflow.db")
    async with running(away) as desk:
        assert desk.service.library.current.versions.bundle == second
    (settings.var / "shelf" / "last-bundle").write_text("sha256:gone")
    async with running(away) as desk:
        assert desk.service.library.current.versions.bundle is None
        assert "bundle" in (await desk.decide())["degraded"]
    (settings.var / "shelf" / "last-bundle").unlink()
    async with running(away) as desk:
        assert desk.service.library.current.versions.bundle is None


@pytest.mark.filterwarnings("ignore")  # of urllib3, that it tries again
async def test_a_registry_that_is_away_is_asked_twice_and_the_service_starts_without(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in QUIET:  # the job, which asks more patiently, may have been in this process before
        monkeypatch.delenv(name, raising=False)
    asked: list[str] = []

    class Away(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path.partition("?")[0])
            self.send_error(503)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Away)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    uri = f"http://127.0.0.1:{server.server_port}"
    async with running(
        dataclasses.replace(settings, bundle="models:/behoud@champion", tracking_uri=uri, bundle_every=3600.0)
    ) as desk:
        assert desk.service.library.current.bundle is None
    server.shutdown()
    server.server_close()
    assert asked == ["/api/2.0/mlflow/registered-models/alias"] * 2


def test_no_call_to_the_registry_waits_long() -> None:
    assert QUIET["MLFLOW_HTTP_REQUEST_TIMEOUT"] == "10"
    assert QUIET["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] == "1"


def test_no_address_is_no_source(tmp_path: Path) -> None:
    assert source_of("", "") is None
    assert isinstance(source_of(str(tmp_path), ""), Folder)


# --- the shelf ----------------------------------------------------------------------------------------------------


async def test_a_document_is_kept_once_whoever_comes_first(
    valkey: Server, store: redis.Redis, tmp_path: Path
) -> None:
    speaking = Store(valkey.url, 1.0, Keeping())
    one, other = Shelf(tmp_path, speaking), Shelf(tmp_path, speaking)
    for shelf in (one, other):
        shelf.keep("sha256:a", {"x": b"1", "y": b"2"})
    assert await one.fetch("sha256:a") == {"x": b"1", "y": b"2"}
    await one.send()
    elsewhere = Shelf(tmp_path / "else", speaking)
    assert await elsewhere.fetch("sha256:a") == {"x": b"1", "y": b"2"}
    with pytest.raises(UnknownVersionError, match="sha256:b was not kept"):
        await elsewhere.fetch("sha256:b")
    await speaking.close()
    away = Store("redis://127.0.0.1:1/0", 0.05, Keeping())
    lonely = Shelf(tmp_path / "lonely", away)
    with pytest.raises(UnknownVersionError, match="is not on this machine, and the store is away"):
        await lonely.fetch("sha256:a")
    await away.close()


async def test_what_is_kept_under_a_wrong_name_is_not_used(settings: Settings, tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "bundle")
    async with running(dataclasses.replace(settings, bundle=str(bundle))) as desk:
        library = desk.service.library
        now = library.current.versions
        shelf = Shelf(settings.var / "shelf", desk.service.store)
        shelf.keep("sha256:c", {"catalogue.yaml": b"products: []"})
        with pytest.raises(UnknownVersionError, match="has other bytes"):
            await library.of(now.model_copy(update={"catalogue": "sha256:c"}))
        shelf.keep("sha256:d", read_folder(bundle))
        with pytest.raises(UnknownVersionError, match="what is kept as sha256:d is sha256:"):
            await library.of(now.model_copy(update={"bundle": "sha256:d"}))
        shelf.keep("sha256:e", {"manifest.json": b"{}"})
        with pytest.raises(UnknownVersionError, match="sha256:e: bundle refused"):
            await library.of(now.model_copy(update={"bundle": "sha256:e"}))


async def test_documents_another_version_of_the_software_took_are_not_guessed_at(
    settings: Settings, tmp_path: Path
) -> None:
    async with running(settings) as desk:
        library = desk.service.library
        old = b"languages: [en]\nproducts: []\nactions: []\nshape: old\n"
        Shelf(settings.var / "shelf", desk.service.store).keep(version_of(old), {"catalogue.yaml": old})
        with pytest.raises(UnknownVersionError, match="kept by an older version of the software"):
            await library.of(library.current.versions.model_copy(update={"catalogue": version_of(old)}))


def test_knowledge_is_built_without_a_bundle(settings: Settings) -> None:
    assert build(read_documents(settings)).bundle is None


async def test_what_is_newer_is_found_without_asking(settings: Settings, store: redis.Redis) -> None:
    async with running(dataclasses.replace(settings, learned_every=0.05)) as desk:
        store.set("behoud:learned", json.dumps({"sequence": 1, "corrections": {"offer-tv": {"mean": 2.0}}}))
        for _ in range(100):
            if desk.service.library.current.versions.learned is not None:
                break
            await asyncio.sleep(0.02)
        assert desk.service.library.current.learned.sequence == 1


async def test_a_search_that_ends_by_a_fault_says_so(caplog: pytest.LogCaptureFixture) -> None:
    async def broken() -> None:
        raise RuntimeError("a fault of ours")

    task = asyncio.create_task(keep_looking(0.0, broken))
    task.add_done_callback(report_end)
    with caplog.at_level(logging.ERROR):
        await asyncio.wait([task])
        await asyncio.sleep(0)
    assert "nobody looks for newer knowledge any more" in caplog.text
    assert "a fault of ours" in caplog.text


async def test_a_search_that_swallows_a_cancellation_ends_all_the_same() -> None:
    swallowed = []

    async def look() -> None:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            if swallowed:
                raise
            swallowed.append("the first")

    task = asyncio.create_task(keep_looking(0.0, look))
    await asyncio.sleep(0.01)
    await ended(task)
    assert task.cancelled()
    assert swallowed == ["the first"]
