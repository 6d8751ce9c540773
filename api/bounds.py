"""What a token is bound to: one contact of one customer, the agent who speaks, and what he may give; and who may tell what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from api.errors import ForbiddenError
from models.domain import Agent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api.security import Bound, Caller
    from models.domain import DecisionRequest, Outcome, OutcomeKind

IN_THE_CONVERSATION: Final[frozenset[OutcomeKind]] = frozenset(
    ("shown", "spoken", "accepted", "declined", "deferred", "skipped", "withdrawn")
)
"""What can be seen from within a conversation. Whether it held is the company's to tell, with a key of the agent's view."""


def check_question(bound: Bound, question: DecisionRequest) -> None:
    """Raises ForbiddenError for a question about another contact or customer, or in another agent's name or authority."""
    contact = question.contact
    check_contact(bound, question.customer_id, contact.contact_id)
    if contact.agent is not None and contact.agent.agent_id != bound.agent_id:
        raise ForbiddenError(
            "this token is another agent's; leave contact.agent out or ask for one of his own"
        )
    if contact.agent is not None:
        check_authority(bound, contact.agent.authority)


def in_the_name(bound: Bound, question: DecisionRequest) -> tuple[DecisionRequest, bytes]:
    """The question as it is decided and recorded: asked by the token's agent, who has its authority where he says none.

    A question that names nobody would have no bound to its discounts.
    """
    agent = question.contact.agent or Agent(agent_id=bound.agent_id)
    if agent.authority is None and bound.authority is not None:
        agent = agent.model_copy(update={"authority": bound.authority})
    contact = question.contact.model_copy(update={"agent": agent})
    asked = question.model_copy(update={"contact": contact})
    return asked, asked.model_dump_json(exclude_unset=True).encode()


def check_authority(bound: Bound, authority: float | None) -> None:
    """Raises ForbiddenError for more than the token says: a browser would grant itself what it likes."""
    if authority is not None and (bound.authority is None or authority > bound.authority):
        raise ForbiddenError(
            "this token does not give so much authority; name the agent's when you ask for one with POST /v1/tokens"
        )


def check_contact(bound: Bound, customer_id: str, contact_id: str, where: str = "") -> None:
    """Raises ForbiddenError for another contact or customer than the token's; a token of a desk has none.

    `where` says which item of a batch is meant. Whose it is instead is not told.
    """
    if bound.customer_id not in (None, customer_id):
        raise ForbiddenError(f"{where}this token is bound to another customer; ask for one of this customer")
    if bound.contact_id not in (None, contact_id):
        raise ForbiddenError(f"{where}this token is bound to another contact; ask for one of this contact")


def check_kinds(caller: Caller, outcomes: Sequence[Outcome]) -> None:
    """Raises ForbiddenError for a success or a relapse that a browser or a bot would tell of itself."""
    if caller.bound is None and caller.view == "agent":
        return
    for index, outcome in enumerate(outcomes):
        if outcome.kind not in IN_THE_CONVERSATION:
            raise ForbiddenError(
                f"outcomes[{index}]: '{outcome.kind}' is told with a key of the view 'agent', by the system that knows it"
            )
