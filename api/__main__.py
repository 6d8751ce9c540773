"""The service's commands.

python -m api serve [--host H] [--port P] [--workers N] [--challenger BUNDLE|PROVIDER]
python -m api shadow [--challenger BUNDLE|PROVIDER]
python -m api key create --scope decisions:create --scope outcomes:create [--name desk]
    [--view agent|bot|customer] [--limit 900/min]
python -m api token create --desk --agent A-17
python -m api quarantine [release NAME | drop NAME]
python -m api check examples/telecom [--against ARCHIVE]
python -m api explain DECISION_ID [--url U] [--key K] [--archive ARCHIVE]
python -m api list --mode renew --limit 500 --out calls.csv
python -m api law [--docs docs/law]
python -m api openapi [--out docs/openapi.json]
"""

from __future__ import annotations

import argparse
import math
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn

from api import key_commands, quarantine
from api.against import LATEST
from api.against import run as check_against
from api.bundles import Folder
from api.call_list import CHANNELS, Order
from api.call_list import run as call_list
from api.challenger import VARIABLE, challenger_of
from api.check import run as check
from api.children import bound_to_us
from api.embedded import ServerError, server_for
from api.explain import URL
from api.explain import run as explain
from api.keyring import read_keys
from api.law import listed, write_pages
from api.openapi import as_text
from api.opening import check_folder, first_documents
from api.protocol import Protocol
from api.restarting import Restarting
from api.routes import endpoints
from api.settings import Settings, SettingsError, kept_here, read_settings
from api.shadowing import run as shadow
from api.telemetry import log_as_json
from api.tokens import token_secret
from models.documents import DocumentError

if TYPE_CHECKING:
    from collections.abc import Sequence

REFUSED = 2
"""The exit code when what was given cannot be used."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit code is 2 when what it was given cannot be used, and the reason is printed."""
    given = _parser().parse_args(arguments)
    try:
        return int(given.run(given))
    except (SettingsError, DocumentError, ServerError) as error:
        print(f"behoud: {error}", file=sys.stderr)
        return REFUSED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m api", description="The online service of Behoud.")
    commands = parser.add_subparsers(required=True, metavar="command")

    serving = commands.add_parser("serve", help="answer on HTTP; settings come from BEHOUD_ variables")
    serving.add_argument("--host", help="address to listen on; loopback unless told otherwise")
    serving.add_argument("--port", type=int, help="port; 8080 unless told otherwise")
    serving.add_argument("--workers", type=int, default=1, help="processes that share the port and the store")
    whom = "who decides in the shadow: a bundle's folder, models:/NAME@ALIAS, or a provider's folder (BEHOUD_CHALLENGER)"
    serving.add_argument("--challenger", help=whom)
    serving.set_defaults(run=_serve)

    shadowing = commands.add_parser("shadow", help="decide beside the champion, and show it to nobody")
    shadowing.add_argument("--challenger", help=whom)
    shadowing.set_defaults(run=_shadow)

    key_commands.add_to(commands)
    quarantine.add_to(commands)

    checking = commands.add_parser("check", help="validate a catalogue and a policy and run their scenarios")
    checking.add_argument("folder", type=Path)
    checking.add_argument(
        "--against",
        type=Path,
        metavar="ARCHIVE",
        help="and say what they change in the decisions archived there",
    )
    checking.add_argument("--last", type=_count, default=LATEST, help="how many of them, the latest first")
    checking.set_defaults(run=_check)

    explaining = commands.add_parser("explain", help="print the funnel of one decision")
    explaining.add_argument("decision_id")
    explaining.add_argument("--url", default=URL, help=f"a running service (default {URL})")
    explaining.add_argument("--key", default="", help="a key with the scope decisions:read; BEHOUD_KEY")
    explaining.add_argument("--archive", type=Path, help="look here instead of asking a service")
    explaining.set_defaults(run=_explain)

    listing = commands.add_parser("list", help="write a call list: whom to call, and about what")
    listing.add_argument("--mode", required=True, help="a list of the policy, such as renew")
    listing.add_argument("--limit", type=_count, required=True, help="at most so many customers")
    listing.add_argument("--out", type=Path, required=True, help="ends in .csv, .ndjson or .parquet")
    listing.add_argument("--channel", choices=CHANNELS, default="voice")
    listing.add_argument(
        "--customers", type=Path, help="a file of customers, one a line; those stored when absent"
    )
    listing.add_argument(
        "--at", type=_moment, help="when the calls are made, such as 2026-11-23T10:00+01:00; now when absent"
    )
    listing.set_defaults(run=_list)

    law = commands.add_parser("law", help="the law packs that come with the software")
    law.add_argument(
        "--docs", type=Path, metavar="DIR", help="write each as a page; without it they are listed"
    )
    law.set_defaults(run=_law)

    writing = commands.add_parser("openapi", help="write the OpenAPI document")
    writing.add_argument("--out", type=Path, help="a file; standard output when absent")
    writing.set_defaults(run=_write_openapi)
    return parser


