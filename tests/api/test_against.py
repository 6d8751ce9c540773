"""A proposed policy is rehearsed over what was archived, or over what the store still has."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from api.__main__ import main
from api.against import LATEST
from api.archive import find, latest
from api.settings import Settings, SettingsError
from tests.api.archives import archived, write_archive
from tests.api.running import HERE, Running, as_the_environment, running, write_bundle

if TYPE_CHECKING:
    import redis

pytestmark = pytest.mark.anyio

CATALOGUE, POLICY = (HERE / name for name in ("catalogue.yaml", "policy.yaml"))
NO_CONSENT_RULE = "  - {id: marketing_consent"


def documents(
    catalogue: dict[str, str] | None = None, policy: dict[str, str] | None = None
) -> dict[str, str]:
    """The provider's own, with these texts replaced."""
    found = {"catalogue": CATALOGUE.read_text(), "policy": POLICY.read_text()}
    for name, changes in (("catalogue", catalogue or {}), ("policy", policy or {})):
        for old, new in changes.items():
            assert old in found[name], old
            found[name] = found[name].replace(old, new)
    return found


def without_law() -> dict[str, str]:
    rule = next(line for line in POLICY.read_text().splitlines() if line.startswith(NO_CONSENT_RULE))
    return {rule + "\n": ""}


def written(folder: Path, texts: dict[str, str]) -> Path:
    folder.mkdir()
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text)
    return folder


async def some_decisions(desk: Running) -> None:
    """Two who may be offered something and one who objects."""
    for number, consents in enumerate(({"marketing": True}, {"marketing": True}, {"marketing": False})):
        holdings = [{"product_id": "fiber"}]
        await desk.decide(
            customer_id=f"C-{number}", holdings=holdings, consents=consents, facts={"contract": "year"}
        )


async def check(desk: Running, texts: dict[str, Any]) -> dict[str, Any]:
    answer = await desk.post("/v1/policy/check", texts)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


# --- over HTTP ------------------------------------------------------------------------------------------------------


async def test_the_documents_in_force_change_nothing(desk: Running) -> None:
    await some_decisions(desk)
    report = await check(desk, documents())
    assert (report["decisions"], report["then"], report["changed_first"], report["changed_set"]) == (
        3,
        3,
        0,
        0,
    )
    assert report["violations"] == report["unasked"] == report["actions"] == []


async def test_a_rule_that_stops_an_action_starves_it_and_costs_what_it_was_worth(desk: Running) -> None:
    await some_decisions(desk)
    report = await check(
        desk, documents(policy={"require: customer.months_to_contract_end <= 12": "require: 'false'"})
    )
    rules = {
        row["action_id"]: row["stopped_by"]["rule"] for row in report["starved"] if row["proposed_before"]
    }
    assert rules == {"offer-tv": "term_too_long", "offer-security": "term_too_long"}
    assert report["changed_first"] == 2
    assert report["worth"]["after"] == 0.0 < report["worth"]["before"]
    assert report["worth"]["low"] < report["worth"]["mean_difference"] < 0.0


async def test_a_law_left_out_is_found_by_the_decisions_it_would_break(desk: Running) -> None:
    await some_decisions(desk)
    report = await check(desk, documents(policy=without_law()))
    broken = {(row["rule"], row["action_id"], row["decisions"]) for row in report["violations"]}
    assert broken == {("marketing_consent", "offer-tv", 1), ("marketing_consent", "offer-security", 1)}
    assert all(len(row["samples"]) == 1 for row in report["violations"])


async def test_an_action_taken_off_the_catalogue_is_gone(desk: Running) -> None:
    await some_decisions(desk)
    report = await check(desk, documents(catalogue={"id: offer-tv": "id: offer-television"}))
    assert report["gone"] == {"offer-tv": 2}


