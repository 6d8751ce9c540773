"""Customers: stored one by one or as lines, refused by name, never half."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from api.lines import MAX_LINE
from tests.api.running import Running, a_customer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx
    import redis

pytestmark = pytest.mark.anyio

NDJSON = {"content-type": "application/x-ndjson"}


async def bulk(desk: Running, content: Any) -> httpx.Response:
    return await desk.client.post("/v1/customers/bulk", content=content, headers=NDJSON)


def results(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


async def test_a_customer_comes_back_as_he_was_stored(desk: Running) -> None:
    given = a_customer("C-1", "fiber", tenure_months=30, joined="2024-05-01", vulnerable=False, data_gb=2)
    stored = await desk.put(given)
    assert stored.status_code == 200
    found = await desk.get("/v1/customers/C-1")
    assert found.content == stored.content
    assert found.json()["facts"] == given["facts"]


async def test_a_customer_nobody_stored_is_not_found(desk: Running) -> None:
    answer = await desk.get("/v1/customers/C-9")
    assert (answer.status_code, answer.json()["detail"]) == (404, "no customer 'C-9'; store him with PUT")


async def test_the_id_in_the_body_must_be_the_one_in_the_address(desk: Running, store: redis.Redis) -> None:
    answer = await desk.client.put("/v1/customers/C-2", json=a_customer("C-1"))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "customer_id"
    assert not store.exists("{p30}:customer:C-1")


@pytest.mark.parametrize(
    ("change", "field", "message", "remedy"),
    [
        ({"holdings": [{"product_id": "fibre"}]}, "holdings[0].product_id", "unknown product 'fibre'", "did you mean 'fiber'?"),
        ({"holdings": [{"product_id": "x-9"}]}, "holdings[0].product_id", "unknown product 'x-9'", "add it to the catalogue"),
        ({"facts": {"tenure": 3}}, "facts.tenure", "unknown fact 'tenure'", "did you mean 'tenure_months'?"),
        ({"facts": {"tenure_months": "3"}}, "facts.tenure_months", "'3' is no integer", "send a integer, or leave the fact out when it is not known"),
        ({"facts": {"tenure_months": True}}, "facts.tenure_months", "'True' is no integer", "send a integer, or leave the fact out when it is not known"),
        ({"facts": {"tenure_months": -1}}, "facts.tenure_months", "-1 is below 0", "send at least 0"),
        ({"facts": {"tenure_months": 721}}, "facts.tenure_months", "721 is above 720", "send at most 720"),
        ({"facts": {"contract": "yearly"}}, "facts.contract", "'yearly' is none of its values", "did you mean 'year'?"),
        ({"facts": {"contract": "zzz"}}, "facts.contract", "'zzz' is none of its values", "use one of month, year, none"),
        ({"facts": {"joined": "2024-02-30"}}, "facts.joined", "'2024-02-30' is no date", "send a date, or leave the fact out when it is not known"),
        ({"facts": {"data_gb": 10**17}}, "facts.data_gb", "'100000000000000000' is no number", "send a number, or leave the fact out when it is not known"),
        ({"facts": {"vulnerable": 1}}, "facts.vulnerable", "'1' is no boolean", "send a boolean, or leave the fact out when it is not known"),
        ({"facts": {"joined": 5}}, "facts.joined", "'5' is no date", "send a date, or leave the fact out when it is not known"),
        ({"consents": {"markting": True}}, "consents.markting", "unknown consent 'markting'", "did you mean 'marketing'?"),
    ],
)  # fmt: skip
async def test_what_the_policy_and_the_catalogue_do_not_know_is_refused_by_name(
    desk: Running, store: redis.Redis, change: dict[str, Any], field: str, message: str, remedy: str
) -> None:
    answer = await desk.put({**a_customer(), **change})
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"field": field, "message": message, "remedy": remedy}]
    assert not store.exists("{p30}:customer:C-1")


async def test_everything_wrong_is_listed_at_once(desk: Running) -> None:
    answer = await desk.put({**a_customer("C-1", "fibre", tenure=3), "consents": {"x": True}})
    assert [error["field"] for error in answer.json()["errors"]] == [
        "facts.tenure",
        "consents.x",
        "holdings[0].product_id",
    ]
    assert answer.json()["detail"].endswith("(and 2 more)")


async def test_an_objection_to_profiling_needs_no_declaration(desk: Running) -> None:
    assert (await desk.put({**a_customer(), "consents": {"profiling": False}})).status_code == 200


async def test_many_lines_are_stored_and_the_wrong_ones_named(desk: Running) -> None:
    lines = [json.dumps(a_customer(f"C-{number}", "fiber")) for number in range(450)]
    lines[3] = json.dumps(a_customer("C-3", "fibre"))
    lines[4] = "{oops"
    lines[5] = ""
    answer = results(await bulk(desk, "\n".join(lines)))
    assert len(answer) == 449
    assert answer[2] == {"line": 3, "status": "stored", "customer_id": "C-2"}
    assert answer[3]["status"] == answer[4]["status"] == "refused"
    assert answer[3]["problem"] == "holdings[0].product_id: unknown product 'fibre'; did you mean 'fiber'?"
    assert answer[5] == {"line": 7, "status": "stored", "customer_id": "C-6"}
    assert (await desk.get("/v1/customers/C-449")).status_code == 200
    assert (await desk.get("/v1/customers/C-3")).status_code == 404


async def test_lines_that_change_nothing_say_so(desk: Running) -> None:
    line = json.dumps(a_customer()) + "\n"
    assert [result["status"] for result in results(await bulk(desk, line * 2))] == ["stored", "unchanged"]


async def test_lines_may_come_in_any_pieces(desk: Running) -> None:
    whole = "\n".join(json.dumps(a_customer(f"C-{number}")) for number in range(10)).encode()

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(whole), 7):
            yield whole[start : start + 7]

    assert len(results(await bulk(desk, pieces()))) == 10


async def test_a_line_without_end_is_refused_before_it_fills_the_memory(desk: Running) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield json.dumps(a_customer()).encode() + b"\n"
        while sent < 100 * MAX_LINE:
            sent += 10_000
            yield b"x" * 10_000

    answer = await bulk(desk, endless())
    assert answer.status_code == 413
    assert answer.json()["detail"] == "line 2 has more than 100000 bytes; send one customer a line"
    assert sent < 3 * MAX_LINE


async def test_more_results_than_fit_in_memory_go_through_a_file(desk: Running) -> None:
    answer = results(await bulk(desk, b"{}\n" * 8000))
    assert len(answer) == 8000
    assert {result["status"] for result in answer} == {"refused"}


async def test_the_catalogue_and_the_policy_are_shown_with_their_versions(desk: Running) -> None:
    catalogue, policy = await desk.get("/v1/catalogue"), await desk.get("/v1/policy")
    assert [product["id"] for product in catalogue.json()["products"]] == [
        "mobile",
        "fiber",
        "tv",
        "security",
    ]
    assert catalogue.headers["etag"] == f'"{catalogue.json()["version"]}"'
    assert policy.json()["rules"][0]["for"]["purposes"] == ["marketing"]
