"""Commands that let somebody in: `key create` and `token create`."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from api.keyring import add_to_file, create_key
from api.security import OPENS, SCOPES, VIEWS, Bound
from api.tokens import Tokens, token_secret
from models.domain import Id

if TYPE_CHECKING:
    from collections.abc import Mapping


def add_to(commands: Any) -> None:
    """Add the two to a parser's commands."""
    keys = commands.add_parser("key", help="API keys").add_subparsers(required=True, metavar="command")
    making = keys.add_parser("create", help="make a key; it is printed once, its hash is kept")
    making.add_argument(
        "--scope",
        action="append",
        required=True,
        choices=(*SCOPES, "all"),
        help="may be repeated; all: every one its view may have",
    )
    making.add_argument("--name", default="", help="whose it is")
    making.add_argument("--view", choices=VIEWS, default="agent", help="how much of a decision it is shown")
    making.add_argument(
        "--limit", type=_limit, metavar="N/min", help="calls a minute, such as 900/min; none when absent"
    )
    making.add_argument(
        "--file", type=Path, help="where hashes are kept; BEHOUD_KEYS_FILE, or keys.json in BEHOUD_VAR"
    )
    making.set_defaults(run=_create_key)

    tokens = commands.add_parser("token", help="tokens for browsers")
    minting = tokens.add_subparsers(required=True, metavar="command").add_parser(
        "create", help="make a token; POST /v1/tokens makes those of panels"
    )
    kinds = minting.add_mutually_exclusive_group(required=True)
    kinds.add_argument("--desk", dest="kind", action="store_const", const="desk", help="for the demo desktop")
    kinds.add_argument(
        "--insights", dest="kind", action="store_const", const="insights", help="for the page /insights"
    )
    minting.add_argument("--agent", type=_agent, required=True, help="whose it is")
    minting.add_argument("--hours", type=_hours, default=8, help="how long it lives, 1 to 24; 8 when absent")
    minting.set_defaults(run=_create_token)


def keys_file(environ: Mapping[str, str]) -> Path:
    """Where hashes of keys are kept unless told otherwise."""
    return Path(environ.get("BEHOUD_KEYS_FILE") or _var(environ) / "keys.json")


def _var(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("BEHOUD_VAR") or "var")


def _create_key(given: argparse.Namespace) -> int:
    path = given.file or keys_file(os.environ)
    scopes = OPENS[given.view] if "all" in given.scope else tuple(dict.fromkeys(given.scope))
    token, key = create_key(scopes, given.name, given.view, given.limit)
    add_to_file(key, path)
    print(token)
    print(
        f"This key is shown once; its hash is in {path}. A running service reads it when it restarts.",
        file=sys.stderr,
    )
    return 0


def _create_token(given: argparse.Namespace) -> int:
    secret = token_secret(os.environ.get("BEHOUD_TOKEN_SECRET", ""), _var(os.environ))
    tokens = Tokens(secret, lambda: datetime.now(UTC))
    token, expires = tokens.make(given.kind, Bound(given.agent), timedelta(hours=given.hours), None)
    print(token)
    print(f"It is taken until {expires.isoformat()} where the same secret is used.", file=sys.stderr)
    return 0


def _limit(text: str) -> int:
    number, _, unit = text.partition("/")
    if unit != "min" or not number.isdecimal() or not 1 <= int(number) <= 1_000_000:
        raise argparse.ArgumentTypeError(f"'{text}' is no limit; write such as 900/min, 1 to 1000000")
    return int(number)


def _hours(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 24:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number from 1 to 24")
    return int(text)


def _agent(text: str) -> str:
    try:
        return TypeAdapter(Id).validate_python(text)
    except ValidationError:
        raise argparse.ArgumentTypeError(f"'{text}' is no id; use letters, digits and . _ : @ + -") from None
