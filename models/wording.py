"""Every text of catalogue and policy, parsed once and checked against the facts that can fill it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from models.catalogue import Catalogue
from models.checks import CONDITION
from models.documents import Path, Problem
from models.domain import Noun
from models.placeholders import placeholders
from models.policy import Policy
from models.sections.disclosures import Disclosure
from models.sections.facts import FactSpec
from models.texts import Sentence, parse_text
from models.wordbook import Wordbook
from models.worse_off import WORSE_OFF

ALWAYS_KNOWN = frozenset(
    {
        "discount",
        "discount_months",
        "commitment_months",
        "sells",
        "replaces",
        "price_before",
        "price_after",
        "price_after_discount",
        "price_change",
        "new_end_date",
    }
)
SOMETIMES_KNOWN = frozenset({"bundle_benefit_lost", "customer_benefit", "customer_loss"})
"""Known where there is such a loss or benefit."""
ACTION_NAMES = ALWAYS_KNOWN | SOMETIMES_KNOWN
PROMISE_NAMES = frozenset({"promised_by"})
"""Always known to the texts of an action that promises something, and to no others."""


@dataclass(frozen=True)
class Wording:
    """Every text of catalogue and policy, parsed once: (owner, language) -> sentences to choose from; `own` are the software's reasons."""

    languages: tuple[str, ...]
    wordbooks: Mapping[str, Wordbook]
    own: Mapping[tuple[str, str], Sentence]
    caps: Mapping[tuple[str, str], Sentence]
    titles: Mapping[tuple[str, str], Sentence]
    says: Mapping[tuple[str, str], tuple[Sentence, ...]]
    reasons: Mapping[tuple[str, str], Sentence]
    rules: Mapping[tuple[str, str], Sentence]
    modes: Mapping[tuple[str, str], Sentence]
    reopens: Mapping[tuple[str, str], tuple[Sentence, ...]]
    disclosures: Mapping[tuple[str, str], Sentence]

    def language(self, wanted: str | None) -> str:
        """The language asked for, or the first when there are no texts in it."""
        return wanted if wanted in self.languages else self.languages[0]


def compile_wording(
    catalogue: Catalogue, policy: Policy, names: frozenset[str], wordbooks: Mapping[str, Wordbook]
) -> tuple[Wording, list[Problem]]:
    """Parse every text; a placeholder that no fact can fill is a problem. `names` are the facts a text may use."""
    spoken = {language: wordbooks[language] for language in policy.languages if language in wordbooks}
    problems = [*_action_problems(catalogue, policy, names), *_policy_problems(policy, names)]
    languages = tuple(language for language in policy.languages if language in catalogue.languages)
    if not languages:
        problems.append(
            policy.problem(
                ("languages",),
                f"none of them is in the catalogue, which has {', '.join(catalogue.languages)}",
            )
        )
    own = {
        (rule, lang): parse_text(text, book)
        for lang, book in spoken.items()
        for rule, text in book.rules.items()
    }

    def parsed(rows: Iterable[tuple[str, Mapping[str, str]]]) -> dict[tuple[str, str], Sentence]:
        return {
            (name, lang): parse_text(texts[lang], book)
            for name, texts in rows
            for lang, book in spoken.items()
            if lang in texts
        }

    wording = Wording(
        languages=languages or policy.languages,
        wordbooks=spoken,
        own=own,
        caps=parsed((cap.id, cap.reason) for cap in policy.caps),
        titles=parsed((a.id, {lang: t.title for lang, t in a.texts.items()}) for a in catalogue.actions),
        says={
            (a.id, lang): tuple(parse_text(text, book) for text in a.texts[lang].sentences)
            for a in catalogue.actions
            for lang, book in spoken.items()
            if lang in a.texts
        },
        reasons=parsed((row.code, row.text) for row in policy.reasons),
        rules={
            **{(CONDITION, lang): own[CONDITION, lang] for lang in spoken if (CONDITION, lang) in own},
            **parsed((rule.id, rule.reason) for rule in policy.rules),
        },
        modes=parsed((mode.id, mode.text) for mode in policy.modes),
        reopens={
            (mode.id, lang): tuple(parse_text(row.text[lang], book) for row in mode.reopens)
            for mode in policy.modes
            for lang, book in spoken.items()
        },
        disclosures=parsed((row.id, row.text) for row in policy.disclosures),
    )
    return wording, problems


