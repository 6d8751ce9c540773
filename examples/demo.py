"""A provider from nothing to answers: simulate, train, serve, learn, load, ask for three customers, show desk and insights, stay up.

Run it with `make demo`. Everything it makes lies in var/demo; everything it starts ends with it.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any

from processes import (
    PYTHON,
    ROOT,
    TELECOM,
    VAR,
    run,
    settings,
    start_learner,
    start_service,
    stay,
    stop,
    wait_for,
)

CUSTOMERS = int(os.environ.get("BEHOUD_DEMO_CUSTOMERS", "20000"))
CONTACTS = os.environ.get("BEHOUD_DEMO_CONTACTS", "3000")
MONTHS = int(os.environ.get("BEHOUD_DEMO_MONTHS", "24"))
BATCH = 2_000


class Service:
    """The running service, spoken to as any client would."""

    def __init__(self, address: str, key: str) -> None:
        self.address = address
        self.key = key

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Send JSON, or NDJSON when the body is bytes, and return what comes back."""
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        kind = "application/x-ndjson" if isinstance(body, bytes) else "application/json"
        request = urllib.request.Request(self.address + path, data, method=method)  # noqa: S310  our own loopback address
        request.add_header("Authorization", f"Bearer {self.key}")
        request.add_header("Content-Type", kind)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
                text = answer.read().decode()
        except urllib.error.HTTPError as error:
            raise SystemExit(f"{method} {path}: {error.code} {error.read().decode()[:500]}") from None
        return (
            [json.loads(line) for line in text.splitlines()] if isinstance(body, bytes) else json.loads(text)
        )

    def ready(self) -> bool:
        """Whether an answer is possible."""
        try:
            with urllib.request.urlopen(self.address + "/readyz", timeout=1) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except OSError:
            return False


def main() -> None:
    """The demo, until it is interrupted."""
    try:
        demo()
    except KeyboardInterrupt:
        print("\nEnded, with all that was started.")


def demo() -> None:
    """Everything, in order."""
    started = time.monotonic()
    known = ["--data", str(VAR / "data"), "--bundle", "models:/behoud@champion", "--catalogue", str(TELECOM / "catalogue.yaml"), "--policy", str(TELECOM / "policy.yaml")]  # fmt: skip
    environment = settings()
    shutil.rmtree(VAR, ignore_errors=True)
    VAR.mkdir(parents=True)
    step(f"1/5  A simulated provider: {CUSTOMERS:,} customers, {MONTHS} months")
    run([*PYTHON, "training", "simulate", "--customers", str(CUSTOMERS), "--months", str(MONTHS), "--seed", "7", "--until", yesterday(), "--out", str(VAR / "data")], environment)  # fmt: skip
    step("2/5  Fit, judge, publish")
    run([*PYTHON, "training", "run", "--data", str(VAR / "data"), "--catalogue", str(TELECOM / "catalogue.yaml"), "--policy", str(TELECOM / "policy.yaml"), "--promote"], environment)  # fmt: skip
    step("3/5  The service, with its own Valkey server, and the learner")
    key = make_key(environment)
    service = Service(f"http://127.0.0.1:{environment['BEHOUD_PORT']}", key)
    server, learner = start_service(environment), None
    try:
        wait_for(server, service.ready)
        learner = start_learner(environment)
        load(service)
        step("4/5  Three customers")
        ask(service)
        step("5/5  A year of made-up contacts, answered, for the insights")
        run([*PYTHON, "training", "answer", *known, "--contacts", CONTACTS, "--explore", "0.05", "--out", str(VAR / "journal")], environment)  # fmt: skip
        read = ("--journal", str(VAR / "journal"))
        run([*PYTHON, "training", "experiment", "scores-demo", "--control", "winner", "--data", str(VAR / "data"), "--catalogue", str(TELECOM / "catalogue.yaml"), *read, "--out", str(VAR / "experiments" / "scores-demo.json")], environment)  # fmt: skip
        run([*PYTHON, "training", "insights", *known, *read, "--experiments", str(VAR / "experiments"), "--out", str(VAR / "insights.json")], environment)  # fmt: skip
        print_address(service, environment, time.monotonic() - started)
        stay(server, learner)
    finally:
        if learner is not None:
            stop(learner)
        stop(server)


def yesterday() -> str:
    """The last day of the simulated world: what happened there is recent, and nothing is still to come."""
    return (datetime.now(UTC) - timedelta(days=1)).date().isoformat()


def step(text: str) -> None:
    """A heading."""
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n{text}", flush=True)


def make_key(environment: dict[str, str]) -> str:
    """A key for this demo; the service keeps only its hash."""
    command = [*PYTHON, "api", "key", "create", "--scope", "all", "--name", f"demo-{secrets.token_hex(2)}"]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
    return done.stdout.strip().splitlines()[-1].split()[-1]


def token(kind: str, environment: dict[str, str]) -> str:
    """What opens a page for a working day: the demo desk, or the insights."""
    command = [*PYTHON, "api", "token", "create", f"--{kind}", "--agent", "demo-agent"]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def load(service: Service) -> None:
    """Customers and what happened to them, as a nightly load would send it."""
    lines = (VAR / "data" / "customers.ndjson").read_bytes().splitlines()
    for start in range(0, len(lines), BATCH):
        results = service.call("POST", "/v1/customers/bulk", b"\n".join(lines[start : start + BATCH]))
        refused = [result for result in results if result["status"] not in {"stored", "unchanged"}]
        if refused:
            raise SystemExit(f"bulk load refused {len(refused)} customers, first: {refused[0]}")
    events = [json.loads(line) for line in (VAR / "data" / "events.ndjson").read_bytes().splitlines()]
    for start in range(0, len(events), 500):
        service.call("POST", "/v1/events", {"events": events[start : start + 500]})
    print(f"loaded {len(lines):,} customers and {len(events):,} events")


