"""A decision as one message to a customer: what is said, and what can be answered to it. Channels bring it into their form.

What can be taken was said, with all its disclosures: a proposal that does not fit whole is not in the message. The way out goes
first when there is no room for all, and a person can always be asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wcwidth import iter_graphemes

from api import taps
from models.text_limits import graphemes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.response import Decision, Proposal
    from models.wordbook import MessageWords

ELLIPSIS: Final = "…"
WORTH_SAYING: Final = 40
"""Characters below which a sentence that must be cut says nothing any more."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What can be tapped or typed: its id, what stands on it, and what it is about."""

    id: str
    title: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """`choices` are proposals, or the answers of a question; `none` refuses what is offered, when anything is.

    `ranks` are of the proposals that are said.
    """

    decision_id: str
    text: str
    choices: tuple[Choice, ...]
    none: Choice | None
    person: Choice
    choose: str
    ranks: tuple[int, ...]

    @property
    def shown(self) -> str | None:
        """What to give back once the message was sent; None when it proposes nothing."""
        return taps.shown(self.decision_id, self.ranks) if self.ranks else None


def compose(decision: Decision, words: MessageWords, room: int, most: int) -> Message:
    """The message, with a text of at most `room` characters and, beside the person, at most `most` things to tap."""
    told = _that_fit(_together(decision.proposals), room, most)
    offered = _offered(told)
    return Message(
        decision_id=decision.decision_id,
        text=text_of(told) or words.nothing,
        choices=tuple(choice for proposal in told for choice in _choices(decision.decision_id, proposal)),
        none=Choice(taps.none_of(decision.decision_id, [p.rank for p in offered]), words.none)
        if offered
        else None,
        person=Choice(taps.person(decision.decision_id), words.person),
        choose=words.choose,
        ranks=tuple(proposal.rank for proposal in told),
    )


def _together(proposals: Sequence[Proposal]) -> list[Proposal]:
    """What one message can say: a question that stands first is asked alone, beside what the customer asked for; another one waits."""
    if proposals and proposals[0].kind == "question":
        return [proposals[0], *[proposal for proposal in proposals if proposal.kind == "process"]]
    return [proposal for proposal in proposals if proposal.kind != "question"]


def _offered(proposals: Sequence[Proposal]) -> list[Proposal]:
    """What can be refused."""
    return [proposal for proposal in proposals if proposal.kind not in ("process", "question")]


def _that_fit(proposals: Sequence[Proposal], room: int, most: int) -> list[Proposal]:
    """The proposals that can be said whole and tapped, in their order; the first with its sentence cut where no one can."""
    kept: list[Proposal] = []
    for proposal in sorted(proposals, key=lambda proposal: (proposal.kind != "process", proposal.rank)):
        wider = sorted([*kept, proposal], key=lambda proposal: proposal.rank)
        if graphemes(text_of(wider)) <= room and _taps(wider) <= most:
            kept = wider
    if kept or not proposals:
        return kept
    first = proposals[0]
    left = room - graphemes("".join(f"\n{line}" for line in first.disclosures))
    return [] if left < WORTH_SAYING else [first.model_copy(update={"say": cut(first.say, left)})]


def _taps(told: Sequence[Proposal]) -> int:
    """How much there is to tap: the proposals or a question's answers, and a refusal of what is offered."""
    answers = sum(1 if proposal.question is None else len(proposal.question.answers) for proposal in told)
    return answers + bool(_offered(told))


def text_of(told: Sequence[Proposal]) -> str:
    """What is said: of several each under its title, a question alone under none; what must be told with all of them, once at the end."""
    common = [
        line
        for line in dict.fromkeys(line for proposal in told for line in proposal.disclosures)
        if len(told) > 1 and all(line in proposal.disclosures for proposal in told)
    ]
    blocks = [
        "\n".join(
            [
                *([proposal.title] if len(told) > 1 and proposal.kind != "question" else []),
                proposal.say or proposal.title,
                *[line for line in proposal.disclosures if line not in common],
            ]
        )
        for proposal in told
    ]
    return "\n\n".join([*blocks, *(["\n".join(common)] if common else [])])


def _choices(decision_id: str, proposal: Proposal) -> list[Choice]:
    if proposal.kind != "question":
        return [Choice(taps.take(decision_id, proposal.action_id), proposal.title, proposal.say)]
    answers = () if proposal.question is None else proposal.question.answers
    return [
        Choice(taps.answer(decision_id, proposal.action_id, place), answer.label)
        for place, answer in enumerate(answers)
    ]


def cut(text: str, most: int) -> str:
    """At most so many characters as a reader counts them: whole words and an ellipsis, never half a character."""
    if graphemes(text) <= most:
        return text
    kept = list(iter_graphemes(text))[:most]
    kept.pop()
    # The character after the cut decides whether its last word is whole.
    head = "".join(kept)
    words = head if text[len(head)].isspace() else head[: _last_space(head)] or head
    return words.rstrip() + ELLIPSIS


def _last_space(text: str) -> int:
    return max((place for place, letter in enumerate(text) if letter.isspace()), default=0)
