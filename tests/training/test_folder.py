"""A bundle's folder is whole or not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from models.bundle import BundleError
from training import folder as place
from training.folder import check_target, read_folder, write_folder

if TYPE_CHECKING:
    from pathlib import Path

OLD = {"manifest.json": b"old", "a.npz": b"1"}
NEW = {"manifest.json": b"new"}


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write_folder(OLD, tmp_path / "deep" / "bundle")
    assert read_folder(tmp_path / "deep" / "bundle") == OLD


def test_a_new_bundle_replaces_an_old_one_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    write_folder(OLD, tmp_path / "bundle")
    write_folder(NEW, tmp_path / "bundle")
    assert read_folder(tmp_path / "bundle") == NEW
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


def test_a_folder_that_holds_something_else_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(BundleError, match="is there and is no bundle"):
        write_folder(NEW, tmp_path)
    with pytest.raises(BundleError, match="is there and is no bundle"):
        check_target(tmp_path / "notes.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_an_empty_folder_will_do(tmp_path: Path) -> None:
    (tmp_path / "bundle").mkdir()
    write_folder(NEW, tmp_path / "bundle")
    assert read_folder(tmp_path / "bundle") == NEW


def test_a_folder_without_a_manifest_is_named(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"manifest\.json: there is none in"):
        read_folder(tmp_path)


def test_folders_and_huge_files_inside_a_bundle_are_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_folder(OLD, tmp_path / "bundle")
    (tmp_path / "bundle" / "more").mkdir()
    with pytest.raises(BundleError, match="more: is not a file"):
        read_folder(tmp_path / "bundle")
    (tmp_path / "bundle" / "more").rmdir()
    monkeypatch.setattr(place, "MAX_FILE", 2)
    with pytest.raises(BundleError, match=r"manifest\.json: is not a file of at most 2 bytes"):
        read_folder(tmp_path / "bundle")
