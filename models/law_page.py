"""A law pack as a page to read: what is asked, where it is written, and the tests that show it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from models.law import LawPack, LawTest, Sourced
    from models.sections.selector import Selector


def page(pack: LawPack) -> str:
    """The page, in Markdown."""
    return "\n".join(_lines(pack)) + "\n"


def _lines(pack: LawPack) -> Iterator[str]:
    until = "" if pack.valid_until is None else f", until {pack.valid_until}"
    yield f"# Law pack `{pack.id}`: {pack.jurisdiction}"
    yield ""
    yield f"Release {pack.release}; the law asks it from {pack.valid_from}{until}. A policy puts it in force with `law: [{pack.id}]`;"
    yield f"a copy in `law/{pack.id}.yaml` beside the policy wins over this one. An engineer's reading, not legal advice."
    yield f"Made from `models/law/{pack.id}.yaml` by `python -m api law --docs docs/law`."
    if pack.facts or pack.consents:
        yield from ("", "## What it needs to know", "")
        yield from (f"* fact `{name}`, {spec.type}: {spec.description}" for name, spec in pack.facts.items())
        yield from (f"* consent `{name}`: {row.text}" for name, row in pack.consents.items())
    if pack.rules:
        yield from (
            "",
            "## What it forbids",
            "",
            "A fact that is missing stops the action. No rule is asked about the way out.",
        )
    for rule in pack.rules:
        tests = [test for test in pack.tests if test.stopped_by == rule.id]
        condition = (f"For {_whom(rule.applies)}:", "", "```", rule.require.strip(), "```", "")
        yield from _entry(pack, rule, condition, rule.reason, tests)
    if pack.disclosures:
        yield from (
            "",
            "## What it wants said",
            "",
            "Said with the proposal; a fact that is missing means that it is said.",
        )
    for row in pack.disclosures:
        tests = [test for test in pack.tests if row.id in test.discloses]
        condition = (f"With {_whom(row.applies)}, while:", "", "```", row.when.strip(), "```", "")
        yield from _entry(pack, row, condition, row.text, tests)
    if pack.guarantees:
        yield from ("", "## What holds whatever rules say")
    for promise in pack.guarantees:
        tests = [test for test in pack.tests if test.proves == promise.id]
        yield from _entry(pack, promise, (), promise.text, tests)
    allowed = [test for test in pack.tests if not (test.stopped_by or test.discloses or test.proves)]
    if allowed:
        yield from ("", "## What it lets pass", "")
        yield from (f"* {test.name}" for test in allowed)


def _entry(
    pack: LawPack, row: Sourced, condition: Sequence[str], texts: Mapping[str, str], tests: Sequence[LawTest]
) -> Iterator[str]:
    yield from ("", f"### `{pack.id}.{row.id}`", "", f"{row.source}.", "")
    yield from condition
    yield from (f"* {language}: {text}" for language, text in texts.items())
    yield from ("", "Tested: " + "; ".join(test.name for test in tests) + ".")


def _whom(selector: Selector) -> str:
    """`actions of kind offer or save, over voice`."""
    named: Sequence[tuple[str, Sequence[Any]]] = (
        ("kind", selector.kinds),
        ("family", selector.families),
        ("purpose", selector.purposes),
    )
    of = [f"of {word} {' or '.join(values)}" for word, values in named if values]
    actions = f"actions {' and '.join(of)}" if of else "every action"
    return actions + (f", over {' or '.join(selector.channels)}" if selector.channels else "")
