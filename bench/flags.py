"""Bar 7 of the sixth issue: two flags through a live service that is started again in between, and what `training experiment` finds.

    BEHOUD_BENCH_CUSTOMERS=600 python -m bench flags        a few minutes

Customers of the simulator call to leave, over the price. Flag `policy` deals them the example's policy or one without discounts to
keep them; flag `ladder` deals two names of the same order: an A/A test in the same contacts. An agent says the first save if there is one. Whether
it is accepted is tossed: more often with a discount, and nothing else counts, so the difference between the arms is known from deciding every
customer in both. In the second contact, after the restart, what was heard is told again.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import polars as pl
from scipy.stats import chi2_contingency

from api.documents import build_all, read_documents
from api.embedded import find_binary, start
from api.keyring import add_to_file, create_key
from api.security import SCOPES
from api.settings import Settings
from bench.public import row
from bench.service import _free_port as free_port
from models.decision import decide
from models.domain import Customer, DecisionRequest, History
from training.archive import archive
from training.experiment.analysis import ASSIGNED
from training.experiment.making import Question, experiment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "telecom"
CUSTOMERS = int(os.environ.get("BEHOUD_BENCH_CUSTOMERS") or 600)
SEED, MONTHS, WINDOW = 1, 12, 30
TRIED, NOTHING = "no-discounts", "nothing"
"""The experiments."""
FRUGAL = "frugal"
NO_DISCOUNT = """rules:
  - id: tried_without_discounts
    tier: contact_policy
    for: {kinds: [save]}
    require: action.discount == 0.0
    reason: {nl: Proef zonder korting, en: On trial without discounts}
"""
ACCEPTS = {True: 0.7, False: 0.2}
"""A save with a discount, and one without."""
BATCH = 200
PATIENCE = 240.0


class Heard(NamedTuple):
    """What came of a customer's first contact; `save` None where none was proposed."""

    decision: dict[str, Any]
    save: str | None
    accepted: bool


def measure() -> list[dict[str, Any]]:
    """Rows of {name, value, unit, bar, holds}."""
    with tempfile.TemporaryDirectory(prefix="behoud-flags-") as folder:
        place = Path(folder)
        people, lived = played(place, CUSTOMERS)
        return [*lived, *found(place, known(people, place / "provider"))]


def played(place: Path, customers: int) -> tuple[list[Customer], list[dict[str, Any]]]:
    """So many customers and their two contacts; the journal lies below `place` then. The rows are of arms and exposures."""
    people = simulated(place / "data", customers)
    folder = provider(place / "provider")
    with ExitStack() as stack:
        server = start(place / "var", find_binary())
        stack.callback(server.stop)
        live = Live(place, folder, server.url)
        with live.serving():
            live.load(people)
            first = {person.customer_id: live.heard(person) for person in people}
        with live.serving():  # another process
            second = {person.customer_id: live.again(first[person.customer_id]) for person in people}
        archive(server.url, place / "data", trim=False)
    return people, assignment(first, second, exposures(place / "data"))


# --- the world ----------------------------------------------------------------------------------------------------------


def simulated(data: Path, customers: int) -> list[Customer]:
    """Tables that tell of the months after the contacts too, and the customers as they are in the last month."""
    until = (datetime.now(UTC) + timedelta(days=3 * WINDOW)).date().isoformat()
    asked = {"customers": customers, "months": MONTHS, "seed": SEED, "until": until, "out": data}
    options = [word for name, value in asked.items() for word in (f"--{name}", str(value))]
    command = [sys.executable, "-m", "training", "simulate", *options]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    lines = (data / "customers.ndjson").read_bytes().splitlines()
    return [Customer.model_validate_json(line) for line in lines]


def provider(folder: Path) -> Path:
    """The example with a policy beside it and two flags that deal halves."""
    (folder / "policies").mkdir(parents=True)
    for name in ("catalogue.yaml", "policy.yaml"):
        (folder / name).write_bytes((EXAMPLE / name).read_bytes())
    policy = (EXAMPLE / "policy.yaml").read_text(encoding="utf-8")
    frugal = policy.replace("rules:\n", NO_DISCOUNT, 1)
    (folder / "policies" / f"{FRUGAL}.yaml").write_text(frugal, encoding="utf-8")
    flags = {
        "policy": halves({"champion": "champion", FRUGAL: FRUGAL}, TRIED),
        "ladder": halves({"one": "exact", "other": "exact"}, NOTHING),
    }
    (folder / "flags.json").write_text(json.dumps({"flags": flags}), encoding="utf-8")
    return folder


