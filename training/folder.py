"""A bundle as a folder on disk: written whole or not at all, read without trust."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from models.bundle import MANIFEST, BundleError
from models.manifest import MAX_FILE

if TYPE_CHECKING:
    from collections.abc import Mapping


def read_folder(folder: Path) -> dict[str, bytes]:
    """The files of a bundle's folder, none larger than a bundle may have.

    Raises:
        BundleError: no manifest in it, or something inside that is no file of a bundle.
    """
    if not (folder / MANIFEST).is_file():
        raise BundleError(
            MANIFEST, f"there is none in '{folder}'; give a bundle's folder or models:/behoud@champion"
        )
    files = {}
    for path in sorted(folder.iterdir()):
        if not path.is_file() or path.stat().st_size > MAX_FILE:
            raise BundleError(path.name, f"is not a file of at most {MAX_FILE} bytes")
        files[path.name] = path.read_bytes()
    return files


def check_target(folder: Path) -> None:
    """Raises BundleError when `folder` holds something else, which writing there would destroy."""
    if folder.exists() and not (folder / MANIFEST).is_file() and (folder.is_file() or any(folder.iterdir())):
        raise BundleError(str(folder), "is there and is no bundle; give --out a new or empty folder")


def write_folder(files: Mapping[str, bytes], folder: Path) -> None:
    """Replace `folder` by these files in one step: a reader sees the old bundle or the new one, and a crash leaves one of them.

    Raises:
        BundleError: `folder` holds something else.
    """
    check_target(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        for name, data in files.items():
            with (fresh / name).open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        fresh.chmod(0o755)
        _replace(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _replace(fresh: Path, folder: Path) -> None:
    if folder.exists():
        old = Path(tempfile.mkdtemp(prefix=f".{folder.name}-old-", dir=folder.parent))
        folder.rename(old / "bundle")
        fresh.rename(folder)
        shutil.rmtree(old)
    else:
        fresh.rename(folder)
