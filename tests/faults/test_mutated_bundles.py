"""Bar 4: broken and harmful bundles are published under load. None is used, none runs code, and no request is dropped."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from api.bundles import read_folder
from models.bundle import BundleError, open_bundle
from tests.api.running import write_bundle
from tests.faults.lengths import times
from tests.faults.load import a_decision, under_load
from tests.faults.mutants import WAYS, mutant
from tests.faults.processes import waited_for
from tests.faults.rig import Service

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.faults.figures import Figures
    from tests.faults.rig import Valkey

LOOKED = "behoud_bundle_looked_seconds"
FACTS = {"tenure_months": 7, "contract": "month"}


@pytest.fixture
def eager(tmp_path: Path, valkey: Valkey) -> Iterator[Service]:
    """A service that looks for bundles all the time."""
    made = Service(tmp_path / "service", valkey.url, BEHOUD_BUNDLE_SECONDS="0.05", BEHOUD_TOO_LATE_MS="60000")
    with made.started() as found:
        yield found


def publish(files: Mapping[str, bytes], folder: Path) -> None:
    """In one step, as the job does; names that lead elsewhere stand in the manifest only."""
    fresh, old = folder.with_name("fresh"), folder.with_name("old")
    fresh.mkdir()
    for name, data in files.items():
        (fresh / name).write_bytes(data)
    folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old)


def looked(service: Service) -> None:
    """Until the service has begun and ended a look that is newer than this call."""
    for _ in range(2):
        before = service.figure(LOOKED)
        waited_for(lambda before=before: service.figure(LOOKED) != before)  # type: ignore[misc]


def said(service: Service, contact: str) -> tuple[Any, ...]:
    """What a bundle makes of a stranger: its figures, without its name."""
    asked = {"customer_id": f"S-{contact}", "contact": {"contact_id": contact, "channel": "voice"}}
    _, answer = service.ask("POST", "/v1/decisions", {**asked, "facts": FACTS})
    told = json.loads(answer)
    return told["churn"], [(row["action_id"], row["value"]) for row in told["proposals"]]


def test_no_mutant_is_used_and_nobody_notices_any(eager: Service, tmp_path: Path, figures: Figures) -> None:
    folder, mark = eager.folder / "bundle", tmp_path / "mark"
    good = read_folder(folder)
    before = said(eager, "before")
    count, used = times(len(WAYS) * 3, 1000), 0
    with under_load(eager.port, 20, a_decision) as load:
        for number in range(count):
            publish(mutant(number, good, mark)[1], folder)
            looked(eager)
            used += eager.figure('behoud_source_refused{part="bundle"}') != 1.0
        during = said(eager, "during")
        shutil.rmtree(folder)
        write_bundle(folder, seed=2)
        other = open_bundle(read_folder(folder)).version
        waited_for(lambda: other in eager.ask("GET", "/readyz?verbose")[1].decode())
    dropped = [one for one in load.asked if one.status != 200]
    bundles = {one.json()["versions"]["bundle"] for one in load.asked if one.status == 200}
    figures.add("mutants.published", count, "bundles")
    figures.add("mutants.used", used, "bundles", "0", used == 0)
    figures.add("mutants.code_run", mark.exists(), "times", "0", not mark.exists())
    figures.add("mutants.requests", len(load.asked), "requests")
    figures.add("mutants.dropped", len(dropped), "requests", "0", not dropped)
    assert (used, mark.exists(), dropped) == (0, False, [])
    assert during == before
    assert said(eager, "after") != before
    assert bundles <= {open_bundle(good).version, other}


@pytest.mark.parametrize("number", range(len(WAYS)), ids=[way.__name__ for way in WAYS])
def test_every_way_names_the_file_and_why(number: int, tmp_path: Path) -> None:
    good = read_folder(write_bundle(tmp_path / "bundle"))
    way, files = mutant(number, good, tmp_path / "mark")
    publish(files, tmp_path / "bundle")
    if way == "of_another_provider":
        assert (
            open_bundle(files).products[0].startswith("x-")
        )  # whole in itself: what it is held against refuses it
        return
    with pytest.raises((BundleError, FileNotFoundError), match=r"(bundle refused: |No such file)"):
        open_bundle(read_folder(tmp_path / "bundle"))
    assert not (tmp_path / "mark").exists()
