"""Whether what stands first by chance is as frequent as the probability that is stored says.

Customers of a simulated provider in random contacts, with how readily they accept known and unsure. Of each the decision is arbitrated
some thousand times, with nothing but the second seed made otherwise; a chi-square test of each contact, Bonferroni over all of them. Beside it
the cost of exploring: milliseconds a decision, euros given up.
"""

from __future__ import annotations

import os
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any

from scipy.stats import chisquare, kstest

from api.languages import spoken
from bench.decide import NOW, Case, simulated
from bench.made_up import made_up_bundle
from bench.provider import provider
from models.arbitration import Candidates, arbitrate
from models.bundle import open_bundle
from models.decision import candidates, decide
from models.domain import Contact, DecisionRequest
from models.knowledge import Knowledge, build_knowledge
from models.learned import Correction, Learned
from models.response import Decision, Seeds

CONTACTS = int(os.environ.get("BEHOUD_BENCH_CONTACTS", "200"))
CALLS = int(os.environ.get("BEHOUD_BENCH_CALLS", "20000"))
SEED = int(os.environ.get("BEHOUD_BENCH_SEED", "1"))
RATE, ERROR = 0.1, 0.5
LEVEL = 0.01
FEWEST = 5.0
"""Candidates expected more rarely than this are counted together, with the next ones up to this: the chi-square distribution does not hold for them."""
EVERY = 20
"""Contacts between two lines of progress."""
TIMED = 300

Asked = tuple[DecisionRequest, Case]


def measure() -> list[dict[str, Any]]:
    """Rows of {name, value, unit, bar, holds}."""
    knowledge, cases = _unsure(), simulated()
    dice, pvalues, kinds, wide = Random(SEED), [], Counter[str](), []
    euros, shares = [], []
    for asked in _drawn(cases, dice, knowledge):
        decision, among = _decision(asked, knowledge), _candidates(asked, knowledge)
        pvalues.append(_agreement(decision, among))
        kinds[decision.proposals[0].kind] += 1
        wide.append(len(decision.selection.candidates))
        euros.append(decision.selection.given_up)
        shares.append(decision.selection.explored)
        if len(pvalues) % EVERY == 0:
            print(f"  {len(pvalues)} of {CONTACTS} contacts, least p {min(pvalues):.2g}", flush=True)
        if len(pvalues) == CONTACTS:
            break
    least, bar = min(pvalues), LEVEL / len(pvalues)
    off, on = _milliseconds(cases, knowledge)
    return [
        _row("contacts", len(pvalues), "contacts", f"{CONTACTS}", holds=len(pvalues) == CONTACTS),
        _row("saves", kinds["save"], "of them begin with a save"),
        _row("candidates", statistics.mean(wide), "a contact"),
        _row("least_pvalue", least, f"chi-square, {CALLS} calls each", f">= {bar:.2g}", holds=least >= bar),
        _row("below_0.05", statistics.mean(p < 0.05 for p in pvalues), "of the p-values"),
        _row("uniform", float(kstest(pvalues, "uniform").pvalue), "p that they are even between 0 and 1"),
        _row("explored", statistics.mean(shares), f"of these contacts at rate {RATE}"),
        _row("given_up", statistics.mean(euros), "euros a contact of these"),
        _row("off", off, "ms a decision"),
        _row("on", on, "ms a decision"),
    ]


def _unsure() -> Knowledge:
    catalogue, policy = provider()
    error = Correction(error=ERROR)
    learned = Learned(kinds={"offer": error, "save": error}, version="sha256:bench")
    return build_knowledge(
        catalogue, policy, open_bundle(made_up_bundle(catalogue, policy)), learned, wordbooks=spoken()
    )


def _drawn(cases: list[Case], dice: Random, knowledge: Knowledge) -> Iterator[Asked]:
    """Contacts in which chance has a say; every third voices a wish to leave."""
    for n in range(100 * CONTACTS):
        case = dice.choice(cases)
        said = (
            {"intent": "cancel", "motive": dice.choice(knowledge.policy.leaving.motives)}
            if n % 3 == 0
            else {}
        )
        contact = Contact.model_validate({"contact_id": f"K-{n}", "channel": "voice", **said})
        asked = DecisionRequest(customer_id=case[0].customer_id, contact=contact), case
        decision = _decision(asked, knowledge)
        if decision.selection.candidates and not decision.experiment.holdout:  # which draws in its own way
            yield asked


def _decision(asked: Asked, knowledge: Knowledge, rate: float = RATE) -> Decision:
    request, (customer, history) = asked
    return decide(request, customer, history, knowledge, now=NOW, decision_id="p00-bench", explore=rate)


def _candidates(asked: Asked, knowledge: Knowledge) -> Candidates:
    request, (customer, history) = asked
    return candidates(request, customer, history, knowledge, now=NOW, explore=RATE)


def _agreement(decision: Decision, among: Candidates) -> float:
    """The p-value of what stood first in so many calls, against what is stored."""
    exploring = among.exploring
    assert exploring is not None  # chance has a say here
    drawn: dict[tuple[int, ...], Any] = {}
    dice = Random(f"{SEED} {decision.contact_id}")

    def draws(rows: Any) -> Any:
        """By the first seed, which stays: worked out once."""
        key = tuple(rows)
        if key not in drawn:
            drawn[key] = exploring.draws(rows)
        return drawn[key]

    stays, values = exploring._replace(draws=draws), exploring.seeds.values
    found: Counter[str] = Counter()
    names = among.catalogue.action_ids
    for _ in range(CALLS):
        seeds = Seeds.model_construct(values=values, choice=dice.getrandbits(48))
        found[names[arbitrate(among._replace(exploring=stays._replace(seeds=seeds))).ranked[0]]] += 1
    return _pvalue({one.action_id: one.probability for one in decision.selection.candidates}, found)


def _pvalue(said: dict[str, float], found: Counter[str]) -> float:
    """0 where something stood first that could not."""
    if not found.keys() <= said.keys():
        return 0.0
    expected, seen = [0.0], [0]
    for name in sorted(said, key=said.__getitem__):  # the rare ones first, until together they are not
        if expected[-1] >= FEWEST:
            expected.append(0.0)
            seen.append(0)
        expected[-1] += said[name] * CALLS
        seen[-1] += found[name]
    return float(chisquare(seen, expected).pvalue) if len(seen) > 1 else 1.0


def _milliseconds(cases: list[Case], knowledge: Knowledge) -> tuple[float, float]:
    """Of a decision without and with exploring, the same customers in turn."""
    times: dict[float, list[float]] = {0.0: [], RATE: []}
    for n, case in enumerate(cases[:TIMED]):
        contact = Contact(contact_id=f"T-{n}", channel="voice", intent="cancel" if n % 2 else None)
        asked = DecisionRequest(customer_id=case[0].customer_id, contact=contact), case
        _decision(asked, knowledge)  # what is remembered of the holdings helps both alike
        for rate, taken in times.items():
            start = time.perf_counter()
            _decision(asked, knowledge, rate)
            taken.append((time.perf_counter() - start) * 1e3)
    off, on = (statistics.median(taken) for taken in times.values())
    return off, on


def _row(name: str, value: float, unit: str, bar: str = "", *, holds: bool | None = None) -> dict[str, Any]:
    return {"name": f"exploration.{name}", "value": round(value, 6), "unit": unit, "bar": bar, "holds": holds}
