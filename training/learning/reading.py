"""Entries of the journal for the learner: from the streams as they are written, or from the archive."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from models.domain import PARTITIONS
from training.errors import ServiceError
from training.learning.words import Entry
from training.prompted import journal_parts, read_part
from training.store import journal

if TYPE_CHECKING:
    from pathlib import Path

    from training.learning.tally import Tally

TAGS = tuple(f"p{number:02d}" for number in range(PARTITIONS))
MOST = 2000
"""Entries of a stream in one answer."""


def read_streams(client: Any, tally: Tally, block_ms: int | None) -> int:
    """Count what is new, waiting so long for the first of it; how many entries that were."""
    places = {journal(tag): tally.partitions[tag].place if tag in tally.partitions else "0-0" for tag in TAGS}
    taken = 0
    for stream, entries in client.xread(places, count=MOST, block=block_ms) or ():
        tag = stream.decode()[1:].partition("}")[0]
        for place, fields in entries:
            take(
                tally, tag, place.decode(), {name.decode(): value.decode() for name, value in fields.items()}
            )
        taken += len(entries)
    return taken


def take(tally: Tally, tag: str, place: str, fields: dict[str, Any]) -> None:
    """One entry, with its fields as the stream or the archive has them."""
    found = {name: fields.get(name) or "" for name in ("kind", "id", "at", "record", "lesson")}
    tally.take(tag, place, Entry(moment=int(place.partition("-")[0]), **found))


def read_archive(tally: Tally, folder: Path) -> int:
    """Count everything archived, in the order in which it was written; how many entries that were.

    Raises:
        TableError: a file that is no part of a journal.
        ServiceError: no file at all.
    """
    parts = journal_parts(folder)
    if not parts:
        raise ServiceError(f"--archive: no journal in '{folder}'; name the folder `archive --out` was given")
    wanted = ("entry", "partition", "kind", "id", "at", "record", "lesson")
    taken = 0
    by_tag: dict[str, list[tuple[tuple[int, int], Path]]] = {}
    for path in parts:
        _, tag, moment, number, *_ = path.name.replace(".", "-").split("-")
        by_tag.setdefault(tag, []).append(((int(moment), int(number)), path))
    for tag in sorted(by_tag):
        for _, path in sorted(by_tag[tag]):
            frame = read_part(path)
            known = [name for name in wanted if name in frame.columns]
            for row in (
                frame.filter(pl.col("kind").is_in(["decision", "outcome"]))
                .select(known)
                .iter_rows(named=True)
            ):
                take(tally, tag, row["entry"], row)
            if len(frame):
                last = frame.row(-1, named=True)
                take(tally, tag, last["entry"], {"kind": "end"})
            taken += len(frame)
    return taken


def check_whole(client: Any) -> None:
    """Raises ServiceError where entries are gone that a learner who starts now would never see."""
    for tag in TAGS:
        if not client.exists(journal(tag)):
            continue
        about = client.xinfo_stream(journal(tag))
        if int(about["entries-added"]) > int(about["length"]):
            raise ServiceError(
                "the journal was trimmed before anybody learned from it; run once with --rebuild --archive DIR, or with --rebuild alone to learn from what is left"
            )
