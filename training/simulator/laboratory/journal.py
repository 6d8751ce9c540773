"""A play as the journal would hold it: what happened, what was said and what came of it, in the service's own words."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from training.simulator.laboratory import deeds
from training.simulator.laboratory.contacting import INTENTS, UNTOLD
from training.simulator.laboratory.goods import LIST
from training.simulator.laboratory.luck import Flags
from training.simulator.laboratory.people import CHANNELS
from training.simulator.laboratory.spells import customer_ids, first_day

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from training.simulator.laboratory.luck import Ints
    from training.simulator.laboratory.play import Play
    from training.simulator.laboratory.records import Seen

NOON, WITHDRAWAL_DAYS = 12, 7
Entry = dict[str, Any]
Naming = Callable[[int, Flags], str]
"""What an action is called, by deed and by what the customer holds, (P,)."""


def deed_id(deed: int, held: Flags) -> str:  # noqa: ARG001  other names go by what is held
    """What the laboratory calls it."""
    return deeds.IDS[deed]


def write_journal(play: Play, folder: Path, named: Naming = deed_id) -> int:
    """Events and outcomes below `folder`/journal by day, in the form the archive has; how many. What withdrew lies in the month of the sale."""
    entries = [entry for seen in play.seen for entry in (*_events(play, seen), *_outcomes(play, seen, named))]
    entries.sort(key=lambda entry: (entry["at"], entry["id"]))
    for day, some in groupby(entries, key=lambda entry: str(entry["at"])[:10]):
        rows = [{"entry": f"{number}-0", **entry} for number, entry in enumerate(some, start=1)]
        place = folder / "journal" / f"date={day}"
        place.mkdir(parents=True, exist_ok=True)
        pl.DataFrame(rows).write_parquet(place / f"part-lab-1-0-to-{len(rows)}-0.parquet")
    return len(entries)


def asked_table(play: Play, named: Naming = deed_id) -> pl.DataFrame:
    """What was shown, one row a contact and rank, with the probability the first rank was drawn with: the propensities of an experiment."""
    parts = []
    for seen in play.seen:
        contact, rank = np.nonzero(seen.asked.deed >= 0)
        row, deed = seen.contacts.row[contact], seen.asked.deed[contact, rank]
        customers = customer_ids(play.state.people.number[row])
        parts.append(
            pl.DataFrame(
                {
                    "contact_id": "K-" + customers + f"-{seen.month}",
                    "customer_id": customers,
                    "day": [
                        first_day(seen.month) + timedelta(days=day)
                        for day in seen.contacts.day[contact].tolist()
                    ],
                    "intent": pl.Series(np.array(INTENTS)[seen.contacts.intent[contact]]),
                    "rank": rank + 1,
                    "action_id": [
                        named(one, held)
                        for one, held in zip(deed.tolist(), _held(seen, contact), strict=True)
                    ],
                    "probability": seen.asked.probability[contact],
                    "spoken": seen.asked.spoken[contact, rank],
                    "accepted": seen.asked.accepted[contact, rank],
                    "withdrawn": seen.asked.withdrawn[contact, rank],
                }
            )
        )
    return pl.concat(parts)


def _entry(kind: str, record: dict[str, Any], at: datetime) -> Entry:
    number, moment = record[f"{kind}_id"], at.isoformat()
    customer = record["customer_id"]
    return {
        "partition": _partition(customer),
        "kind": kind,
        "id": number,
        "customer_id": customer,
        "at": moment,
        "record": json.dumps({**record, "at": moment}),
    }


def _partition(customer: str) -> str:
    """As the service tells partitions: CRC-32 modulo 64."""
    return f"p{zlib.crc32(customer.encode()) % 64:02d}"


def _moment(month: int, day: int, minutes: int = 0) -> datetime:
    start = first_day(month)
    return datetime(start.year, start.month, 1, NOON, tzinfo=UTC) + timedelta(days=day, minutes=minutes)


def _events(play: Play, seen: Seen) -> Iterator[Entry]:
    names = dict(
        zip(seen.row.tolist(), customer_ids(play.state.people.number[seen.row]).to_list(), strict=True)
    )
    contacts = seen.contacts
    for row, intent, motive, channel, day in zip(
        contacts.row.tolist(),
        contacts.intent.tolist(),
        contacts.motive.tolist(),
        contacts.channel.tolist(),
        contacts.day.tolist(),
        strict=True,
    ):
        told = {} if motive == UNTOLD else {"motive": deeds.MOTIVES[motive], "motive_source": "stated"}
        contact = {
            "contact_id": f"K-{names[row]}-{seen.month}",
            "direction": "inbound",
            "intent": INTENTS[intent],
        }
        event = {"kind": "contact", "channel": CHANNELS[channel], **contact, **told}
        yield _event(names[row], "contact", seen.month, day, event)
    marks = (
        ("outage", seen.outage > 0, 3),
        ("complaint_opened", seen.complains, 5),
        ("missed_payment", seen.missed, 8),
    )
    for kind, flags, day in marks:
        for place in np.flatnonzero(flags).tolist():
            hours = {"hours": float(seen.outage[place])} if kind == "outage" else {}
            yield _event(names[int(seen.row[place])], kind, seen.month, day, {"kind": kind, **hours})


def _event(customer: str, kind: str, month: int, day: int, fields: dict[str, Any]) -> Entry:
    record = {"event_id": f"E-{customer}-{month}-{kind}", "customer_id": customer, **fields}
    return _entry("event", record, _moment(month, day))


def _held(seen: Seen, contact: Ints) -> Flags:
    """(k, P) what was held at the start of the month by those in these contacts."""
    return seen.held[np.searchsorted(seen.row, seen.contacts.row[contact])]


def _outcomes(play: Play, seen: Seen, named: Naming) -> Iterator[Entry]:
    asked, contacts = seen.asked, seen.contacts
    held = _held(seen, np.arange(len(contacts.row)))
    names = customer_ids(play.state.people.number[contacts.row]).to_list()
    for contact, rank in np.argwhere(asked.deed >= 0).tolist():
        deed, day = deeds.DEEDS[asked.deed[contact, rank]], int(contacts.day[contact])
        said, yes = asked.spoken[contact, rank], asked.accepted[contact, rank]
        kinds = ["shown", *(["spoken", "accepted" if yes else "declined"] if said else ["skipped"])]
        if asked.withdrawn[contact, rank]:
            kinds.append("withdrawn")
        common = {
            "decision_id": f"{_partition(names[contact])}-{names[contact]}-{seen.month}",
            "action_id": named(int(asked.deed[contact, rank]), held[contact]),
            "customer_id": names[contact],
            "contact_id": f"K-{names[contact]}-{seen.month}",
            "channel": CHANNELS[contacts.channel[contact]],
            "action_kind": deed.kind,
            "family": LIST[deed.sells].family if deed.sells >= 0 else deed.kind,
        }
        for step, kind in enumerate(kinds, start=1):
            reason = {"reason": "unknown"} if kind in ("declined", "skipped") else {}
            number = f"O-{names[contact]}-{seen.month}-{rank}-{kind}"
            later = WITHDRAWAL_DAYS if kind == "withdrawn" else 0
            record = {"outcome_id": number, "kind": kind, **common, **reason}
            yield _entry("outcome", record, _moment(seen.month, day + later, 10 * rank + step))
