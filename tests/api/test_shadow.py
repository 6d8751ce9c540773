"""A challenger decides beside the champion and changes nothing: not the answers, not what is learned from, not the customer's history."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest

from api.bundles import RegistryAwayError, read_folder
from api.challenger import Challenger, challenger_of
from api.settings import SettingsError
from api.shadowing import MOST, Shadowing, look_at_shadow
from models.bundle import BundleError
from models.shadow import Shadow
from tests.api.running import HERE, Running, a_customer, actions, write_bundle

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import redis

    from api.settings import Settings
    from models.knowledge import Knowledge

pytestmark = pytest.mark.anyio


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """A provider that is ours but for one rule: it sells no television to anybody."""
    folder = tmp_path / "other"
    folder.mkdir()
    for name in ("catalogue.yaml", "policy.yaml"):
        (folder / name).write_bytes((HERE / name).read_bytes())
    policy = (folder / "policy.yaml").read_text()
    rule = '  - {id: no_television, tier: suitability, for: {actions: [offer-tv]}, require: "false", reason: {en: "No television"}}\n'
    assert "\nrules:\n" in policy
    (folder / "policy.yaml").write_text(policy.replace("\nrules:\n", "\nrules:\n" + rule))
    return folder


async def beside(desk: Running, settings: Settings, challenger: Path | str) -> Shadowing:
    """The process in the shadow, at the end of the journal."""
    service = desk.service
    named = dataclasses.replace(settings, challenger=str(challenger))
    found = challenger_of(named, service.library.current, desk.clock())
    await found.look()
    shadowing = Shadowing(service.store, service.library, found, desk.clock)
    await shadowing.step(1)
    return shadowing


def kept(store: redis.Redis, decision: Mapping[str, Any]) -> Shadow:
    found = store.get(f"{{p30}}:shadow:{decision['decision_id']}")
    assert isinstance(found, bytes)
    return Shadow.model_validate_json(found)


def kinds(store: redis.Redis) -> list[bytes]:
    rows: Any = store.xrange("{p30}:journal")
    return [fields[b"kind"] for _, fields in rows]


async def test_it_answers_the_same_question_with_other_rules_and_tells_which_stopped_what(
    desk: Running, settings: Settings, store: redis.Redis, other: Path
) -> None:
    shadowing = await beside(desk, settings, other)
    decision = await desk.decide(holdings=[{"product_id": "fiber"}])
    assert (await shadowing.step(1))["decided"] == 1
    shadow = kept(store, decision)
    assert shadow.champion is not None
    assert shadow.challenger is not None
    assert [p.action_id for p in shadow.champion.proposals] == actions(decision)
    assert [p.expected for p in shadow.champion.proposals] == [
        None if p["value"] is None else p["value"]["expected"] for p in decision["proposals"]
    ]
    assert shadow.challenger.stopped == {"offer-tv": "no_television"}
    assert "offer-tv" not in [p.action_id for p in shadow.challenger.proposals]
    assert shadow.champion.versions.policy != shadow.challenger.versions.policy
    assert shadow.champion.versions.bundle == shadow.challenger.versions.bundle


async def test_another_bundle_decides_with_the_champions_policy(
    desk: Running, settings: Settings, store: redis.Redis, tmp_path: Path
) -> None:
    shadowing = await beside(desk, settings, write_bundle(tmp_path / "bundle"))
    decision = await desk.decide(holdings=[{"product_id": "fiber"}])
    await shadowing.step(1)
    shadow = kept(store, decision)
    assert shadow.challenger is not None
    assert shadow.challenger.versions.bundle is not None
    assert decision["versions"]["bundle"] is None
    assert shadow.challenger.versions.policy == decision["versions"]["policy"]


async def test_it_changes_neither_answers_nor_history_and_counts_once(
    desk: Running, settings: Settings, store: redis.Redis, other: Path
) -> None:
    await desk.put(a_customer("C-1", "fiber"))
    one, two = await beside(desk, settings, other), await beside(desk, settings, other)
    decision = await desk.decide()
    before = store.get("{p30}:revision:C-1"), store.lrange("{p30}:contacts:C-1", 0, -1)
    await one.step(1)
    await two.step(1)
    assert kinds(store) == [b"decision", b"shadow"]
    assert (store.get("{p30}:revision:C-1"), store.lrange("{p30}:contacts:C-1", 0, -1)) == before
    assert await desk.decide() == decision
    assert (await desk.get(f"/v1/decisions/{decision['decision_id']}")).json() == decision


async def test_it_goes_when_the_decision_goes_and_comes_not_back(
    desk: Running, settings: Settings, store: redis.Redis, other: Path
) -> None:
    shadowing = await beside(desk, settings, other)
    first, second = await desk.decide(), await desk.decide(contact_id="call-2")
    key = "{{p30}}:{}:{}"
    store.delete(key.format("decision", second["decision_id"]))
    await shadowing.step(1)
    assert store.exists(key.format("shadow", second["decision_id"])) == 0
    left = [store.pttl(key.format(kind, first["decision_id"])) for kind in ("decision", "shadow")]
    assert left[0] - 1000 < left[1] <= left[0] + 1
    assert not await desk.service.store.shadows.keep("C-1", second["decision_id"], b"{}", "")


async def test_a_challenger_that_fails_is_counted_and_the_next_decision_is_tried(
    desk: Running, settings: Settings, store: redis.Redis, other: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shadowing = await beside(desk, settings, other)
    works = shadowing.challenger.beside
    wrong: list[Exception] = [ZeroDivisionError(), BundleError("churn.json", "learned something else")]

    def beside_it(champion: Knowledge) -> Knowledge:
        if wrong:
            raise wrong.pop(0)
        return works(champion)

    shadowing.challenger.beside = beside_it  # type: ignore[method-assign]  # a challenger that is broken
    told = [await desk.decide(contact_id=f"call-{n}") for n in range(3)]
    assert await shadowing.step(1) == {"decided": 1, "failed": 2, "dropped": 0}
    assert [kept(store, decision).failed for decision in told] == [
        "ZeroDivisionError",
        "bundle refused: churn.json: learned something else",
        None,
    ]
    await look_at_shadow(desk.service.store, desk.service.metrics, desk.clock())
    text = (await desk.get("/metrics")).text
    assert 'behoud_shadow_decisions{result="failed"} 2.0' in text
    assert "behoud_shadow_lag_seconds 0.0" in text
    assert all(decision["degraded"] == told[0]["degraded"] for decision in told)


async def test_a_challenger_that_is_not_heard_of_for_a_minute_rings_an_alarm(
    desk: Running, settings: Settings, other: Path
) -> None:
    service, began = desk.service, desk.clock()

    async def rings(expected: bool = True) -> bool:
        await look_at_shadow(service.store, service.metrics, desk.clock(), began if expected else None)
        return 'behoud_alarm{alarm="shadow"} 1.0' in (await desk.get("/metrics")).text

    desk.clock.move(seconds=60)
    assert not await rings()
    desk.clock.move(seconds=1)
    assert await rings()
    shadowing = await beside(desk, settings, other)
    assert not await rings()
    desk.clock.move(seconds=61)
    assert await rings()
    assert not await rings(expected=False)
    await shadowing.step(1)
    assert not await rings()


async def test_of_more_than_it_can_keep_up_with_it_takes_the_newest_and_counts_the_rest(
    desk: Running, settings: Settings, store: redis.Redis, other: Path
) -> None:
    shadowing = await beside(desk, settings, other)
    old = await desk.decide()
    rows: Any = store.xrange("{p30}:journal")
    for _ in range(MOST):
        store.xadd("{p30}:journal", rows[-1][1])
    assert await shadowing.step(1) == {"decided": MOST, "failed": 0, "dropped": 1}
    assert kept(store, old).failed is None


async def test_what_no_record_can_be_read_of_is_counted_as_failed(
    desk: Running, settings: Settings, store: redis.Redis, other: Path
) -> None:
    shadowing = await beside(desk, settings, other)
    decision = await desk.decide()
    store.set(f"{{p30}}:decision:{decision['decision_id']}", "{}")
    assert (await shadowing.step(1))["failed"] == 1


class AwayAtFirst:
    """A registry that does not answer, until it has something to tell."""

    def __init__(self) -> None:
        self.folder: Path | None = None

    def token(self) -> str:
        if self.folder is None:
            raise RegistryAwayError("no answer")
        return "1"

    def files(self) -> dict[str, bytes]:
        assert self.folder is not None
        return read_folder(self.folder)


async def test_a_registry_that_has_not_spoken_yet_drops(
    desk: Running, settings: Settings, tmp_path: Path, other: Path
) -> None:
    shadowing, registry = await beside(desk, settings, other), AwayAtFirst()
    shadowing.challenger = Challenger(None, registry, desk.service.library.current)
    await desk.decide()
    await shadowing.challenger.look()
    assert await shadowing.step(1) == {"decided": 0, "failed": 0, "dropped": 1}
    registry.folder = write_bundle(tmp_path / "late")
    await shadowing.challenger.look()
    await desk.decide(contact_id="call-2")
    assert await shadowing.step(1) == {"decided": 1, "failed": 0, "dropped": 0}


@pytest.mark.parametrize(
    ("made", "told"),
    [
        ((), "is no bundle and no provider"),
        (("manifest.json",), "BEHOUD_CHALLENGER: bundle refused: manifest.json"),
        (("policy.yaml",), "there is no catalogue.yaml in"),
    ],
)
async def test_what_cannot_load_is_refused_at_the_start(
    desk: Running, settings: Settings, tmp_path: Path, made: tuple[str, ...], told: str
) -> None:
    folder = tmp_path / "broken"
    folder.mkdir()
    for name in made:
        (folder / name).write_text("{")
    with pytest.raises(SettingsError, match=told):
        await beside(desk, settings, folder)
