"""Where an answer is not what a scenario expects: the key, and what came instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from models.response import Decision, Proposal
    from models.scenarios import Expect

Failure = tuple[tuple[str, ...], str]


def judge(expect: Expect, decision: Decision) -> Iterator[Failure]:
    """Every expectation that is not met: its key, and what came instead."""
    proposed = [proposal.action_id for proposal in decision.proposals]
    yield from _contact(expect, decision)
    yield from _places(expect, proposed, decision)
    yield from _order(expect, proposed, decision)
    yield from _vetoes(expect, proposed, decision)
    for key, differs in OF_A_PROPOSAL.items():
        yield from _of_a_proposal(key, getattr(expect, key), differs, decision)
    for key, came in (
        ("levers", [use.id for use in decision.levers]),
        ("degraded", list(decision.degraded)),
    ):
        for word in _absent(getattr(expect, key), came):
            yield (key,), f"expected {word}; came {_listed(came)}"


def _contact(expect: Expect, decision: Decision) -> Iterator[Failure]:
    """What kind of contact it is, and why the customer wants to leave."""
    evidence = [reason.code for reason in decision.evidence]
    if expect.mode is not None and decision.mode != expect.mode:
        grounds = ", ".join(evidence) or "no evidence"
        yield ("mode",), f"expected {expect.mode}; came {decision.mode} ({grounds})"
    for code in _absent(expect.evidence, evidence):
        yield ("evidence",), f"expected {code}; came {_listed(evidence)}"
    if expect.reopens is not None and expect.reopens not in (decision.reopens_when or ""):
        yield ("reopens",), f"expected '{expect.reopens}'; came '{decision.reopens_when or 'none'}'"
    motive = decision.motive
    value, source = (None, "no wish to leave") if motive is None else (motive.value, motive.source)
    if expect.motive is not None and value != expect.motive:
        yield ("motive",), f"expected {expect.motive}; came {value or 'none'} ({source})"
    if expect.motive_source is not None and source != expect.motive_source:
        yield ("motive_source",), f"expected {expect.motive_source}; came {source}"


def _places(expect: Expect, proposed: list[str], decision: Decision) -> Iterator[Failure]:
    came = ", ".join(proposed) or "nothing"
    if expect.first is not None and proposed[:1] != [expect.first]:
        yield ("first",), f"expected {expect.first}; came {came}. {_stopped(expect.first, decision)}"
    for action_id in _absent(expect.proposes, proposed):
        yield ("proposes",), f"expected {action_id}; came {came}. {_stopped(action_id, decision)}"
    for action_id in (name for name in expect.not_proposed if name in proposed):
        rank = proposed.index(action_id) + 1
        yield ("not_proposed",), f"{action_id} was proposed at rank {rank}; came {came}"
    if expect.nothing and proposed:
        yield ("nothing",), f"expected no proposal; came {came}"


def _order(expect: Expect, proposed: list[str], decision: Decision) -> Iterator[Failure]:
    absent = _absent(expect.order, proposed)
    for action_id in absent:
        yield ("order",), f"{action_id} was not proposed. {_stopped(action_id, decision)}"
    came = [action_id for action_id in proposed if action_id in expect.order]
    if not absent and came != list(expect.order):
        yield ("order",), f"expected {_listed(expect.order)}; came {_listed(came)}"


def _vetoes(expect: Expect, proposed: list[str], decision: Decision) -> Iterator[Failure]:
    for action_id, rule in expect.vetoes.items():
        if action_id in proposed:
            yield ("vetoes", action_id), f"expected {rule} to stop it; it was proposed"
        elif rule not in {veto.rule for veto in decision.vetoes if veto.action_id == action_id}:
            yield ("vetoes", action_id), f"expected {rule} to stop it. {_stopped(action_id, decision)}"


def _of_a_proposal(
    key: str,
    expected: Mapping[str, Any],
    differs: Callable[[Any, Proposal], Iterable[str]],
    decision: Decision,
) -> Iterator[Failure]:
    """What is expected of single proposals, by action."""
    proposals = {proposal.action_id: proposal for proposal in decision.proposals}
    for action_id, wanted in expected.items():
        proposal = proposals.get(action_id)
        if proposal is None:
            yield (key, action_id), f"was not proposed. {_stopped(action_id, decision)}"
            continue
        for message in differs(wanted, proposal):
            yield (key, action_id), message


def _says(words: str, proposal: Proposal) -> Iterator[str]:
    if words not in proposal.say:
        yield f"expected '{words}'; came '{proposal.say}'"


def _why(codes: tuple[str, ...], proposal: Proposal) -> Iterator[str]:
    given = [reason.code for reason in proposal.why]
    for code in _absent(codes, given):
        yield f"expected {code}; came {_listed(given)}"


def _discloses(words: str, proposal: Proposal) -> Iterator[str]:
    if not any(words in text for text in proposal.disclosures):
        yield f"expected '{words}'; came {_listed(proposal.disclosures)}"


def _benefit(euros: float, proposal: Proposal) -> Iterator[str]:
    came = None if proposal.comparison is None else round(proposal.comparison.customer_benefit, 2)
    if came != round(euros, 2):
        yield f"expected {euros}; came {'none' if came is None else came}"


def _promises(subject: str, proposal: Proposal) -> Iterator[str]:
    came = None if proposal.promise is None else proposal.promise.subject
    if came != subject:
        yield f"expected {subject}; came {came or 'none'}"


def _owner(owner: str, proposal: Proposal) -> Iterator[str]:
    came = None if proposal.do is None else proposal.do.owner
    if came != owner:
        yield f"expected {owner}; came {came or 'none'}"


OF_A_PROPOSAL: Mapping[str, Callable[[Any, Proposal], Iterable[str]]] = {
    "says": _says,
    "why": _why,
    "discloses": _discloses,
    "benefit": _benefit,
    "promises": _promises,
    "owners": _owner,
}
"""The keys of `expect` that are stated by action, and in what a proposal differs from each."""


def _stopped(action_id: str, decision: Decision) -> str:
    """Which rule kept an action from being proposed, and on what values."""
    said = [
        f"{veto.rule} ({veto.tier}: {_listed(f'{path} = {value}' for path, value in veto.values.items())})"
        for veto in decision.vetoes
        if veto.action_id == action_id
    ]
    return f"{action_id} was stopped by {_listed(said)}" if said else f"nothing stopped {action_id}"


def _absent(expected: Iterable[str], came: list[str]) -> list[str]:
    return [name for name in expected if name not in came]


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words) or "none"
