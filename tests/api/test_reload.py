"""Catalogue, policy, law packs and flags change while the service runs: swapped whole, or refused and the old ones stay."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from typing import TYPE_CHECKING

import pytest

from api.__main__ import check_start
from api.law import shipped
from models.documents import DocumentError
from tests.api.running import (
    NOW,
    Clock,
    Running,
    a_customer,
    a_flag,
    a_question,
    actions,
    own_provider,
    running,
    write_bundle,
)

if TYPE_CHECKING:
    from pathlib import Path

    from api.settings import Settings

pytestmark = pytest.mark.anyio


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return own_provider(tmp_path / "provider")


@pytest.fixture
def given(settings: Settings, folder: Path) -> Settings:
    return dataclasses.replace(settings, knowledge=folder, knowledge_every=3600.0)


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


async def look(desk: Running) -> None:
    """Twice: a state is taken when two looks in a row read the same."""
    for _ in range(2):
        await desk.service.library.look_for_documents(desk.clock())


def stop_offers(folder: Path) -> None:
    edit(
        folder / "policy.yaml",
        "rules:\n",
        "rules:\n  - {id: closed, tier: legal, for: {kinds: [offer]}, require: 'false', reason: {en: Closed}}\n",
    )


# --- swapped ----------------------------------------------------------------------------------------------------


async def test_a_changed_policy_decides_from_the_next_request_on(given: Settings, folder: Path) -> None:
    async with running(given) as desk:
        await desk.put(a_customer("C-1", "fiber"))
        before = await desk.decide()
        stop_offers(folder)
        await desk.service.library.look_for_documents(desk.clock())
        assert (await desk.decide(contact_id="call-2"))["versions"] == before["versions"]
        await look(desk)
        after = await desk.decide(contact_id="call-3")
        assert "offer-tv" in actions(before)
        assert "offer-tv" not in actions(after)
        assert after["versions"]["policy"] != before["versions"]["policy"]
        assert after["versions"]["catalogue"] == before["versions"]["catalogue"]


PATIENCE = 60.0
"""Seconds a slow machine may take."""


async def test_no_request_fails_while_documents_are_swapped(given: Settings, folder: Path) -> None:
    async with running(dataclasses.replace(given, knowledge_every=0.05)) as desk:
        await desk.put(a_customer("C-1", "fiber"))
        statuses: list[int] = []
        versions: set[str] = set()
        done = asyncio.Event()

        async def ask(who: int) -> None:
            number = 0
            while not done.is_set():
                answer = await desk.post(
                    "/v1/decisions", a_question(f"C-{who}", f"call-{number}", detail="short")
                )
                statuses.append(answer.status_code)
                versions.add(answer.json()["versions"]["policy"])
                number += 1

        asking = [asyncio.create_task(ask(who)) for who in range(4)]
        library, written = desk.service.library, (folder / "policy.yaml").read_text()

        async def decided_by(minutes: int) -> None:
            while (  # noqa: ASYNC110  # what is waited for is what another task looks at every moment
                library.current.policy.arbitration.valid_minutes != minutes
                or library.current.versions.policy not in versions
            ):
                await asyncio.sleep(0.02)

        await asyncio.wait_for(decided_by(30), PATIENCE)
        for minutes in (10, 20, 40):
            (folder / "policy.yaml").write_text(f"{written}arbitration: {{valid_minutes: {minutes}}}\n")
            await asyncio.wait_for(decided_by(minutes), PATIENCE)
        done.set()
        await asyncio.gather(*asking)
        assert set(statuses) == {200}
        assert len(versions) == 4


async def test_a_decision_made_before_the_swap_is_replayed_as_it_was(given: Settings, folder: Path) -> None:
    edit(folder / "policy.yaml", "languages: [en]\n", "languages: [en]\nlaw: [eu]\n")
    async with running(given) as desk:
        await desk.put(a_customer("C-1", "fiber"))
        before = await desk.decide()
        stop_offers(folder)
        edit(folder / "catalogue.yaml", "languages: [en]\n", "languages: [en]\ncurrency: GBP\n")
        await look(desk)
        assert "offer-tv" not in actions(await desk.decide(contact_id="call-2"))
        replayed = await desk.post(f"/v1/decisions/{before['decision_id']}/replay")
        assert replayed.status_code == 200
        assert replayed.json()["same"] is True
    # And by a service that never knew it: law packs are kept with the policy that named them.
    async with running(given) as desk:
        replayed = await desk.post(f"/v1/decisions/{before['decision_id']}/replay")
        assert replayed.json()["same"] is True


async def test_flags_and_a_law_pack_of_the_provider_are_looked_at_too(given: Settings, folder: Path) -> None:
    edit(folder / "policy.yaml", "languages: [en]\n", "languages: [en]\nlaw: [eu]\n")
    async with running(given) as desk:
        before = desk.service.library.current.versions
        (folder / "flags.json").write_text(a_flag("implicit"))
        await look(desk)
        flagged = desk.service.library.current.versions
        assert flagged.flags != before.flags
        assert flagged.policy == before.policy
        (folder / "law").mkdir()
        (folder / "law" / "eu.yaml").write_bytes(
            shipped()["eu"].replace(b"release: 2026-07", b"release: 2026-12")
        )
        await look(desk)
        policy = desk.service.library.current.policy
        assert policy.version != flagged.policy
        assert [pack.edition for pack in policy.packs] == ["eu@2026-12"]


async def test_what_is_kept_and_for_how_long_follows_the_policy(given: Settings, folder: Path) -> None:
    async with running(given) as desk:
        edit(folder / "policy.yaml", "languages: [en]\n", "languages: [en]\nkeeping: {decision_days: 7}\n")
        await look(desk)
        assert desk.service.store.keeping.decision_days == 7


async def test_the_bundle_and_what_was_learned_stay_in_use(
    given: Settings, folder: Path, tmp_path: Path
) -> None:
    async with running(dataclasses.replace(given, bundle=str(write_bundle(tmp_path / "bundle")))) as desk:
        bundle = desk.service.library.current.bundle
        stop_offers(folder)
        await look(desk)
        assert "closed" in {rule.id for rule in desk.service.library.current.policy.rules}
        assert desk.service.library.current.bundle is bundle is not None


# --- refused ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "old", "new", "why"),
    [
        ("policy.yaml", "<= 12", "<== 12", "policy.yaml:"),
        ("catalogue.yaml", "sells: [tv]", "sells: [tvv]", "unknown product 'tvv'"),
        ("policy.yaml", "languages: [en]\n", "languages: [en]\nlaw: [uk]\n", "there is no law pack 'uk'"),
        (
            "policy.yaml",
            "\"!('marketing' in customer.objections)\"",
            "customer.consents.marketing, on_missing: pass",
            "a missing fact stops the action in tier legal",
        ),
    ],
)
async def test_documents_that_cannot_work_are_refused_once_and_the_old_ones_stay(
    given: Settings, folder: Path, caplog: pytest.LogCaptureFixture, file: str, old: str, new: str, why: str
) -> None:
    async with running(given) as desk:
        before = desk.service.library.current
        kept = (folder / file).read_text()
        edit(folder / file, old, new)
        with caplog.at_level(logging.ERROR, logger="behoud.knowledge"):
            await look(desk)
            await look(desk)
        assert desk.service.library.current is before
        assert [record.message for record in caplog.records] == ["documents refused, the old ones stay"]
        assert why in vars(caplog.records[0])["why"]
        assert "behoud_knowledge_refused 1.0" in (await desk.get("/metrics")).text
        (folder / file).write_text(kept)
        await look(desk)
        assert desk.service.library.current.versions == before.versions
        assert "behoud_knowledge_refused 0.0" in (await desk.get("/metrics")).text


async def test_a_file_that_is_gone_and_flags_that_are_none_are_refused_until_they_are_mended(
    given: Settings, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(given) as desk:
        before = desk.service.library.current.versions
        (folder / "policy.yaml").rename(folder / "away")
        await look(desk)
        assert "policy.yaml" in desk.service.library.refused
        (folder / "away").rename(folder / "policy.yaml")
        (folder / "flags.json").write_text("{")
        await look(desk)
        assert "flags.json: document" in desk.service.library.refused
        (folder / "flags.json").unlink()
        await look(desk)
        assert desk.service.library.refused == ""
        assert desk.service.library.current.versions == before
        assert [record.message for record in caplog.records if record.levelno == logging.ERROR] == [
            "documents refused, the old ones stay"
        ] * 2


async def test_a_policy_the_bundle_in_use_does_not_fit_is_refused(
    given: Settings, folder: Path, tmp_path: Path
) -> None:
    async with running(dataclasses.replace(given, bundle=str(write_bundle(tmp_path / "bundle")))) as desk:
        edit(
            folder / "policy.yaml",
            "tenure_months: {type: integer, minimum: 0, maximum: 720, clock: 1}",
            "tenure_months: {type: string}",
        )
        await look(desk)
        assert "learned fact 'tenure_months' as a number" in desk.service.library.refused


async def test_what_the_disk_does_not_keep_is_not_used_and_tried_again(given: Settings, folder: Path) -> None:
    async with running(given) as desk:
        before = desk.service.library.current.versions
        shelf = given.var / "shelf"
        shelf.rename(given.var / "full")
        shelf.write_text("no folder")
        stop_offers(folder)
        await look(desk)
        assert desk.service.library.current.versions == before
        shelf.unlink()
        (given.var / "full").rename(shelf)
        await look(desk)
        assert desk.service.library.current.versions != before


# --- a law pack that ends -----------------------------------------------------------------------------------------


def a_pack_until(folder: Path, day: str) -> None:
    (folder / "law").mkdir(exist_ok=True)
    dated = shipped()["eu"].replace(
        b"valid_from: 2026-07-01\n", f"valid_from: 2026-07-01\nvalid_until: {day}\n".encode()
    )
    (folder / "law" / "eu.yaml").write_bytes(dated)
    if "law:" not in (folder / "policy.yaml").read_text():
        edit(folder / "policy.yaml", "languages: [en]\n", "languages: [en]\nlaw: [eu]\n")


async def test_a_law_pack_that_ends_while_the_service_runs_is_warned_of_once(
    given: Settings, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    a_pack_until(folder, f"{NOW:%Y-%m-%d}")
    async with running(given, Clock()) as desk:
        await look(desk)
        assert not caplog.records
        desk.clock.move(days=1)
        await look(desk)
        assert [record.message for record in caplog.records] == ["a law pack in force has expired"]
        assert (await desk.post("/v1/decisions", a_question())).status_code == 200


async def test_a_law_pack_that_has_ended_is_not_taken_into_use(given: Settings, folder: Path) -> None:
    async with running(given, Clock()) as desk:
        a_pack_until(folder, "2026-11-20")
        await look(desk)
        assert desk.service.library.refused.startswith(
            "law/eu.yaml:7: valid_until: this release ended on 2026-11-20"
        )


async def test_a_worker_does_not_start_with_a_law_pack_that_has_ended(given: Settings, folder: Path) -> None:
    a_pack_until(folder, f"{NOW:%Y-%m-%d}")
    clock = Clock()
    clock.move(days=1)
    with pytest.raises(DocumentError, match=r"law/eu.yaml:7: valid_until: this release ended on 2026-11-21"):
        async with running(given, clock):
            raise AssertionError("it started")


def test_a_start_refuses_a_law_pack_that_has_ended(given: Settings, folder: Path) -> None:
    a_pack_until(folder, "2020-12-31")
    with pytest.raises(DocumentError, match=r"law/eu.yaml:7: valid_until: this release ended on 2020-12-31"):
        check_start(given)
