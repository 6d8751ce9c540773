"""Bar 7: the committed contract is kept, whatever is made up from it: every check of schemathesis, and calls that follow from each other."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.api.running import TOKEN
from tests.faults.lengths import FULL, times
from tests.faults.processes import ROOT
from tests.faults.rig import Service

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.faults.figures import Figures
    from tests.faults.rig import Valkey

HERE = ROOT / "tests" / "faults"
PHASES = "examples,coverage,fuzzing,stateful" if FULL else "examples,fuzzing,stateful"
SEED = 7


@pytest.fixture
def example(tmp_path: Path, valkey: Valkey) -> Iterator[Service]:
    """The provider whose names the contract's examples use."""
    with Service(tmp_path / "service", valkey.url, ROOT / "examples" / "telecom").started() as found:
        yield found


def test_the_contract_is_kept_whatever_is_made_up_from_it(
    example: Service, figures: Figures, tmp_path: Path
) -> None:
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(HERE / "schemathesis.toml")),
        *("run", str(ROOT / "docs" / "openapi.json"), "--url", f"http://127.0.0.1:{example.port}"),
        *("--header", f"Authorization: Bearer {TOKEN}", "--phases", PHASES),
        *("--max-examples", str(times(1, 50)), "--seed", str(SEED), "--continue-on-failure", "--no-color"),
        *("--suppress-health-check", "all", "--warnings", "off"),
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "SCHEMATHESIS_HOOKS": "tests.faults.schema_hooks"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    made = re.search(r"(\d+) generated", done.stdout)
    assert made is not None, done.stdout + done.stderr
    figures.add("schema.calls", int(made[1]), "calls")
    figures.add("schema.failures", done.returncode, "exit code", "0", done.returncode == 0)
    assert done.returncode == 0, done.stdout
    assert example.ask("GET", "/livez")[0] == 200
