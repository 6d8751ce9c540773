"""Reasons for the agent, a sentence for the customer: the print-out of what was decided, in two voices."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from models.arbitration import ARBITRATION_TEXTS
from models.catalogue import Action, Catalogue
from models.context import Situation
from models.documents import Problem
from models.domain import FactValue, Reason, Tier, Veto
from models.fit import FIT_TEXTS, Opening
from models.memo import Memo
from models.policy import FactSpec, Policy, Rule
from models.portfolio import Stop, Swap
from models.rulebook import Breach, Verdicts
from models.texts import Sentence, parse_text

ALWAYS_KNOWN = frozenset(
    {
        "discount",
        "discount_months",
        "commitment_months",
        "sells",
        "replaces",
        "price_before",
        "price_after",
        "price_change",
    }
)
ACTION_NAMES = ALWAYS_KNOWN | {"bundle_benefit_lost"}
SHOWN_REASONS = 3


class Said(NamedTuple):
    """What stops an action says: its tier, rule, text, and the values that decided."""

    tier: Tier
    rule: str
    text: str
    values: tuple[tuple[str, FactValue | tuple[str, ...] | None], ...]


class VetoShelf:
    """Vetoes made before. Most customers are stopped by the same rules with the same values, and a noun is dear to make."""

    def __init__(self) -> None:
        self._made: Memo[Hashable, Veto] = Memo(20_000)

    def known(self, ground: Hashable) -> Veto | None:
        """The veto on this ground, which says which action it is about, if it was said before."""
        return self._made.get(ground)

    def keep(self, ground: Hashable, action_id: str, said: Said) -> Veto:
        """Say it for the first time."""
        tier, rule, text, values = said
        made = Veto(action_id=action_id, tier=tier, rule=rule, text=text, values=dict(values))
        return self._made.keep(ground, made)

    def by_fit(self, action_id: str, stop: Stop, language: str) -> Veto:
        """A plain field's no to this action."""
        ground = (action_id, stop, language)
        known = self.known(ground)
        if known is not None:
            return known
        text = _in_language(FIT_TEXTS[stop.rule], language)
        return self.keep(ground, action_id, Said("fit", stop.rule, text, stop.values))


@dataclass(frozen=True)
class Wording:
    """Every text of catalogue and policy, parsed once: (owner, language) -> sentences to choose from."""

    languages: tuple[str, ...]
    titles: Mapping[tuple[str, str], Sentence]
    says: Mapping[tuple[str, str], tuple[Sentence, ...]]
    reasons: Mapping[tuple[str, str], Sentence]
    rules: Mapping[tuple[str, str], Sentence]
    modes: Mapping[tuple[str, str], Sentence]
    reopens: Mapping[tuple[str, str], Sentence]
    disclosures: Mapping[tuple[str, str], Sentence]
    shelf: VetoShelf = field(default_factory=VetoShelf)

    def language(self, wanted: str | None) -> str:
        """The language asked for, or the first when there are no texts in it."""
        return wanted if wanted in self.languages else self.languages[0]


def compile_wording(
    catalogue: Catalogue, policy: Policy, names: frozenset[str]
) -> tuple[Wording, list[Problem]]:
    """Parse every text; a placeholder that no fact can fill is a problem. `names` are the facts a text may use."""
    problems = [*_action_problems(catalogue, policy, names), *_policy_problems(policy, names)]
    languages = tuple(language for language in policy.languages if language in catalogue.languages)
    if not languages:
        problems.append(
            policy.problem(
                ("languages",),
                f"none of them is in the catalogue, which has {', '.join(catalogue.languages)}",
            )
        )
    wording = Wording(
        languages=languages or policy.languages,
        titles={(a.id, lang): parse_text(t.title) for a in catalogue.actions for lang, t in a.texts.items()},
        says={
            (a.id, lang): tuple(map(parse_text, t.sentences))
            for a in catalogue.actions
            for lang, t in a.texts.items()
        },
        reasons={(r.code, lang): parse_text(text) for r in policy.reasons for lang, text in r.text.items()},
        rules={(r.id, lang): parse_text(text) for r in policy.rules for lang, text in r.reason.items()},
        modes={(m.id, lang): parse_text(text) for m in policy.modes for lang, text in m.text.items()},
        reopens={
            (m.id, lang): parse_text(text) for m in policy.modes for lang, text in (m.reopens or {}).items()
        },
        disclosures={
            (d.id, lang): parse_text(text) for d in policy.disclosures for lang, text in d.text.items()
        },
    )
    return wording, problems


