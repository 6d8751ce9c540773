"""What flags choose: a policy, a bundle, a rate or a ladder beside the usual one; what is not there is the usual, and said."""

from __future__ import annotations

import dataclasses
import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from api.beside import COMBINATIONS
from api.check import run
from api.documents import POLICY, build_beside, read_documents, rebuild
from api.flag_file import read_flags
from models.documents import DocumentError
from models.domain import Flags
from tests.api.running import HERE, Running, actions, running, write_bundle

if TYPE_CHECKING:
    from pathlib import Path

    from api.settings import Settings

pytestmark = pytest.mark.anyio
EXPLORE = "\narbitration:\n  explore: {rate: 0, euros_a_day: 100, within_euros: 1000, never: 'false'}\n"
KINDS = "kinds: [offer, service]"
HELD = [{"product_id": "fiber"}]


def chosen(name: str, by_prefix: dict[str, Any], usual: Any, **more: Any) -> dict[str, Any]:
    """A flag whose variant is the value for ids that begin with a prefix."""
    rule: Any = "usual"
    for prefix in reversed(by_prefix):
        rule = {"if": [{"starts_with": [{"var": "targetingKey"}, f"{prefix}-"]}, prefix, rule]}
    variants = {"usual": usual, **by_prefix}
    row = {"state": "ENABLED", "variants": variants, "defaultVariant": "usual", "targeting": rule}
    return {name: {**row, "metadata": {"experiment": f"{name}-1"}, **more}}


FLAGS = {
    **chosen("policy", {"P": "quiet", "X": "nowhere"}, "champion"),
    **chosen("bundle", {"B": "next", "Y": "nowhere"}, "champion"),
    **chosen("explore", {"E": 1, "F": 0.5}, 0),
    **chosen("ladder", {"L": "cheap-first"}, "exact"),
}


@pytest.fixture
def given(settings: Settings, tmp_path: Path) -> Settings:
    """A provider with another policy that has services only, and a bundle with another beside it."""
    folder = tmp_path / "provider"
    (folder / "policies").mkdir(parents=True)
    shutil.copy(HERE / "catalogue.yaml", folder)
    usual = (HERE / "policy.yaml").read_text() + EXPLORE
    (folder / "policy.yaml").write_text(usual)
    assert KINDS in usual
    (folder / "policies" / "quiet.yaml").write_text(usual.replace(KINDS, "kinds: [service]"))
    (folder / "flags.json").write_text(json.dumps({"flags": FLAGS}))
    write_bundle(tmp_path / "bundle", 1, folder)
    write_bundle(tmp_path / "bundle@next", 2, folder)
    return dataclasses.replace(settings, knowledge=folder, bundle=str(tmp_path / "bundle"))


async def asked(desk: Running, customer: str, **more: Any) -> dict[str, Any]:
    return await desk.decide(customer_id=customer, contact_id=f"K-{customer}", holdings=HELD, **more)


def lost(decision: dict[str, Any]) -> list[str]:
    """What flags named in vain."""
    return [name for name in decision["degraded"] if name.startswith("flags")]


async def test_flags_choose_the_policy_and_the_bundle_and_decisions_replay_after_a_restart(
    given: Settings,
) -> None:
    async with running(given) as desk:
        made = {who: await asked(desk, f"{who}-1") for who in "CPBEL"}
        told = (await desk.get("/v1/experiments?customer_id=P-1")).json()
    usual = made["C"]
    assert usual["experiment"] == {
        "policy": "champion",
        "holdout": False,
        "arms": {f"{name}-1": "usual" for name in ("policy", "bundle", "explore", "ladder")},
        "measured": True,
    }
    assert made["P"]["experiment"]["policy"] == "quiet"
    assert made["P"]["experiment"]["arms"]["policy-1"] == "P"
    assert made["P"]["versions"]["policy"] != usual["versions"]["policy"]
    assert actions(usual)[0].startswith("offer")
    assert not any(name.startswith("offer") for name in actions(made["P"]))
    assert made["B"]["versions"]["bundle"] != usual["versions"]["bundle"]
    assert made["E"]["selection"]["rate"] == 1.0
    assert usual["selection"]["rate"] == 0.0
    assert made["L"]["versions"]["flags"] != usual["versions"]["flags"]
    assert not any(lost(decision) for decision in made.values())
    assert told["policies"] == {"quiet": made["P"]["versions"]["policy"]}
    assert told["bundles"] == {"next": made["B"]["versions"]["bundle"], "nowhere": None}
    assert told["assignment"]["flags"]["policy"] == "quiet"
    # After a restart without the policy, the bundle and the flags that decided.
    shutil.rmtree(given.knowledge / "policies")
    (given.knowledge / "flags.json").unlink()
    async with running(dataclasses.replace(given, bundle="")) as desk:
        for decision in made.values():
            replayed = await desk.post(f"/v1/decisions/{decision['decision_id']}/replay")
            assert replayed.json()["differences"] == []


