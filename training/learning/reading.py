"""Entries of the journal for the learner: from the streams as they are written, or from the archive."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import polars as pl

from models.domain import PARTITIONS
from training.archive import PART
from training.errors import OptionError, ServiceError
from training.learning.words import Entry, EntryError
from training.problems import Problem, TableError
from training.prompted import journal_parts, read_part
from training.store import journal, news

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from training.learning.tally import Tally

TAGS = tuple(f"p{number:02d}" for number in range(PARTITIONS))
MOST = 2000
"""Entries of a stream in one answer."""
Place = tuple[int, int]
"""Of an entry: the moment it was written, ms, and its number in that."""
END: Final = (2**64, 0)
"""Behind the last entry there can be."""


def read_streams(client: Any, tally: Tally, block_ms: int | None) -> int:
    """Count what is new, waiting so long for the first of it; how many entries that were."""
    places = {journal(tag): tally.partitions[tag].place if tag in tally.partitions else "0-0" for tag in TAGS}
    taken = 0
    for stream, entries in news(client, places, MOST, block_ms):
        tag = stream.decode()[1:].partition("}")[0]
        for place, fields in entries:
            take(
                tally, tag, place.decode(), {name.decode(): value.decode() for name, value in fields.items()}
            )
        taken += len(entries)
    return taken


def last_entries(client: Any) -> dict[str, Place]:
    """Of each partition that has any."""
    newest = {tag: client.xrevrange(journal(tag), count=1) for tag in TAGS}
    return {tag: _place(found[0][0].decode()) for tag, found in newest.items() if found}


def reached(tally: Tally, ends: Mapping[str, Place]) -> bool:
    """Whether all entries up to these are counted."""
    known = tally.partitions
    return all(tag in known and _place(known[tag].place) >= end for tag, end in ends.items())


def take(tally: Tally, tag: str, place: str, fields: dict[str, Any]) -> None:
    """One entry, with its fields as the stream or the archive has them.

    Raises:
        OptionError: it cannot be understood. It is not passed over: an entry that was is never counted, also not by who could read it.
    """
    found = {name: fields.get(name) or "" for name in ("kind", "id", "at", "record", "lesson")}
    try:
        tally.take(tag, place, Entry(moment=int(place.partition("-")[0]), **found))
    except EntryError as error:
        raise OptionError(
            f"journal of {tag}, entry {place} ({found['kind']} {found['id']}): {error}; "
            f"run a learner as new as the service, or, if no service wrote it, take it out: XDEL {journal(tag)} {place}"
        ) from None


def read_archive(tally: Tally, folder: Path) -> int:
    """Count everything archived, in the order in which it was written; how many entries that were.

    Raises:
        TableError: a file that is no part of a journal.
        OptionError: no file at all, or an entry that cannot be understood.
    """
    wanted = ("entry", "partition", "kind", "id", "at", "record", "lesson")
    taken = 0
    for tag, paths in _archived(folder).items():
        for path in paths:
            frame = read_part(path, needed=("entry", "kind", "id", "at", "record"))
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


def _archived(folder: Path) -> dict[str, list[Path]]:
    """The files of each partition in the order in which they were written."""
    parts = journal_parts(folder)
    if not parts:
        raise OptionError(f"--archive: no journal in '{folder}'; name the folder `archive --out` was given")
    found: dict[str, list[tuple[int, int, Path]]] = {}
    for path in parts:
        name = PART.fullmatch(path.name)
        if name is None:
            raise TableError(
                [Problem(path.name, None, None, "no name that `archive` gives", "take it out of the folder")]
            )
        found.setdefault(name[1], []).append((int(name[2]), int(name[3]), path))
    return {tag: [path for *_, path in sorted(found[tag])] for tag in sorted(found)}


def check_whole(client: Any) -> None:
    """Raises ServiceError where entries are gone that a learner who starts now would never see."""
    if _gone(client):
        raise ServiceError(
            "the journal was trimmed before anybody learned from it; run once with --rebuild --archive DIR, or with --rebuild alone to learn from what is left"
        )


def check_archived(client: Any, folder: Path) -> None:
    """Raises OptionError where entries are gone that the archive has not got either."""
    parts = _archived(folder)
    for tag, (number, first) in _gone(client).items():
        frames = [read_part(path, needed=("entry",))["entry"] for path in parts.get(tag, ())]
        kept = {entry for frame in frames for entry in frame.to_list() if _place(entry) < first}
        if len(kept) < number:
            raise OptionError(
                f"--archive: {number - len(kept):,} entries of {tag} are neither in '{folder}' nor in Redis any more; "
                "name the folder that has them, or leave --archive away to learn from what is left in Redis"
            )


def _gone(client: Any) -> dict[str, tuple[int, Place]]:
    """Partitions of whose stream entries are gone: how many, and the first one that is left."""
    found = {}
    for tag in TAGS:
        if not client.exists(journal(tag)):
            continue
        about = client.xinfo_stream(journal(tag))
        number, first = int(about["entries-added"]) - int(about["length"]), about["first-entry"]
        if number > 0:
            found[tag] = number, END if first is None else _place(first[0].decode())
    return found


def _place(entry: str) -> Place:
    moment, _, number = entry.partition("-")
    return int(moment), int(number)
