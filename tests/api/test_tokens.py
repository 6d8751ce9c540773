"""Tokens: made with a key, bound to an agent and one contact of one customer, dead within minutes."""

from __future__ import annotations

import dataclasses
import re
import stat
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import jwt
import orjson
import pytest

from api.__main__ import check_start, main
from api.contract import declared
from api.keyring import Keyring, read_keys
from api.routes import endpoints
from api.security import Bound, Scope
from api.settings import Settings, SettingsError
from api.tokens import SCOPES_OF, Tokens, token_secret
from tests.api.running import HERE, NOW, Clock, Running, a_customer, a_key, a_question, an_outcome, running

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

pytestmark = pytest.mark.anyio

GUARDED = [row for row in map(declared, endpoints()) if row.scope is not None]
BOUND = {"agent_id": "A-1", "contact_id": "call-1", "customer_id": "C-1"}
SECRET = b"0123456789abcdef0123456789abcdef"
MINE = Bound("A-1", "call-1", "C-1")


async def ask(desk: Running, token: str, path: str, body: Any = None) -> httpx.Response:
    """With a token in place of the key; POST when there is a body."""
    headers = {"authorization": f"Bearer {token}"}
    method = "GET" if body is None else "POST"
    return await desk.client.request(method, path, json=body, headers=headers)


async def a_token(desk: Running, **given: Any) -> str:
    answer = await desk.post("/v1/tokens", {**BOUND, **given})
    assert answer.status_code == 200, answer.text
    token: str = answer.json()["token"]
    return token


def a_desks(desk: Running, agent_id: str = "A-1") -> str:
    tokens: Tokens = desk.service.keyring.tokens
    return tokens.make("desk", Bound(agent_id), timedelta(hours=8), None)[0]


async def test_a_token_says_until_when_it_is_taken_and_is_not_cached(desk: Running) -> None:
    answer = await desk.post("/v1/tokens", BOUND)
    assert answer.json()["token"].startswith("bt_")
    assert answer.json()["expires_at"] == "2026-11-21T12:15:00Z"
    assert answer.headers["cache-control"] == "no-store"
    longer = await desk.post("/v1/tokens", {**BOUND, "minutes": 60})
    assert longer.json()["expires_at"] == "2026-11-21T13:00:00Z"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"minutes": 61}, "minutes"),
        ({"minutes": 0}, "minutes"),
        ({"contact_id": ""}, "contact_id"),
        ({"scopes": ["policy:read"]}, "scopes"),
    ],
)
async def test_a_token_that_asks_for_more_is_refused_by_field(
    desk: Running, given: dict[str, Any], field: str
) -> None:
    answer = await desk.post("/v1/tokens", {**BOUND, **given})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_its_own_contact_is_decided_read_and_told(desk: Running) -> None:
    await desk.put(a_customer("C-1", "fiber"))
    token = await a_token(desk)
    agent = {"agent_id": "A-1"}
    question = a_question()
    question["contact"]["agent"] = agent
    decided = await ask(desk, token, "/v1/decisions", question)
    assert decided.status_code == 200
    path = f"/v1/decisions/{decided.json()['decision_id']}"
    assert (await ask(desk, token, path)).json() == decided.json()
    assert (await ask(desk, token, f"{path}?detail=full")).json()["vetoes"] == decided.json()["vetoes"]
    told = await ask(desk, token, "/v1/outcomes", {"outcomes": [an_outcome(decided.json())]})
    assert told.json()["results"] == [{"id": "o-1", "status": "new"}]


@pytest.mark.parametrize(
    ("question", "why"),
    [
        ({"customer_id": "C-2"}, "bound to another customer"),
        ({"contact_id": "call-2"}, "bound to another contact"),
        ({"agent": "A-2"}, "another agent's"),
    ],
)
async def test_a_question_outside_its_bounds_is_forbidden(
    desk: Running, question: dict[str, str], why: str
) -> None:
    agent = question.pop("agent", None)
    asked = a_question(**question)
    if agent is not None:
        asked["contact"]["agent"] = {"agent_id": agent}
    answer = await ask(desk, await a_token(desk), "/v1/decisions", asked)
    assert answer.status_code == 403
    assert why in answer.json()["detail"]


@pytest.mark.parametrize("kind", ["kept", "relapsed"])
async def test_a_browser_does_not_tell_its_own_success(desk: Running, kind: str) -> None:
    mine = await desk.decide()
    batch = [an_outcome(mine), an_outcome(mine, "o-2", kind=kind)]
    told = await ask(desk, await a_token(desk), "/v1/outcomes", {"outcomes": batch})
    assert told.status_code == 403
    assert told.json()["detail"].startswith(f"outcomes[1]: '{kind}' is told with a key of the view 'agent'")
    by_key = await desk.post("/v1/outcomes", {"outcomes": batch})
    assert [row["status"] for row in by_key.json()["results"]] == ["new", "new"]


