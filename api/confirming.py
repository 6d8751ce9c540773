"""What a failover has lost of the last decisions is brought back: without its decision nobody can tell what an outcome is about, though that was acknowledged."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from api.connection import StoreAwayError, UnconfirmedError
from api.unrecorded import entry_of

if TYPE_CHECKING:
    from api.scripts import Trace
    from api.service import Service

log = logging.getLogger("behoud.confirming")


async def confirm(service: Service) -> None:
    """Ask for what no replica had yet. What is gone, or nobody can say it of, goes to the spool, and from there to the store again, once."""
    unconfirmed = service.store.unconfirmed
    groups = unconfirmed.take()
    if not groups:
        return
    lost: list[Trace] = []
    for traces, there in zip(groups, await unconfirmed.there(groups), strict=True):
        if isinstance(there, UnconfirmedError):
            for trace in traces:
                unconfirmed.add(trace)
        elif there != len(traces):
            lost += traces
    if not lost or service.spool is None:
        return
    try:
        await service.spool.put([entry_of(trace) for trace in lost])
    except StoreAwayError as error:
        log.warning("decisions not kept", extra={"why": str(error), "number": len(lost)})
