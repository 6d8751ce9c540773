"""Flags choose for each customer: the same every time, in time or not at all, and what he then hears is logged once."""

from __future__ import annotations

import dataclasses
import json
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from openfeature.exception import GeneralError
from openfeature.flag_evaluation import FlagResolutionDetails, Reason
from openfeature.provider import ProviderStatus
from openfeature.provider.in_memory_provider import InMemoryProvider

from api.flag_file import read_flags
from api.flags import Flagging, InProcess, flagging_of
from api.settings import SettingsError, read_settings
from bench.buckets import flagd
from models.documents import DocumentError
from models.domain import Flags
from models.sections.experiments import Holdout
from tests.api.running import HERE, Running, a_flag, an_outcome, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from api.settings import Settings

pytestmark = pytest.mark.anyio
ALL = tuple(Flags.model_fields)
HALVES = {"fractional": [["winner", 50], ["implicit", 50]]}
GOLDEN = "iiiwiiii"


class Slow(InMemoryProvider):
    """Answers when it is let."""

    def __init__(self) -> None:
        super().__init__({})
        self.may = threading.Event()

    def resolve_string_details(
        self, flag_key: str, default_value: str, evaluation_context: Any = None
    ) -> Any:
        self.may.wait(20)
        return FlagResolutionDetails("implicit", variant="implicit", reason=Reason.SPLIT)


class Broken(InMemoryProvider):
    """Answers what cannot be, or nothing."""

    def __init__(self, value: str | None = None) -> None:
        super().__init__({})
        self._value = value

    def resolve_string_details(
        self, flag_key: str, default_value: str, evaluation_context: Any = None
    ) -> Any:
        if self._value is None:
            raise GeneralError("away")
        return FlagResolutionDetails(self._value, variant="x", reason=Reason.SPLIT)


def halves(**more: Any) -> bytes:
    return a_flag("winner", targeting=HALVES, **more).encode()


def ready(flagging: Flagging) -> Flagging:
    """The same once its provider has started, which takes a thread a moment."""
    while flagging._client.get_provider_status() != ProviderStatus.READY:
        time.sleep(0.001)
    return flagging


@pytest.fixture
def in_process() -> Iterator[Flagging]:
    flagging = flagging_of(read_flags(halves(), "f"), Flags(), ALL, "", {}, 1.0)
    assert flagging is not None
    yield flagging
    flagging.close()


# --- the file ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flag", "said"),
    [
        (
            a_flag("winner", name="banner"),
            "flags.banner: nobody asks for this flag; those there are: propensity, policy, bundle, explore, ladder",
        ),
        (a_flag("winner", defaultVariant="x"), "flags.propensity.defaultVariant: there is no variant 'x'"),
        (
            a_flag("winner", targeting={"fractionl": []}),
            "targeting.fractionl: there is no operator 'fractionl'",
        ),
        (a_flag("winner", targeting={"if": [], "cat": []}), "a rule is one operator, not if, cat"),
        (a_flag("winner", targeting={"in": [{"var": "plan"}, ["x"]]}), "'plan' is never told"),
        (a_flag("winner", targeting={"fractional": []}), "gives no shares"),
        (a_flag("winner", targeting={"fractional": [["b", 50]]}), '["b", 50] is no share'),
        (a_flag("winner", targeting={"fractional": [["winner", 0.5]]}), '["winner", 0.5] is no share'),
        (a_flag("winner", targeting={"fractional": [{"var": "plan"}, ["winner"]]}), "'plan' is never told"),
        ('{"propensity": "winner"}', "propensity: Extra inputs are not permitted"),
    ],
)
def test_a_rule_that_would_do_nothing_is_refused(flag: str, said: str) -> None:
    with pytest.raises(DocumentError) as refused:
        read_flags(flag.encode(), "flags.json")
    assert said in str(refused.value)


def test_what_flagd_understands_is_taken() -> None:
    salted = {
        "fractional": [
            {"cat": [{"var": "$flagd.flagKey"}, "2027", {"var": ["targetingKey"]}]},
            ["winner", 9],
            ["implicit", 1],
        ]
    }
    rule = {"if": [{"starts_with": [{"var": "targetingKey"}, "T-"]}, "winner", salted]}
    assert read_flags(a_flag("winner", targeting=rule).encode(), "f").varying == ("propensity",)


def test_a_flag_without_a_rule_or_out_of_use_is_asked_for_nobody() -> None:
    still = read_flags(a_flag("implicit").encode(), "f")
    assert still.usual == Flags(propensity="implicit")
    assert flagging_of(still, still.usual, ALL, "", {}, 1.0) is None
    off = read_flags(halves(state="DISABLED"), "f")
    assert (off.usual, flagging_of(off, off.usual, ALL, "", {}, 1.0)) == (Flags(), None)
    assert flagging_of(None, Flags(), ALL, "", {}, 1.0) is None
    assert flagging_of(read_flags(halves(), "f"), Flags(), ("policy", "explore"), "", {}, 1.0) is None