def _action_problems(catalogue: Catalogue, policy: Policy, names: frozenset[str]) -> list[Problem]:
    codes, told = {row.code for row in policy.reasons}, {row.id for row in policy.disclosures}
    problems = []
    for index, action in enumerate(catalogue.actions):
        problems += [
            catalogue.problem(
                ("actions", index, "reasons", position),
                f"unknown reason '{code}'; add it to the policy's reasons",
            )
            for position, code in enumerate(action.reasons)
            if code not in codes
        ]
        problems += [
            catalogue.problem(
                ("actions", index, "disclosures", position),
                f"unknown disclosure '{name}'; add it to the policy's disclosures",
            )
            for position, name in enumerate(action.disclosures)
            if name not in told
        ]
        problems += [
            catalogue.problem(
                ("actions", index, "motives", position),
                f"unknown motive '{motive}'; add it to the policy's leaving.motives",
            )
            for position, motive in enumerate(action.motives)
            if motive not in policy.leaving.motives
        ]
        for language, texts in action.texts.items():
            place = ("actions", index, "texts", language)
            written = [("title", texts.title), *(("say", sentence) for sentence in texts.sentences)]
            for key, sentence in written:
                unknown = sorted(parse_text(sentence).names - names - ACTION_NAMES)
                problems += [
                    catalogue.problem(
                        (*place, key),
                        f"placeholder '{{{name}}}' is no declared fact; declare it or correct the name",
                    )
                    for name in unknown
                ]
            for key, sentence in (written[0], written[-1]):
                doubtful = sorted(parse_text(sentence).names & (names | {"bundle_benefit_lost"}))
                problems += [
                    catalogue.problem(
                        (*place, key), f"'{{{name}}}' may be unknown; end with a sentence that needs no fact"
                    )
                    for name in doubtful
                ]
    return problems


def _policy_problems(policy: Policy, names: frozenset[str]) -> list[Problem]:
    undeclared = "is no declared fact; declare it or correct the name"
    unsure = "may be unknown, and a disclosure must always be said; use only what the action itself knows"
    about_action = "is known of an action only where it is proposed; a rule or mode may name facts"
    sections = (
        ("modes", "text", policy.modes, names, about_action),
        ("modes", "reopens", policy.modes, names, about_action),
        ("rules", "reason", policy.rules, names, about_action),
        ("reasons", "text", policy.reasons, names | ACTION_NAMES, undeclared),
        ("disclosures", "text", policy.disclosures, ALWAYS_KNOWN, unsure),
    )
    return [
        policy.problem(
            (section, index, key, language),
            f"placeholder '{{{name}}}' {remedy if name in names | ACTION_NAMES else undeclared}",
        )
        for section, key, rows, known, remedy in sections
        for index, row in enumerate(rows)
        for language, text in (getattr(row, key) or {}).items()
        for name in sorted(parse_text(text).names - known)
    ]


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


def text_values(situation: Situation) -> dict[str, Any]:
    """The values of those names for this customer; a customer's fact wins over a count of the same name."""
    values = situation.values
    return {**values["history"], **values["contact"], **values["customer"]}


def action_text_values(
    row: int, swap: Swap, situation: Situation, catalogue: Catalogue, language: str
) -> dict[str, Any]:
    """What the texts of one action may say about itself: names, and the customer's monthly bill before and after."""
    action = catalogue.actions[row]
    product = catalogue.product
    discount = action.discount.amount if action.discount else 0.0
    change = swap.price - discount
    return {
        "discount": discount,
        "discount_months": action.discount.months if action.discount else 0,
        "commitment_months": action.commitment.months,
        "sells": [product[p].name.get(language, p) for p in action.sells],
        "replaces": [product[p].name.get(language, p) for p in swap.given_up],
        "price_before": situation.portfolio.price,
        "price_after": situation.portfolio.price + change,
        "price_change": abs(change),
        "bundle_benefit_lost": max(0.0, situation.portfolio.benefit - swap.benefit) or None,
    }


