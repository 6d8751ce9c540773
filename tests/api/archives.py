"""A folder as `python -m training archive` writes it, made of records at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import redis

Entry = tuple[str, str, str | None]
"""Moment in ms with its number, id, record."""


def write_archive(folder: Path, *days: tuple[str, Iterable[Entry]], kind: str = "decision") -> Path:
    """One file a day, such as ("2026-01-05", [("1767571200000-0", "p00-1", record)])."""
    for day, entries in days:
        place = folder / "journal" / f"date={day}"
        place.mkdir(parents=True, exist_ok=True)
        rows = [
            {
                "entry": entry,
                "partition": "p00",
                "kind": kind,
                "id": name,
                "customer_id": "C-1",
                "at": "",
                "record": record,
            }
            for entry, name, record in entries
        ]
        schema = dict.fromkeys(("entry", "partition", "kind", "id", "customer_id", "at", "record"), pl.String)
        files = len(list(place.iterdir()))
        pl.DataFrame(rows, schema=schema).write_parquet(place / f"part-{files}.parquet")
    return folder


def archived(store: redis.Redis, folder: Path) -> Path:
    """Everything decided so far, as an archive of one day."""
    names = sorted(key.decode().partition(":decision:")[2] for key in store.scan_iter("*:decision:*"))
    entries = []
    for number, name in enumerate(names):
        found = store.get(f"{{{name.partition('-')[0]}}}:decision:{name}")
        assert isinstance(found, bytes)
        entries.append((f"{1_767_571_200_000 + number}-0", name, found.decode()))
    return write_archive(folder, ("2026-01-05", entries))
