"""What would lift each veto, for who asked in full detail: a tenth of a second of reasoning, and the first thing that is left out."""

from __future__ import annotations

import asyncio
from time import perf_counter
from typing import TYPE_CHECKING, Final

from models.counterfactual import with_would_be
from models.journal import EXPLANATION

if TYPE_CHECKING:
    from api.deadline import Deadline
    from api.service import Service
    from models.changes import Question
    from models.knowledge import Knowledge
    from models.response import Decision

SHARE: Final = 0.5
"""Of the time that is left: the rest is for recording, which is worth more."""


async def in_full(
    service: Service,
    decision: Decision,
    question: Question,
    knowledge: Knowledge,
    sold_out: frozenset[str],
    deadline: Deadline | None,
) -> Decision | None:
    """The decision with what would lift its vetoes; None where there is too much to do, or the caller must have it before.

    One is reasoned about at a time, beside the live decisions; who cannot wait leaves the reasoning to end by itself.
    """
    spare = None if deadline is None else deadline.left * SHARE
    if service.admission.strained or (spare is not None and spare <= 0):
        return None
    until = None if spare is None else perf_counter() + spare
    try:
        async with asyncio.timeout(spare):
            await service.reasoning.acquire()
    except TimeoutError:
        return None
    reasoning = asyncio.get_running_loop().run_in_executor(
        None, with_would_be, decision, question, knowledge, sold_out
    )
    reasoning.add_done_callback(lambda _: service.reasoning.release())
    await asyncio.wait([reasoning], timeout=None if until is None else max(until - perf_counter(), 0.0))
    return reasoning.result() if reasoning.done() else None


def without_explanation(decision: Decision, lost: tuple[str, ...]) -> Decision:
    """The decision as it is, saying so behind what else was `lost` before it was made."""
    missing = (*lost, EXPLANATION, *decision.degraded[len(lost) :])
    return decision.model_copy(update={"degraded": missing})
