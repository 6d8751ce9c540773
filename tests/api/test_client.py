"""The Python client that `make client` writes: generated here from the committed contract, and spoken to a served app."""

from __future__ import annotations

import dataclasses
import importlib
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from api.keyring import KeyFile, create_key
from tests.api.running import TOKEN
from tests.api.serving import listening

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from api.settings import Settings

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).resolve().parents[2]
MAKE = "openapi-python-client generate --path docs/openapi.json --config clients/python/generator.yaml --meta setup --fail-on-warning"


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The client as it is generated, and importable; without a warning of the generator."""
    folder = tmp_path_factory.mktemp("client") / "behoud-client"
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    subprocess.run(
        [sys.executable, "-m", *MAKE.replace("-", "_", 2).split(), "--output-path", str(folder)],
        cwd=ROOT,
        env={**os.environ, "PATH": path},
        check=True,
        capture_output=True,
    )
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))


@pytest.fixture
def models(generated: Path) -> Any:
    return importlib.import_module("behoud_client.models")


@pytest.fixture
async def client(generated: Path, settings: Settings) -> AsyncIterator[Any]:
    made = importlib.import_module("behoud_client").AuthenticatedClient
    async with listening(settings) as address, made(base_url=address, token=TOKEN) as found:
        yield found


def call(group: str, name: str) -> Any:
    return importlib.import_module(f"behoud_client.api.{group}.{name}").asyncio


def a_customer(models: Any, **facts: Any) -> Any:
    return models.Customer(
        customer_id="C-1",
        holdings=[models.Holding(product_id="fiber", since=None)],
        facts=models.CustomerFacts.from_dict(facts),
        consents=models.CustomerConsents.from_dict({"marketing": True}),
    )


def a_question(models: Any, **contact: Any) -> Any:
    said = models.Contact(contact_id="call-1", channel=models.ContactChannel.VOICE, **contact)
    return models.DecisionRequest(customer_id="C-1", contact=said)


def test_make_writes_it_as_it_is_tested() -> None:
    assert f"$(BIN)/{MAKE} --output-path dist/behoud-client\n" in (ROOT / "Makefile").read_text(
        encoding="utf-8"
    )


async def test_a_customer_is_put_and_read_back_with_his_facts(client: Any, models: Any) -> None:
    stored = a_customer(
        models, contract="month", data_gb=3.5, tenure_months=30, joined="2024-02-29", vulnerable=False
    )
    assert await call("customers", "put_customer")("C-1", client=client, body=stored) == stored
    found = await call("customers", "customer")("C-1", client=client)
    assert found == stored
    assert (found.facts["data_gb"], found.facts["joined"].isoformat()) == (3.5, "2024-02-29")


async def test_a_decision_has_types_down_to_the_euro_and_its_outcome_is_taken(
    client: Any, models: Any
) -> None:
    await call("customers", "put_customer")("C-1", client=client, body=a_customer(models))
    found = await call("decisions", "decide")(
        client=client, body=a_question(models, intent="cancel", motive="price")
    )
    assert isinstance(found, models.DecisionAnswer)
    first = found.proposals[0]
    assert (found.mode, first.kind) == ("save", models.ProposalKind.SAVE)
    assert first.value.expected > 0
    assert isinstance(found.valid_until, datetime)
    outcome = models.Outcome(
        outcome_id="o-1",
        decision_id=found.decision_id,
        action_id=first.action_id,
        kind=models.OutcomeKind.DECLINED,
        reason="too_expensive",
        at=datetime.now(UTC),
    )
    batch = models.OutcomeBatch(outcomes=[outcome])
    taken = [await call("outcomes", "outcomes")(client=client, body=batch) for _ in range(2)]
    assert [answer.results[0].status.value for answer in taken] == ["new", "known"]
    assert await call("decisions", "decision")(found.decision_id, client=client) == models.Decision.from_dict(
        found.to_dict()
    )


async def test_the_flat_form_has_a_type_of_its_own(client: Any, models: Any) -> None:
    found = await call("decisions", "decide")(client=client, body=a_question(models), shape="flat")
    assert isinstance(found, models.FlatDecision)
    assert (found.mode, found.offers) == ("grow", 1)
    assert found.offer1_action_id == "repair"


async def test_a_narrower_view_has_a_type_of_its_own(
    generated: Path, settings: Settings, models: Any
) -> None:
    token, key = create_key(("decisions:create",), "bot", "bot")
    made = importlib.import_module("behoud_client").AuthenticatedClient
    known = dataclasses.replace(settings, keys=KeyFile(keys=(key,)).model_dump_json())
    async with listening(known) as address, made(base_url=address, token=token) as client:
        found = await call("decisions", "decide")(client=client, body=a_question(models), render="1")
    assert isinstance(found, models.DecisionAnswerSeenByBot)
    assert [proposal.action_id for proposal in found.proposals] == ["repair"]


async def test_an_error_is_a_problem_with_its_fields(client: Any, models: Any) -> None:
    found = await call("decisions", "decide")(client=client, body=a_question(models, motive="prise"))
    assert isinstance(found, models.ProblemDocument)
    assert (found.status, found.errors[0].field, found.errors[0].remedy) == (
        422,
        "contact.motive",
        "did you mean 'price'?",
    )
    missing = await call("customers", "customer")("C-404", client=client)
    assert (missing.status, missing.title) == (404, "Not found")


async def test_every_operation_of_the_contract_can_be_called(generated: Path) -> None:
    document = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))
    names = {row["operationId"] for path in document["paths"].values() for row in path.values()}
    files = {file.stem for file in (generated / "behoud_client" / "api").glob("*/*.py")} - {"__init__"}
    assert files == names