@pytest.mark.parametrize(
    ("given", "said", "status"),
    [(10.0, None, 200), (10.0, 10.0, 200), (10.0, 10.01, 403), (None, 0.0, 403), (0.0, 0.0, 200)],
)
async def test_an_agent_has_no_more_authority_than_the_token_says(
    desk: Running, given: float | None, said: float | None, status: int
) -> None:
    token = await a_token(desk, authority=given)
    asked = a_question()
    asked["contact"]["agent"] = {"agent_id": "A-1", "authority": said}
    answer = await ask(desk, token, "/v1/decisions", asked)
    assert answer.status_code == status
    if status == 403:
        assert "does not give so much authority" in answer.json()["detail"]


@pytest.mark.parametrize("agent", [None, {"agent_id": "A-1"}, {"agent_id": "A-1", "authority": None}])
async def test_who_leaves_his_authority_out_has_the_tokens(
    desk: Running, agent: dict[str, Any] | None
) -> None:
    token = await a_token(desk, authority=0)
    asked = a_question()
    if agent is not None:
        asked["contact"]["agent"] = agent
    for path in ("/v1/decisions", "/v1/decisions?render=1"):
        decided = (await ask(desk, token, path, asked)).json()
        record = await desk.service.store.decision(decided["decision_id"])
        assert orjson.loads(record or b"")["request"]["contact"]["agent"] == {
            "agent_id": "A-1",
            "authority": 0.0,
        }
        replayed = await desk.post(f"/v1/decisions/{decided['decision_id']}/replay", {})
        assert replayed.json()["same"] is True
        assert (await ask(desk, token, path, asked)).json()["decision_id"] == decided["decision_id"]


@pytest.mark.parametrize("agent", [None, {"agent_id": "A-1"}])
async def test_a_token_without_authority_to_discount_is_offered_none(
    settings: Settings, agent: dict[str, Any] | None
) -> None:
    telecom = HERE.parents[1] / "examples" / "telecom"
    async with running(dataclasses.replace(settings, knowledge=telecom)) as desk:
        token = await a_token(desk, authority=0)
        asked = a_question()
        asked |= {
            "holdings": [{"product_id": "mobile-m"}],
            "facts": {"data_used_gb": 18.5, "months_to_contract_end": 3},
        }
        asked["contact"] |= {"intent": "cancel", "motive": "price", "language": "nl"}
        by_key = (await desk.post("/v1/decisions", asked)).json()
        if agent is not None:
            asked["contact"]["agent"] = agent
        by_token = (await ask(desk, token, "/v1/decisions", asked)).json()
    assert "price-cut-six-months" in [p["action_id"] for p in by_key["proposals"]]
    assert "price-cut-six-months" not in [p["action_id"] for p in by_token["proposals"]]
    compared = [p["comparison"] for p in by_token["proposals"] if p["comparison"]]
    assert [comparison for comparison in compared if comparison["discount_months"]] == []


@pytest.mark.parametrize("other", [{"customer_id": "C-2"}, {"contact_id": "call-2"}])
async def test_a_decision_outside_its_bounds_is_neither_read_nor_told_about(
    desk: Running, other: dict[str, str]
) -> None:
    decision = await desk.decide(**other)
    token = await a_token(desk)
    path = f"/v1/decisions/{decision['decision_id']}"
    for asked in (path, f"{path}?detail=full"):
        answer = await ask(desk, token, asked)
        assert answer.status_code == 403
        assert "C-2" not in answer.text
        assert "call-2" not in answer.text
    mine = await desk.decide()
    batch = {"outcomes": [an_outcome(mine), an_outcome(decision, "o-2")]}
    told = await ask(desk, token, "/v1/outcomes", batch)
    assert told.status_code == 403
    assert told.json()["detail"].startswith("outcomes[1]: this token is bound to another")
    alone = await ask(desk, token, "/v1/outcomes", {"outcomes": [an_outcome(mine)]})
    assert alone.json()["results"] == [{"id": "o-1", "status": "new"}], "nothing of the batch was taken"


async def test_a_panels_token_replays_nothing_and_opens_nothing_else(desk: Running) -> None:
    decision = await desk.decide()
    token = await a_token(desk)
    replay = await ask(desk, token, f"/v1/decisions/{decision['decision_id']}/replay", {})
    assert replay.status_code == 403
    assert "use a key" in replay.json()["detail"]
    headers = {"authorization": f"Bearer {token}"}
    for operation in GUARDED:
        if operation.scope not in SCOPES_OF["panel"]:
            path = re.sub(r"{\w+}", "C-1", operation.path)
            answer = await desk.client.request(operation.method, path, headers=headers)
            assert answer.status_code == 403
            assert answer.json()["detail"].startswith(f"this token lacks the scope '{operation.scope}'")