async def test_everything_wrong_is_listed_with_file_line_key_and_remedy(desk: Running) -> None:
    texts = documents(
        catalogue={"sells: [tv]": "sells: [radio]"},
        policy={"kinds: [offer, service], text": "kind: [offer], text"},
    )
    answer = await desk.post("/v1/policy/check", texts)
    assert answer.status_code == 422
    errors = answer.json()["errors"]
    assert {error["file"] for error in errors} == {"catalogue.yaml", "policy.yaml"}
    assert {
        "file": "catalogue.yaml",
        "line": 1 + texts["catalogue"][: texts["catalogue"].index("sells: [radio]")].count("\n"),
        "field": "actions[offer-tv].sells[0]",
        "message": "unknown product 'radio'",
        "remedy": "add it to products or correct the name",
    } in errors


async def test_a_rule_that_does_not_compile_is_refused(desk: Running) -> None:
    answer = await desk.post(
        "/v1/policy/check", documents(policy={"!customer.vulnerable": "!customer.vulnerabel"})
    )
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["file"], error["field"]) == (422, "policy.yaml", "rules[calm].require")


async def test_flags_that_name_another_policy_are_refused(desk: Running) -> None:
    answer = await desk.post("/v1/policy/check", {**documents(), "flags": {"policy": "quiet"}})
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["field"]) == (422, "flags")


async def test_a_bundle_that_does_not_fit_the_proposal_refuses_it(settings: Settings, tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "bundle")
    async with running(dataclasses.replace(settings, bundle=str(bundle))) as desk:
        change = {"data_gb: {type: number, minimum: 0}": "data_gb: {type: string}"}
        answer = await desk.post("/v1/policy/check", documents(policy=change))
    assert answer.status_code == 422
    assert "the bundle in use does not fit the proposed policy" in answer.json()["detail"]


async def test_at_most_as_many_as_the_setting_says_are_looked_at(settings: Settings) -> None:
    async with running(dataclasses.replace(settings, check_decisions=2)) as desk:
        await some_decisions(desk)
        assert (await check(desk, documents()))["decisions"] == 2


async def test_a_record_that_was_erased_or_cannot_be_read_is_counted(
    desk: Running, store: redis.Redis
) -> None:
    await some_decisions(desk)
    first, second, _ = store.scan_iter("*:decision:*")
    store.delete(first)
    store.set(second, b'{"request": 1}')
    report = await check(desk, documents())
    assert (report["decisions"], report["unreadable"]) == (1, 2)


async def test_where_the_knowledge_of_then_is_not_kept_the_present_one_is_compared_with(
    settings: Settings, store: redis.Redis, tmp_path: Path
) -> None:
    async with running(settings) as desk:
        await some_decisions(desk)
    store.delete(*store.scan_iter("behoud:shelf:*"))
    later = written(tmp_path / "later", documents(policy={"{en: Grow}": "{en: Sell}"}))
    async with running(dataclasses.replace(settings, var=tmp_path / "new", knowledge=later)) as desk:
        report = await check(desk, documents())
    assert (report["then"], report["present"], report["changed_set"]) == (0, 3, 0)


async def test_one_check_is_at_work_at_a_time_and_live_decisions_go_on(desk: Running) -> None:
    await some_decisions(desk)
    async with desk.service.rehearsing:
        refused = await desk.post("/v1/policy/check", documents())
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
        assert (await desk.decide(customer_id="C-9"))["customer_id"] == "C-9"
    assert (await check(desk, documents()))["decisions"] == 4


async def test_without_the_store_there_is_no_check(settings: Settings) -> None:
    async with running(dataclasses.replace(settings, redis_url="redis://127.0.0.1:1/0")) as desk:
        answer = await desk.post("/v1/policy/check", documents())
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")


# --- on the command line --------------------------------------------------------------------------------------------