def halves(variants: dict[str, str], name: str) -> dict[str, Any]:
    """A flag that deals two variants as often."""
    usual, other = variants
    rule = {"fractional": [[usual, 50], [other, 50]]}
    return {
        "state": "ENABLED",
        "variants": variants,
        "defaultVariant": usual,
        "targeting": rule,
        "metadata": {"experiment": name},
    }


def question(customer_id: str, contact: str) -> dict[str, Any]:
    """Somebody calls to leave."""
    told = {
        "contact_id": f"{contact}-{customer_id}",
        "channel": "voice",
        "intent": "cancel",
        "motive": "price",
    }
    return {"customer_id": customer_id, "contact": told}


def discounts() -> frozenset[str]:
    """The actions that give one."""
    catalogue = read_documents(Settings(knowledge=EXAMPLE))
    actions = build_all(catalogue)[0].catalogue.actions
    return frozenset(action.id for action in actions if action.discount is not None)


def save_of(proposals: Sequence[Any]) -> str | None:
    """The save that is said: the first there is."""
    return next((one["action_id"] for one in proposals if one["kind"] == "save"), None)


def known(people: Sequence[Customer], folder: Path) -> float:
    """What `frugal` changes in the share of saves that are accepted of those that were heard, had everybody been in both."""
    usual, others = build_all(read_documents(Settings(knowledge=folder)))
    holdout, generous = usual.policy.experiments.holdout, discounts()
    told = [one for one in people if holdout is None or holdout.of(one.customer_id) is None]
    shares = []
    for knowledge in (usual, others[FRUGAL]):
        chances = []
        for person in told:
            asked = DecisionRequest.model_validate(question(person.customer_id, "first"))
            moment = datetime.now(UTC)
            made = decide(asked, person, History(), knowledge, now=moment, decision_id="p00-known")
            save = save_of([one.model_dump() for one in made.proposals])
            chances += [] if save is None else [ACCEPTS[save in generous]]
        shares.append(float(np.mean(chances)))
    return shares[1] - shares[0]


# --- the service --------------------------------------------------------------------------------------------------------


