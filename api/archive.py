"""Records of decisions in an archive, as `python -m training archive` writes it: journal/date=…/part-….parquet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.settings import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Stored = bytes | None
"""A record, JSON of `models.journal.DecisionRecord`; None when it had been erased or had expired."""


def latest(archive: Path, most: int) -> Iterator[Stored]:
    """The latest `most` decisions, the newest first; a day is in memory at a time.

    Raises:
        SettingsError: no archive there, or nothing here that reads Parquet.
    """
    left = most
    for day in sorted(_journal(archive).glob("date=*"), reverse=True):
        if left <= 0:
            return
        found = _decisions(day).sort("entry_at", "entry_no", descending=True).head(left)
        left -= len(found)
        for record in found["record"]:
            yield None if record is None else record.encode()


def find(archive: Path, decision_id: str) -> Stored:
    """The record of one decision, None when there is none.

    Raises:
        SettingsError: as above.
    """
    for day in sorted(_journal(archive).glob("date=*"), reverse=True):
        found = _decisions(day, decision_id)
        for record in found["record"]:
            return None if record is None else str(record).encode()
    return None


def _journal(archive: Path) -> Path:
    journal = archive / "journal"
    if not journal.is_dir():
        raise SettingsError(
            f"there is no archive in '{archive}'; name the folder that 'python -m training archive --out' wrote"
        )
    return journal


def _decisions(day: Path, decision_id: str | None = None) -> Any:
    polars = parquet_reader()
    rows = polars.scan_parquet(sorted(day.glob("part-*.parquet"))).filter(polars.col("kind") == "decision")
    if decision_id is not None:
        rows = rows.filter(polars.col("id") == decision_id)
    moment, number = (
        polars.col("entry").str.split("-").list.get(place).cast(polars.Int64) for place in (0, 1)
    )
    return rows.select("record", entry_at=moment, entry_no=number).collect()


def parquet_reader() -> Any:
    """Polars, which the service itself does without.

    Raises:
        SettingsError: it is not installed.
    """
    try:
        import polars  # noqa: PLC0415, ICN001  an extra: 180 MB that only this needs
    except ImportError:
        raise SettingsError(
            "Parquet needs polars, which is not installed; install the extra: pip install 'behoud[archive]'"
        ) from None
    return polars
