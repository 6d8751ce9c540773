"""The learner: reads the journal as it is written, counts it, and writes a new snapshot within two seconds of an outcome that changes one."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pydantic import ValidationError

from models.learned import Learned, load_learned
from training.errors import OptionError, ServiceError
from training.learning.fit import corrections
from training.learning.keeping import Keeper, everything
from training.learning.reading import (
    TAGS,
    check_archived,
    check_whole,
    last_entries,
    reached,
    read_archive,
    read_streams,
)
from training.learning.tally import Tally
from training.store import LEARNED, connected

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from training.learning.reading import Place

BLOCK_MS = 1000
"""How long to wait for news; so often it says up to when all is counted."""
GATHER_SECONDS = 0.4
"""How long news is gathered before it is counted, so that a busy journal does not ask for a snapshot an entry."""
REFRESH_SECONDS = 600.0
"""A snapshot that says nothing new is written so often all the same: its places let the journal be trimmed."""
AWAY_SECONDS = 1.0
PARTS = ("corrections", "families", "kinds")
"""Of a snapshot: what it says."""


class AwayError(ServiceError):
    """Redis does not answer, or refuses for now: that is waited for."""


@dataclass(frozen=True)
class Learning:
    """What is asked of the learner. `once`: count what is there and end. `rebuild`: forget, and count the archive and the streams anew."""

    url: str
    once: bool = False
    rebuild: bool = False
    archive: Path | None = None


def learn(asked: Learning, say: Callable[[str], None]) -> None:
    """Learn until told to end; a store that goes away is waited for.

    Raises:
        OptionError: an archive and no rebuild, one with a gap, an address that is none, or an entry that cannot be understood.
        ServiceError: Redis is away and it was asked for once, entries are gone already, or another learner is at work.
    """
    if asked.archive is not None and not asked.rebuild:
        raise OptionError("--archive: what is archived is counted once; add --rebuild to count it anew")
    rebuild = asked.rebuild
    while True:
        try:
            with connected(asked.url, "nothing is lost, run it again", AwayError) as client:
                learner = opened(Keeper(client), asked.archive, say, rebuild=rebuild)
                learner.ends = last_entries(client) if asked.once else {}
                while learner.step(last=asked.once):
                    rebuild = False
                return
        except AwayError as error:
            if asked.once or rebuild:
                raise
            say(str(error))
            time.sleep(AWAY_SECONDS)


def opened(keeper: Keeper, archive: Path | None, say: Callable[[str], None], *, rebuild: bool) -> Learner:
    """With what was counted before, or what the archive has.

    Raises:
        ServiceError: nothing was counted before, and entries are gone already. OptionError: which the archive has not got either.
    """
    if rebuild:
        keeper.join()
        tally = Tally()
        if archive is not None:
            check_archived(keeper.client, archive)
            say(f"{read_archive(tally, archive):,} entries of the archive counted")
        everything(tally)
    else:
        known = keeper.load()
        if known is None:
            check_whole(keeper.client)
        tally = known or Tally()
    return Learner(keeper, tally, _snapshot(keeper), say, afresh=rebuild)


def _snapshot(keeper: Keeper) -> Learned | None:
    found = keeper.client.get(LEARNED)
    try:
        return None if found is None else load_learned(found)
    except ValidationError:
        return None


@dataclass
class Learner:
    """`written`: the snapshot that stands in the store; `afresh`: what is kept there is to be replaced.

    `ends`: the last entries there were, where those are all that is asked for. `fitted`: the day, and the last day the bundle has learned, that the corrections are of: both change them without any outcome.
    """

    keeper: Keeper
    tally: Tally
    written: Learned | None
    say: Callable[[str], None]
    afresh: bool = False
    refreshed: float = 0.0
    fitted: tuple[int, int] | None = None
    ends: Mapping[str, Place] = field(default_factory=dict)

    def step(self, *, last: bool) -> bool:
        """Wait for news, count it, write it. With `last`, do not wait, and say whether there is more up to `ends`; otherwise there is always more to come."""
        taken = read_streams(self.keeper.client, self.tally, None if last or self.afresh else BLOCK_MS)
        until = time.monotonic() + GATHER_SECONDS
        more = taken
        while more and time.monotonic() < until:
            if not last:
                time.sleep(GATHER_SECONDS / 10)
            more = read_streams(self.keeper.client, self.tally, None)
            taken += more
        done = last and (not taken or reached(self.tally, self.ends))
        if taken or last or self.afresh or self.written is None:
            self._publish(refresh=done or time.monotonic() > self.refreshed + REFRESH_SECONDS)
        clocks = [part.clock for part in self.tally.partitions.values()]
        self.keeper.beat(max(clocks, default=0) if more else self.keeper.now())
        return not done

    def _publish(self, *, refresh: bool) -> None:
        tally, known = self.tally, self.written
        tally.forget()
        fresh = known
        days = tally.newest, tally.taught
        if tally.recounted or self.afresh or fresh is None or self.fitted != days:
            found = corrections(tally.counts, tally.newest, tally.taught)
            fresh, self.fitted = Learned.model_validate(found._asdict()), days
        new = known is None or any(getattr(fresh, part) != getattr(known, part) for part in PARTS)
        if new or refresh:
            self.written, self.refreshed = self._placed(fresh), time.monotonic()
            told = self.written.model_dump_json(exclude_none=True, exclude={"version"})
            self.keeper.write(tally, told.encode(), afresh=self.afresh)
        else:
            self.keeper.write(tally, None, afresh=self.afresh)
        self.afresh = False
        if new:
            self.say(f"snapshot {self.keeper.turn}: {len(fresh.corrections):,} actions heard of")

    def _placed(self, snapshot: Learned) -> Learned:
        """With the places in the journal up to which it has counted."""
        partitions = self.tally.partitions
        newest = max((part.clock for part in partitions.values()), default=0)
        return snapshot.model_copy(
            update={
                "sequence": self.keeper.turn + 1,
                "counted": {tag: partitions[tag].place for tag in TAGS if tag in partitions},
                "until": datetime.fromtimestamp(newest / 1000, UTC) if newest else None,
            }
        )
