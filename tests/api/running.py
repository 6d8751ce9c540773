"""A service to ask, with a real Valkey behind it, in the test's own process."""

from __future__ import annotations

import json
import shutil
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from api.app import create_app
from api.keyring import KeyFile, create_key
from api.security import SCOPES, Scope
from bench.made_up import made_up_bundle
from models.catalogue import load_catalogue
from models.policy import load_policy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import pytest
    from fastapi import FastAPI

    from api.service import Service
    from api.settings import Settings

HERE = Path(__file__).resolve().parent
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TOKEN, KEY = create_key(SCOPES, "tests")
KEYS = KeyFile(keys=(KEY,)).model_dump_json()


def a_flag(value: str, name: str = "propensity", **more: Any) -> str:
    """A file of one flag, which is `value` unless a rule says otherwise."""
    variants = {"winner": "winner", "implicit": "implicit", value: value}
    row = {"state": "ENABLED", "variants": variants, "defaultVariant": value, **more}
    return json.dumps({"flags": {name: row}})


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    moment: datetime = NOW

    def __call__(self) -> datetime:
        return self.moment

    def move(self, **by: float) -> None:
        self.moment += timedelta(**by)


@dataclass
class Running:
    """The client, the app behind it and its clock."""

    client: httpx.AsyncClient
    app: FastAPI
    clock: Clock

    @property
    def service(self) -> Service:
        found: Service = self.app.state.service
        return found

    async def get(self, path: str) -> httpx.Response:
        return await self.client.get(path)

    async def post(self, path: str, body: Any = None) -> httpx.Response:
        return await self.client.post(path, json={} if body is None else body)

    async def put(self, customer: dict[str, Any]) -> httpx.Response:
        return await self.client.put(f"/v1/customers/{customer['customer_id']}", json=customer)

    async def decide(self, **question: Any) -> dict[str, Any]:
        """The decision on a question; fails when there is none."""
        answer = await self.post("/v1/decisions", a_question(**question))
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


@asynccontextmanager
async def running(settings: Settings, clock: Clock | None = None) -> AsyncIterator[Running]:
    clock = clock or Clock()
    app = create_app(settings, clock)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://behoud", headers=headers) as client,
    ):
        yield Running(client, app, clock)


def as_the_environment(settings: Settings, monkeypatch: pytest.MonkeyPatch, folder: Path = HERE) -> None:
    """Name this provider, folder and store to the commands."""
    for name, value in (
        ("BEHOUD_KNOWLEDGE", str(folder)),
        ("BEHOUD_VAR", str(settings.var)),
        ("BEHOUD_REDIS_URL", settings.redis_url),
    ):
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("BEHOUD_BUNDLE", raising=False)


def a_question(
    customer_id: str = "C-1", contact_id: str = "call-1", channel: str = "voice", **rest: Any
) -> dict[str, Any]:
    """What is asked, in full detail; what is said goes into the contact, the rest beside it."""
    contact = {"contact_id": contact_id, "channel": channel}
    said = ("intent", "motive", "subject", "queue_load", "speaker")
    contact |= {name: rest.pop(name) for name in said if name in rest}
    return {"customer_id": customer_id, "contact": contact, "detail": "full", **rest}


def a_customer(customer_id: str = "C-1", *holding: str, **facts: Any) -> dict[str, Any]:
    return {
        "customer_id": customer_id,
        "holdings": [{"product_id": product} for product in holding],
        "facts": facts,
        "consents": {"marketing": True},
    }


def an_event(
    event_id: str = "e-1", customer_id: str = "C-1", kind: str = "complaint_opened", **rest: Any
) -> dict[str, Any]:
    return {
        "event_id": event_id,
        "customer_id": customer_id,
        "kind": kind,
        "at": "2026-11-20T10:00:00Z",
        **rest,
    }


def an_outcome(decision: dict[str, Any], outcome_id: str = "o-1", **rest: Any) -> dict[str, Any]:
    return {
        "outcome_id": outcome_id,
        "decision_id": decision["decision_id"],
        "action_id": decision["proposals"][0]["action_id"],
        "kind": "spoken",
        "at": "2026-11-21T12:01:00Z",
        **rest,
    }


def a_key(*scopes: Scope) -> tuple[str, str]:
    """A token with these scopes, and the keys document that knows it beside the tests' own."""
    token, key = create_key(scopes, "narrow")
    return token, KeyFile(keys=(KEY, key)).model_dump_json()


def actions(decision: dict[str, Any]) -> list[str]:
    return [proposal["action_id"] for proposal in decision["proposals"]]


def own_provider(folder: Path) -> Path:
    """Catalogue and policy of the tests' provider in a folder of a test's own, to change."""
    folder.mkdir()
    for name in ("catalogue.yaml", "policy.yaml"):
        shutil.copy(HERE / name, folder)
    return folder


def write_bundle(folder: Path, seed: int = 1, knowledge: Path = HERE) -> Path:
    """A bundle with random numbers for the catalogue and policy in `knowledge`."""
    catalogue = load_catalogue((knowledge / "catalogue.yaml").read_bytes())
    policy = load_policy((knowledge / "policy.yaml").read_bytes())
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in made_up_bundle(catalogue, policy, seed).items():
        (folder / name).write_bytes(data)
    return folder
