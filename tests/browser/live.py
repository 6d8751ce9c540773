"""The service as a browser meets it: on a port, by the real clock, and able to be stopped and started in between."""

from __future__ import annotations

import dataclasses
import itertools
import json
import threading
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import redis
import uvicorn
import yaml

from api import keys
from api.app import create_app
from api.keyring import KeyFile, create_key
from api.security import SCOPES, Bound
from api.tokens import Tokens, token_secret
from models.sections.experiments import Holdout

if TYPE_CHECKING:
    from api.settings import Settings

TELECOM = Path(__file__).resolve().parents[2] / "examples" / "telecom"
AGENT = "A-17"
ALLOWED = "http://localhost:8099"
"""An origin whose pages may hold the panel; nobody needs to listen there."""
FACTS: dict[str, Any] = {
    "tenure_months": 40,
    "months_to_contract_end": 9,
    "contract": "one_year",
    "payment_method": "direct_debit",
    "household_size": 2,
    "age": 44,
    "region": "west",
    "data_used_gb": 3.1,
    "data_plan_gb": 20.0,
    "data_gb_m1": 3.0,
    "data_gb_m2": 3.1,
    "data_gb_m3": 3.2,
    "tv_hours": 8.0,
    "roaming_days": 3,
    "abroad_minutes": 5.0,
    "wifi_weak_share": 0.05,
    "device_age_months": 16,
    "instalments_left": 0,
    "arrears_eur": 0.0,
    "fiber_available": True,
    "competitor_fiber": False,
    "moving_soon": False,
    "app_active": True,
    "nps": 8,
    "vulnerable": False,
}
HOLDINGS = ("internet-fiber-100", "mobile-m")


HOLDOUT = Holdout.model_validate(
    yaml.safe_load((TELECOM / "policy.yaml").read_bytes())["experiments"]["holdout"]
)


class Live:
    """`address` and `key` are how to reach it; it keeps its port when it is started again."""

    _numbers = itertools.count(1)  # of customers and contacts: several services may share a store

    def __init__(self, settings: Settings) -> None:
        self.key, kept = create_key(SCOPES, "tests")
        self._settings = dataclasses.replace(settings, keys=KeyFile(keys=(kept,)).model_dump_json())
        self._port = 0
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        config = uvicorn.Config(
            create_app(self._settings), port=self._port, log_config=None, timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        while not self._server.started:
            assert self._thread.is_alive(), "the service did not start"
            time.sleep(0.01)
        self._port = self._server.servers[0].sockets[0].getsockname()[1]

    def stop(self) -> None:
        assert self._server is not None
        assert self._thread is not None
        self._server.should_exit = True
        self._thread.join()

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """What it answers to the tests' own key, which may do everything."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.address + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or b"null")

    def customer(self, *holding: str, **facts: Any) -> str:
        """The id of a new customer who is in no holdout: two products and ordinary facts, unless told otherwise; None is not known."""
        customer_id = next(name for name in map("C-{}".format, self._numbers) if HOLDOUT.of(name) is None)
        body = {
            "customer_id": customer_id,
            "holdings": [{"product_id": product} for product in holding or HOLDINGS],
            "facts": {name: value for name, value in {**FACTS, **facts}.items() if value is not None},
            "consents": {"marketing": True, "profiling": True},
        }
        self.call("PUT", f"/v1/customers/{customer_id}", body)
        return customer_id

    def contact(self) -> str:
        """The id of a new contact."""
        return f"call-{next(self._numbers)}"

    def event(self, customer_id: str, kind: str, at: str, **rest: Any) -> None:
        event = {"event_id": f"e-{next(self._numbers)}", "customer_id": customer_id, "kind": kind, "at": at}
        self.call("POST", "/v1/events", {"events": [{**event, **rest}]})

    def token(self, contact_id: str, customer_id: str, agent_id: str = AGENT, minutes: int = 15) -> str:
        """What a desktop gives the panel."""
        body = {
            "agent_id": agent_id,
            "contact_id": contact_id,
            "customer_id": customer_id,
            "minutes": minutes,
        }
        token: str = self.call("POST", "/v1/tokens", body)["token"]
        return token

    def dead_token(self, contact_id: str, customer_id: str) -> str:
        """One of ours whose time is over."""
        secret = token_secret("", self._settings.var)
        long_ago = Tokens(secret, lambda: datetime.now(UTC) - timedelta(hours=1))
        bound = Bound(AGENT, contact_id, customer_id)
        return long_ago.make("panel", bound, timedelta(minutes=15), self.key.split("_")[1])[0]

    def outcomes(self, customer_id: str, *kinds: str) -> list[dict[str, Any]]:
        """What was noted of this customer, as it is kept, the oldest first; of these kinds, if any are given."""
        with redis.Redis.from_url(self._settings.redis_url) as store:
            tag = keys.tag_of(customer_id)
            rows = [
                row
                for name in ("saves", "outcomes")
                for row in store.lrange(f"{tag}{name}:{customer_id}", 0, -1)
            ]
        found = sorted(map(json.loads, rows), key=lambda outcome: outcome["at"])
        return [outcome for outcome in found if not kinds or outcome["kind"] in kinds]
