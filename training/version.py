"""Which code learned this."""

from __future__ import annotations

import hashlib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def code_version() -> str:
    """The release, and a hash of the source of both rooms that learn: other code may learn something else."""
    digest = hashlib.sha256()
    root = Path(__file__).parent.parent
    for room in ("models", "training"):
        for path in sorted((root / room).rglob("*.py")):
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    try:
        release = version("behoud")
    except PackageNotFoundError:  # run from a source tree
        release = "source"
    return f"{release}+{digest.hexdigest()[:12]}"