def say(sentences: tuple[Sentence, ...], values: Mapping[str, Any], language: str) -> str:
    """The first sentence whose placeholders are all known."""
    return next(
        (text for sentence in sentences for text in [sentence.fill(values, language)] if text is not None), ""
    )


def say_whole(sentence: Sentence, values: Mapping[str, Any], language: str) -> str:
    """The sentence, whatever is known; a placeholder that is unknown is left out."""
    text = sentence.fill(values, language)
    return _bare(sentence) if text is None else text


def reasons(
    codes: tuple[str, ...],
    wording: Wording,
    programs: Mapping[str, int | None],
    verdicts: Verdicts,
    values: Mapping[str, Any],
    language: str,
) -> tuple[Reason, ...]:
    """The grounds that hold and can be said."""
    found = []
    for code in codes:
        if verdicts.holds(programs[code]):
            text = wording.reasons[code, language].fill(values, language)
            if text is not None:
                found.append(Reason(code=code, text=text))
    return tuple(found[:SHOWN_REASONS])


def shut_out(
    opening: Opening, actions: Sequence[Action], language: str, shelf: VetoShelf
) -> Mapping[int, tuple[Veto, ...]]:
    """The vetoes of what contact and holdings stop: said once for all customers who are alike in both."""
    made = opening.vetoes.get(language)
    if made is None:
        made = {row: (shelf.by_fit(actions[row].id, stop, language),) for row, stop in opening.stops.items()}
        opening.vetoes[language] = made
    return made


class RuleVetoes:
    """The rules' noes in one situation."""

    def __init__(self, wording: Wording, verdicts: Verdicts, known: Mapping[str, Any], language: str) -> None:
        self._wording = wording
        self._verdicts = verdicts
        self._known = known
        self._language = language

    def veto(self, action_id: str, breach: Breach) -> Veto:
        """A rule's no to one action. The same values read give the same veto."""
        check = breach.check
        sentence = self._wording.rules.get((check.rule.id, self._language))
        ground: Hashable = (check.number, self._language, self._verdicts.seen.get(check.program))
        if sentence is not None and sentence.names:
            ground = (ground, tuple([self._known.get(name) for name in sentence.names]))
        shelf = self._wording.shelf
        return shelf.known(ground) or shelf.keep(ground, action_id, self._said(breach, sentence))

    def _said(self, breach: Breach, sentence: Sentence | None) -> Said:
        values = tuple((path, _kept(value)) for path, value in self._verdicts.deciding(breach).items())
        rule = breach.check.rule
        return Said(rule.tier, rule.id, self._text(rule, sentence), values)

    def _text(self, rule: Rule, sentence: Sentence | None) -> str:
        """What the rule says; a placeholder that is unknown here is left out."""
        if sentence is None:
            return _in_language(rule.reason, self._language)
        return say_whole(sentence, self._known, self._language)


def arbitration_veto(action_id: str, rule: str, expected: float | None, language: str) -> Veto:
    """Eligible, and still not proposed."""
    values = {} if expected is None else {"expected": round(expected, 2)}
    return Veto(
        action_id=action_id,
        tier="arbitration",
        rule=rule,
        text=_in_language(ARBITRATION_TEXTS[rule], language),
        values=values,
    )


def _kept(value: Any) -> Any:
    """A value as a veto keeps it: a list as a tuple; a day or a moment as it is written, so that it reads back the same."""
    if isinstance(value, date):
        return value.isoformat()
    return tuple(value) if isinstance(value, list) else value


def _bare(sentence: Sentence) -> str:
    return "".join(f"{literal}{'…' if name else ''}" for literal, name, _ in sentence.pieces)


def _in_language(texts: Mapping[str, str], language: str) -> str:
    return texts.get(language) or texts.get("en") or next(iter(texts.values()))
