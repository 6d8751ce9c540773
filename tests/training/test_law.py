"""The job reads a policy with the same law packs as the service."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from models.documents import DocumentError
from training.law import read_policy

TELECOM = Path(__file__).parents[2] / "examples" / "telecom"


def test_a_policy_is_read_with_the_packs_it_names() -> None:
    policy = read_policy(TELECOM / "policy.yaml")
    assert [pack.id for pack in policy.packs] == ["nl", "eu"]
    assert "nl.telemarketing_consent" in {rule.id for rule in policy.rules}


def test_a_pack_beside_the_policy_wins(tmp_path: Path) -> None:
    shutil.copy(TELECOM / "policy.yaml", tmp_path)
    (tmp_path / "law").mkdir()
    (tmp_path / "law" / "nl.yaml").write_text("id: nl\n")
    with pytest.raises(DocumentError, match=r"law/nl.yaml:1: jurisdiction: missing; add it"):
        read_policy(tmp_path / "policy.yaml")