def test_every_route_a_panels_token_opens_is_bound_or_tells_of_nobody() -> None:
    opened = {(row.method, row.path) for row in GUARDED if row.scope in SCOPES_OF["panel"]}
    bound = {
        ("POST", "/v1/decisions"),
        ("GET", "/v1/decisions/{decision_id}"),
        ("POST", "/v1/decisions/{decision_id}/replay"),
        ("POST", "/v1/outcomes"),
    }
    assert opened == bound | {("GET", "/v1/panel")}, (
        "hold a new one against the caller's bounds: api/bounds.py"
    )


async def test_an_expired_token_is_told_from_one_that_is_not_ours(desk: Running) -> None:
    token = await a_token(desk)
    desk.clock.move(minutes=14, seconds=59)
    assert (await ask(desk, token, "/v1/decisions", a_question())).status_code == 200
    desk.clock.move(seconds=1)
    late = await ask(desk, token, "/v1/decisions", a_question())
    assert (late.status_code, late.headers["www-authenticate"]) == (401, "Bearer")
    assert late.json()["type"] == "urn:behoud:problem:token-expired"
    assert late.json()["title"] == "The token has expired"
    strange = await ask(desk, token[:-2], "/v1/decisions", a_question())
    assert (strange.status_code, strange.json()["type"]) == (401, "urn:behoud:problem:unauthorized")


def _signed(claims: dict[str, Any], secret: bytes = SECRET, algorithm: str = "HS256") -> str:
    return "bt_" + jwt.encode(claims, secret, algorithm)


GOOD = {"kind": "panel", "agent_id": "A-1", "exp": int(NOW.timestamp()) + 60}


@pytest.mark.parametrize(
    "token",
    [
        "bt_",
        "bt_a.b.c",
        _signed(GOOD, b"x" * 32),
        _signed(GOOD, b"0" * 64, "HS512"),
        "bt_" + jwt.encode(GOOD, "", "none"),
        _signed({**GOOD, "kind": "root"}),
        _signed({**GOOD, "scopes": ["policy:read"]}),
        _signed({"kind": "panel", "agent_id": "A-1"}),
        _signed({**GOOD, "key_id": "nobody"}),
    ],
)
async def test_what_we_did_not_sign_or_would_not_is_no_token(settings: Settings, token: str) -> None:
    async with running(dataclasses.replace(settings, token_secret=SECRET.decode())) as desk:
        answer = await ask(desk, token, "/v1/decisions", a_question())
        assert (answer.status_code, answer.json()["type"]) == (401, "urn:behoud:problem:unauthorized")


async def test_a_token_has_no_more_scopes_than_its_key_and_dies_with_it(settings: Settings) -> None:
    scopes: tuple[Scope, ...] = ("tokens:create", "decisions:create", "policy:read")
    key, keys = a_key(*scopes)
    settings = dataclasses.replace(settings, token_secret=SECRET.decode())
    async with running(dataclasses.replace(settings, keys=keys)) as desk:
        token: str = (await ask(desk, key, "/v1/tokens", BOUND)).json()["token"]
        assert (await ask(desk, token, "/v1/decisions", a_question())).status_code == 200
        for path in ("/v1/policy", "/v1/decisions/p00-1"):
            assert (await ask(desk, token, path)).status_code == 403
    async with running(settings) as desk:
        answer = await ask(desk, token, "/v1/decisions", a_question())
        assert answer.status_code == 401
        assert "no longer known here" in answer.json()["detail"]


async def test_a_desks_token_is_its_agents_and_makes_tokens_for_panels(desk: Running) -> None:
    token = a_desks(desk)
    await desk.put(a_customer("C-1", "fiber"))
    assert (await ask(desk, token, "/v1/customers/C-1")).status_code == 200
    assert (await ask(desk, token, "/v1/policy")).status_code == 403
    for customer in ("C-1", "C-2"):
        asked = a_question(customer, f"call-{customer}")
        assert (await ask(desk, token, "/v1/decisions", asked)).status_code == 200
    other = await ask(desk, token, "/v1/tokens", {**BOUND, "agent_id": "A-2"})
    assert other.status_code == 403
    assert "for its own agent only" in other.json()["detail"]
    mighty = await ask(desk, token, "/v1/tokens", {**BOUND, "authority": 50})
    assert "does not give so much authority" in mighty.json()["detail"]
    panel: str = (await ask(desk, token, "/v1/tokens", BOUND)).json()["token"]
    assert (await ask(desk, panel, "/v1/decisions", a_question())).status_code == 200
    assert (await ask(desk, panel, "/v1/tokens", BOUND)).status_code == 403


