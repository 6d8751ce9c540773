"""Builders that let a test state only what it is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import yaml

from api.languages import spoken
from models.accepting import Acceptances
from models.any_purchase import MOST_COUNTED, AnyPurchase
from models.bundle import Bundle
from models.catalogue import Catalogue, load_catalogue
from models.churn import ChurnModel
from models.decision import decide
from models.domain import Contact, Customer, DecisionRequest, Event, History, Holding, PastOutcome
from models.features import Category, Encoder, Numeric
from models.knowledge import Knowledge, build_knowledge
from models.leaving_design import TERMS, Columns
from models.lockin import Effect, LockIn
from models.pacing import Pacing
from models.policy import Policy, load_policy
from models.propensity import PropensityModel
from models.response import Decision, Veto
from models.saving import Saving, stated_logit
from models.scores import Linear
from models.waking import Waking

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
"""A Saturday; 13:00 in Amsterdam."""

PRODUCTS: tuple[dict[str, Any], ...] = (
    {"id": "fiber", "family": "internet", "price": 40.0, "margin": 20.0},
    {"id": "dsl", "family": "internet", "price": 30.0, "margin": 10.0},
    {"id": "tv", "family": "television", "price": 15.0, "margin": 6.0},
    {"id": "mobile-s", "family": "mobile", "price": 10.0, "margin": 5.0},
    {"id": "mobile-l", "family": "mobile", "price": 25.0, "margin": 14.0},
    {"id": "films", "family": "streaming", "price": 9.0, "margin": 4.0, "repeatable": True},
)
LEAVING = {"motives": ["price", "service"]}
MODES: tuple[dict[str, Any], ...] = (
    {"id": "save", "when": "contact.leaving", "kinds": ["save", "process"]},
    {"id": "grow", "kinds": ["offer", "service", "process", "question"]},
)


def ago(days: float = 0, hours: float = 0) -> datetime:
    return NOW - timedelta(days=days, hours=hours)


# --- customers and what happened to them -----------------------------------------------------------------------------


def a_customer(*, holding: str | Sequence[str] = (), **facts: Any) -> Customer:
    held = (holding,) if isinstance(holding, str) else tuple(holding)
    return Customer(
        customer_id="C-1", holdings=tuple(Holding(product_id=product_id) for product_id in held), facts=facts
    )


def a_contact(**given: Any) -> Contact:
    return Contact(**{"contact_id": "K-1", "channel": "voice", **given})


def a_request(*, contact: Contact | None = None, **given: Any) -> DecisionRequest:
    return DecisionRequest.model_validate(
        {"customer_id": "C-1", "contact": contact or a_contact(), "detail": "full", **given}
    )


def an_event(kind: str, *, days_ago: float = 1, hours_ago: float = 0, **given: Any) -> Event:
    at = ago(days_ago, hours_ago)
    known = {"contact_id": "K-0"} if kind == "contact" else {}
    return Event(event_id="E-1", customer_id="C-1", kind=kind, at=at, **{**known, **given})


def an_outcome(kind: str, *, action: str = "cheaper", days_ago: float = 1, **given: Any) -> PastOutcome:
    usual = {
        "outcome_id": "O-1",
        "decision_id": "p00-1",
        "customer_id": "C-1",
        "contact_id": "K-0",
        "channel": "voice",
        "action_kind": "save",
        "family": action,
        "reason": "too_dear" if kind in {"declined", "skipped"} else None,
    }
    return PastOutcome(action_id=action, kind=kind, at=ago(days_ago), **{**usual, **given})


def a_history(*items: Event | PastOutcome) -> History:
    return History(
        events=tuple(item for item in items if isinstance(item, Event)),
        outcomes=tuple(item for item in items if isinstance(item, PastOutcome)),
    )


# --- what the business wrote -----------------------------------------------------------------------------------------


def both(nl: str, en: str | None = None) -> dict[str, str]:
    return {"nl": nl, "en": nl if en is None else en}


def an_action(action_id: str, kind: str, **given: Any) -> dict[str, Any]:
    purpose = {"offer": "marketing", "save": "retention"}.get(kind, "service")
    priced = {"acceptance": {"rate": 0.2}} if kind in {"offer", "save"} else {}
    say = given.pop("say", "Zeg het.")
    texts = {lang: {"title": action_id, "say": say} for lang in ("nl", "en")}
    usual = {"id": action_id, "kind": kind, "family": action_id, "purpose": purpose, "texts": texts, **priced}
    return {**usual, **given}


def an_offer(action_id: str = "sell-tv", **given: Any) -> dict[str, Any]:
    sold = {} if "sells" in given or "discount" in given else {"sells": ["tv"]}
    return an_action(action_id, "offer", **sold, **given)


def a_save(action_id: str = "cheaper", **given: Any) -> dict[str, Any]:
    return an_action(action_id, "save", **given)


def a_process(action_id: str = "move-date", **given: Any) -> dict[str, Any]:
    return an_action(action_id, "process", **given)


CANCEL = a_process("cancel", cancels=True)
WAY_OUT = a_process("way-out", cancels=True)
"""Every catalogue has one; a test about something else neither states it nor sees it in what is read below."""


def a_bundle_benefit(*parts: str, discount: float = 5.0) -> dict[str, Any]:
    return {"id": "together", "name": both("Samen"), "parts": list(parts), "discount": discount}


def catalogue_bytes(
    *actions: Mapping[str, Any], products: Sequence[Mapping[str, Any]] = PRODUCTS, **given: Any
) -> bytes:
    content = {
        "languages": ["nl", "en"],
        "products": [{"name": both(str(product.get("id"))), **product} for product in products],
        "actions": list(actions),
        **given,
    }
    return yaml.dump(content, sort_keys=False, Dumper=_Plain).encode()


def _in_languages(action: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    text = action["texts"]["nl"]
    return {**action, "texts": dict.fromkeys(given.get("languages", ("nl", "en")), text)}


def a_catalogue(*actions: Mapping[str, Any], **given: Any) -> Catalogue:
    """These actions, and last a way out when none of them is."""
    ways = () if any(action.get("cancels") for action in actions) else (_in_languages(WAY_OUT, given),)
    return load_catalogue(catalogue_bytes(*actions, *ways, **given))


def a_mode(mode_id: str, **given: Any) -> dict[str, Any]:
    return {"id": mode_id, "kinds": ["offer"], "text": both(mode_id), **given}


def a_rule(require: str, **given: Any) -> dict[str, Any]:
    return {
        "id": "r",
        "tier": "suitability",
        "require": require,
        "reason": both("Mag niet", "May not"),
        **given,
    }


def policy_bytes(**given: Any) -> bytes:
    content = {
        "languages": ["nl", "en"],
        "leaving": LEAVING,
        "modes": [a_mode(**_as_arguments(mode)) for mode in MODES],
        **given,
    }
    return yaml.dump(content, sort_keys=False, Dumper=_Plain).encode()


def a_policy(**given: Any) -> Policy:
    return load_policy(policy_bytes(**given))


def _as_arguments(mode: Mapping[str, Any]) -> dict[str, Any]:
    return {("mode_id" if key == "id" else key): value for key, value in mode.items()}


class _Plain(yaml.SafeDumper):
    """Writes values that stand in the content twice out twice."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


