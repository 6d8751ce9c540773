"""Everything that can be held and proposed: products, bundles and actions, as the business wrote them in YAML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import Annotated, Any

from pydantic import Field

from models.actions import Action, action_problems
from models.circles import circles
from models.documents import Document, Path, Problem
from models.domain import Language, Noun
from models.products import BundleBenefit, Product
from models.written import Written, double_names, load, take


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
    def action_ids(self) -> tuple[str, ...]:
        return tuple(action.id for action in self.actions)

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

    def binds(self, product_id: str) -> bool:
        """Whether holding the product is a barrier to leaving: it says so, or an action that sells it does so with a commitment."""
        sold_with = (action.commitment for action in self.actions if product_id in action.sells)
        return self.product[product_id].binds or any(by.months > 0 or by.resets_term for by in sold_with)


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
        *_misfits(document, catalogue),
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
    named: list[tuple[Path, tuple[str, ...], set[str] | frozenset[str], str]] = []
    for index, product in enumerate(catalogue.products):
        place: Path = ("products", index)
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


def _misfits(document: Document, catalogue: Catalogue) -> list[Problem]:
    """What is wrong with an action by itself."""
    return [
        document.problem(("actions", index, *place), message)
        for index, action in enumerate(catalogue.actions)
        for place, message in action_problems(action, catalogue.languages)
    ]
