"""Bar 5: everything that decides is swapped under load. No request fails, and no answer is made of two versions, which its content shows."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from models.bundle import open_bundle
from models.documents import version_of
from tests.api.running import HERE, a_flag, own_provider, write_bundle
from tests.faults.lengths import at_length, times
from tests.faults.load import a_decision, under_load
from tests.faults.processes import waited_for
from tests.faults.rig import Service, client_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tests.faults.figures import Figures
    from tests.faults.load import Asked, Load
    from tests.faults.rig import Valkey

OFTEN = {
    "BEHOUD_BUNDLE_SECONDS": "0.1",
    "BEHOUD_KNOWLEDGE_SECONDS": "0.1",
    "BEHOUD_LEARNED_SECONDS": "0.1",
    "BEHOUD_TOO_LATE_MS": "60000",
}
"""And refuses nobody for coming late: that is another bar."""
TITLES = ("Fiber", "TV", "Security", "Repair it", "Cancel the contract")
SEEDS = (2, 3, 1)
Label = tuple[str, str | None, str]
Numbers = dict[Any, set[float]]
"""By what a version decides about, all the numbers said of it: one, unless versions were mixed."""


@dataclass
class Sources:
    """Documents, bundles and corrections: what is made of each of them tells which it was."""

    folder: Path
    bundle: Path
    store: Any
    seeds: dict[int, Path] = field(default_factory=dict)

    def write(self, number: int) -> None:
        """Documents whose titles end in the number, with which an answer holds so many minutes."""
        catalogue = (HERE / "catalogue.yaml").read_text()
        for title in TITLES:
            catalogue = catalogue.replace(f"title: {title}", f"title: {title} {number}")
        policy = (HERE / "policy.yaml").read_text()
        made = {
            "catalogue.yaml": catalogue,
            "policy.yaml": f"{policy}arbitration: {{valid_minutes: {number}}}\n",
            "flags.json": a_flag(("winner", "implicit")[number % 2]),
        }
        for name, text in made.items():
            (self.folder / name).write_text(text)

    def publish(self, seed: int) -> str:
        """The version of a bundle with other numbers for each seed."""
        if seed not in self.seeds:
            self.seeds[seed] = write_bundle(self.bundle.with_name(f"seed-{seed}"), seed)
        fresh, old = self.bundle.with_name("fresh"), self.bundle.with_name("old")
        shutil.copytree(self.seeds[seed], fresh)
        self.bundle.rename(old)
        fresh.rename(self.bundle)
        shutil.rmtree(old)
        return open_bundle({path.name: path.read_bytes() for path in self.seeds[seed].iterdir()}).version

    def learn(self, number: int) -> str:
        """The version of corrections with which every offer is accepted more often by each number."""
        corrections = {
            name: {"mean": 0.03 * number} for name in ("offer-fiber", "offer-tv", "offer-security")
        }
        told = json.dumps({"sequence": number, "corrections": corrections}).encode()
        self.store.set("behoud:learned", told)
        return version_of(told)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return own_provider(tmp_path / "provider")


@pytest.fixture
def sources(folder: Path, tmp_path: Path, valkey: Valkey) -> Iterator[Sources]:
    with client_of(valkey.url) as store:
        made = Sources(folder, tmp_path / "service" / "bundle", store)
        made.write(1)
        yield made


@pytest.fixture
def swapping(tmp_path: Path, valkey: Valkey, sources: Sources) -> Iterator[Service]:
    """A service that looks all the time."""
    with Service(tmp_path / "service", valkey.url, sources.folder, **OFTEN).started() as found:
        yield found


def a_stranger(number: int) -> Asked:
    """Another one each time, of whom the same is known: where two answers differ, something else decided."""
    known = {"facts": {"tenure_months": 7, "contract": "month"}, "holdings": [{"product_id": "fiber"}]}
    return a_decision(2 * number, customers=10**9, **known)


def label(answer: dict[str, Any]) -> Label:
    """What it says decided about its numbers."""
    versions = answer["versions"]
    return versions["bundle"], versions["learned"], versions["flags"]


def content(answer: dict[str, Any]) -> dict[str, float]:
    """The numbers themselves, by action. Each by its own: an answer that was given without the store has fewer proposals."""
    chances = {row["action_id"]: row["value"]["p_accept"] for row in answer["proposals"] if row["value"]}
    return {"churn": answer["churn"]["next_month"], **chances}


def written(answer: dict[str, Any]) -> list[tuple[str, int]]:
    """By version the numbers of the documents it is made of: of the policy by how long it holds, of the catalogue by each title.

    Each by its own: the files are written one after the other, and a look on a busy machine may take a new catalogue with the policy
    before it, which the versions of the answer say.
    """
    began, until = (datetime.fromisoformat(answer[key]) for key in ("decided_at", "valid_until"))
    versions, minutes = answer["versions"], round((until - began).total_seconds() / 60)
    titles = [int(row["title"].rpartition(" ")[2]) for row in answer["proposals"]]
    return [(versions["policy"], minutes), *((versions["catalogue"], title) for title in titles)]


@dataclass
class Said:
    """All the numbers that were said, by what decided them. One each, unless versions were mixed."""

    learned: dict[Label, Numbers] = field(default_factory=dict)
    written: Numbers = field(default_factory=dict)

    @classmethod
    def by(cls, answers: Iterable[dict[str, Any]]) -> Said:
        said = cls()
        for answer in answers:
            for what, number in content(answer).items():
                said.learned.setdefault(label(answer), {}).setdefault(what, set()).add(number)
            for version, number in written(answer):
                said.written.setdefault(version, set()).add(number)
        return said

    @property
    def mixed(self) -> int:
        """Numbers that belong to another version than the one that is said to have decided."""
        return sum(len(found) - 1 for one in (*self.learned.values(), self.written) for found in one.values())


def in_use(service: Service) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(service.ask("GET", "/readyz?verbose")[1])["versions"]
    return found


def swap(service: Service, sources: Sources, number: int) -> None:
    """Publish another bundle, other documents or other corrections in turn, until they are in use."""
    before = in_use(service)
    if number % 3 == 0:
        wanted = sources.publish(SEEDS[number // 3 % 3])
        waited_for(lambda: in_use(service)["bundle"] == wanted)
    elif number % 3 == 1:
        sources.write(2 + number // 3)
        waited_for(lambda: in_use(service)["policy"] != before["policy"])
    else:
        learned = sources.learn(1 + number // 3)
        waited_for(lambda: in_use(service)["learned"] == learned)


def goes_on(load: Load, answers: int = 5) -> None:
    """Until so many more were answered with all that decides: on a busy machine some are without the store, and offer nothing."""
    already = len(load.asked)
    waited_for(lambda: sum(map(in_full, list(load.asked)[already:])) >= answers)


def in_full(one: Asked) -> bool:
    return one.status == 200 and b'"store"' not in one.answer


def gone_back(service: Service) -> float:
    """Seconds until the bundle before decides."""
    before, began = in_use(service)["bundle"], time.monotonic()
    status, told = service.ask("POST", "/v1/admin/rollback", {"part": "bundle"})
    assert status == 200, told
    one = a_stranger(10**6)
    answer = json.loads(service.ask(one.method, one.path, one.body)[1])
    assert answer["versions"]["bundle"] == json.loads(told)["parts"][0]["version"] != before
    return time.monotonic() - began


def test_swaps_fail_nothing_mix_nothing_and_leave_nothing_behind(
    swapping: Service, sources: Sources, figures: Figures
) -> None:
    count = times(9, 100)
    with under_load(swapping.port, 20, a_stranger) as load:
        goes_on(load, round(at_length(10, 600)))
        resident = swapping.resident()
        for number in range(count):
            swap(swapping, sources, number)
            goes_on(load)
        grown = swapping.resident() / resident - 1.0
        back = gone_back(swapping)
        goes_on(load)
    failed = [(one.status, one.error) for one in load.asked if one.status != 200]
    answers = [one.json() for one in load.asked if one.status == 200]
    said = Said.by(answers)
    figures.add("swaps", count, "swaps")
    figures.add("swaps.requests", len(load.asked), "requests")
    figures.add("swaps.failed", len(failed), "requests", "0", not failed)
    figures.add("swaps.mixed", said.mixed, "numbers", "0", said.mixed == 0)
    figures.add("swaps.memory", 100 * grown, "% resident", "<= 5", grown <= 0.05)
    figures.add("swaps.rollback", back, "s", "<= 1", back <= 1.0)
    assert failed == []
    assert said.mixed == 0
    # Another label was another content, every time: nothing went on under a new name.
    whole = [repr(sorted(found.items())) for found in said.learned.values() if len(found) > 1]
    assert len(set(whole)) == len(whole) >= count * 2 // 3
    # Nor did a document: each was in use with its own number.
    assert sorted(min(found) for found in said.written.values()) == sorted(
        [*range(1, 2 + (count + 1) // 3)] * 2
    )


def an_answer(learned: str = "l-1", policy: str = "p-1", **more: Any) -> dict[str, Any]:
    """As corrections `l-1` and documents of the number 1 decide."""
    return {
        "versions": {
            "bundle": "b",
            "learned": learned,
            "flags": "f",
            "policy": policy,
            "catalogue": "c-1",
        },
        "decided_at": "2026-11-21T12:00:00Z",
        "valid_until": "2026-11-21T12:01:00Z",
        "churn": {"next_month": 0.02},
        "proposals": [{"action_id": "offer-tv", "title": "TV 1", "value": {"p_accept": 0.1}}],
        **more,
    }


def test_a_number_of_another_version_is_seen_and_a_proposal_less_is_no_other_version() -> None:
    """A catalogue may come into use before its policy: what says so mixes nothing."""
    dearer = [{"action_id": "offer-tv", "title": "TV 1", "value": {"p_accept": 0.2}}]
    retitled = [{"action_id": "offer-tv", "title": "TV 2", "value": {"p_accept": 0.1}}]
    as_said = [an_answer(), an_answer(learned="l-2", proposals=dearer), an_answer(policy="p-0")]
    assert Said.by([*as_said, an_answer(proposals=[])]).mixed == 0
    assert Said.by([*as_said, an_answer(proposals=dearer)]).mixed == 1
    assert Said.by([*as_said, an_answer(proposals=retitled)]).mixed == 1
    assert Said.by([*as_said, an_answer(valid_until="2026-11-21T12:02:00Z")]).mixed == 1
    assert Said.by([*as_said, an_answer(churn={"next_month": 0.03})]).mixed == 1