@pytest.fixture
async def archive(
    settings: Settings, store: redis.Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Three decisions, archived, and an environment that names this provider."""
    async with running(settings) as desk:
        await some_decisions(desk)
    as_the_environment(settings, monkeypatch)
    return archived(store, tmp_path / "archive")


async def command(*arguments: str) -> int:
    """In a thread: a command has a loop of its own."""
    return await asyncio.to_thread(main, list(arguments))


async def test_the_command_says_what_would_change(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change = {"require: customer.months_to_contract_end <= 12": "require: 'false'"}
    new = written(tmp_path / "new", documents(policy=change))
    assert await command("check", str(new), "--against", str(archive)) == 0
    said = capsys.readouterr()
    assert "No proposal breaks a legal rule in force." in said.out
    assert (
        "3 decisions decided again: 3 with the knowledge they were made with, 0 with the present one"
        in said.out
    )
    assert "2 have another first proposal (66.7%)" in said.out
    assert "suitability/term_too_long in 2 decisions" in said.out
    assert said.err.endswith("3 decisions rehearsed\n")


async def test_a_law_that_would_be_broken_fails_the_command(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = written(tmp_path / "new", documents(policy=without_law()))
    assert await command("check", str(new), "--against", str(archive)) == 1
    assert (
        "ILLEGAL offer-tv: marketing_consent forbids it in 1 decision, such as p" in capsys.readouterr().out
    )


async def test_a_law_that_cannot_be_asked_fails_the_command(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rule = "rules:\n  - {id: no_tv, tier: legal, require: \"!('tv' in customer.holdings)\", reason: {en: Not with TV}}\n"
    present = written(tmp_path / "present", documents(policy={"rules:\n": rule}))
    monkeypatch.setenv("BEHOUD_KNOWLEDGE", str(present))
    new = written(
        tmp_path / "new", documents(catalogue={"id: tv,": "id: television-1,", "[tv]": "[television-1]"})
    )
    assert await command("check", str(new), "--against", str(archive)) == 1
    assert "ILLEGAL? no_tv: in force, and cannot be asked" in capsys.readouterr().out


async def test_documents_that_cannot_be_used_are_not_rehearsed(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = written(tmp_path / "new", documents(catalogue={"sells: [tv]": "sells: [radio]"}))
    assert await command("check", str(new), "--against", str(archive)) == 2
    assert "unknown product 'radio'" in capsys.readouterr().out


async def test_a_folder_that_is_no_archive_is_refused(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await command("check", str(HERE), "--against", str(tmp_path)) == 2
    assert f"there is no archive in '{tmp_path}'" in capsys.readouterr().err


async def test_an_archive_without_decisions_says_that_nothing_is_known(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = write_archive(tmp_path / "empty", ("2026-01-05", [("1-0", "p00-1", None)]))
    assert await command("check", str(HERE), "--against", str(empty)) == 0
    assert "No decision could be looked at (1 unreadable)" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["0", "-1", "many"])
def test_how_many_is_a_number_above_zero(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["check", "x", "--against", "y", "--last", text])
    assert "is not a number above 0" in capsys.readouterr().err


# --- the archive ----------------------------------------------------------------------------------------------------


def two_days(folder: Path) -> Path:
    days = (
        ("2026-01-05", [("9-0", "p00-1", "one"), ("10-2", "p00-3", "three"), ("10-1", "p00-2", "two")]),
        ("2026-01-06", [("11-0", "p00-4", "four"), ("12-0", "p00-5", None)]),
    )
    archive = write_archive(folder, *days)
    return write_archive(archive, ("2026-01-06", [("13-0", "E-1", "an event")]), kind="event")


def test_the_latest_decisions_come_first_and_events_not_at_all(tmp_path: Path) -> None:
    archive = two_days(tmp_path)
    assert list(latest(archive, LATEST)) == [None, b"four", b"three", b"two", b"one"]
    assert list(latest(archive, 3)) == [None, b"four", b"three"]
    assert list(latest(archive, 2)) == [None, b"four"]


def test_one_decision_is_found_by_its_id(tmp_path: Path) -> None:
    archive = two_days(tmp_path)
    assert (find(archive, "p00-2"), find(archive, "p00-5"), find(archive, "E-1")) == (b"two", None, None)


def test_without_polars_the_remedy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(SettingsError, match=r"pip install 'behoud\[archive\]'"):
        list(latest(two_days_of_nothing(tmp_path), 1))


def two_days_of_nothing(folder: Path) -> Path:
    (folder / "journal" / "date=2026-01-05").mkdir(parents=True)
    return folder


def test_the_report_is_what_the_document_says(tmp_path: Path) -> None:
    contract = json.loads((HERE.parent.parent / "docs" / "openapi.json").read_text())
    assert contract["paths"]["/v1/policy/check"]["post"]["x-scope"] == "policy:check"
