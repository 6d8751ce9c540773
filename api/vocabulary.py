"""Whether motives, facts, consents and products are ones the policy and the catalogue know: a misspelt name is refused at the door."""

from __future__ import annotations

import difflib
from datetime import date
from typing import TYPE_CHECKING

from api.errors import FieldError, InvalidError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from models.catalogue import Catalogue
    from models.domain import Customer, DecisionRequest, FactValue, Holding
    from models.policy import Policy
    from models.sections.facts import FactSpec

LARGEST = 2**53
"""Beyond this a JSON number is not the same in every language."""
OBJECTION = "profiling"
"""The consent every policy understands: false is an objection to profiling."""


def check_request(question: DecisionRequest, catalogue: Catalogue, policy: Policy) -> None:
    """Raises InvalidError naming every motive, fact, consent and product that is not known, and the nearest that is."""
    motive = unknown_motive("contact.motive", question.contact.motive, policy)
    if motive is None and not (question.facts or question.consents or question.holdings):
        return
    refuse(
        [
            *([] if motive is None else [motive]),
            *_facts(question.facts, policy),
            *_consents(question.consents, policy),
            *_holdings(question.holdings or (), catalogue),
        ]
    )


def check_customer(customer: Customer, catalogue: Catalogue, policy: Policy) -> None:
    """The same for a customer who is to be stored."""
    refuse(
        [
            *_facts(customer.facts, policy),
            *_consents(customer.consents, policy),
            *_holdings(customer.holdings, catalogue),
        ]
    )


def refuse(errors: list[FieldError]) -> None:
    """Raises InvalidError when there is anything to say."""
    if errors:
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        raise InvalidError(f"{errors[0].field}: {errors[0].message}; {errors[0].remedy}{more}", errors)


def unknown_product(field: str, product_id: str, catalogue: Catalogue) -> FieldError:
    return _unknown(field, "product", product_id, catalogue.product, "add it to the catalogue")


def unknown_motive(field: str, motive: str | None, policy: Policy) -> FieldError | None:
    """What is wrong with a motive of leaving that the policy does not list."""
    known = policy.leaving.motives
    if motive is None or motive in known:
        return None
    otherwise = (
        f"use one of {', '.join(known)}, or leave it out" if known else "the policy lists none; leave it out"
    )
    return _unknown(field, "motive", motive, known, otherwise)


def _unknown(field: str, what: str, name: str, known: Iterable[str], otherwise: str) -> FieldError:
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    remedy = f"did you mean '{near[0]}'?" if near else otherwise
    return FieldError(field=field, message=f"unknown {what} '{name}'", remedy=remedy)


def _holdings(holdings: tuple[Holding, ...], catalogue: Catalogue) -> Iterator[FieldError]:
    for position, holding in enumerate(holdings):
        if holding.product_id not in catalogue.product:
            yield unknown_product(f"holdings[{position}].product_id", holding.product_id, catalogue)


def _consents(consents: Mapping[str, bool], policy: Policy) -> Iterator[FieldError]:
    for name in consents:
        if name not in policy.consents and name != OBJECTION:
            yield _unknown(
                f"consents.{name}", "consent", name, [*policy.consents, OBJECTION], "declare it in the policy"
            )


def _facts(facts: Mapping[str, FactValue], policy: Policy) -> Iterator[FieldError]:
    for name, value in facts.items():
        spec = policy.facts.get(name)
        if spec is None:
            yield _unknown(f"facts.{name}", "fact", name, policy.facts, "declare it in the policy")
        else:
            problem = _misfit(value, spec)
            if problem is not None:
                yield FieldError(field=f"facts.{name}", message=problem[0], remedy=problem[1])


def _misfit(value: FactValue, spec: FactSpec) -> tuple[str, str] | None:
    """Message and remedy when the value is not what the policy declares."""
    shown = str(value)[:60]
    if not _has_type(value, spec.type):
        return (
            f"'{shown}' is no {spec.type}",
            f"send a {spec.type}, or leave the fact out when it is not known",
        )
    if spec.values and value not in spec.values:
        near = difflib.get_close_matches(shown, spec.values, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"use one of {', '.join(spec.values)}"
        return f"'{shown}' is none of its values", hint
    if isinstance(value, int | float) and not isinstance(value, bool):
        if spec.minimum is not None and value < spec.minimum:
            return f"{shown} is below {spec.minimum:g}", f"send at least {spec.minimum:g}"
        if spec.maximum is not None and value > spec.maximum:
            return f"{shown} is above {spec.maximum:g}", f"send at most {spec.maximum:g}"
    return None


def _has_type(value: FactValue, kind: str) -> bool:
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST
    if kind == "string":
        return isinstance(value, str)
    return isinstance(value, date) or _is_date(value)


def _is_date(value: FactValue) -> bool:
    try:
        return isinstance(value, str) and len(value) == 10 and bool(date.fromisoformat(value))
    except ValueError:
        return False
