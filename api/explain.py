"""`python -m api explain DECISION_ID`: the funnel of one decision, from a running service or from an archive."""

from __future__ import annotations

import asyncio
import json
import os
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pydantic import ValidationError

from api.archive import find
from api.funnel import as_lines
from api.resources import opened
from api.settings import SettingsError, read_settings
from api.shelf import UnknownVersionError
from models.journal import DecisionRecord, answered, in_full
from models.response import Decision

if TYPE_CHECKING:
    from pathlib import Path

    from api.settings import Settings

URL = "http://127.0.0.1:8080"
SECONDS = 10.0
"""How long a service may take to answer."""


def run(decision_id: str, *, url: str, key: str, archive: Path | None) -> int:
    """Print the funnel; returns the exit code 0.

    Raises:
        SettingsError: no such decision there, or nobody who can tell.
    """
    if archive is not None:
        decision, note = _from_archive(decision_id, archive)
    else:
        decision, note = _from_service(decision_id, url, key or os.environ.get("BEHOUD_KEY", ""))
    for line in (*as_lines(decision), *note):
        print(line)
    return 0


def _from_service(decision_id: str, url: str, key: str) -> tuple[Decision, tuple[str, ...]]:
    """The decision made again from its record, in full."""
    if not url.startswith(("http://", "https://")):
        raise SettingsError(f"--url: '{url}' is no address of a service; write http://host:8080")
    if not key:
        raise SettingsError("no key; give one with the scope decisions:read in --key or BEHOUD_KEY")
    address = f"{url.rstrip('/')}/v1/decisions/{quote(decision_id, safe='')}/replay?detail=full"
    request = urllib.request.Request(address, b"{}", {"Authorization": f"Bearer {key}"}, method="POST")  # noqa: S310  http or https, as checked above
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310  as above
            body: dict[str, Any] = json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            raise SettingsError(f"{url}: {error.code}: {_detail(error.read())}") from None
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"{url}: {error}; start the service, or name its address with --url, or an archive with --archive"
        ) from None
    return Decision.model_validate(body["decision"]), _compared(same=body["same"])


def _detail(body: bytes) -> str:
    try:
        return str(json.loads(body)["detail"])
    except (ValueError, KeyError, TypeError):
        return "refused, and no problem document says why"


def _from_archive(decision_id: str, archive: Path) -> tuple[Decision, tuple[str, ...]]:
    stored = find(archive, decision_id)
    if stored is None:
        raise SettingsError(f"no decision '{decision_id}' in '{archive}'; it was not archived, or was erased")
    try:
        record = DecisionRecord.model_validate_json(stored)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise SettingsError(
            f"the record of '{decision_id}' is of another version of the software: {first['msg']}"
        ) from None
    return asyncio.run(_again(read_settings(), record))


async def _again(settings: Settings, record: DecisionRecord) -> tuple[Decision, tuple[str, ...]]:
    """Decided again in full; as it was recorded where the knowledge of then is not kept here."""
    async with opened(settings) as (_, library):
        try:
            knowledge = await library.of(record.decision.versions)
        except UnknownVersionError as error:
            note = f"The knowledge of then is not kept here ({error}): shown as recorded."
            return record.decision, ("", note)
    again = answered(in_full(record), knowledge)
    same = [p.action_id for p in again.proposals] == [p.action_id for p in record.decision.proposals]
    return again, _compared(same=same)


def _compared(*, same: bool) -> tuple[str, ...]:
    return (
        () if same else ("", "Decided again it is not what was answered then: ask for a replay to see where.")
    )