# --- what was learned ------------------------------------------------------------------------------------------------


def a_propensity(
    which: Mapping[str, float],
    *,
    any_in_90_days: float | None = 0.2,
    any_typical: float = 0.2,
    base: Mapping[str, float] | None = None,
) -> PropensityModel:
    """A model that gives the same P(which) to everyone who holds nothing, over these products.

    `any_typical` and `base` are those of the average customer.
    """
    products = tuple(which)
    n = len(products)
    none = np.zeros(0)
    counts = np.zeros(MOST_COUNTED + 1)
    odds = None if any_in_90_days is None else float(np.log(any_in_90_days / (1 - any_in_90_days)))
    return PropensityModel(
        products=products,
        method="multinomial",
        encoder=Encoder(()),
        repeatable=np.zeros(n, dtype=np.bool_),
        base=np.array([(base or which)[product_id] for product_id in products]),
        scores=Linear(np.zeros((n, n))),
        scale=1.0,
        intercept=np.log([which[product_id] for product_id in products]),
        facts=np.zeros((0, n)),
        counts=np.zeros((MOST_COUNTED + 1, n)),
        any_purchase=None if odds is None else AnyPurchase(odds, np.zeros(n), none, counts, any_typical),
    )


def a_churn_model(hazard: float = 0.02, **products: float) -> ChurnModel:
    """Everyone leaves at this hazard; holding a product adds its logit."""
    return ChurnModel(
        products=tuple(products),
        encoder=Encoder(()),
        intercept=float(np.log(hazard / (1 - hazard))),
        effects=np.zeros(0),
        unseen=np.zeros(0),
        product_effects=np.array(list(products.values())),
        product_shares=np.zeros(len(products)),
    )