class Live:
    """A service in a process of its own, and who speaks to it."""

    def __init__(self, place: Path, folder: Path, redis_url: str) -> None:
        self._token, key = create_key(SCOPES, "flags")
        add_to_file(key, place / "keys.json")
        self._port = free_port()
        self._generous = discounts()
        self._environ = {
            **os.environ,
            "BEHOUD_KNOWLEDGE": str(folder),
            "BEHOUD_VAR": str(place / "var"),
            "BEHOUD_KEYS_FILE": str(place / "keys.json"),
            "BEHOUD_REDIS_URL": redis_url,
            "BEHOUD_REDIS_TIMEOUT_MS": "10000",
        }

    @contextmanager
    def serving(self) -> Iterator[None]:
        """From the moment it answers until it has ended."""
        command = [sys.executable, "-m", "api", "serve", "--port", str(self._port)]
        process = subprocess.Popen(
            command, cwd=ROOT, env=self._environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            self._until_it_answers(process)
            yield
        finally:
            process.terminate()
            process.wait()

    def _until_it_answers(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + PATIENCE
        while process.poll() is None and time.monotonic() < deadline:
            try:
                self.call("GET", "/v1/experiments")
            except OSError:
                time.sleep(0.2)
            else:
                return
        raise TimeoutError("the service does not start")

    def load(self, people: Sequence[Customer]) -> None:
        """Everybody, as a nightly load would send them."""
        for begin in range(0, len(people), BATCH):
            lines = [person.model_dump_json() for person in people[begin : begin + BATCH]]
            self.call("POST", "/v1/customers/bulk", "\n".join(lines).encode())

    def heard(self, person: Customer) -> Heard:
        """The first contact: a save is said, and accepted or not."""
        decision = self.call("POST", "/v1/decisions", question(person.customer_id, "first"))
        save = save_of(decision["proposals"])
        dice = np.random.default_rng([SEED, int.from_bytes(person.customer_id.encode(), "big") % 2**63])
        accepted = save is not None and bool(dice.random() < ACCEPTS[save in self._generous])
        told = Heard(decision, save, accepted)
        if save is not None:
            self._tell(told, ("spoken", "o-1"), ("accepted" if accepted else "declined", "o-2"))
        return told

    def again(self, told: Heard) -> dict[str, Any]:
        """The second contact, in which what was heard in the first is told again, by the same and by another name."""
        customer_id = told.decision["customer_id"]
        decision: dict[str, Any] = self.call("POST", "/v1/decisions", question(customer_id, "second"))
        if told.save is not None:
            self._tell(told, ("spoken", "o-1"), ("spoken", "o-3"))
        return decision

    def _tell(self, told: Heard, *what: tuple[str, str]) -> None:
        """Kinds of outcome, and their names."""
        decision = told.decision
        outcomes = [
            {
                "outcome_id": f"{name}-{decision['decision_id']}",
                "decision_id": decision["decision_id"],
                "action_id": told.save,
                "kind": kind,
                "at": decision["decided_at"],
                **({"reason": "unknown"} if kind == "declined" else {}),
            }
            for kind, name in what
        ]
        self.call("POST", "/v1/outcomes", {"outcomes": outcomes})

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The answer, or the first line of one for each customer."""
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        kind = "application/x-ndjson" if isinstance(body, bytes) else "application/json"
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": kind}
        request = urllib.request.Request(f"http://127.0.0.1:{self._port}{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read().splitlines()[0])


# --- what is found --------------------------------------------------------------------------------------------------------


def exposures(data: Path) -> Counter[tuple[str, str, str]]:
    """How often the journal says it of each customer, experiment and arm."""
    entries = pl.read_parquet(data / "journal" / "**" / "*.parquet").filter(pl.col("kind") == "exposure")
    records = [json.loads(record) for record in entries["record"].to_list()]
    return Counter((one["customer_id"], one["experiment"], one["arm"]) for one in records)


def assignment(
    first: Mapping[str, Heard], second: Mapping[str, dict[str, Any]], logged: Counter[tuple[str, str, str]]
) -> list[dict[str, Any]]:
    """Whether arms stay, say nothing of each other, and are logged when heard, once."""
    arms = {who: told.decision["experiment"]["arms"] for who, told in first.items()}
    moved = sum(arms[who] != decision["experiment"]["arms"] for who, decision in second.items())
    expected = {
        (who, name, arm)
        for who, told in first.items()
        if told.save is not None
        for name, arm in told.decision["experiment"]["arms"].items()
    }
    held = {who for who, told in first.items() if told.decision["experiment"]["holdout"]}
    pairs = Counter((each[TRIED], each[NOTHING]) for each in arms.values() if each)
    table = [[pairs[one, other] for other in ("one", "other")] for one in ("champion", FRUGAL)]
    wrong = len(expected ^ logged.keys())
    return [
        row("flags.assigned", len(arms) - len(held), "customers in both experiments", "", None),
        row("flags.moved", moved, "of them in another arm after a restart", "0", moved == 0),
        row("flags.exposed", len(expected), "exposures to log", "", None),
        row("flags.exposures.wrong", wrong, "of them missing, or of nothing heard", "0", wrong == 0),
        row(
            "flags.exposures.double",
            (double := sum(logged.values()) - len(logged)),
            "logged more than once",
            "0",
            double == 0,
        ),
        row(
            "flags.held_out.exposed",
            (out := sum(who in held for who, _, _ in logged)),
            "of who is left out",
            "0",
            out == 0,
        ),
        row(
            "flags.independent",
            (p := float(chi2_contingency(table).pvalue)),
            "p of the arms of the two",
            ">= .001",
            p >= 0.001,
        ),
    ]


def found(place: Path, truth: float) -> list[dict[str, Any]]:
    """What the analysis says of acceptance."""
    said = {}
    for name, control in ((TRIED, "champion"), (NOTHING, "one")):
        asked = Question(name, place / "data", primary="acceptance", control=control, window=WINDOW)
        _, answer = experiment(asked)
        (one,) = [
            one
            for one in answer["results"]
            if (one["measure"], one["population"]) == ("acceptance", ASSIGNED)
        ]
        said[name] = one["found"]
    tried, nothing = said[TRIED], said[NOTHING]
    if tried is None or nothing is None:
        return [row("flags.found", None, "too few customers to tell", "known", None)]
    inside = tried["low"] <= truth <= tried["high"] < 0.0
    none = nothing["low"] <= 0.0 <= nothing["high"]
    return [
        row("flags.known", truth, "difference in acceptance", "", None),
        row("flags.found", tried["estimate"], f"{tried['low']:.3f} to {tried['high']:.3f}", "known", inside),
        row(
            "flags.nothing",
            nothing["estimate"],
            f"{nothing['low']:.3f} to {nothing['high']:.3f}",
            "0",
            none,
        ),
    ]
