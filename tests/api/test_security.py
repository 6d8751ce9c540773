"""Keys: every route but health and the contract asks for one, and for the scope it names."""

from __future__ import annotations

import dataclasses
import re
import stat
from typing import TYPE_CHECKING

import pytest

from api.contract import Operation, declared
from api.errors import ForbiddenError, UnauthenticatedError
from api.keyring import Key, KeyFile, Keyring, add_to_file, create_key, read_keys
from api.routes import endpoints
from api.security import SCOPES, Scope
from api.settings import Settings, SettingsError
from api.tokens import Tokens
from tests.api.running import HERE, Clock, Running, a_key, running

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.anyio

OPERATIONS = [declared(endpoint) for endpoint in endpoints()]
GUARDED = [operation for operation in OPERATIONS if operation.scope is not None]
OPEN = {
    "/livez": "an orchestrator has no key",
    "/readyz": "nor has a balancer",
    "/openapi.json": "the contract is no secret",
}
PAGES = dict.fromkeys(
    ("/panel", "/panel.js", "/panel/{file}", "/desk", "/desk/{file}", "/insights", "/insights/{file}"),
    "it holds nothing of anybody; what it shows is asked for with a token",
)
SIGNED = {
    "/v1/outcomes/from/whatsapp": "its platform has no key: it signs what it sends, and asks once whether it may"
}


def a_ring(keys: tuple[Key, ...]) -> Keyring:
    return Keyring(keys, Tokens(b"0" * 32, Clock()))


def test_every_route_names_a_scope_or_stands_on_the_short_list_with_a_reason() -> None:
    assert {operation.path for operation in OPERATIONS if operation.scope is None} == set(
        OPEN | PAGES | SIGNED
    )
    assert {operation.path for operation in OPERATIONS if operation.signature is not None} == set(SIGNED)


def test_every_scope_opens_a_route_and_every_route_names_a_scope_that_exists() -> None:
    assert {operation.scope for operation in GUARDED} == set(SCOPES)


async def test_every_route_the_app_has_is_a_declared_one(desk: Running) -> None:
    served = {(route.path, method) for route in desk.app.routes for method in route.methods}  # type: ignore[attr-defined]
    assert served == {(declared(e).path, declared(e).method) for e in endpoints()}


@pytest.mark.parametrize("operation", GUARDED, ids=lambda operation: f"{operation.method} {operation.path}")
async def test_on_every_route_no_key_a_wrong_key_and_a_key_without_the_scope_are_refused(
    settings: Settings, operation: Operation
) -> None:
    token, keys = a_key(*(scope for scope in SCOPES if scope != operation.scope))
    path = re.sub(r"{\w+}", "p07-x", operation.path)
    async with running(dataclasses.replace(settings, keys=keys)) as desk:
        for authorization, status in (
            ("", 401),
            ("Bearer", 401),
            ("Basic abc", 401),
            ("Bearer bh_nobody_secret", 401),
            (f"Bearer {token}x", 401),
            (f"Bearer {token}", 403),
        ):
            headers = {"authorization": authorization}
            answer = await desk.client.request(operation.method, path, headers=headers)
            assert answer.status_code == status
            assert answer.headers["content-type"] == "application/problem+json"
            if status == 401:
                assert answer.headers["www-authenticate"] == "Bearer"
            else:
                assert f"lacks the scope '{operation.scope}'" in answer.json()["detail"]


async def test_health_and_the_contract_need_no_key(desk: Running) -> None:
    for path in OPEN:
        assert (await desk.client.get(path, headers={"authorization": ""})).status_code == 200


def test_a_key_is_kept_as_a_hash_only_and_its_file_is_its_owners(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "keys.json"
    first, second = create_key(("decisions:create",), "desk"), create_key(("events:create",), "crm")
    for _, key in (first, second):
        add_to_file(key, path)
    text = path.read_text()
    assert first[0].rpartition("_")[2] not in text
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    keys = read_keys(Settings(knowledge=HERE, keys_file=path))
    assert len(keys) == 2
    assert a_ring(keys).require(f"Bearer {second[0]}", "events:create").name == "crm"


def test_no_keys_at_all_open_nothing() -> None:
    keys = read_keys(Settings(knowledge=HERE, keys_file=HERE / "there-is-none.json"))
    assert keys == ()
    with pytest.raises(UnauthenticatedError, match="not known here"):
        a_ring(keys).require("Bearer bh_a_b", "decisions:create")


def test_keys_of_the_file_and_of_the_variable_count_both(tmp_path: Path) -> None:
    (one, kept), (two, given) = create_key(("policy:read",), "a"), create_key(("policy:read",), "b")
    add_to_file(kept, tmp_path / "keys.json")
    keys = KeyFile(keys=(given,)).model_dump_json()
    ring = a_ring(read_keys(Settings(knowledge=HERE, keys_file=tmp_path / "keys.json", keys=keys)))
    for token in (one, two):
        assert ring.require(f"Bearer {token}", "policy:read").scopes == {"policy:read"}


def test_a_key_without_a_name_is_called_by_its_id() -> None:
    scopes: tuple[Scope, ...] = ("policy:read",)
    token, key = create_key(scopes, "")
    with pytest.raises(ForbiddenError, match=f"the key '{key.id}' lacks"):
        a_ring((key,)).require(f"bearer {token}", "catalogue:read")


@pytest.mark.parametrize("content", ["{", '{"keys": [{"id": "a"}]}', '{"keys": [], "x": 1}'])
def test_keys_that_cannot_be_read_name_their_variable(tmp_path: Path, content: str) -> None:
    with pytest.raises(SettingsError, match="BEHOUD_KEYS: "):
        read_keys(Settings(knowledge=HERE, keys=content))
    path = tmp_path / "keys.json"
    path.write_text(content)
    with pytest.raises(SettingsError, match=r"BEHOUD_KEYS_FILE \(.*keys.json\): "):
        read_keys(Settings(knowledge=HERE, keys_file=path))
    with pytest.raises(SettingsError, match=r"keys\.json: "):
        add_to_file(create_key(("policy:read",), "")[1], path)