def ask(service: Service) -> None:
    """The same question for three people, in three moods."""
    leaver, complainer, quiet = three_customers(service)
    now = datetime.now(UTC)
    events = [
        {"event_id": f"demo-contact-{days}", "customer_id": complainer, "kind": "contact", "at": (now - timedelta(days=days)).isoformat(), "channel": "voice", "contact_id": f"demo-K{days}", "subject": "internet"}
        for days in (2, 5, 9, 14, 20, 26)
    ]  # fmt: skip
    events.append({"event_id": "demo-complaint", "customer_id": complainer, "kind": "complaint_opened", "at": (now - timedelta(days=9)).isoformat(), "subject": "internet"})  # fmt: skip
    service.call("POST", "/v1/events", {"events": events})
    show(service, leaver, "wants to cancel: too expensive", {"contact_id": "demo-1", "channel": "voice", "intent": "cancel", "motive": "price"})  # fmt: skip
    show(service, complainer, "six contacts in 30 days, a complaint is open", {"contact_id": "demo-2", "channel": "voice", "subject": "internet"})  # fmt: skip
    show(service, quiet, "calls with a question about the bill", {"contact_id": "demo-3", "channel": "voice", "intent": "billing"})  # fmt: skip


def three_customers(service: Service) -> tuple[str, str, str]:
    """Three different settled people without a history that would speak first, each fit for the question, or else anyone settled.

    One who uses far less data than the plan has; one with internet at home; one more. Nobody who is left out of proposals to measure them.
    """
    told = {
        json.loads(line)["customer_id"] for line in (VAR / "data" / "events.ndjson").read_bytes().splitlines()
    }
    everyone = map(json.loads, (VAR / "data" / "customers.ndjson").read_bytes().splitlines())
    settled = [person for person in everyone if is_settled(person) and person["customer_id"] not in told]
    if len(settled) < 3:
        raise SystemExit("the simulated provider has no three settled customers; simulate more")
    found: list[str] = []
    for fits in (uses_little_data, has_internet, is_settled):
        left = [person for person in settled if person["customer_id"] not in found]
        fit = (person for person in filter(fits, left) if not is_left_out(service, person))
        found.append(next(fit, left[0])["customer_id"])
    return found[0], found[1], found[2]


def is_left_out(service: Service, person: dict[str, Any]) -> bool:
    """Whether nothing, or only what chance drew, is proposed to this customer."""
    assigned = service.call("GET", f"/v1/experiments?customer_id={person['customer_id']}")["assignment"]
    return bool(assigned["experiment"]["holdout"])


def is_settled(person: dict[str, Any]) -> bool:
    """More than a year here, with two products, not vulnerable and nothing to pay."""
    facts = person["facts"]
    long = facts.get("tenure_months", 0) > 12 and len(person["holdings"]) >= 2
    return bool(long and not facts.get("vulnerable") and not facts.get("arrears_eur"))


def uses_little_data(person: dict[str, Any]) -> bool:
    """Internet at home, and little enough mobile data for a smaller plan."""
    used, plan = person["facts"].get("data_used_gb"), person["facts"].get("data_plan_gb")
    home = has_internet(person) and used is not None and plan is not None
    return home and 5 < plan <= 20 and used <= 4 and used < 0.5 * plan


def has_internet(person: dict[str, Any]) -> bool:
    """One of the products of the family internet."""
    return any(holding["product_id"].startswith("internet-") for holding in person["holdings"])


def show(service: Service, customer_id: str, about: str, contact: dict[str, Any]) -> None:
    """One question and its answer, readably."""
    answer = service.call(
        "POST", "/v1/decisions", {"customer_id": customer_id, "contact": contact, "language": "en"}
    )
    print(
        f"\n{customer_id}  {about}\n  {answer['mode_text']}"
        + "".join(f"; {r['text']}" for r in answer["evidence"])
    )
    for proposal in answer["proposals"]:
        value = proposal["value"]
        worth = f"  worth € {value['expected']:.2f}, accepted with {value['p_accept']:.0%}" if value else ""
        print(f"  {proposal['rank']}. {proposal['title']}{worth}")
    if not answer["proposals"]:
        print("  nothing: no proposal is worth more than leaving this customer in peace")
    print(f"  {sum(answer['removed'].values())} others held back; answered in {answer['took_ms']:.1f} ms")


def print_address(service: Service, environment: dict[str, str], seconds: float) -> None:
    """Where it is and how to ask it."""
    print(
        f"""
Ready after {seconds:.0f} s. Ctrl-C ends it and all it started.

  logs        {(VAR / "service.log").relative_to(ROOT)}, {(VAR / "learner.log").relative_to(ROOT)}
  experiments MLFLOW_TRACKING_URI=sqlite:///{(VAR / "mlflow.db").relative_to(ROOT)} .venv/bin/mlflow ui

  curl -s {service.address}/v1/decisions -H 'Authorization: Bearer {service.key}' \\
       -H 'Content-Type: application/json' \\
       -d '{{"customer_id": "{three_customers(service)[0]}", "contact": {{"contact_id": "K-1", "channel": "voice", "intent": "cancel"}}}}'

The desk, with a panel for the agent and a bot beside it. What a customer answers there is learned from within seconds:
the next decision thinks otherwise of that action. Beside it the insights, for managers.
The links are yours alone and good for eight hours:

Open {service.address}/desk#{token("desk", environment)}
Open {service.address}/insights#{token("insights", environment)}
""",
        flush=True,
    )


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    main()