@pytest.mark.parametrize(("who", "name"), [("X", "flags:policy"), ("Y", "flags:bundle")])
async def test_what_is_not_there_is_the_usual_and_said(given: Settings, who: str, name: str) -> None:
    async with running(given) as desk:
        decision = await asked(desk, f"{who}-1")
        usual = await asked(desk, "C-1")
    assert lost(decision) == [name]
    assert decision["versions"] == usual["versions"]
    assert name.removeprefix("flags:") + "-1" not in decision["experiment"]["arms"]


async def test_a_bundle_that_is_published_later_is_found(given: Settings, tmp_path: Path) -> None:
    async with running(given) as desk:
        write_bundle(tmp_path / "bundle@nowhere", 3, given.knowledge)
        await desk.service.library.look_for_bundle()
        decision = await asked(desk, "Y-1")
        assert lost(decision) == []
        (tmp_path / "bundle@nowhere" / "manifest.json").write_text("{}")  # the one in use stays
        await desk.service.library.look_for_bundle()
        again = await asked(desk, "Y-2")
    assert again["versions"]["bundle"] == decision["versions"]["bundle"]


async def test_a_policy_beside_may_be_changed_and_taken_away_while_it_runs(given: Settings) -> None:
    policies, library = given.knowledge / "policies", None
    async with running(given) as desk:
        library = desk.service.library
        before = await asked(desk, "P-1")
        file = policies / "quiet.yaml"
        file.write_text(file.read_text() + "money: {minute_price: 0.5}\n")
        for _ in range(2):
            await library.look_for_documents(desk.clock())
        after = await asked(desk, "P-2")
        replayed = await desk.post(f"/v1/decisions/{before['decision_id']}/replay")
        assert replayed.json()["same"] is True
        file.unlink()
        for _ in range(2):
            await library.look_for_documents(desk.clock())
        gone = await asked(desk, "P-3")
    assert after["versions"]["policy"] != before["versions"]["policy"]
    assert lost(gone) == ["flags:policy"]
    assert gone["experiment"]["policy"] == "champion"


async def test_combinations_are_put_together_once_and_there_are_few(given: Settings) -> None:
    async with running(given) as desk:
        beside, current = desk.service.library.beside, desk.service.library.current
        one = await beside.of(Flags(explore=0.001), current)
        assert one is await beside.of(Flags(explore=0.001), current)
        assert await beside.of(current.flags, current) is current
        for number in range(2, COMBINATIONS + 1):
            assert await beside.of(Flags(explore=number / 1000), current) is not None
        assert await beside.of(Flags(explore=0.999), current) is None
        assert await beside.of(Flags(explore=0.001), current) is one
        decision = await asked(desk, "F-1")
        assert lost(decision) == ["flags"]
        assert decision["experiment"]["arms"] == {}


async def test_the_alarm_on_the_cap_rings_where_only_a_flag_explores(given: Settings) -> None:
    for file in (given.knowledge / "policy.yaml", given.knowledge / "policies" / "quiet.yaml"):
        file.write_text(file.read_text().replace("euros_a_day: 100", "euros_a_day: 0.01"))
    async with running(given) as desk:
        for number in range(40):
            await asked(desk, f"E-{number}")
            if desk.service.exploration.given_up:
                break
        text = (await desk.get("/metrics")).text
    assert 'behoud_alarm{alarm="exploration_cap"} 1.0' in text


