"""The service's commands.

python -m api serve [--host H] [--port P] [--workers N]
python -m api key create --scope decisions:create --scope outcomes:create [--name desk]
python -m api check examples/telecom
python -m api law [--docs docs/law]
python -m api openapi [--out docs/openapi.json]
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn

from api.bundles import Folder
from api.check import run as check
from api.documents import build, read_documents
from api.embedded import ServerError, server_for
from api.knowledge import check_folder
from api.law import listed, write_pages
from api.openapi import as_text
from api.routes import endpoints
from api.security import SCOPES, add_to_file, create_key, read_keys
from api.settings import Settings, SettingsError, read_settings
from models.documents import DocumentError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
    serving.set_defaults(run=_serve)

    keys = commands.add_parser("key", help="API keys").add_subparsers(required=True, metavar="command")
    making = keys.add_parser("create", help="make a key; it is printed once, its hash is kept")
    making.add_argument(
        "--scope", action="append", required=True, choices=(*SCOPES, "all"), help="may be repeated"
    )
    making.add_argument("--name", default="", help="whose it is")
    making.add_argument(
        "--file", type=Path, help="where hashes are kept; BEHOUD_KEYS_FILE, or keys.json in BEHOUD_VAR"
    )
    making.set_defaults(run=_create_key)

    checking = commands.add_parser("check", help="validate a catalogue and a policy and run their scenarios")
    checking.add_argument("folder", type=Path)
    checking.set_defaults(run=lambda given: check(given.folder))

    law = commands.add_parser("law", help="the law packs that come with the software")
    law.add_argument("--docs", type=Path, metavar="DIR", help="write each as a page; without it they are listed")
    law.set_defaults(run=_law)

    writing = commands.add_parser("openapi", help="write the OpenAPI document")
    writing.add_argument("--out", type=Path, help="a file; standard output when absent")
    writing.set_defaults(run=_write_openapi)
    return parser


def _serve(given: argparse.Namespace) -> int:
    environ = dict(os.environ)
    if given.host is not None:
        environ["BEHOUD_HOST"] = given.host
    if given.port is not None:
        environ["BEHOUD_PORT"] = str(given.port)
    environ["BEHOUD_KEYS_FILE"] = str(keys_file(environ))
    settings = read_settings(environ)
    check_start(settings)
    # One server for all workers: it is started here, and they find it by its address.
    server = server_for(settings.redis_url, settings.var)
    environ["BEHOUD_REDIS_URL"] = server.url
    os.environ.update(environ)
    # The server that serves raises the signal once more when it has drained: then ours must end what we started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        uvicorn.run(
            "api.app:from_environment",
            factory=True,
            host=settings.host,
            port=settings.port,
            workers=given.workers,
            loop="uvloop",
            http="httptools",
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=10,
        )
    finally:
        server.stop()
    return 0


def keys_file(environ: Mapping[str, str]) -> Path:
    """Where hashes of keys are kept unless told otherwise."""
    return Path(environ.get("BEHOUD_KEYS_FILE") or Path(environ.get("BEHOUD_VAR") or "var") / "keys.json")


def check_start(settings: Settings) -> None:
    """Refuse to start with what cannot work, before anything is started.

    Raises:
        SettingsError, DocumentError: naming the variable or the file, and the remedy.
    """
    if not len(read_keys(settings)):
        where = "" if settings.on_loopback else f", least of all on {settings.host}"
        raise SettingsError(
            f"no API key is configured, and the service does not answer strangers{where}; make one with "
            "'python -m api key create --scope all' (kept in BEHOUD_KEYS_FILE, or keys.json in BEHOUD_VAR)"
        )
    knowledge = build(read_documents(settings), datetime.now(UTC))
    if settings.bundle and not settings.bundle.startswith("models:/"):
        check_folder(Folder(Path(settings.bundle)), knowledge.policy)


def _create_key(given: argparse.Namespace) -> int:
    path = given.file or keys_file(os.environ)
    scopes = SCOPES if "all" in given.scope else tuple(dict.fromkeys(given.scope))
    token, key = create_key(scopes, given.name)
    add_to_file(key, path)
    print(token)
    print(
        f"This key is shown once; its hash is in {path}. A running service reads it when it restarts.",
        file=sys.stderr,
    )
    return 0


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
