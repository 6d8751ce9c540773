"""The pieces of YAML in docs/yaml.md make one provider that passes its own scenarios."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from api.check import run

PAGE = Path(__file__).parents[2] / "docs" / "yaml.md"
PIECE = re.compile(r"^```yaml\n# (\S+\.yaml)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_page_shows_one_provider_that_passes_its_own_scenarios(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, piece in PIECE.findall(PAGE.read_text(encoding="utf-8")):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        with file.open("a", encoding="utf-8") as end:
            end.write(piece)
    code = run(tmp_path)
    assert (code, capsys.readouterr().out) == (
        0,
        "48 tests of law packs passed (eu)\n3 scenarios passed\n",
    )


def test_every_piece_of_yaml_on_the_page_names_its_file() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert len(PIECE.findall(text)) == text.count("```yaml") > 0
