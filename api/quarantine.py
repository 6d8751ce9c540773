"""The command `quarantine`: what is broken in the store, and the acknowledged writes it refuses; to let go of, once somebody has looked.

The list in the store is one for all replicas; the spool is that of this machine. A service that runs sees the change within a second.
"""

from __future__ import annotations

import argparse
import asyncio
import sqlite3
from typing import TYPE_CHECKING, Any

import orjson

from api.connection import StoreAwayError
from api.embedded import answers
from api.settings import SettingsError, read_settings
from api.spool_file import Entry, let_go_of, set_aside_in
from api.store import Store
from models.sections.keeping import Keeping

if TYPE_CHECKING:
    from pathlib import Path

    from api.settings import Settings


def add_to(commands: Any) -> None:
    """Add it to a parser's commands."""
    command = commands.add_parser("quarantine", help="what is broken in the store, and what it refuses")
    command.set_defaults(run=run, what="list", name="")
    whats = command.add_subparsers(metavar="what")
    for what, meaning in (
        ("release", "forget it, and send what waits for it again"),
        ("drop", "forget it, and what waits for it"),
    ):
        deciding = whats.add_parser(what, help=meaning)
        deciding.add_argument("name", help="the id as it is listed")
        deciding.set_defaults(what=what)


def run(given: argparse.Namespace) -> int:
    """Returns the exit code: 0, or 1 where nothing of that name is there.

    Raises:
        SettingsError: the store does not answer, or the spool cannot be used.
    """
    settings = read_settings()
    try:
        broken = asyncio.run(_in_the_store(settings, given.what, given.name))
        aside = _on_this_disk(settings, given.what, given.name)
    except StoreAwayError as error:
        raise SettingsError(
            f"the store does not answer ({error}); set BEHOUD_REDIS_URL, or start it"
        ) from None
    except (sqlite3.Error, OSError) as error:
        raise SettingsError(f"BEHOUD_SPOOL: {error}; name the folder the service uses") from None
    if given.what == "list":
        for line in (*broken, *aside):
            print(line)
        print(f"{len(broken)} broken in the store, {len(aside)} set aside on this machine")
        return 0
    print(f"{given.name}: {len(broken)} forgotten, {len(aside)} of what was set aside {SAID[given.what]}")
    return 0 if broken or aside else 1


SAID = {"release": "will be sent again", "drop": "gone"}


def _url(settings: Settings) -> str:
    """Of the server that is named, or of the embedded one while its service runs."""
    address = settings.var / "valkey" / "url"
    url = settings.redis_url or (address.read_text() if address.is_file() else "")
    if not url or (not settings.redis_url and not answers(url)):
        raise StoreAwayError("no server is named, and no service runs with this BEHOUD_VAR")
    return url


async def _in_the_store(settings: Settings, what: str, name: str) -> list[str]:
    store = Store(_url(settings), settings.redis_timeout, Keeping())
    try:
        if what != "list":
            return [name] * await store.quarantine.release([name])
        found = await store.quarantine.all()
    finally:
        await store.close()
    lines = []
    for one, told in sorted(found.items()):
        said = orjson.loads(told)
        lines.append(f"{one}  {said['what']}  {said['at']}  {said['why']}")
    return lines


def _on_this_disk(settings: Settings, what: str, name: str) -> list[str]:
    found: list[str] = []
    for path in _files(settings):
        entries = [
            entry for entry in set_aside_in(path) if what == "list" or name in (entry.about, _whose(entry))
        ]
        if what != "list":
            let_go_of(path, entries, again=what == "release")
        found += [
            f"{_whose(entry) or entry.partition}  {entry.kind} {entry.about}  {entry.why}"
            for entry in entries
        ]
    return found


def _files(settings: Settings) -> list[Path]:
    return [] if settings.spool is None else sorted(settings.spool.glob("*.db"))


def _whose(entry: Entry) -> str:
    """The customer, where the entry names him."""
    try:
        told = orjson.loads(entry.body.split(b"\n", 1)[0])
        return str(told.get("customer_id", ""))
    except (ValueError, AttributeError):
        return ""
