"""Call lists are made of the customers in the store, or of a file, and written as a table."""

from __future__ import annotations

import asyncio
import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from api.__main__ import main
from api.call_list import COLUMNS
from api.intake import customers_in
from models.domain import Customer
from tests.api.running import HERE, a_customer, an_event, as_the_environment, running

if TYPE_CHECKING:
    import redis

    from api.settings import Settings

pytestmark = pytest.mark.anyio

LISTS = """lists:
  - {id: renew, when: has(customer.months_to_contract_end) && customer.months_to_contract_end <= 3, for: {kinds: [offer]}, text: {en: Renew}}
  - {id: service, when: history.open_complaints > 0, for: {kinds: [service]}, text: {en: Repair}}
  - {id: online, when: "true", for: {kinds: [offer], channels: [email]}, text: {en: Online}}
"""
OUTBOUND = """rules:
  - {id: called_with_consent, tier: legal, for: {purposes: [marketing], channels: [voice]}, require: contact.direction == 'inbound' || customer.consents.telemarketing, reason: {en: No consent to be called}}
  - {id: no_profiling, tier: legal, for: {purposes: [marketing]}, require: "!('profiling' in customer.objections)", reason: {en: Objects}}
"""
MADE = "2026-11-23T10:00:00+01:00"
Listed = Callable[..., Any]


def the_policy() -> str:
    text = (HERE / "policy.yaml").read_text()
    return (
        text.replace(
            "consents:\n", "consents:\n  telemarketing: may be called\n  profiling: data may choose\n"
        ).replace("rules:\n", OUTBOUND)
        + LISTS
    )


