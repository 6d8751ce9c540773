"""Everything a decision is made with, put together once and never changed: replaced whole when a part of it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

from models.answers import question_problems
from models.bundle import Bundle
from models.caps import Caps, compile_caps
from models.catalogue import Catalogue
from models.checks import CONDITION
from models.disclosures import Told
from models.documents import DocumentError, Problem, version_of
from models.domain import Flags
from models.fit import Door
from models.in_force import missing_packs
from models.ladder import ORDERS
from models.languages_spoken import unspoken
from models.learned import Learned
from models.levers import Levers, lever_problems
from models.lists import compile_lists
from models.policy import Policy
from models.portfolio import Portfolios
from models.questions import Questions
from models.response import Motive, Versions
from models.rulebook import RuleBook
from models.rules import compile_disclosures, compile_inferred, compile_rules
from models.tariff import Tariff
from models.text_limits import overlong
from models.vocabulary import paths
from models.wordbook import Wordbook
from models.wording import Wording, compile_wording, text_names
from models.worse_off import may_leave_worse_off, worse_off_problems

CODE = "0.1.0"
"""The version of the software, as `pyproject.toml` releases it."""


@dataclass(frozen=True)
class Knowledge:
    """Catalogue, policy, bundle, learned corrections and flags, with all that is made of them."""

    catalogue: Catalogue
    policy: Policy
    bundle: Bundle | None
    learned: Learned
    flags: Flags
    book: RuleBook
    told: tuple[Told, ...]
    inferred: tuple[tuple[Motive, int], ...]
    caps: Caps
    wording: Wording
    portfolios: Portfolios
    door: Door
    tariff: Tariff
    versions: Versions

    @cached_property
    def emergencies(self) -> frozenset[int]:
        """Rows of the catalogue."""
        return frozenset(row for row, action in enumerate(self.catalogue.actions) if action.emergency)

    @cached_property
    def levers(self) -> Levers:
        """What the business wants sold more or less for a while."""
        return Levers(self.catalogue, self.policy)

    @cached_property
    def questions(self) -> Questions:
        """What may be asked, and what an answer is worth."""
        return Questions(self)

    @cached_property
    def validity(self) -> timedelta:
        """How long an answer holds."""
        return timedelta(minutes=self.policy.arbitration.valid_minutes)

    @property
    def explore_rate(self) -> float:
        """The share of decisions that choose evenly among those near the best."""
        explore, asked = self.policy.arbitration.explore, self.flags.explore
        if explore is None:
            return 0.0
        return explore.rate if asked is None else asked

    @property
    def within(self) -> float:
        """Euros in which the cheaper save goes before the better one."""
        return ORDERS[self.flags.ladder]

    def with_(self, **parts: Any) -> Knowledge:
        """The same with another bundle, learned snapshot or flags: rules and texts are not compiled again.

        Raises:
            TypeError: catalogue or policy, which need `build_knowledge`.
        """
        if unknown := set(parts) - {"bundle", "learned", "flags"}:
            raise TypeError(f"cannot replace {', '.join(sorted(unknown))}; build the knowledge anew")
        bundle = parts.get("bundle", self.bundle)
        learned = parts.get("learned", self.learned)
        flags = parts.get("flags", self.flags)
        compiled = (
            self.book,
            self.told,
            self.inferred,
            self.caps,
            self.wording,
            self.portfolios,
            self.door,
        )
        return _assembled(self.catalogue, self.policy, bundle, learned, flags, *compiled)


def flags_bytes(flags: Flags) -> bytes:
    """The flags as a document: canonical JSON, so that equal flags have one version, and a flag that is new changes none that was kept."""
    told = {"propensity": flags.propensity, **flags.model_dump(exclude_defaults=True)}
    return json.dumps(told, sort_keys=True, separators=(",", ":")).encode()


def build_knowledge(
    catalogue: Catalogue,
    policy: Policy,
    bundle: Bundle | None = None,
    learned: Learned | None = None,
    flags: Flags | None = None,
    *,
    wordbooks: Mapping[str, Wordbook],
) -> Knowledge:
    """Put catalogue and policy together, compiling every expression and text once. `wordbooks` are the languages that come with the software; the policy's own win.

    Raises:
        DocumentError: everything in which the two do not fit, with file, line, key and remedy.
    """
    book, problems = compile_rules(catalogue, policy)
    told, unsaid = compile_disclosures(catalogue, policy, book)
    inferred, unclear = compile_inferred(catalogue, policy, book)
    caps, wrong = compile_caps(catalogue, policy)
    wordbooks = {**wordbooks, **policy.wordbooks}
    wording, more = compile_wording(catalogue, policy, text_names(policy.facts, paths(policy)), wordbooks)
    problems += [
        *unsaid,
        *unclear,
        *missing_packs(policy),
        *unspoken(policy, wordbooks),
        *wrong,
        *more,
        *(catalogue.problem(*found) for found in overlong(catalogue, policy, told)),
        *compile_lists(catalogue, policy)[1],
        *_meeting(catalogue, policy),
    ]
    if problems:
        raise DocumentError(sorted(problems, key=lambda problem: (problem.source, problem.line)))
    portfolios = Portfolios(catalogue, _may_leave_worse_off(catalogue, policy))
    compiled = (book, told, inferred, caps, wording, portfolios, Door(portfolios.fittings))
    return _assembled(catalogue, policy, bundle, learned or Learned(), flags or Flags(), *compiled)


def _assembled(
    catalogue: Catalogue,
    policy: Policy,
    bundle: Bundle | None,
    learned: Learned,
    flags: Flags,
    book: RuleBook,
    told: tuple[Told, ...],
    inferred: tuple[tuple[Motive, int], ...],
    caps: Caps,
    wording: Wording,
    portfolios: Portfolios,
    door: Door,
) -> Knowledge:
    versions = Versions(
        bundle=None if bundle is None else bundle.version,
        learned=learned.version or None,
        policy=policy.version,
        catalogue=catalogue.version,
        flags=version_of(flags_bytes(flags)),
        code=CODE,
    )
    tariff = Tariff(catalogue, policy, bundle, learned, flags)
    return Knowledge(
        catalogue,
        policy,
        bundle,
        learned,
        flags,
        book,
        told,
        inferred,
        caps,
        wording,
        portfolios,
        door,
        tariff,
        versions,
    )


def _may_leave_worse_off(catalogue: Catalogue, policy: Policy) -> frozenset[str]:
    """The actions that are proposed, and say so, also to whom they leave worse off."""
    return frozenset(action.id for action in catalogue.actions if may_leave_worse_off(action, policy))


def _meeting(catalogue: Catalogue, policy: Policy) -> list[Problem]:
    """Names in the policy that must exist in the catalogue, and the other way round."""
    families = {action.family for action in catalogue.actions}
    problems = [
        *lever_problems(catalogue, policy),
        *worse_off_problems(catalogue, policy),
        *question_problems(catalogue, policy),
    ]
    for index, rule in enumerate(policy.rules):
        if rule.id == CONDITION:
            message = f"'{CONDITION}' is what an action's own condition is called; rename the rule"
            problems.append(policy.problem(("rules", index, "id"), message))
    selectors = [
        *((("rules", index, "for"), rule.applies) for index, rule in enumerate(policy.rules)),
        *((("caps", index, "for"), cap.applies) for index, cap in enumerate(policy.caps)),
    ]
    for place, applies in selectors:
        problems += [
            policy.problem(
                (*place, "actions", position),
                f"unknown action '{name}'; add it to the catalogue or correct the name",
            )
            for position, name in enumerate(applies.actions)
            if name not in catalogue.action
        ]
        problems += [
            policy.problem(
                (*place, "families", position), f"no action has the family '{name}'; correct the name"
            )
            for position, name in enumerate(applies.families)
            if name not in families
        ]
    motives = set(policy.leaving.motives)
    for index, action in enumerate(catalogue.actions):
        stated = () if action.acceptance is None else tuple(action.acceptance.by_motive)
        problems += [
            catalogue.problem(
                ("actions", index, "acceptance", "by_motive", motive),
                "unknown motive; add it to the policy's leaving.motives",
            )
            for motive in stated
            if motive not in motives
        ]
    problems += [
        policy.problem(("leaving", "by_motive", motive), "unknown motive; add it to leaving.motives")
        for motive in policy.leaving.by_motive
        if motive not in motives
    ]
    clash = sorted(set(policy.facts) & set(catalogue.product))
    problems += [
        policy.problem(("facts", name), "is also the id of a product; give the fact another name")
        for name in clash
    ]
    voiced = [key for key in ("intents", "confirmed") if getattr(policy.leaving, key)]
    if voiced and not any(action.cancels for action in catalogue.actions):
        who = f"leaving.{voiced[0]} of the policy can voice a wish to leave"
        message = f"none is the way out, and {who}; add one of kind process with cancels: true"
        problems.append(catalogue.problem(("actions",), message))
    return problems
