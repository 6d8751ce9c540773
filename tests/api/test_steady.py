"""Over HTTP, with all that asking and telling leaves behind: asked again, the first proposal is the same."""

from __future__ import annotations

import dataclasses
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from tests.api.running import Running, actions, running, write_bundle
from tests.api.test_example_over_http import FACTS, HOLDINGS, TELECOM

if TYPE_CHECKING:
    from pathlib import Path

    from api.settings import Settings

pytestmark = pytest.mark.anyio

SAID: dict[str, tuple[Any, ...]] = {
    "intent": ("cancel", "cancel_question", "billing", "moving"),
    "motive": ("price", "competitor", "service", "usage"),
    "channel": ("voice", "shop", "voice"),
    "queue_load": (0.3, 0.9, 1.2),
}
DONE = ("spoken", "declined", "deferred", "accepted")


class Agent:
    """Who asks at every turn and reports what the desktop showed, as the panel does."""

    def __init__(self, desk: Running, name: str, dice: Random) -> None:
        self.desk, self.dice = desk, dice
        self.customer_id = f"C-{name}"
        self.contact: dict[str, Any] = {"contact_id": f"call-{name}", "channel": "voice", "intent": "cancel"}
        self.facts: dict[str, Any] = {}
        self.told = 0

    async def asks(self) -> dict[str, Any]:
        question = {"customer_id": self.customer_id, "contact": self.contact, "facts": self.facts}
        answer = await self.desk.post("/v1/decisions", question)
        assert answer.status_code == 200, answer.text
        decision: dict[str, Any] = answer.json()
        self.desk.clock.move(seconds=self.dice.choice([1, 15, 60]))
        await self.tells(decision, decision["proposals"], "shown")
        return decision

    async def tells(self, decision: dict[str, Any], proposals: list[dict[str, Any]], kind: str) -> None:
        outcomes = []
        for proposal in proposals:
            self.told += 1
            outcome = {
                "outcome_id": f"{self.customer_id}-{self.told}",
                "decision_id": decision["decision_id"],
                "action_id": proposal["action_id"],
                "kind": kind,
                "at": self.desk.clock().isoformat(),
            }
            reason = {"reason": self.dice.choice(["too_expensive", "not_helped"])}
            outcomes.append({**outcome, **(reason if kind == "declined" else {})})
        if outcomes:
            answer = await self.desk.post("/v1/outcomes", {"outcomes": outcomes})
            assert answer.status_code == 200, answer.text

    async def goes_on(self, decision: dict[str, Any]) -> None:
        """One thing more is said or done."""
        name = self.dice.choice((*SAID, *DONE))
        shown = decision["proposals"]
        if name in SAID or not shown:
            name = name if name in SAID else "intent"
            self.contact = {**self.contact, name: self.dice.choice(SAID[name])}
            return
        proposal = self.dice.choice(shown)
        question = proposal["question"]
        if question is not None and name == "accepted":
            value = self.dice.choice(question["answers"])["value"]
            if question["motive"]:
                self.contact = {**self.contact, "motive": value}
            else:
                self.facts = {**self.facts, question["fact"]: value}
        await self.tells(decision, [proposal], name)


@pytest.mark.no_cover  # a conversation of each kind is measured elsewhere
@pytest.mark.parametrize("seed", range(2))
async def test_the_first_proposal_changes_at_most_once_for_each_thing_said_or_done(
    settings: Settings, tmp_path: Path, seed: int
) -> None:
    bundle = write_bundle(tmp_path / "bundle", knowledge=TELECOM)
    dice = Random(seed)
    known = dataclasses.replace(settings, knowledge=TELECOM, bundle=str(bundle))
    moved = 0
    async with running(known) as desk:
        for number in range(6):
            agent = Agent(desk, f"{seed}-{number}", dice)
            facts = {**FACTS, "data_used_gb": dice.choice([2.0, 19.0]), "months_to_contract_end": number}
            held = [{"product_id": product} for product in HOLDINGS]
            consents = {"marketing": True, "profiling": number != 3}
            await desk.put(
                {
                    "customer_id": agent.customer_id,
                    "holdings": held,
                    "facts": facts,
                    "consents": consents,
                }
            )
            before = None
            for _ in range(6):
                answers = [await agent.asks() for _ in range(3)]
                firsts = [actions(answer)[:1] for answer in answers]
                assert firsts[0] == firsts[1] == firsts[2]
                moved += before is not None and firsts[0] != before
                before = firsts[0]
                await agent.goes_on(answers[-1])
    assert moved > 0
