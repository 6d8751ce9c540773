"""Plain fields first: kind, channel, dates, motive. What they stop needs no rule to be asked.

A fit veto has tier `fit`; its id says which field spoke. What the holdings stop stands in `models.portfolio`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from models.asked import ASKED, KNOWN
from models.memo import Memo
from models.sections.modes import Mode
from models.situation import Situation
from models.swaps import Fitting, Stop, Swap
from models.worse_off import WORSE_OFF

FIT_RULES: Final = (
    "kind_not_in_mode",
    "no_wish_to_leave",
    "channel",
    "dates",
    "motive",
    "already_refused",
    "history_unread",
    "already_held",
    "nothing_to_replace",
    "requires",
    "excludes",
    WORSE_OFF,
    KNOWN,
    ASKED,
)
"""Every fit rule; what an agent reads stands in the language files."""


Admitted = frozenset[tuple[str, str | None]]
"""The (kind, motive) pairs a mode lets in beside its own kinds; motive None means any."""


@dataclass(frozen=True)
class Opening:
    """What contact and holdings leave open, by row of the catalogue, and what they stop: the same for all customers who hold the same."""

    swaps: Mapping[int, Swap]
    stops: Mapping[int, Stop]


class Door:
    """Lets actions in by the plain fields. Each kind of contact with each set of holdings is worked out once a day."""

    def __init__(self, fitted: tuple[Fitting, ...], most: int = 5_000) -> None:
        self._fitted = fitted
        self._contacts: Memo[tuple[object, ...], Mapping[int, Stop]] = Memo(most)
        self._known: Memo[tuple[object, ...], Opening] = Memo(most)

    def opening(self, mode: Mode, extra: Admitted, situation: Situation) -> Opening:
        """What may come in."""
        kind = (
            mode.id,
            extra,
            situation.contact.channel,
            situation.motive,
            situation.leaving,
            situation.today,
        )
        key = (kind, situation.portfolio.key)
        return self._known.get(key) or self._known.keep(key, self._worked_out(kind, mode, extra, situation))

    def _worked_out(
        self, kind: tuple[object, ...], mode: Mode, extra: Admitted, situation: Situation
    ) -> Opening:
        stopped = self._contacts.get(kind)
        if stopped is None:
            stopped = self._contacts.keep(kind, self._by_contact(mode, extra, situation))
        stops, swaps = dict(stopped), {}
        for row, fit in enumerate(situation.portfolio.fits):
            if row not in stopped:
                if isinstance(fit, Stop):
                    stops[row] = fit
                else:
                    swaps[row] = fit
        return Opening(swaps, stops)

    def _by_contact(self, mode: Mode, extra: Admitted, situation: Situation) -> dict[int, Stop]:
        stops = {}
        for row, fitting in enumerate(self._fitted):
            stop = _allowed(mode, extra, fitting, situation) or _fits_contact(fitting, situation)
            if stop is not None:
                stops[row] = stop
        return stops


def _allowed(mode: Mode, extra: Admitted, fitting: Fitting, situation: Situation) -> Stop | None:
    action = fitting.action
    if action.cancels:
        # Once a wish to leave is voiced the way out is open in every mode; before, nobody is shown the door.
        return None if situation.leaving else Stop("no_wish_to_leave", (("contact.leaving", False),))
    if action.emergency:  # it waits for no mode
        return None
    if action.kind in mode.kinds or (action.kind, None) in extra:
        return None
    if any((action.kind, motive) in extra for motive in fitting.motives):
        return None
    return Stop("kind_not_in_mode", (("mode", mode.id), ("kind", action.kind)))


def _fits_contact(fitting: Fitting, situation: Situation) -> Stop | None:
    action = fitting.action
    channel, motive = situation.contact.channel, situation.motive
    if fitting.channels and channel not in fitting.channels:
        return Stop("channel", (("contact.channel", channel),))
    if not _in_dates(action.valid_from, action.valid_until, situation.today):
        return Stop(
            "dates", (("valid_from", _day(action.valid_from)), ("valid_until", _day(action.valid_until)))
        )
    if action.kind == "save" and fitting.motives and motive is not None and motive not in fitting.motives:
        return Stop("motive", (("contact.motive", motive),))
    return None


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _in_dates(first: date | None, last: date | None, today: date) -> bool:
    return (first is None or first <= today) and (last is None or today <= last)
