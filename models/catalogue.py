"""What the company sells and what can be proposed: products, bundles and actions, as the business wrote them in YAML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import cached_property
from typing import Annotated, Any

from pydantic import Field

from models.asks import Asks
from models.circles import circles
from models.documents import Document, Problem
from models.domain import (
    VALUED,
    ActionKind,
    Channel,
    Commitment,
    Do,
    Euros,
    Id,
    Language,
    Noun,
    Probability,
    Purpose,
    Text,
    Word,
)
from models.promises import Promise
from models.texts import placeholders
from models.written import Written, double_names, load, take


class Product(Noun):
    """Something a customer can hold. `price` and `margin` are euros a month."""

    id: Id
    name: dict[Language, Text]
    family: Word
    price: Euros
    margin: Euros
    requires: Annotated[
        tuple[Id, ...], Field(description="products or families; one held of each is enough")
    ] = ()
    excludes: Annotated[
        tuple[Id, ...], Field(description="products or families that may not be held beside it")
    ] = ()
    repeatable: bool = False
    worth: Annotated[
        Euros | None,
        Field(description="what the customer gets from it, euros a month; the list price when absent"),
    ] = None
    take_rate: Annotated[
        Probability,
        Field(description="taken unasked within 90 days, by the average customer; used without dated data"),
    ] = 0.01


class BundleBenefit(Noun):
    """A discount for as long as one of every part is held. Parts are products or families."""

    id: Id
    name: dict[Language, Text]
    parts: Annotated[tuple[Id, ...], Field(min_length=2)]
    discount: Annotated[float, Field(gt=0, description="euros a month")]


class Discount(Noun):
    amount: Annotated[float, Field(gt=0, description="euros a month")]
    months: Annotated[int, Field(ge=1, le=120)]


class Acceptance(Noun):
    """How often the action is accepted when asked, until outcomes teach it. `keep` is the share that stays accepted."""

    rate: Probability
    by_motive: dict[Word, Probability] = Field(default_factory=dict)
    by_channel: dict[Channel, Probability] = Field(default_factory=dict)
    keep: Probability = 1.0


class Texts(Noun):
    """What the agent reads (`title`) and the customer hears (`say`).

    `say` is one sentence or several to choose from: the first whose placeholders are all known is said.
    """

    title: Text
    say: Text | tuple[Text, ...]

    @property
    def sentences(self) -> tuple[str, ...]:
        return (self.say,) if isinstance(self.say, str) else self.say


class Action(Noun):
    """Something that can be proposed.

    `cost` is paid on acceptance, `wake` is the value lost because asking wakes a sleeper, both in euros; `leaves_after` is the
    chance that a customer who wished to leave and accepted leaves now all the same. `priority` orders what has no euro value.
    """

    id: Id
    kind: ActionKind
    family: Word
    purpose: Purpose
    texts: dict[Language, Texts]
    priority: Annotated[int, Field(ge=0, le=1000)] = 100
    sells: tuple[Id, ...] = ()
    replaces: Annotated[
        tuple[Id, ...], Field(description="products given up; at least one must be held")
    ] = ()
    discount: Discount | None = None
    cost: Annotated[float, Field(ge=0)] = 0.0
    wake: Annotated[float, Field(ge=0)] = 0.0
    minutes: Annotated[float, Field(ge=0, le=480)] = 0.0
    commitment: Commitment = Commitment()
    channels: tuple[Channel, ...] = ()
    motives: tuple[Word, ...] = ()
    valid_from: date | None = None
    valid_until: date | None = None
    stock: Annotated[int | None, Field(ge=0, description="accepted at most so often in all")] = None
    requires: tuple[Id, ...] = ()
    excludes: tuple[Id, ...] = ()
    acceptance: Acceptance | None = None
    leaves_after: Probability | None = None
    condition: str | None = None
    reasons: tuple[Word, ...] = ()
    disclosures: tuple[Word, ...] = ()
    do: Do | None = None
    promise: Annotated[Promise | None, Field(description="what accepting it promises, and by when")] = None
    asks: Annotated[Asks | None, Field(description="what a question asks, with the answers it may get")] = (
        None
    )
    emergency: bool = False
    cancels: Annotated[bool, Field(description="this is the process that ends the contract")] = False
    unused: Annotated[
        bool,
        Field(
            description="its condition lets in only those who do not use what is given up beyond what is sold"
        ),
    ] = False
    allow_worse_off: Annotated[
        bool, Field(description="may be proposed, and said so, to whom it leaves worse off")
    ] = False


class Catalogue(Written, Noun):
    """Everything that can be held and proposed."""

    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "EUR"
    languages: Annotated[tuple[Language, ...], Field(min_length=1)]
    products: tuple[Product, ...]
    bundles: tuple[BundleBenefit, ...] = ()
    actions: tuple[Action, ...]

    @cached_property
    def product(self) -> dict[str, Product]:
        return {product.id: product for product in self.products}

    @cached_property
    def action(self) -> dict[str, Action]:
        return {action.id: action for action in self.actions}

    @cached_property
    def stock(self) -> dict[str, int]:
        """By action: how often it may be accepted in all, where that is limited."""
        return {action.id: action.stock for action in self.actions if action.stock is not None}

    @cached_property
    def families(self) -> frozenset[str]:
        return frozenset(product.family for product in self.products)

    @cached_property
    def bundle_parts(self) -> tuple[tuple[BundleBenefit, tuple[frozenset[str], ...]], ...]:
        """Each bundle with the products that can be each of its parts."""
        return tuple((bundle, tuple(map(self.members, bundle.parts))) for bundle in self.bundles)

    def members(self, name: str) -> frozenset[str]:
        """The products a requirement means: one product, or all of a family."""
        if name in self.product:
            return frozenset((name,))
        return frozenset(product.id for product in self.products if product.family == name)


def load_catalogue(data: bytes, source: str = "catalogue.yaml") -> Catalogue:
    """Read, validate and cross-check a catalogue.

    Raises:
        DocumentError: naming file, line, key and remedy of everything wrong in it.
    """
    return load(data, source, Catalogue, _problems)


def with_actions(catalogue: Catalogue, fields: Mapping[str, Mapping[str, Any]]) -> Catalogue:
    """The catalogue as it would be with other `fields` in some of its actions, by id; checked whole, as if it had been written so.

    Raises:
        DocumentError: as `load_catalogue` does.
    """
    written = catalogue.document
    actions = [{**row, **fields.get(row["id"], {})} for row in written.content["actions"]]
    otherwise = replace(written, content={**written.content, "actions": actions})
    return take(otherwise, Catalogue, _problems)


def _problems(document: Document, catalogue: Catalogue) -> list[Problem]:
    return [
        *_double_ids(document, catalogue),
        *_unknown_names(document, catalogue),
        *_circles(document, catalogue),
        *_actions(document, catalogue),
    ]


def _double_ids(document: Document, catalogue: Catalogue) -> list[Problem]:
    problems = [
        *double_names(document, "products", "id", (product.id for product in catalogue.products)),
        *double_names(document, "bundles", "id", (bundle.id for bundle in catalogue.bundles)),
        *double_names(document, "actions", "id", (action.id for action in catalogue.actions)),
    ]
    for index, product in enumerate(catalogue.products):
        if product.id in catalogue.families:
            problems.append(
                document.problem(
                    ("products", index, "id"),
                    f"'{product.id}' is also a family; requirements could mean either, rename one",
                )
            )
    return problems


def _unknown_names(document: Document, catalogue: Catalogue) -> list[Problem]:
    """Products and families that are named but not defined."""
    products = set(catalogue.product)
    either = products | catalogue.families
    named: list[tuple[tuple[str | int, ...], tuple[str, ...], set[str] | frozenset[str], str]] = []
    for index, product in enumerate(catalogue.products):
        place: tuple[str | int, ...] = ("products", index)
        named += [((*place, "requires"), product.requires, either, "product or family")]
        named += [((*place, "excludes"), product.excludes, either, "product or family")]
    for index, bundle in enumerate(catalogue.bundles):
        named.append((("bundles", index, "parts"), bundle.parts, either, "product or family"))
    for index, action in enumerate(catalogue.actions):
        place = ("actions", index)
        named += [((*place, "sells"), action.sells, products, "product")]
        named += [((*place, "replaces"), action.replaces, products, "product")]
        named += [((*place, "requires"), action.requires, either, "product or family")]
        named += [((*place, "excludes"), action.excludes, either, "product or family")]
    return [
        document.problem(
            (*place, position), f"unknown {what} '{name}'; add it to products or correct the name"
        )
        for place, names, known, what in named
        for position, name in enumerate(names)
        if name not in known
    ]


def _circles(document: Document, catalogue: Catalogue) -> list[Problem]:
    """Requirements that can never be met, told once a circle. An unknown name is told elsewhere and stops nothing here."""
    needs = {
        product.id: tuple(filter(None, map(catalogue.members, product.requires)))
        for product in catalogue.products
    }
    rows = [product.id for product in catalogue.products]
    return [
        document.problem(
            ("products", rows.index(circle[0]), "requires"),
            f"{' -> '.join((*circle, circle[0]))} is a circle, so none of them can be sold first; remove a requirement from it",
        )
        for circle in circles(needs)
    ]


def _actions(document: Document, catalogue: Catalogue) -> list[Problem]:
    problems = []
    for index, action in enumerate(catalogue.actions):
        for key, message in _action_problems(action, catalogue):
            problems.append(document.problem(("actions", index, *key), message))
    return problems


def _action_problems(action: Action, catalogue: Catalogue) -> list[tuple[tuple[str | int, ...], str]]:
    problems: list[tuple[tuple[str | int, ...], str]] = []
    if action.kind in VALUED and action.acceptance is None:
        problems.append((("acceptance",), f"an action of kind {action.kind} is priced; give acceptance.rate"))
    if action.kind in ("offer", "save") and action.purpose == "service":
        message = f"an action of kind {action.kind} is marketing or retention: the law of selling goes by the purpose; correct it"
        problems.append((("purpose",), message))
    if action.kind == "offer" and not action.sells and action.discount is None:
        problems.append(
            (("sells",), "an offer sells a product or gives a discount; add 'sells' or 'discount'")
        )
    problems += _asks_problems(action, catalogue)
    problems += _place_problems(action)
    if action.unused and not (action.replaces and action.condition):
        message = "says that customers do not use what is given up; name that in 'replaces' and test it in 'condition'"
        problems.append((("unused",), message))
    if action.valid_from and action.valid_until and action.valid_until < action.valid_from:
        problems.append((("valid_until",), "lies before valid_from; swap them"))
    problems += [
        (("texts",), f"no texts in '{language}'; add them")
        for language in catalogue.languages
        if language not in action.texts
    ]
    for language, texts in action.texts.items():
        for position, sentence in enumerate((texts.title, *texts.sentences)):
            key = "title" if position == 0 else "say"
            try:
                placeholders(sentence)
            except ValueError as error:
                problems.append((("texts", language, key), str(error)))
    return problems


def _place_problems(action: Action) -> list[tuple[tuple[str | int, ...], str]]:
    """Of the way out and of emergencies, which stand where no mode, price or cap puts them."""
    problems: list[tuple[tuple[str | int, ...], str]] = []
    if action.emergency and action.kind not in ("service", "process"):
        message = "only an action of kind service or process is an emergency; change its kind"
        problems.append((("emergency",), message))
    if action.cancels and action.kind != "process":
        problems.append((("cancels",), "only an action of kind process can cancel; change its kind"))
    if action.cancels:
        problems += [
            ((key,), "the way out may not be obstructed; remove it")
            for key in (
                "channels",
                "motives",
                "requires",
                "excludes",
                "sells",
                "replaces",
                "valid_from",
                "valid_until",
                "stock",
                "condition",
            )
            if getattr(action, key) not in (None, ())
        ]
    return problems


def _asks_problems(action: Action, catalogue: Catalogue) -> list[tuple[tuple[str | int, ...], str]]:
    asks = action.asks
    if asks is None:
        return []
    if action.kind != "question":
        return [(("asks",), "only an action of kind question asks; change its kind or remove it")]
    return [
        (
            ("asks", "answers", position, "label"),
            f"no label in '{language}'; add it, or leave all of them out",
        )
        for position, answer in enumerate(asks.answers)
        for language in catalogue.languages
        if answer.label and language not in answer.label
    ]
