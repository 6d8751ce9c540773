"""What was spoken to whom and what came of it, read from the months that were written down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from training.simulator.laboratory.luck import Flags, Floats, Ints
    from training.simulator.laboratory.records import Seen


@dataclass(frozen=True)
class Responses:
    """(k, …) one row a spoken deed, oldest month first. `facts`, `held` (k, P): at the start of the month. `kept`: accepted and not withdrawn."""

    deed: Ints
    channel: Ints
    intent: Ints
    motive: Ints
    accepted: Flags
    kept: Flags
    facts: Mapping[str, Floats]
    held: Flags


def responses(past: Sequence[Seen]) -> Responses:
    """Of all contacts of these months, at least one; what was shown and not spoken is no response."""
    parts = [_of_month(seen) for seen in past]

    def joined(name: str) -> Ints:
        return np.concatenate([getattr(part, name) for part in parts])

    facts = {name: np.concatenate([part.facts[name] for part in parts]) for name in parts[0].facts}
    names = ("deed", "channel", "intent", "motive", "accepted", "kept", "held")
    return Responses(**{name: joined(name) for name in names}, facts=facts)  # type: ignore[arg-type]  # flags too


def _of_month(seen: Seen) -> Responses:
    contact, rank = np.nonzero(seen.asked.spoken)
    contacts = seen.contacts.take(contact)
    line = np.searchsorted(seen.row, contacts.row)
    accepted = seen.asked.accepted[contact, rank]
    return Responses(
        deed=seen.asked.deed[contact, rank],
        channel=contacts.channel,
        intent=contacts.intent,
        motive=contacts.motive,
        accepted=accepted,
        kept=accepted & ~seen.asked.withdrawn[contact, rank],
        facts={name: values[line] for name, values in seen.facts.items()},
        held=seen.held[line],
    )


def acceptance_rates(found: Responses, count: int) -> Floats:
    """(count,) share of the spoken that accepted, by deed; one yes and one no are thought along, so that it starts at a half."""
    spoken = np.bincount(found.deed, minlength=count)
    return np.asarray((1.0 + np.bincount(found.deed, found.accepted, count)) / (2.0 + spoken))