def a_bundle(
    winner: PropensityModel | None = None,
    *,
    implicit: PropensityModel | None = None,
    churn: ChurnModel | None = None,
    effects: Sequence[Effect] = (),
    saving: Saving | None = None,
    acceptance: Acceptances | None = None,
    waking: Waking | None = None,
    pacing: Pacing | None = None,
) -> Bundle:
    served = winner or a_propensity({"tv": 0.5, "films": 0.5})
    return Bundle(
        version="sha256:bundle",
        products=served.products,
        fact_kinds={},
        dated=served.any_purchase is not None,
        winner=served,
        implicit=implicit or served,
        churn=churn,
        lockin=LockIn(tuple(effects)),
        saving=saving,
        acceptance=acceptance,
        waking=waking,
        pacing=pacing,
    )


def a_saving(
    encoder: Encoder | None = None,
    seed: int = 5,
    action: str = "stay",
    usual: float | None = None,
    hazard: float | None = None,
) -> Saving:
    """Weights that differ everywhere: motives price and service, of the actions only one was accepted in training."""
    if encoder is None:
        encoder = Encoder((Numeric("size", (1.0, 2.0)), Category("region", ("north",))))
    terms = 0 if usual is None else TERMS
    size = Columns.of(3, 1, encoder.size, terms, 0 if hazard is None else 1).size
    dice = np.random.default_rng(seed)
    return Saving(
        motives=("price", "service"),
        actions=(action,),
        encoder=encoder,
        means=np.array([0.5, 0.5, 0.0, 0.75, 0.25])[5 - encoder.size :],
        now=stated_logit(np.array([0.5, 0.4, 0.45])),
        refused=stated_logit(np.array([0.55, 0.44, 0.5])),
        accepted=stated_logit(np.array([0.08])),
        weights=dice.normal(0.0, 0.5, size),
        factor=np.tril(dice.normal(0.0, 0.2, (size, size))),
        usual=usual,
        hazard=hazard,
    )


# --- the decision ----------------------------------------------------------------------------------------------------


def some_knowledge(
    *actions: Mapping[str, Any],
    policy: Policy | None = None,
    catalogue: Catalogue | None = None,
    bundle: Bundle | None = None,
    **given: Any,
) -> Knowledge:
    """Knowledge of these actions; what else is given goes into the policy."""
    return build_knowledge(
        catalogue or a_catalogue(*actions), policy or a_policy(**given), bundle, wordbooks=spoken()
    )


def a_decision(
    knowledge: Knowledge,
    *,
    customer: Customer | None = None,
    history: History | None = None,
    request: DecisionRequest | None = None,
    now: datetime = NOW,
    explore: float = 0.0,
    **contact: Any,
) -> Decision:
    return decide(
        request or a_request(contact=a_contact(**contact)),
        customer or a_customer(),
        history or History(),
        knowledge,
        now=now,
        decision_id="p00-1",
        explore=explore,
    )


def proposed(decision: Decision) -> list[str]:
    return [proposal.action_id for proposal in decision.proposals if proposal.action_id != WAY_OUT["id"]]


def vetoes_of(decision: Decision) -> list[Veto]:
    return [veto for veto in decision.vetoes if veto.action_id != WAY_OUT["id"]]


def vetoed(decision: Decision) -> dict[str, str]:
    """Action to the rule that stopped it first."""
    return {veto.action_id: veto.rule for veto in reversed(vetoes_of(decision))}


def veto_of(decision: Decision, action_id: str) -> Veto:
    return next(veto for veto in decision.vetoes if veto.action_id == action_id)
