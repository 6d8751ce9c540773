"""A judgement as lines of text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from training.ope.rewards import DEFINITIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from training.evaluation.policy_value import Estimate
    from training.ope.judging import Judged

HEADS: Final = ("estimator", "EUR a contact", "95 % interval", "error", "")
SAYS: Final = {
    "dr": "doubly robust, cross-fitted: decides",
    "snips": "self-normalised weights",
    "ips": "weights alone",
    "dm": "the model alone: no check on itself",
}


def page(judged: Judged) -> str:
    """The whole text."""
    return "\n".join(_lines(judged))


def verdict(judged: Judged) -> str:
    """One sentence."""
    found = judged.found.found
    if found is None:
        failed = judged.found.failed[0]
        return f"not estimable: {failed.name} is {failed.figure}, needed is {failed.needed}; {failed.remedy}."
    gain, word = found.gain, "not told from"
    if gain.low > 0.0:
        word = "better than"
    elif gain.high < 0.0:
        word = "worse than"
    return (
        f"What is proposed is {word} what was logged: {_euros(found.dr)} EUR a contact against {judged.found.logged.value:.2f}, "
        f"in pairs {gain.value:+.2f} [{gain.low:+.2f}, {gain.high:+.2f}]."
    )


def _lines(judged: Judged) -> Iterator[str]:
    found, choices, read = judged.found, judged.choices, judged.read
    weights = found.weights
    n = weights.contacts
    yield f"{n:,} contacts of {weights.customers:,} customers, {read.contacts[0].at:%Y-%m-%d} to {read.contacts[-1].at:%Y-%m-%d}"
    left = [
        (judged.waiting, f"whose {judged.asked.window} days are not over"),
        (read.held_out, "of who is held out"),
        (read.objecting, "of who objects to profiling"),
        (read.unreadable, "with a record that is damaged or of another version of the software"),
    ]
    if any(count for count, _ in left):
        yield "left out: " + ", ".join(f"{count:,} {why}" for count, why in left if count)
    yield (
        f"{choices.by_chance:,} left the first place to chance, {n - choices.by_chance:,} did not ({_share(n - choices.by_chance, n)}); "
        f"the same stands first in {choices.agree:,} ({_share(choices.agree, n)}), of these with others behind it in {choices.behind:,}"
    )
    yield ""
    yield from _table([("gate", "", "needed", ""), *[(gate.name, gate.figure, gate.needed, "holds" if gate.holds else "FAILS") for gate in found.gates]])  # fmt: skip
    for gate in found.failed:
        yield f"  {gate.name}: {gate.remedy}"
    yield f"  largest weight {weights.most:.1f}{_clipped(judged)}"
    yield ""
    yield from _table([HEADS, *_rows(judged)])
    yield ""
    yield verdict(judged)
    yield from _notes(judged)


def _rows(judged: Judged) -> Iterator[tuple[str, ...]]:
    found = judged.found
    yield _row("logged", found.logged, "what was earned")
    for name, says in SAYS.items():
        if found.found is None:
            yield (name.upper(), "not estimable", "", "", says)
        else:
            yield _row(name.upper(), getattr(found.found, name), says)


def _notes(judged: Judged) -> Iterator[str]:
    asked = judged.asked
    yield f"Reward: {DEFINITIONS[judged.reward].format(days=asked.window)}."
    turns = (
        "each choice of a contact" if asked.turns else "the first turn of a contact, later ones as they were"
    )
    rate = "as often as then" if asked.explore is None else f"at rate {asked.explore:g}"
    yield f"Judged: {turns}; what is proposed explores {rate}. What stands behind the first is taken to matter little."
    if judged.pending:
        yield f"Of {judged.pending:,} accepted saves no later month is told yet: contacts of their time wait; tell it with `python -m training held --redis`, and archive."
    for what, contacts in judged.choices.without.items():
        yield f"In {contacts:,} contacts what is proposed had to do without what was not logged: {what}. A rule that needs it let pass there what it may stop when it is known."
    if not judged.compared:
        yield "The catalogue of then is not on the shelf: that actions are the same by now is taken for granted."
    if judged.taught:
        yield f"The proposed bundle has learned from {judged.taught:,} of these contacts, so it looks better than it is; give --since the day after."


def _clipped(judged: Judged) -> str:
    weights = judged.found.weights
    if weights.clip is None:
        return ""
    return f", clipped at {weights.clip:g}: {100.0 * weights.clipped:.2f} % of the contacts, {100.0 * weights.clipped_weight:.1f} % of the weight"


def _row(name: str, one: Estimate, says: str) -> tuple[str, ...]:
    return (name, f"{one.value:.2f}", f"[{one.low:.2f}, {one.high:.2f}]", f"{one.error:.2f}", says)


def _euros(one: Estimate) -> str:
    return f"{one.value:.2f} [{one.low:.2f}, {one.high:.2f}]"


def _share(part: int, whole: int) -> str:
    return f"{100.0 * part / max(whole, 1):.1f} %"


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        yield ("  " + "  ".join(cells)).rstrip()
