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
        if example is not None:
            noun = TypeAdapter(model).validate_json(json.dumps(example))
            assert noun is not None


def test_every_route_that_takes_or_gives_something_of_its_own_shows_an_example() -> None:
    bare = {
        declared(endpoint).path
        for endpoint in endpoints()
        if declared(endpoint).takes is not None and declared(endpoint).example_in is None
    }
    assert bare == set()


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [
        operation["operationId"]
        for path in document(endpoints())["paths"].values()
        for operation in path.values()
    ]
    assert len(set(names)) == len(names)


def test_every_error_has_a_status_and_every_status_a_title() -> None:
    tree = {
        error
        for error in vars(errors).values()
        if isinstance(error, type) and issubclass(error, ProblemError)
    }
    assert tree - {ProblemError} == set(STATUS)
    assert set(STATUS.values()) <= set(TITLES)