def _action_problems(catalogue: Catalogue, policy: Policy, names: frozenset[str]) -> list[Problem]:
    codes, told = {row.code for row in policy.reasons}, {row.id for row in policy.disclosures}
    problems = []
    for index, action in enumerate(catalogue.actions):
        problems += [
            catalogue.problem(
                ("actions", index, f"{what}s", position),
                f"unknown {what} '{name}'; add it to the policy's {section}",
            )
            for what, section, named, there in (
                ("reason", "reasons", action.reasons, codes),
                ("disclosure", "disclosures", action.disclosures, told),
                ("motive", "leaving.motives", action.motives, policy.leaving.motives),
            )
            for position, name in enumerate(named)
            if name not in there
        ]
        known = names | ACTION_NAMES | (PROMISE_NAMES if action.promise else frozenset())
        for language, texts in action.texts.items():
            place = ("actions", index, "texts", language)
            written = [("title", texts.title), *(("say", sentence) for sentence in texts.sentences)]
            for key, sentence in written:
                unknown = sorted(placeholders(sentence) - known)
                problems += [
                    catalogue.problem(
                        (*place, key),
                        f"placeholder '{{{name}}}' {_remedy(name)}",
                    )
                    for name in unknown
                ]
            for key, sentence in (written[0], written[-1]):
                doubtful = sorted(placeholders(sentence) & (names | SOMETIMES_KNOWN))
                problems += [
                    catalogue.problem(
                        (*place, key), f"'{{{name}}}' may be unknown; end with a sentence that needs no fact"
                    )
                    for name in doubtful
                ]
    return problems


UNDECLARED = "is no declared fact; declare it or correct the name"


def _remedy(name: str) -> str:
    return "needs an action with a 'promise'; add it" if name in PROMISE_NAMES else UNDECLARED


def _policy_problems(policy: Policy, names: frozenset[str]) -> list[Problem]:
    unsure = "may be unknown, and a disclosure must always be said; use only what the action itself knows"
    about_action = "is known of an action only where it is proposed; a rule or mode may name facts"
    sections = (
        ("modes", "text", policy.modes, names, about_action),
        ("rules", "reason", policy.rules, names, about_action),
        ("reasons", "text", policy.reasons, names | ACTION_NAMES, UNDECLARED),
        ("disclosures", "text", policy.disclosures, ALWAYS_KNOWN, unsure),
    )
    places: list[tuple[Path, Noun, Mapping[str, str], AbstractSet[str], str]] = [
        *(
            ((section, index, key), row, getattr(row, key), known, remedy)
            for section, key, rows, known, remedy in sections
            for index, row in enumerate(rows)
        ),
        *(
            (("modes", index, "reopens", place, "text"), row, row.text, names, about_action)
            for index, mode in enumerate(policy.modes)
            for place, row in enumerate(mode.reopens)
        ),
    ]
    return [
        policy.problem(
            (*place, language),
            f"placeholder '{{{name}}}' {remedy if name in names | ACTION_NAMES else UNDECLARED}",
        )
        for place, row, texts, known, remedy in places
        for language, text in texts.items()
        for name in sorted(placeholders(text) - known - _known_where_said(row))
    ]


def _known_where_said(row: Noun) -> frozenset[str]:
    """That an action leaves the customer worse off is said only where it does, and then by how much is known."""
    loses = isinstance(row, Disclosure) and row.id == WORSE_OFF
    return frozenset({"customer_loss"}) if loses else frozenset()


def text_names(facts: Mapping[str, FactSpec], types: Mapping[str, str]) -> frozenset[str]:
    """What a text may name: facts, and the last part of every scalar path of history and contact."""
    scalars = {
        path.rpartition(".")[2]
        for path, kind in types.items()
        if path.startswith(("history.", "contact.", "customer."))
        and not kind.startswith("list")
        # A consent is asked by rules; in a sentence its name alone would say nothing.
        and not path.startswith("customer.consents.")
    }
    return frozenset(facts) | scalars