async def test_flags_that_cannot_be_kept_are_not_used(given: Settings) -> None:
    async with running(given) as desk:
        shelf = given.var / "shelf"
        shelf.rename(given.var / "elsewhere")
        shelf.write_text("no folder")
        assert lost(await asked(desk, "E-1")) == ["flags"]


# --- what is refused -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("tenure_months: {type: integer", "tenure_months: {type: number", "facts"),
        ("motives: [price, service]", "motives: [price]", "leaving.motives"),
        ("euros_a_day: 100", "euros_a_day: 200", "arbitration.explore.euros_a_day"),
        ("consents:", "experiments: {holdout: {universal: 0.1}}\nconsents:", "experiments"),
    ],
)
def test_policies_beside_each_other_say_the_same_of_a_customer(
    given: Settings, old: str, new: str, key: str
) -> None:
    file = given.knowledge / "policies" / "quiet.yaml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new, 1))
    documents = read_documents(given)
    with pytest.raises(DocumentError) as refused:
        build_beside(documents, rebuild(documents))
    (problem,) = refused.value.problems
    assert (problem.source, problem.key) == ("policies/quiet.yaml", key)
    assert "write the same here" in problem.message


@pytest.mark.parametrize("name", ["champion", "no name"])
def test_a_policy_that_no_flag_could_name_is_refused(given: Settings, name: str) -> None:
    shutil.copy(given.knowledge / POLICY, given.knowledge / "policies" / f"{name}.yaml")
    with pytest.raises(DocumentError, match=f"cannot be called '{name}'"):
        read_documents(given)


def test_few_policies_stand_beside_each_other(given: Settings) -> None:
    for number in range(4):
        shutil.copy(given.knowledge / POLICY, given.knowledge / "policies" / f"p{number}.yaml")
    with pytest.raises(DocumentError, match="5 policies; at most 4"):
        read_documents(given)


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (
            chosen("policy", {"P": "quiet"}, "quiet"),
            "flags.policy.defaultVariant: for whom no rule says otherwise it is 'champion'",
        ),
        (
            chosen("policy", {"P": "quiet"}, "champion", metadata={}),
            "flags.policy.metadata.experiment: 'policy' is an experiment of every decision",
        ),
        (chosen("bundle", {"P": "../x"}, "champion"), "flags.bundle.variants.P: String should match"),
        (chosen("explore", {"P": "0.5"}, 0), "flags.explore.variants.P: Input should be a valid number"),
        (chosen("explore", {"P": None}, 0), "flags.explore.variants.P: nothing is no value"),
        (
            {
                **chosen("explore", {"P": 1}, 0, metadata={"experiment": "one"}),
                **chosen("ladder", {"P": "exact"}, "exact", metadata={"experiment": "one"}),
            },
            "flags.ladder: deals the arms of 'one' as 'explore' does",
        ),
    ],
)
def test_flags_that_would_deceive_are_refused(flags: dict[str, Any], said: str) -> None:
    with pytest.raises(DocumentError) as refused:
        read_flags(json.dumps({"flags": flags}).encode(), "flags.json")
    assert said in str(refused.value)


def test_check_finds_what_flags_name_in_vain(
    given: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BEHOUD_BUNDLE", given.bundle)
    assert run(given.knowledge) == 2
    printed = capsys.readouterr().out
    assert "flags.policy.variants: there is no policies/nowhere.yaml (there are: champion, quiet)" in printed
    assert "flags.bundle.variants: there is no bundle 'nowhere'" in printed
    assert "next" not in printed
    flags = {
        **chosen("policy", {"P": "quiet"}, "champion"),
        **chosen("bundle", {"B": "next"}, "champion"),
        **chosen("explore", {"E": 0.1}, 0),
    }
    (given.knowledge / "flags.json").write_text(json.dumps({"flags": flags}))
    assert run(given.knowledge) == 0
    monkeypatch.delenv("BEHOUD_BUNDLE")
    assert run(given.knowledge) == 0
    assert "note: BEHOUD_BUNDLE is not set" in capsys.readouterr().out
    quiet = given.knowledge / "policies" / "quiet.yaml"
    quiet.write_text(quiet.read_text().replace(EXPLORE, ""))
    assert run(given.knowledge) == 2
    assert "policies/quiet.yaml does not say how to explore" in capsys.readouterr().out