# --- who gets what ------------------------------------------------------------------------------------------------------


def test_arms_are_dealt_as_the_shares_say(in_process: Flagging) -> None:
    counts = Counter(in_process.ask(f"C-{number}").arms["propensity"] for number in range(2_000))
    assert 900 <= counts["winner"] <= 1100
    assert counts.total() == 2_000


def test_an_arm_goes_by_the_place_whose_evenness_is_measured(in_process: Flagging) -> None:
    for number in range(200):
        arm = in_process.ask(f"C-{number}").arms["propensity"]
        assert (arm == "winner") == (flagd("propensity", f"C-{number}") < 0.5)


def test_an_arm_is_what_it_has_always_been(in_process: Flagging) -> None:
    told = [in_process.ask(f"C-{number}") for number in range(8)]
    assert "".join(found.arms["propensity"][0] for found in told) == GOLDEN
    assert all(found.flags.propensity == found.arms["propensity"] and not found.lost for found in told)


def test_a_flag_may_name_its_experiment_and_who_is_in_no_share_is_in_no_arm() -> None:
    rule = {"if": [{"starts_with": [{"var": "targetingKey"}, "T-"]}, "implicit"]}
    flag = a_flag("winner", targeting=rule, metadata={"experiment": "scores"})
    flagging = Flagging(InProcess(flag.encode()), ["propensity"], Flags())
    assert flagging.ask("T-1").arms == {"scores": "implicit"}
    assert flagging.ask("C-1") == (Flags(), {}, ())
    flagging.close()


async def test_a_slow_provider_yields_the_usual_flags_and_is_then_left_alone() -> None:
    provider = Slow()
    flagging = Flagging(provider, ["propensity"], Flags(), deadline=0.01)
    for _ in range(5):
        assert await flagging.of("C-1") == (Flags(), {}, ("flags",))
    assert flagging._breaker.is_open
    provider.may.set()
    flagging.close()


@pytest.mark.parametrize(("value", "lost"), [("best", "flags:propensity"), (None, "flags")])
async def test_a_provider_that_fails_or_says_what_cannot_be_yields_the_usual_flags(
    value: str | None, lost: str
) -> None:
    flagging = ready(Flagging(Broken(value), ["propensity"], Flags(), deadline=20.0))
    assert await flagging.of("C-1") == (Flags(), {}, (lost,))
    flagging.close()


async def test_a_provider_that_says_what_cannot_be_is_asked_on() -> None:
    flagging = ready(Flagging(Broken("best"), ["propensity"], Flags(), deadline=20.0))
    for _ in range(5):
        assert (await flagging.of("C-1")).lost == ("flags:propensity",)
    assert not flagging._breaker.is_open
    flagging.close()


async def test_a_provider_in_time_is_believed_and_what_it_does_not_know_stays_usual() -> None:
    provider = Slow()
    provider.may.set()
    flagging = ready(Flagging(provider, ["propensity"], Flags(), deadline=20.0))
    assert await flagging.of("C-1") == (Flags(propensity="implicit"), {"propensity": "implicit"}, ())
    flagging.close()
    empty = flagging_of(
        None, Flags(), ALL, "openfeature.provider.in_memory_provider:InMemoryProvider", {"flags": {}}, 20.0
    )
    assert empty is not None
    empty = ready(empty)
    assert await empty.of("C-1") == (Flags(), {}, ())
    empty.close()


@pytest.mark.parametrize("name", ["nowhere:Provider", "json:Provider", "json"])
def test_a_provider_that_is_not_installed_is_named(name: str) -> None:
    with pytest.raises(SettingsError, match="BEHOUD_FLAGS: "):
        flagging_of(None, Flags(), ALL, name, {}, 1.0)


def test_the_arguments_of_a_provider_are_an_object() -> None:
    given = {"BEHOUD_KNOWLEDGE": str(HERE), "BEHOUD_FLAGS": "a:B", "BEHOUD_FLAGS_OPTIONS": '{"timeout": 1}'}
    assert read_settings(given).flags_options == {"timeout": 1}
    for wrong in ("[]", "{"):
        with pytest.raises(SettingsError, match="BEHOUD_FLAGS_OPTIONS"):
            read_settings({**given, "BEHOUD_FLAGS_OPTIONS": wrong})


