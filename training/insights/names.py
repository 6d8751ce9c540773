"""What ids are called, in the languages of the documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from models.insights import Figure
    from models.knowledge import Knowledge
    from training.measured.given import Given


def names_of(
    given: Given, knowledge: Knowledge | None, figures: Iterable[Figure]
) -> dict[str, dict[str, str]]:
    """Of every series and place in the figures that a document names; a text with blanks in it names nothing."""
    used = {name for one in figures for found in one.points for name in (found.series, found.at, found.about.get("rule"))}  # fmt: skip
    return {
        name: dict(texts)
        for name, texts in _named(given, knowledge)
        if name in used and texts and not any("{" in text for text in texts.values())
    }


def _named(given: Given, knowledge: Knowledge | None) -> Iterator[tuple[str, Mapping[str, str]]]:
    if knowledge is not None:
        own = knowledge.wording.own
        for rule in dict.fromkeys(rule for rule, _ in own):
            yield rule, {spoken: own[rule, spoken].whole({}) for spoken in knowledge.wording.languages}
    if given.policy is not None:
        policy = given.policy
        yield from ((mode.id, mode.text) for mode in policy.modes)
        yield from ((rule.id, rule.reason) for rule in policy.rules)
        yield from policy.fact_names.items()
        yield from policy.choices.motives.items()
    if given.catalogue is not None:
        yield from ((one.id, one.name) for one in given.catalogue.products)
        yield from (
            (one.id, {language: text.title for language, text in one.texts.items()})
            for one in given.catalogue.actions
        )
