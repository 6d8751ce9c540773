"""Who is left out of proposals, which flags are asked for, and what one customer gets."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from api.contract import JSON, operation
from api.examples.experiments import EXPERIMENTS_EXAMPLE
from api.service import service_of
from models.domain import Flags, Noun, Word
from models.response import Experiment
from models.sections.experiments import Holdout


class FlagInUse(Noun):
    """A flag of the folder's file. `experiment`: what its variants are the arms of, where a rule deals them to customers."""

    experiment: Word | None
    arms: tuple[Word, ...]
    usual: Word
    targeting: dict[str, Any]


class Assignment(Noun):
    """What one customer gets now; `degraded` as in his decision."""

    experiment: Experiment
    flags: Flags
    degraded: tuple[str, ...] = ()


class ExperimentsInUse(Noun):
    """What is measured and tried now. `flags` are those of the folder's file; another provider keeps its own."""

    provider: Annotated[Word, Field(description="flags.json, or the provider that is configured")]
    holdout: Holdout | None
    usual: Annotated[Flags, Field(description="of whom no rule speaks")]
    flags: dict[Word, FlagInUse]
    policies: Annotated[dict[Word, str], Field(description="that flags may choose: name -> version")]
    bundles: Annotated[
        dict[Word, str | None],
        Field(description="that flags may choose: alias -> version, null while there is none"),
    ]
    assignment: Assignment | None = None


@operation(
    "GET",
    "/v1/experiments",
    "What is measured and tried, and in which arm a customer is",
    scope="policy:read",
    gives=ExperimentsInUse,
    example_out=EXPERIMENTS_EXAMPLE,
    parameters={"customer_id": "with the arms of this customer, whether he was in contact or not"},
)
async def experiments(request: Request) -> Response:
    library = service_of(request).library
    rules, current = library.rules, library.current
    flags = {} if rules is None else rules.flags
    customer = request.query_params.get("customer_id")
    found = ExperimentsInUse(
        provider=library.provider,
        holdout=current.policy.experiments.holdout,
        usual=current.flags,
        flags={
            name: FlagInUse(
                experiment=row.experiment(name) if row.varies else None,
                arms=tuple(row.variants),
                usual=row.default,
                targeting=row.targeting,
            )
            for name, row in flags.items()
            if row.state == "ENABLED"
        },
        policies={name: known.versions.policy for name, known in library.beside.policies.items()},
        bundles=library.beside.versions(),
        assignment=None if customer is None else await _assignment(request, customer),
    )
    return Response(found.model_dump_json(), media_type=JSON)


async def _assignment(request: Request, customer_id: str) -> Assignment:
    library = service_of(request).library
    knowledge, experiment, lost = await library.assigned(customer_id, library.current)
    holdout = knowledge.policy.experiments.holdout
    held = None if holdout is None else holdout.of(customer_id)
    if held is not None:
        experiment = Experiment(holdout=held)
    return Assignment(experiment=experiment, flags=knowledge.flags, degraded=lost)