async def tell(desk: Running, *outcomes: dict[str, Any]) -> None:
    answer = await desk.post("/v1/outcomes", {"outcomes": list(outcomes)})
    assert answer.status_code == 200, answer.text


# --- through the service -----------------------------------------------------------------------------------------------


@pytest.fixture
def given(settings: Settings, tmp_path: Path) -> Settings:
    folder = tmp_path / "provider"
    folder.mkdir()
    (folder / "catalogue.yaml").write_bytes((HERE / "catalogue.yaml").read_bytes())
    (folder / "policy.yaml").write_bytes((HERE / "policy.yaml").read_bytes())
    (folder / "flags.json").write_bytes(halves(metadata={"experiment": "scores"}))
    return dataclasses.replace(settings, knowledge=folder)


async def test_a_decision_names_its_arm_after_a_restart_too_and_replays(given: Settings) -> None:
    async with running(given) as desk:
        first = await desk.decide(customer_id="C-0", contact_id="K-1")
        other = await desk.decide(customer_id="C-3", contact_id="K-1")
    async with running(given) as desk:
        again = await desk.decide(customer_id="C-0", contact_id="K-2")
        replayed = await desk.post(f"/v1/decisions/{first['decision_id']}/replay")
    assert first["experiment"]["arms"] == again["experiment"]["arms"] == {"scores": "implicit"}
    assert other["experiment"]["arms"] == {"scores": "winner"}
    assert first["versions"]["flags"] != other["versions"]["flags"]
    assert replayed.json()["same"] is True


async def test_what_was_spoken_is_logged_once_and_what_was_computed_is_not(given: Settings) -> None:
    async with running(given) as desk:
        decision = await desk.decide(customer_id="C-0", contact_id="K-1")
        assert await exposures(desk) == []
        await tell(desk, an_outcome(decision, "o-1", kind="shown"))
        assert await exposures(desk) == []  # the agent saw it
        await tell(desk, an_outcome(decision, "o-2", kind="spoken"))
        await tell(desk, an_outcome(decision, "o-3", kind="accepted"))
        (logged,) = await exposures(desk)
    assert logged["customer_id"] == "C-0"
    assert (logged["experiment"], logged["arm"]) == ("scores", "implicit")
    assert logged["decision_id"] == decision["decision_id"]


async def exposures(desk: Running) -> list[dict[str, Any]]:
    store, found = desk.service.store._patient, []
    for key in await store.keys("*:journal"):
        for _, entry in await store.xrange(key):
            if entry[b"kind"] == b"exposure":
                found.append(json.loads(entry[b"record"]))
    return found


async def test_a_dead_provider_is_named_in_the_decision(given: Settings) -> None:
    async with running(given) as desk:
        desk.service.library.flagging = Flagging(Broken(), ["propensity"], Flags(), deadline=20.0)
        decision = await desk.decide(customer_id="C-0")
        assert decision["degraded"][0] == "flags"
        assert decision["experiment"]["arms"] == {}
        replayed = await desk.post(f"/v1/decisions/{decision['decision_id']}/replay")
        assert replayed.json()["same"] is True


async def test_experiments_tell_what_runs_and_what_a_customer_gets(given: Settings) -> None:
    holdout = Holdout(universal=0.3, salt="s")
    policy = given.knowledge / "policy.yaml"
    policy.write_text(policy.read_text() + f"\nexperiments:\n  holdout: {holdout.model_dump_json()}\n")
    held = next(f"C-{n}" for n in range(99) if holdout.of(f"C-{n}"))
    free = next(f"C-{n}" for n in range(99) if not holdout.of(f"C-{n}"))
    async with running(given) as desk:
        told = (await desk.get("/v1/experiments")).json()
        assert (told["provider"], told["assignment"]) == ("flags.json", None)
        assert told["holdout"]["universal"] == 0.3
        assert told["flags"]["propensity"]["experiment"] == "scores"
        for who, arms, out in ((held, {}, "universal"), (free, None, False)):
            got = (await desk.get(f"/v1/experiments?customer_id={who}")).json()["assignment"]["experiment"]
            assert got["holdout"] == out
            assert got == (await desk.decide(customer_id=who))["experiment"]
            assert arms is None or got["arms"] == arms


async def test_flags_are_looked_at_again(given: Settings) -> None:
    async with running(given) as desk:
        (given.knowledge / "flags.json").write_text(a_flag("implicit"))
        for _ in range(2):
            await desk.service.library.look_for_documents(desk.clock())
        assert desk.service.library.flagging is None
        told = (await desk.get("/v1/experiments")).json()
        assert told["usual"] == json.loads(Flags(propensity="implicit").model_dump_json())
        assert told["flags"]["propensity"]["experiment"] is None
