"""What is known of a customer, as far as it can be had and read: what cannot is named, and costs nobody else anything."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, NamedTuple

from pydantic import ValidationError

from models.domain import Customer, History

if TYPE_CHECKING:
    from api.scripts import Loaded
    from api.service import Service

log = logging.getLogger("behoud.deciding")

NOTHING = History()
NOTHING_STORED = b'{"events":[],"outcomes":[]}'


class Known(NamedTuple):
    """What was loaded, checked; `lost` names what could not be had. The bytes go into the record as they are."""

    customer: Customer
    history: History
    customer_bytes: bytes | None
    history_bytes: bytes
    lost: tuple[str, ...] = ()

    def without(self, *lost: str) -> Known:
        """The same, and this missing too."""
        return self._replace(lost=(*self.lost, *lost))


def known_of(
    service: Service, customer_id: str, loaded: Loaded | None, why: str, missing: tuple[str, ...]
) -> Known:
    """The customer and the history, as far as they can be had and read."""
    if loaded is None:
        if why == "refused":
            service.poison.found(
                customer_id, "store", "what is stored of him cannot be read", service.clock()
            )
        return Known(Customer(customer_id=customer_id), NOTHING, None, b"{}", ("store", *missing))
    lost = list(missing)
    customer, customer_bytes = None, loaded.customer
    if loaded.customer is not None:
        try:
            customer = Customer.model_validate_json(loaded.customer)
        except ValidationError as error:
            log.warning("stored customer not used", extra={"customer": customer_id, "why": _faults(error)})
            service.poison.found(customer_id, "customer", "; ".join(_faults(error)), service.clock())
            lost.append("customer")
            customer_bytes = None
    history, history_bytes = NOTHING, loaded.history
    try:
        if loaded.history != NOTHING_STORED:
            history = History.model_validate_json(loaded.history)
    except ValidationError as error:
        log.warning("stored history not used", extra={"customer": customer_id, "why": _faults(error)})
        service.poison.found(customer_id, "history", "; ".join(_faults(error)), service.clock())
        lost.append("history")
        history_bytes = b"{}"
    return Known(
        customer or Customer(customer_id=customer_id), history, customer_bytes, history_bytes, tuple(lost)
    )


def _faults(error: ValidationError) -> list[str]:
    """Where it is wrong and why, without the values: they are personal."""
    found = error.errors(include_url=False, include_context=False, include_input=False)[:5]
    return [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in found]