def test_who_comes_with_a_token_is_known_by_its_key_and_its_bounds() -> None:
    tokens = Tokens(SECRET, Clock())
    _, keys = a_key("tokens:create", "decisions:read")
    key = read_keys(Settings(knowledge=HERE, keys=keys))[1]
    token, _ = tokens.make("panel", MINE, timedelta(minutes=1), key.id)
    caller = Keyring((key,), tokens).require(f"Bearer {token}", "decisions:read")
    assert (caller.id, caller.name, caller.view, caller.bound) == (key.id, "A-1", "agent", MINE)
    assert caller.scopes == {"decisions:read"}


# --- the secret ---------------------------------------------------------------------------------------------------


def test_a_secret_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    secret = token_secret("", tmp_path / "var")
    path = tmp_path / "var" / "token.secret"
    assert token_secret("", tmp_path / "var") == secret == path.read_bytes()
    assert len(secret) == 64
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in (tmp_path / "var").iterdir()] == ["token.secret"]


def test_many_who_start_at_once_agree_on_one_secret(tmp_path: Path) -> None:
    found: list[bytes] = []
    together = threading.Barrier(16)

    def start() -> None:
        together.wait()
        found.append(token_secret("", tmp_path))

    threads = [threading.Thread(target=start) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 16
    assert len(set(found)) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["token.secret"]


def test_a_secret_that_is_too_short_is_refused_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"BEHOUD_TOKEN_SECRET: 31 bytes .* at least 32 random ones"):
        token_secret("x" * 31, tmp_path)
    assert token_secret("x" * 32, tmp_path) == b"x" * 32
    (tmp_path / "token.secret").write_text("short")
    with pytest.raises(SettingsError, match=r"token\.secret: 5 bytes"):
        token_secret("", tmp_path)


def test_a_secret_that_cannot_be_kept_says_what_to_set(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file")
    with pytest.raises(SettingsError, match="set BEHOUD_TOKEN_SECRET or let BEHOUD_VAR be written to"):
        token_secret("", tmp_path / "var")


def test_a_short_secret_stops_the_start(tmp_path: Path) -> None:
    _, keys = a_key("decisions:create")
    with pytest.raises(SettingsError, match="BEHOUD_TOKEN_SECRET"):
        check_start(Settings(knowledge=HERE, var=tmp_path, keys=keys, token_secret="short"))


# --- the command --------------------------------------------------------------------------------------------------


async def test_the_command_makes_a_desks_token_the_service_takes(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BEHOUD_VAR", str(settings.var))
    monkeypatch.delenv("BEHOUD_TOKEN_SECRET", raising=False)
    assert main(["token", "create", "--desk", "--agent", "A-9"]) == 0
    said = capsys.readouterr()
    token = said.out.strip()
    assert token.startswith("bt_")
    assert token not in said.err
    async with running(settings, Clock(datetime.now(UTC))) as desk:
        asked = {**BOUND, "agent_id": "A-9"}
        assert (await ask(desk, token, "/v1/tokens", asked)).status_code == 200
        caller = desk.service.keyring.require(f"Bearer {token}", "desk:use")
    assert (caller.id, caller.bound, caller.scopes) == ("", Bound("A-9"), SCOPES_OF["desk"])


async def test_the_command_makes_a_token_that_opens_the_insights_alone(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BEHOUD_VAR", str(settings.var))
    monkeypatch.delenv("BEHOUD_TOKEN_SECRET", raising=False)
    assert main(["token", "create", "--insights", "--agent", "A-9"]) == 0
    token = capsys.readouterr().out.strip()
    async with running(settings, Clock(datetime.now(UTC))) as desk:
        caller = desk.service.keyring.require(f"Bearer {token}", "insights:read")
        headers = {"Authorization": f"Bearer {token}"}
        assert (await desk.client.get("/v1/insights", headers=headers)).status_code == 404
        assert (await desk.client.get("/v1/catalogue", headers=headers)).status_code == 403
    assert caller.scopes == {"insights:read"}


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (["--desk"], "--agent"),
        (["--agent", "A-1"], "--desk"),
        (["--desk", "--agent", "A 1"], "'A 1' is no id; use letters, digits and . _ : @ + -"),
        (["--desk", "--agent", "A-1", "--hours", "25"], "'25' is not a number from 1 to 24"),
        (["--desk", "--agent", "A-1", "--hours", "x"], "'x' is not a number from 1 to 24"),
    ],
)
def test_the_command_says_what_it_misses(
    given: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["token", "create", *given])
    assert why in capsys.readouterr().err
