"""A language is a file beside the policy: checked with it, spoken by it, and kept with it."""

from __future__ import annotations

import shutil
from importlib.resources import files
from pathlib import Path

import pytest

from api.check import run
from api.documents import LANGUAGES, LAW, Documents, files_of, kept_with, rebuild
from api.languages import read_languages, spoken
from api.law import read_packs
from models.domain import Flags

TELECOM = Path(__file__).parents[2] / "examples" / "telecom"
DUTCH = (files("models") / "languages" / "nl.yaml").read_bytes()


@pytest.fixture
def provider(tmp_path: Path) -> Path:
    """A copy of the example with a Dutch of its own."""
    folder = Path(shutil.copytree(TELECOM, tmp_path / "telecom"))
    (folder / "languages").mkdir()
    (folder / "languages" / "nl.yaml").write_bytes(DUTCH.replace(b"Nu niet geldig", b"Vandaag niet"))
    return folder


def written(folder: Path) -> Documents:
    catalogue, policy = ((folder / f"{name}.yaml").read_bytes() for name in ("catalogue", "policy"))
    return Documents(catalogue, policy, Flags(), read_packs(folder), read_languages(folder))


def test_dutch_and_english_come_with_the_software() -> None:
    assert sorted(spoken()) == ["en", "nl"]


def test_a_providers_own_words_win_and_change_the_version_of_its_policy(provider: Path) -> None:
    own, plain = rebuild(written(provider)), rebuild(written(TELECOM))
    assert own.wording.own["dates", "nl"].whole({}) == "Vandaag niet"
    assert plain.wording.own["dates", "nl"].whole({}) == "Nu niet geldig"
    assert own.versions.policy != plain.versions.policy


def test_what_is_kept_with_a_policy_makes_the_same_knowledge_again(provider: Path) -> None:
    documents = written(provider)
    knowledge = rebuild(documents)
    kept = files_of(knowledge.policy, documents)
    assert sorted(kept) == ["languages.nl.yaml", "law.eu.yaml", "law.nl.yaml", "policy.yaml"]
    again = Documents(
        documents.catalogue, kept["policy.yaml"], Flags(), kept_with(kept, LAW), kept_with(kept, LANGUAGES)
    )
    assert rebuild(again).versions == knowledge.versions


def test_check_names_every_key_a_language_file_lacks(
    provider: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = provider / "languages" / "nl.yaml"
    lines = [line for line in DUTCH.decode().splitlines() if not line.startswith(("  channel:", "  day:"))]
    file.write_text("\n".join(lines), encoding="utf-8")
    assert run(provider) == 2
    found = capsys.readouterr().out.splitlines()
    assert sorted(line.partition(": ")[2] for line in found) == [
        "changes.day: missing; add it",
        "rules.channel: missing; add it",
    ]
    assert all(line.startswith("languages/nl.yaml:") for line in found)
