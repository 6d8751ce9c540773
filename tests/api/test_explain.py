"""`explain` prints the funnel of one decision, from a service or from an archive."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn

from api.__main__ import main
from api.funnel import as_lines
from models.changes import Question
from models.counterfactual import with_would_be
from tests.api.archives import archived, write_archive
from tests.api.running import HERE, TOKEN, Running, as_the_environment, running
from tests.builders import (
    NOW,
    a_customer,
    a_decision,
    a_history,
    a_request,
    a_rule,
    a_save,
    an_offer,
    an_outcome,
    some_knowledge,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import redis

    from api.settings import Settings

pytestmark = pytest.mark.anyio

OBJECTOR: dict[str, Any] = {
    "holdings": [{"product_id": "mobile"}],
    "consents": {"marketing": False},
    "facts": {"contract": "year"},
}


def printed(**contact: object) -> list[str]:
    """The funnel of a decision on two offers, one of which is forbidden, and a save for another motive."""
    rule = a_rule("customer.age >= 18", id="adults", tier="legal", **{"for": {"actions": ["sell-films"]}})
    knowledge = some_knowledge(
        an_offer("sell-tv"),
        an_offer("sell-films", sells=["films"]),
        a_save("fix", motives=["service"]),
        rules=[rule],
        facts={"age": {"type": "integer"}},
    )
    request = a_request(detail="full", language="en")
    decision = a_decision(knowledge, customer=a_customer(holding="dsl"), request=request, now=NOW)
    return list(as_lines(decision))


def test_the_funnel_counts_what_each_tier_removes() -> None:
    lines = printed()
    assert lines[0] == "Decision p00-1 of 2026-11-21 12:00 UTC, customer C-1, contact K-1"
    assert lines[1] == "Mode grow: grow"
    steps = [line.split()[:4] for line in lines[3 : lines.index("", 3)]]
    assert steps == [["4", "actions"], ["2", "after", "fit", "-2"], ["1", "after", "legal", "-1"]]


def test_a_proposal_has_its_value_terms_and_words() -> None:
    lines = printed()
    start = lines.index("1. sell-tv (sell-tv, offer)")
    assert "EUR" in lines[start + 1]
    assert "accepted by 20%" in lines[start + 1]
    assert "margin +" in lines[start + 2]
    assert "     say: Zeg het." in lines


def test_a_veto_names_the_rule_its_document_and_what_decided() -> None:
    lines = printed()
    start = lines.index("Removed by legal")
    assert lines[start + 1].startswith("  adults (policy@")
    assert lines[start + 1].endswith("): May not")
    assert lines[start + 2] == "    customer.age is not known: sell-films"


def test_what_it_was_decided_without_is_said_last() -> None:
    assert printed()[-1] == "Decided without: bundle"


def test_nothing_proposed_is_said() -> None:
    decision = a_decision(some_knowledge(), request=a_request(detail="full"))
    assert "Nothing is proposed" in list(as_lines(decision))


@contextlib.asynccontextmanager
async def served(desk: Running) -> AsyncIterator[str]:
    """The app on a port of its own."""
    server = uvicorn.Server(uvicorn.Config(desk.app, port=0, lifespan="off", log_config=None))
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  uvicorn tells it by an attribute
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


async def explained(*arguments: str) -> int:
    return await asyncio.to_thread(main, ["explain", *arguments])


async def test_a_service_is_asked_for_every_veto(desk: Running, capsys: pytest.CaptureFixture[str]) -> None:
    decision = await desk.decide(**OBJECTOR, detail="short")
    assert decision["vetoes"] == []
    async with served(desk) as url:
        assert await explained(decision["decision_id"], "--url", url, "--key", TOKEN) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"Decision {decision['decision_id']} of 2026-11-21 12:00 UTC")
    assert "customer.objections = [marketing]: offer-fiber" in said


async def test_what_a_service_refuses_is_said(desk: Running, capsys: pytest.CaptureFixture[str]) -> None:
    async with served(desk) as url:
        assert await explained("p07-none", "--url", url, "--key", TOKEN) == 2
        assert "404: no decision 'p07-none'" in capsys.readouterr().err
        assert await explained("p07-none", "--url", url, "--key", "wrong") == 2
        assert "401: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--key", ""], "no key; give one with the scope decisions:read in --key or BEHOUD_KEY"),
        (["--key", "k", "--url", "file:///etc/passwd"], "is no address of a service"),
        (["--key", "k", "--url", "http://127.0.0.1:1"], "start the service, or name its address with --url"),
    ],
)
def test_who_cannot_be_asked_is_named_with_the_remedy(
    arguments: list[str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("BEHOUD_KEY", raising=False)
    assert main(["explain", "p07-1", *arguments]) == 2
    assert message in capsys.readouterr().err


@pytest.fixture
async def archive(
    settings: Settings, store: redis.Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    async with running(settings) as desk:
        await desk.decide(**OBJECTOR, detail="short")
    as_the_environment(settings, monkeypatch)
    return archived(store, tmp_path / "archive")


def made(store: redis.Redis) -> str:
    [key] = store.scan_iter("*:decision:*")
    return str(key.decode().partition(":decision:")[2])


async def test_an_archived_decision_is_decided_again_in_full(
    archive: Path, store: redis.Redis, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await explained(made(store), "--archive", str(archive)) == 0
    assert "customer.objections = [marketing]: offer-fiber" in capsys.readouterr().out


async def test_where_the_knowledge_of_then_is_lost_what_was_recorded_is_shown(
    archive: Path,
    store: redis.Redis,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    name = made(store)
    other = tmp_path / "other"
    other.mkdir()
    (other / "catalogue.yaml").write_text((HERE / "catalogue.yaml").read_text() + "# newer\n")
    (other / "policy.yaml").write_text((HERE / "policy.yaml").read_text())
    monkeypatch.setenv("BEHOUD_KNOWLEDGE", str(other))
    monkeypatch.setenv("BEHOUD_VAR", str(tmp_path / "elsewhere"))
    store.flushall()
    assert await explained(name, "--archive", str(archive)) == 0
    said = capsys.readouterr().out
    assert "The knowledge of then is not kept here" in said
    assert "Removed by" not in said


async def test_a_decision_that_comes_out_otherwise_says_so(
    archive: Path, store: redis.Redis, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = made(store)
    record = store.get(f"{{{name.partition('-')[0]}}}:decision:{name}")
    assert isinstance(record, bytes)
    changed = record.decode().replace('"consents":{"marketing":false}', '"consents":{"marketing":true}')
    assert changed != record.decode()
    folder = write_archive(tmp_path / "changed", ("2026-01-05", [("1-0", name, changed)]))
    assert await explained(name, "--archive", str(folder)) == 0
    assert "Decided again it is not what was answered then" in capsys.readouterr().out


async def test_a_decision_nobody_archived_and_one_of_another_version_are_refused(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await explained("p00-none", "--archive", str(archive)) == 2
    assert "it was not archived, or was erased" in capsys.readouterr().err
    old = write_archive(tmp_path / "old", ("2026-01-05", [("1-0", "p00-1", "{}")]))
    assert await explained("p00-1", "--archive", str(old)) == 2
    assert "of another version of the software" in capsys.readouterr().err


def test_vetoes_of_one_rule_stand_below_one_heading() -> None:
    cap = {
        "id": "often",
        "count": "spoken",
        "per": "action",
        "days": 30,
        "reason": {"nl": "{last}", "en": "Said {last} days ago"},
    }
    knowledge = some_knowledge(an_offer("tv"), an_offer("films", sells=["films"]), caps=[cap])
    past = a_history(
        *(
            an_outcome("spoken", action=name, action_kind="offer", days_ago=days)
            for name, days in (("tv", 2), ("films", 3))
        )
    )
    lines = list(
        as_lines(a_decision(knowledge, history=past, request=a_request(detail="full", language="en")))
    )
    start = next(place for place, line in enumerate(lines) if line.startswith("  often (policy@"))
    assert lines[start].endswith(")")
    assert [line.partition(": count")[0] for line in lines[start + 1 : start + 3]] == [
        "    Said 2 days ago",
        "    Said 3 days ago",
    ]
    assert [line.rpartition(": ")[2] for line in lines[start + 1 : start + 3]] == ["tv", "films"]


def test_what_would_lift_the_vetoes_is_told_once_an_action() -> None:
    knowledge = some_knowledge(an_offer("tv", channels=["chat"]))
    request, customer = a_request(detail="full", language="en"), a_customer()
    decision = a_decision(knowledge, request=request, customer=customer)
    full = with_would_be(decision, Question(request, customer, a_history(), NOW), knowledge)
    lines = list(as_lines(full))
    start = lines.index("Eligible with a change")
    assert lines[start + 1 : start + 3] == [
        "  tv: When the channel is chat (now telephone)",
        "  way-out: When the customer says he wishes to leave",
    ]


def test_a_proposal_says_what_must_be_told_and_what_it_makes_of_the_bill() -> None:
    told = [{"id": "term", "text": {"nl": "Een jaar vast", "en": "A year's term"}}]
    offer = an_offer("tv", sells=["tv"], disclosures=["term"], discount={"amount": 1, "months": 6})
    knowledge = some_knowledge(offer, disclosures=told)
    lines = list(
        as_lines(a_decision(knowledge, customer=a_customer(holding="dsl"), request=a_request(detail="full")))
    )
    assert "     tell: Een jaar vast" in lines
    assert "     bill: 30.00 now, 44.00 then, 45.00 after 6 months" in lines
    assert "     gains: tv" in lines
    assert any(line.startswith("     customer's own benefit in a year: +6.00") for line in lines)
