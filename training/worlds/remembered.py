"""What the store would remember: the months that are over, as the events and outcomes of each customer."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from models.domain import Event, History, PastOutcome
from training.simulator.laboratory.contacting import INTENTS, UNTOLD
from training.simulator.laboratory.deeds import DEEDS, MOTIVES
from training.simulator.laboratory.desk import NONE
from training.simulator.laboratory.goods import LIST
from training.simulator.laboratory.people import CHANNELS
from training.simulator.laboratory.spells import first_day
from training.worlds.example import action_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.domain import Channel
    from training.simulator.laboratory.records import Seen

WITHDRAWS_AFTER = timedelta(days=7)
TROUBLES = (("outage", 3), ("complaint_opened", 5), ("missed_payment", 8))
"""Events beside contacts, and the day of the month they are told on."""
STRANGER = History()


def moment(month: int, day: int) -> datetime:
    """Noon of a day of a month, both counted from 0."""
    return datetime.combine(first_day(month), time(12), UTC) + timedelta(days=day)


def name_of(row: int) -> str:
    """What a customer is called, by his row."""
    return f"L-{row + 1:06d}"


def channel_of(number: int) -> Channel:
    """A channel of the laboratory, by number."""
    return cast("Channel", CHANNELS[number])


def told(motive: int) -> dict[str, str]:
    """The motive as a contact carries it; nothing when it was not told."""
    return {} if motive == UNTOLD else {"motive": MOTIVES[motive], "motive_source": "stated"}


class Remembered:
    """The history of every customer, by row."""

    def __init__(self) -> None:
        """Nothing has happened yet."""
        self.months = 0
        self._events: defaultdict[int, list[Event]] = defaultdict(list)
        self._outcomes: defaultdict[int, list[PastOutcome]] = defaultdict(list)

    def of(self, row: int) -> History:
        """What happened to this customer, oldest first."""
        if row not in self._events:
            return STRANGER
        return History(events=tuple(self._events[row]), outcomes=tuple(self._outcomes[row]))

    def add(self, seen: Seen) -> None:
        """One month more."""
        self.months += 1
        for (kind, day), happened in zip(
            TROUBLES, (seen.outage > 0, seen.complains, seen.missed), strict=True
        ):
            for place in np.flatnonzero(happened).tolist():
                hours = {"hours": float(seen.outage[place])} if kind == "outage" else {}
                self._happens(int(seen.row[place]), kind, moment(seen.month, day), hours)
        contacts = seen.contacts
        columns = (contacts.row, contacts.intent, contacts.motive, contacts.channel, contacts.day)
        rows = zip(*(column.tolist() for column in columns), strict=True)
        for contact, (row, intent, motive, channel, day) in enumerate(rows):
            at, key = moment(seen.month, day), f"K-{name_of(row)}-{seen.month}"
            what = {"contact_id": key, "direction": "inbound", "intent": INTENTS[intent], **told(motive)}
            self._happens(row, "contact", at, {"channel": channel_of(channel), **what})
            self._outcomes[row].extend(_outcomes(seen, contact, row, at))

    def _happens(self, row: int, kind: str, at: datetime, fields: dict[str, Any]) -> None:
        name = name_of(row)
        known = {"event_id": f"E-{name}-{at:%y%m}-{kind}", "customer_id": name, "kind": kind, "at": at}
        self._events[row].append(Event.model_validate({**known, **fields}))


def _outcomes(seen: Seen, contact: int, row: int, at: datetime) -> Iterator[PastOutcome]:
    """What became of each proposal of a contact, in the order in which it was told."""
    asked, name = seen.asked, name_of(row)
    held = seen.held[np.searchsorted(seen.row, row)]
    for rank in np.flatnonzero(asked.deed[contact] != NONE).tolist():
        place = int(asked.deed[contact, rank])
        deed = DEEDS[place]
        answer = "accepted" if asked.accepted[contact, rank] else "declined"
        kinds = ["shown", *(["spoken", answer] if asked.spoken[contact, rank] else ["skipped"])]
        kinds += ["withdrawn"] if asked.withdrawn[contact, rank] else []
        for step, kind in enumerate(kinds):
            yield PastOutcome.model_validate(
                {
                    "outcome_id": f"O-{name}-{seen.month}-{rank}-{kind}",
                    "decision_id": f"D-{name}-{seen.month}",
                    "contact_id": f"K-{name}-{seen.month}",
                    "customer_id": name,
                    "action_id": action_of(place, held),
                    "action_kind": deed.kind,
                    "family": LIST[deed.sells].family if deed.sells >= 0 else deed.kind,
                    "channel": channel_of(int(seen.contacts.channel[contact])),
                    "kind": kind,
                    "reason": "unknown" if kind in {"declined", "skipped"} else None,
                    "at": at
                    + timedelta(minutes=10 * rank + step)
                    + (WITHDRAWS_AFTER if kind == "withdrawn" else timedelta()),
                }
            )