@pytest.fixture
def listed(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Listed:
    """Runs the command; answers the rows of a CSV file."""
    folder = tmp_path / "provider"
    folder.mkdir()
    (folder / "catalogue.yaml").write_text((HERE / "catalogue.yaml").read_text())
    (folder / "policy.yaml").write_text(the_policy())
    as_the_environment(settings, monkeypatch, folder)

    def run(*more: str, mode: str = "renew", limit: int = 10) -> list[dict[str, str]]:
        out = tmp_path / "calls.csv"
        arguments = ["--mode", mode, "--limit", str(limit), "--out", str(out), "--at", MADE, *more]
        assert main(["list", *arguments]) == 0
        with out.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    return run


def someone(customer_id: str, *holding: str, months: int = 2, **consents: bool) -> dict[str, Any]:
    found = a_customer(customer_id, *holding, months_to_contract_end=months, contract="year")
    return {**found, "consents": {"marketing": True, "telemarketing": True, **consents}}


async def stored(settings: Settings, *customers: dict[str, Any], complaints: tuple[str, ...] = ()) -> None:
    async with running(settings) as desk:
        for customer in customers:
            await customers_in(desk.service, [as_noun(customer)])
        events = [an_event(f"e-{name}", name) for name in complaints]
        if events:
            assert (await desk.post("/v1/events", {"events": events})).status_code == 200


def as_noun(customer: dict[str, Any]) -> Customer:
    return Customer.model_validate(customer)


def ids(rows: list[dict[str, str]]) -> list[str]:
    return [row["customer_id"] for row in rows]


async def test_a_row_says_whom_to_call_about_what_and_why(settings: Settings, listed: Listed) -> None:
    await stored(settings, someone("C-1", "fiber"))
    [row] = await asyncio.to_thread(listed)
    assert tuple(row) == COLUMNS
    assert (row["customer_id"], row["action"], row["channel"]) == ("C-1", "offer-tv", "voice")
    assert (row["say"], row["decided_at"]) == ("Shall we add TV?", MADE)
    assert float(row["expected"]) > 0
    assert 0 < float(row["p_accept"]) < 1


async def test_what_is_worth_most_stands_first_and_the_limit_holds(
    settings: Settings, listed: Listed
) -> None:
    people = [
        someone("C-1", "mobile", "fiber", "tv"),
        someone("C-2", "mobile"),
        someone("C-3", "fiber", months=9),
    ]
    await stored(settings, *people)
    rows = await asyncio.to_thread(listed)
    assert ids(rows) == ["C-2", "C-1"]
    assert float(rows[0]["expected"]) > float(rows[1]["expected"])
    assert ids(await asyncio.to_thread(lambda: listed(limit=1))) == ["C-2"]


async def test_who_objects_or_never_agreed_to_be_called_is_on_no_list(
    settings: Settings, listed: Listed, capsys: pytest.CaptureFixture[str]
) -> None:
    silent = someone("C-4", "fiber")
    silent["consents"] = {"marketing": True}
    people = [
        someone("C-1", "fiber", marketing=False),
        someone("C-2", "fiber", profiling=False),
        someone("C-3", "fiber", telemarketing=False),
        silent,
        someone("C-5", "fiber"),
    ]
    await stored(settings, *people)
    assert ids(await asyncio.to_thread(listed)) == ["C-5"]
    said = capsys.readouterr()
    assert "calls.csv: 1 to call" in said.out
    assert "2  nothing of the list is proposed: called_with_consent" in said.out
    assert "1  nothing of the list is proposed: no_profiling" in said.out
    assert "5 customers considered" in said.err


async def test_a_repair_that_is_due_is_called_about_and_nothing_else(
    settings: Settings, listed: Listed
) -> None:
    await stored(settings, someone("C-1", "fiber"), someone("C-2", "fiber"), complaints=("C-2",))
    assert ids(await asyncio.to_thread(listed)) == ["C-1"]
    [row] = await asyncio.to_thread(lambda: listed(mode="service"))
    assert (row["customer_id"], row["action"], row["expected"]) == ("C-2", "repair", "")


async def test_a_list_leaves_no_decision_behind(
    settings: Settings, listed: Listed, store: redis.Redis
) -> None:
    await stored(settings, someone("C-1", "fiber"))
    await asyncio.to_thread(listed)
    assert list(store.scan_iter("*:decision*")) == []
    assert list(store.scan_iter("*:journal")) == []


async def test_customers_of_a_file_are_called_unless_the_store_knows_of_a_complaint(
    settings: Settings, listed: Listed, tmp_path: Path
) -> None:
    await stored(settings, someone("C-2", "fiber"), complaints=("C-2",))
    file = tmp_path / "people.ndjson"
    file.write_text("".join(json.dumps(someone(name, "fiber")) + "\n" for name in ("C-1", "C-2")))
    assert ids(await asyncio.to_thread(lambda: listed("--customers", str(file)))) == ["C-1"]


async def test_more_customers_than_are_read_at_once(
    settings: Settings, listed: Listed, store: redis.Redis
) -> None:
    people = [as_noun(someone(f"C-{number}", "fiber")) for number in range(450)]
    async with running(settings) as desk:
        await customers_in(desk.service, people)
    assert len(ids(await asyncio.to_thread(lambda: listed(limit=449)))) == 449


async def test_who_cannot_be_read_is_not_called(
    settings: Settings, listed: Listed, store: redis.Redis, capsys: pytest.CaptureFixture[str]
) -> None:
    await stored(settings, someone("C-1", "fiber"), someone("C-2", "fiber"))
    [key] = store.scan_iter("*:customer:C-2")
    store.set(key, b'{"customer_id": 2}')
    assert ids(await asyncio.to_thread(listed)) == ["C-1"]
    assert "1  what is stored of them cannot be read" in capsys.readouterr().out


@pytest.mark.parametrize("ending", ["ndjson", "parquet"])
async def test_a_list_is_written_as_its_ending_says(
    ending: str, settings: Settings, listed: Listed, tmp_path: Path
) -> None:
    await stored(settings, someone("C-1", "fiber"))
    await asyncio.to_thread(listed)
    out = tmp_path / f"calls.{ending}"
    arguments = ["list", "--mode", "renew", "--limit", "1", "--out", str(out), "--at", MADE]
    assert await asyncio.to_thread(main, arguments) == 0
    table = pl.read_ndjson(out) if ending == "ndjson" else pl.read_parquet(out)
    assert table.columns == list(COLUMNS)
    assert table["customer_id"].to_list() == ["C-1"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--mode", "sell"], "--mode: no list 'sell'; the policy's lists are: renew, service, online"),
        (["--mode", "online"], "--channel: the list 'online' is called over email only; choose one"),
        (["--out", "calls.xlsx"], "ends in none of .csv, .ndjson, .parquet; name another file"),
        (["--out", "/nowhere/calls.csv"], "No such file or directory; name another file"),
        (["--customers", "/nowhere"], "/nowhere: No such file or directory; name another file"),
    ],
)
def test_what_cannot_be_used_is_named(
    arguments: list[str], message: str, listed: Listed, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    usual = {"--mode": "renew", "--out": str(tmp_path / "calls.csv"), "--limit": "1", "--at": MADE}
    given = usual | dict([arguments])
    command = ["list", *(word for pair in given.items() for word in pair)]
    assert main(command) == 2
    assert message in capsys.readouterr().err
    assert list(tmp_path.glob("*calls*")) == []


async def test_a_line_that_is_no_customer_is_named(
    listed: Listed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "people.ndjson"
    file.write_text(json.dumps(someone("C-1", "fiber")) + "\n" + json.dumps(someone("C-2", "radio")) + "\n")
    command = [
        "list",
        "--mode",
        "renew",
        "--limit",
        "1",
        "--out",
        str(tmp_path / "c.csv"),
        "--customers",
        str(file),
    ]
    assert await asyncio.to_thread(main, command) == 2
    assert f"{file}:2: " in capsys.readouterr().err


async def test_without_the_store_nobody_is_called(
    listed: Listed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BEHOUD_REDIS_URL", "redis://127.0.0.1:1/0")
    command = ["list", "--mode", "renew", "--limit", "1", "--out", str(tmp_path / "c.csv")]
    assert await asyncio.to_thread(main, command) == 2
    assert "what happened to customers must be known to call them" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["tomorrow", "2026-11-23T10:00"])
def test_the_moment_of_the_calls_has_an_offset(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["list", "--mode", "m", "--limit", "1", "--out", "o.csv", "--at", text])
    assert "write 2026-11-23T10:00+01:00" in capsys.readouterr().err
