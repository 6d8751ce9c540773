"""Runs on disk: a file a world and seed, written anew after every policy, so that an interrupted comparison goes on where it was."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from training.errors import OptionError
from training.worlds.running import Run

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def place(folder: Path, world: str, seed: int) -> Path:
    """Where the runs of a world and seed lie."""
    return folder / "runs" / f"{world}.{seed}.json"


def read_runs(path: Path) -> list[Run]:
    """What was kept there; nothing when there is no such file.

    Raises:
        OptionError: the file was not written by this version.
    """
    if not path.exists():
        return []
    try:
        return [_run(row) for row in json.loads(path.read_text(encoding="utf-8"))]
    except (ValueError, TypeError, KeyError) as error:
        raise OptionError(
            f"{path}: these are no runs that can be gone on with; delete it or give another --out"
        ) from error


def keep(path: Path, runs: Iterable[Run]) -> None:
    """Write them in place of what was there, at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps([asdict(one) for one in runs]) + "\n", encoding="utf-8")
    draft.replace(path)


def _run(row: dict[str, Any]) -> Run:
    values = {item.name: row[item.name] for item in fields(Run)}
    lists = {"values": tuple(row["values"]), "draws": tuple(tuple(some) for some in row["draws"])}
    return Run(**{**values, **lists})
