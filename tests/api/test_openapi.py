"""The contract: written from the routes, committed, valid, and kept by the answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate
from pydantic import TypeAdapter

from api import errors
from api.contract import declared
from api.errors import STATUS, TITLES, ProblemError
from api.openapi import as_text, document
from api.routes import endpoints
from tests.api.running import Running

pytestmark = pytest.mark.anyio

COMMITTED = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"


def test_the_committed_document_is_the_one_of_the_routes() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == as_text(endpoints()), "run 'make openapi'"


async def test_the_app_gives_the_same_document(desk: Running) -> None:
    assert desk.app.openapi() == json.loads(COMMITTED.read_text(encoding="utf-8"))


def test_it_is_valid_openapi_3_1() -> None:
    found = document(endpoints())
    assert found["openapi"] == "3.1.0"
    validate(found)


@pytest.mark.parametrize(
    "operation", [declared(e) for e in endpoints()], ids=lambda o: f"{o.method} {o.path}"
)
def test_examples_are_what_the_nouns_take(operation: Any) -> None:
    for model, example in ((operation.takes, operation.example_in), (operation.gives, operation.example_out)):
        if model is not None:
            noun = TypeAdapter(model).validate_json(json.dumps(example))
            assert noun is not None


def test_every_route_shows_what_it_takes_and_what_it_gives() -> None:
    operations = [declared(endpoint) for endpoint in endpoints()]
    assert {o.path for o in operations if o.takes is not None and o.example_in is None} == set()
    assert {o.path for o in operations if o.example_out is None} == set()


def test_every_refusal_by_method_is_declared_and_every_wait_says_how_long() -> None:
    answers = [
        operation["responses"]
        for path in document(endpoints())["paths"].values()
        for operation in path.values()
    ]
    assert all("405" in responses for responses in answers)
    waits = [responses["503"] for responses in answers if "503" in responses]
    assert all(wait["headers"]["Retry-After"]["schema"]["type"] == "integer" for wait in waits)


def test_every_route_that_asks_for_a_key_says_that_it_may_be_asked_too_often_or_when_there_is_too_much_to_do() -> (
    None
):
    guarded = [
        operation
        for path in document(endpoints())["paths"].values()
        for operation in path.values()
        if "x-scope" in operation
    ]
    for operation in guarded:
        for status in ("429", "503"):
            wait = operation["responses"][status]["headers"]["Retry-After"]
            assert wait["schema"] == {"type": "integer", "minimum": 0}


def test_what_narrower_views_are_answered_has_a_schema_of_its_own() -> None:
    found = document(endpoints())
    answers = found["paths"]["/v1/decisions"]["post"]["responses"]["200"]["content"]["application/json"]
    names = [row["$ref"].rpartition("/")[2] for row in answers["schema"]["anyOf"]]
    assert names == [
        "DecisionAnswer",
        "FlatDecision",
        "DecisionAnswerSeenByBot",
        "DecisionAnswerSeenByCustomer",
    ]
    schemas = found["components"]["schemas"]
    assert [schemas[name].get("x-view") for name in names] == [None, None, "bot", "customer"]


async def test_the_service_gives_its_contract_to_anyone(desk: Running) -> None:
    del desk.client.headers["Authorization"]
    answer = await desk.get("/openapi.json")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json() == json.loads(COMMITTED.read_text(encoding="utf-8"))
    assert (await desk.get("/docs")).status_code == 404


async def test_another_method_is_refused_with_the_one_to_use(desk: Running) -> None:
    answer = await desk.post("/livez")
    assert (answer.status_code, answer.headers["content-type"]) == (405, "application/problem+json")
    assert answer.headers["allow"] == "GET"


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [
        operation["operationId"]
        for path in document(endpoints())["paths"].values()
        for operation in path.values()
    ]
    assert len(set(names)) == len(names)


def test_every_noun_has_a_name_of_its_own() -> None:
    names = set(document(endpoints())["components"]["schemas"])
    assert {name for name in names if not name.isalnum()} == set()


def test_every_error_has_a_status_and_every_status_a_title() -> None:
    tree = {
        error
        for error in vars(errors).values()
        if isinstance(error, type) and issubclass(error, ProblemError)
    }
    assert tree - {ProblemError} == set(STATUS)
    assert set(STATUS.values()) <= set(TITLES)
