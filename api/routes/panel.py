"""The agent's panel: its page, its scripts, and the words an agent picks from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from api.contract import JSON, operation
from api.examples.panel import PANEL_EXAMPLE
from api.pages import served
from api.service import service_of
from models.domain import Id, Language, Noun, Text, Word

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from models.knowledge import Knowledge

UNKNOWN = "unknown"
"""The reason of a decline or a skip that nobody gave."""


class Choice(Noun):
    """What is recorded when it is picked, and what it is called."""

    value: Word
    label: Text


class ExitChoice(Choice):
    """Why a contract is ended, and the motive that stands for."""

    motive: Word


class NamedAction(Noun):
    """`cancels`: accepting it ends the contract, which asks for a reason."""

    action_id: Id
    title: Text
    cancels: bool


class PanelWords(Noun):
    """What an agent picks from, in one language, each list in the order in which it is shown; and what actions and facts are called.

    Of `languages` the first is what a customer hears of whom no language is known.
    """

    language: Language
    languages: tuple[Language, ...]
    currency: str
    timezone: str
    intents: tuple[Choice, ...]
    motives: tuple[Choice, ...]
    decline_reasons: tuple[Choice, ...]
    skip_reasons: tuple[Choice, ...]
    exit_reasons: tuple[ExitChoice, ...]
    actions: tuple[NamedAction, ...]
    facts: dict[Word, Text]


@operation(
    "GET",
    "/v1/panel",
    "What an agent picks from: intents, motives, reasons, and what actions are called",
    scope="decisions:read",
    gives=PanelWords,
    example_out=PANEL_EXAMPLE,
    parameters={"lang": "the agent's language; the policy's first when there are no texts in it"},
)
async def panel_words(request: Request) -> Response:
    words = words_of(service_of(request).library.current, request.query_params.get("lang"))
    return Response(words.model_dump_json(), media_type=JSON)


def words_of(knowledge: Knowledge, wanted: str | None) -> PanelWords:
    """What the policy in force lets an agent pick; a word without a label is offered as it is."""
    language = knowledge.wording.language(wanted)
    leaving, choices = knowledge.policy.leaving, knowledge.policy.choices
    motives = _labelled(leaving.motives, choices.motives, language)
    exits = tuple(
        ExitChoice(value=word, motive=row.motive, label=row.text[language])
        for word, row in choices.exits.items()
    ) or tuple(ExitChoice(value=row.value, motive=row.value, label=row.label) for row in motives)
    return PanelWords(
        language=language,
        languages=knowledge.wording.languages,
        currency=knowledge.catalogue.currency,
        timezone=knowledge.policy.timezone,
        intents=_labelled(
            choices.intents or (*leaving.intents, *leaving.confirmed), choices.intents, language
        ),
        motives=motives,
        decline_reasons=_labelled(
            choices.declined or (*leaving.declined, UNKNOWN), choices.declined, language
        ),
        skip_reasons=_labelled(choices.skipped or (UNKNOWN,), choices.skipped, language),
        exit_reasons=exits,
        actions=tuple(
            NamedAction(
                action_id=action.id,
                title=knowledge.wording.titles[action.id, language].whole({}),
                cancels=action.cancels,
            )
            for action in knowledge.catalogue.actions
        ),
        facts={
            name: called[language]
            for name, called in knowledge.policy.fact_names.items()
            if language in called
        },
    )


def _labelled(
    words: Iterable[str], labels: Mapping[str, Mapping[str, str]], language: str
) -> tuple[Choice, ...]:
    """In the order of the labels; what has none comes last, by its own name."""
    ordered = dict.fromkeys((*labels, *words))
    return tuple(Choice(value=word, label=labels.get(word, {}).get(language, word)) for word in ordered)


@operation(
    "GET",
    "/panel",
    "The panel as a page, for desktops that frame one a conversation",
    scope=None,
    gives_media="text/html",
    example_out="<!doctype html>…",
)
async def panel_page(request: Request) -> Response:
    return served(request, "panel.html")


@operation(
    "GET",
    "/panel.js",
    "The panel as an element, for pages that hold it",
    scope=None,
    gives_media="text/javascript",
    example_out="customElements.define('behoud-panel', …)",
)
async def panel_script(request: Request) -> Response:
    return served(request, "panel.js")


@operation(
    "GET",
    "/panel/{file}",
    "What the panel's script imports, and its words by language",
    scope=None,
    gives_media="text/javascript",
    problems=(404,),
    example_out="export const …",
)
async def panel_part(request: Request) -> Response:
    file = request.path_params["file"]
    return served(request, f"words/{file}" if file.endswith(".json") else f"panel/{file}")
