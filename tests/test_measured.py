"""Where a test says that it is not to be measured, it is not: who asks a thousand times over waits three times as long measured."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ASKED = """
import sys
import pytest

@pytest.mark.no_cover
def test_unmeasured():
    assert sys.gettrace() is None

def test_measured():
    assert sys.gettrace() is not None
"""


@pytest.mark.no_cover
@pytest.mark.parametrize("processes", ["0", "1"])
def test_no_cover_holds_in_one_process_and_in_several(processes: str, tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text(encoding="utf-8"))
    (tmp_path / "test_asked.py").write_text(ASKED)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        f"--numprocesses={processes}",
        f"--cov={tmp_path}",
        "--cov-report=",
    ]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "2 passed" in run.stdout, run.stdout + run.stderr
