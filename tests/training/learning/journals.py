"""Entries of a journal, of which a test states only what it is about."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from training.learning.words import Entry

if TYPE_CHECKING:
    import redis

    from training.learning.tally import Tally

START = int(datetime(2026, 11, 2, 10, 0, tzinfo=UTC).timestamp() * 1000)
DAY = 86_400_000


def text(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat()


def decided(name: str = "p00-1", at: int = START, *, late: int = 0, **lesson: Any) -> Entry:
    """A decision that proposed a saving and a sale, written `late` days after it was made."""
    asked = {
        "sell-tv": {"kind": "offer", "family": "video", "logit": -1.5},
        "stay": {"kind": "save", "family": "saves", "logit": -1.0},
    }
    told = {"channel": "voice", "asked": asked, **lesson}
    return Entry(at + late * DAY, "decision", name, text(at), "", json.dumps(told))


def told(
    kind: str,
    days: float = 0,
    *,
    name: str = "p00-1",
    action: str = "sell-tv",
    late: float = 0,
    called: str = "o",
) -> Entry:
    """An outcome so many days after the start, told `late` days later."""
    at = START + round(days * DAY) + 1000
    record = {"outcome_id": called, "decision_id": name, "action_id": action, "kind": kind, "at": text(at)}
    return Entry(at + round(late * DAY), "outcome", called, text(at), json.dumps(record), "")


def moment(days: float) -> Entry:
    """Something else, so many days after the start."""
    at = START + round(days * DAY)
    return Entry(at, "event", "e", text(at), "{}", "")


def read(tally: Tally, *entries: Entry, tag: str = "p00") -> Tally:
    """The tally, having read these in the order of the moments they were written."""
    for number, entry in enumerate(sorted(entries, key=lambda entry: entry.moment)):
        tally.take(tag, f"{entry.moment}-{number}", entry)
    return tally


def write(client: redis.Redis, *entries: Entry, tag: str = "p00") -> None:
    """Into the stream, as the service writes."""
    for number, entry in enumerate(sorted(entries, key=lambda entry: entry.moment)):
        given = {"record": entry.record} if entry.record else {}
        given |= {"lesson": entry.lesson} if entry.lesson else {}
        fields = {"kind": entry.kind, "id": entry.id, "customer": "C-1", "at": entry.at, **given}
        client.xadd(f"{{{tag}}}:journal", fields, id=f"{entry.moment}-{number}")