def _check(given: argparse.Namespace) -> int:
    if given.against is None:
        return check(given.folder)
    return check_against(given.folder, given.against, given.last)


def _explain(given: argparse.Namespace) -> int:
    return explain(given.decision_id, url=given.url, key=given.key, archive=given.archive)


def _list(given: argparse.Namespace) -> int:
    at = given.at or datetime.now(UTC)
    return call_list(Order(given.mode, given.limit, given.out, given.channel, at, given.customers))


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number above 0")
    return int(text)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is no moment; write 2026-11-23T10:00+01:00") from None
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"'{text}' has no offset from UTC; write 2026-11-23T10:00+01:00")
    return moment


def _serve(given: argparse.Namespace) -> int:
    environ = dict(os.environ)
    if given.host is not None:
        environ["BEHOUD_HOST"] = given.host
    if given.port is not None:
        environ["BEHOUD_PORT"] = str(given.port)
    if given.challenger is not None:
        environ["BEHOUD_CHALLENGER"] = given.challenger
    environ["BEHOUD_KEYS_FILE"] = str(key_commands.keys_file(environ))
    settings = read_settings(environ)
    check_start(settings)
    # One server for all workers: it is started here, and they find it by its address.
    server = server_for(settings.redis_url, settings.var)
    environ["BEHOUD_REDIS_URL"] = server.url
    os.environ.update(environ)
    # The server that serves raises the signal once more when it has drained: then ours must end what we started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    beside = None
    if settings.challenger:
        beside = Restarting(bound_to_us([sys.executable, "-m", "api", "shadow"]))
    try:
        uvicorn.run(
            "api.app:from_environment",
            factory=True,
            host=settings.host,
            port=settings.port,
            workers=given.workers,
            loop="uvloop",
            http=Protocol,
            access_log=False,
            log_config=None,
            server_header=False,
            # Nobody asks where a call came from, nor by which scheme.
            proxy_headers=False,
            timeout_graceful_shutdown=math.ceil(settings.end_seconds),
            # SIGHUP brings a new worker up before it ends an old one; a machine that is busy needs time for it.
            timeout_worker_healthcheck=60,
        )
    finally:
        if beside is not None:
            beside.stop()
        server.stop()
    return 0


def _shadow(given: argparse.Namespace) -> int:
    if given.challenger is not None:
        os.environ["BEHOUD_CHALLENGER"] = given.challenger
    settings = read_settings()
    if not settings.challenger:
        raise SettingsError(f"{VARIABLE} is not set; name a bundle or a provider, or give --challenger")
    log_as_json()
    return shadow(settings)


def check_start(settings: Settings) -> None:
    """Refuse to start with what cannot work, before anything is started.

    Raises:
        SettingsError, DocumentError: naming the variable or the file, and the remedy.
    """
    if not read_keys(settings):
        where = "" if settings.on_loopback else f", least of all on {settings.host}"
        raise SettingsError(
            f"no API key is configured, and the service does not answer strangers{where}; make one with "
            "'python -m api key create --scope all' (kept in BEHOUD_KEYS_FILE, or keys.json in BEHOUD_VAR)"
        )
    token_secret(settings.token_secret, settings.var)
    knowledge = first_documents(settings, datetime.now(UTC), last_good=True).knowledge
    named = settings.bundle and not settings.bundle.startswith("models:/")
    if named and not kept_here(settings.var, "bundle"):
        check_folder(Folder(Path(settings.bundle), settings.bundle_most), knowledge)
    if settings.challenger:
        challenger_of(settings, knowledge, datetime.now(UTC))


def _law(given: argparse.Namespace) -> int:
    for line in write_pages(given.docs) if given.docs else listed():
        print(line)
    return 0


def _write_openapi(given: argparse.Namespace) -> int:
    text = as_text(endpoints())
    if given.out is None:
        sys.stdout.write(text)
    else:
        given.out.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
