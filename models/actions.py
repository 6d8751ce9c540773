"""What can be proposed: an action, and what is wrong with one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Annotated

from pydantic import Field

from models.asks import Asks
from models.documents import Path
from models.domain import VALUED, ActionKind, Channel, Id, Language, Noun, Probability, Purpose, Text, Word
from models.placeholders import placeholders
from models.promises import Promise
from models.response import Commitment, Do

OBSTACLES = (
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
"""What would keep an action from somebody."""


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

    @property
    def given(self) -> float:
        """Euros of its discount over all its months."""
        return self.discount.amount * self.discount.months if self.discount else 0.0


def action_problems(action: Action, languages: Sequence[str]) -> Iterator[tuple[Path, str]]:
    """What is wrong with an action by itself, in a catalogue that speaks these languages: where, and how to mend it."""
    if action.kind in VALUED and action.acceptance is None:
        yield ("acceptance",), f"an action of kind {action.kind} is priced; give acceptance.rate"
    if action.kind in VALUED and action.purpose == "service":
        message = f"an action of kind {action.kind} is marketing or retention: the law of selling goes by the purpose; correct it"
        yield ("purpose",), message
    yield from _unpriced_problems(action)
    if action.kind == "offer" and not action.sells and action.discount is None:
        yield ("sells",), "an offer sells a product or gives a discount; add 'sells' or 'discount'"
    yield from _asks_problems(action, languages)
    yield from _place_problems(action)
    if action.unused and not (action.replaces and action.condition):
        message = "says that customers do not use what is given up; name that in 'replaces' and test it in 'condition'"
        yield ("unused",), message
    if action.valid_from and action.valid_until and action.valid_until < action.valid_from:
        yield ("valid_until",), "lies before valid_from; swap them"
    yield from _text_problems(action, languages)


def _unpriced_problems(action: Action) -> Iterator[tuple[Path, str]]:
    """What an action sells or binds to, and is no offer or save: the rules on selling would be asked about nothing."""
    if action.kind in VALUED:
        return
    sold = {
        "sells": bool(action.sells),
        "discount": action.discount is not None,
        "commitment": action.commitment.months > 0 or action.commitment.resets_term,
    }
    for key in (key for key, said in sold.items() if said):
        message = f"an action of kind {action.kind} neither sells nor binds; remove it, or make it an offer or a save, which is marketing or retention"
        yield (key,), message


def _text_problems(action: Action, languages: Sequence[str]) -> Iterator[tuple[Path, str]]:
    for language in languages:
        if language not in action.texts:
            yield ("texts",), f"no texts in '{language}'; add them"
    for language, texts in action.texts.items():
        for position, sentence in enumerate((texts.title, *texts.sentences)):
            key = "title" if position == 0 else "say"
            try:
                placeholders(sentence)
            except ValueError as error:
                yield ("texts", language, key), str(error)


def _place_problems(action: Action) -> Iterator[tuple[Path, str]]:
    """Of the way out and of emergencies, which stand where no mode, price or cap puts them."""
    if action.emergency and action.kind not in ("service", "process"):
        yield ("emergency",), "only an action of kind service or process is an emergency; change its kind"
    if action.cancels and action.kind != "process":
        yield ("cancels",), "only an action of kind process can cancel; change its kind"
    if action.cancels:
        for key in OBSTACLES:
            if getattr(action, key) not in (None, ()):
                yield (key,), "the way out may not be obstructed; remove it"


def _asks_problems(action: Action, languages: Sequence[str]) -> Iterator[tuple[Path, str]]:
    if action.asks is None:
        return
    if action.kind != "question":
        yield ("asks",), "only an action of kind question asks; change its kind or remove it"
        return
    for position, answer in enumerate(action.asks.answers):
        for language in languages:
            if answer.label and language not in answer.label:
                place = ("asks", "answers", position, "label")
                yield place, f"no label in '{language}'; add it, or leave all of them out"
