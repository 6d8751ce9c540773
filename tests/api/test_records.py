"""A record is put together from bytes and taken apart again; ids say where it lies."""

from __future__ import annotations

import uuid

import orjson
import pytest

from api import keys
from api.ids import decision_id, uuid7
from api.records import answer_of, compose
from models.domain import partition


def test_a_record_is_json_and_gives_its_answer_back() -> None:
    answer = b'{"decision_id":"p07-1","vetoes":[{"values":{"decision":"x"}}]}'
    request = orjson.dumps({"facts": {"decision": "{", 'a,"decision":{': 1}})
    record = compose(request, None, b'{"events":[]}', b'["store"]', b'["offer-tv"]', answer)
    assert answer_of(record) == answer
    assert orjson.loads(record) == {
        "request": {"facts": {"decision": "{", 'a,"decision":{': 1}},
        "customer": None,
        "history": {"events": []},
        "degraded_in": ["store"],
        "sold_out": ["offer-tv"],
        "decision": orjson.loads(answer),
    }


def test_ids_are_uuids_of_version_7_that_sort_by_time() -> None:
    texts = [uuid7(1_700_000_000_000, bytes([n] * 10)) for n in range(256)]
    for text in texts:
        found = uuid.UUID(text)
        assert (str(found), found.version, found.variant) == (text, 7, uuid.RFC_4122)
    assert max(texts) < uuid7(1_700_000_000_001, bytes(10))
    assert texts[255] == "018bcfe5-6800-7fff-bfff-ffffffffffff"


def test_ids_made_at_once_differ() -> None:
    assert len({decision_id("C-1", 1_700_000_000.0) for _ in range(1000)}) == 1000


@pytest.mark.parametrize("customer_id", ["C-1", "C-1042", "a.b:c@d+e"])
def test_a_decision_lies_in_the_partition_of_its_customer(customer_id: str) -> None:
    made = decision_id(customer_id, 0.0)
    assert keys.decision(made) == f"{keys.tag_of(customer_id)}decision:{made}"
    assert keys.tag_of(customer_id) == f"{{{partition(customer_id)}}}:"
