"""A thousand catalogues at the edge of what channels take: `check` refuses those that cannot fit, by file, key and remedy, and no other."""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from api.channels import chat, renderers, text, whatsapp
from api.check import SOUND, UNUSABLE, run
from api.languages import spoken
from models.text_limits import FILLED, LIMITS
from tests.api.channels.decisions import a_decision, a_proposal
from tests.api.channels.limits import REFUSALS
from tests.builders import CANCEL, PRODUCTS, both, policy_bytes

if TYPE_CHECKING:
    from pathlib import Path

CATALOGUES = 1000
LANGUAGES = ("nl", "en")
TITLES = {"chat": 24, "web": 24, "app": 24, "whatsapp": 24, "sms": 60, "email": 60}
SAYS = {"chat": 640, "web": 640, "app": 640, "whatsapp": 1024, "sms": 640, "email": 640}
"""What the channels take, written down apart from the code that checks it."""
LINES = {"cooling_off": "U kunt binnen 14 dagen kosteloos van de aankoop afzien.", "costs": "x" * 200}
BOT = "Ik ben een digitale assistent."
POLICY = {
    "disclosures": [
        *[{"id": name, "text": both(line)} for name, line in LINES.items()],
        {"id": "bot", "for": {"channels": ["chat", "whatsapp"]}, "when": "true", "text": both(BOT)},
    ],
}
LETTERS = ("a", "é", "e\u0301", "ß", "👍🏽", "👨‍👩‍👧", "नि", "€")
KEY = re.compile(
    r"catalogue\.yaml:(\d+): actions\[(.+?)\]\.texts\.(\w+)\.(title|say): (\d+) characters(.*), and (\w+) takes (\d+); (.+)"
)


def test_what_is_checked_is_what_is_rendered() -> None:
    assert {channel: (row.title, row.say) for channel, row in LIMITS.items()} == {
        channel: (TITLES[channel], SAYS[channel]) for channel in renderers()
    }
    assert {(TITLES[c], SAYS[c]) for c in chat.CHANNELS} == {(chat.TITLE, chat.TEXT)}
    assert {(TITLES[c], SAYS[c]) for c in text.CHANNELS} == {(text.TITLE, text.SAID)}
    assert {(TITLES[c], SAYS[c]) for c in whatsapp.CHANNELS} == {(whatsapp.ROW_TITLE, whatsapp.BODY)}


@dataclass
class Made:
    """A catalogue, and which texts of it are too long: (action, language, title or say)."""

    actions: list[dict[str, Any]] = field(default_factory=list)
    too_long: set[tuple[str, str, str]] = field(default_factory=set)


def made(dice: random.Random, *, fits: bool) -> Made:
    catalogue = Made()
    for number in range(dice.randint(1, 3)):
        catalogue.actions.append(an_action(f"action-{number}", dice))
    if not fits:
        for action in dice.sample(catalogue.actions, dice.randint(1, len(catalogue.actions))):
            catalogue.too_long |= spoiled(action, dice)
    return catalogue


def an_action(name: str, dice: random.Random) -> dict[str, Any]:
    """With texts that just fit, or leave some room, on every channel it is open to; on those of people only, of any length."""
    kind = dice.choice(["offer", "save", "service", "process"])
    rendered = sorted(dice.sample(sorted(TITLES), dice.randint(0, 4)))
    channels = [*rendered, *dice.sample(["voice", "shop"], dice.randint(0 if rendered else 1, 2))]
    told = dice.sample(sorted(LINES), dice.randint(0, 2))
    action: dict[str, Any] = {
        "id": name,
        "kind": kind,
        "family": name,
        "purpose": {"offer": "marketing", "save": "retention"}.get(kind, "service"),
        "disclosures": told,
        "channels": channels,
        **({"acceptance": {"rate": 0.2}} if kind in {"offer", "save"} else {}),
        **({"sells": ["tv"]} if kind == "offer" else {}),
    }
    if dice.random() < 0.2:
        action["channels"] = []
    action["texts"] = {
        language: {
            "title": written(room(action, "title") - dice.choice([0, 0, 1, 7]), dice),
            "say": [
                written(room(action, "say") - dice.choice([0, 0, 1, 99]), dice)
                for _ in range(dice.randint(1, 2))
            ],
        }
        for language in LANGUAGES
    }
    return action


def room(action: dict[str, Any], key: str) -> int:
    """What the narrowest of its channels leaves to a title or a sentence; as much as one likes where people speak."""
    limits = TITLES if key == "title" else SAYS
    free = [
        limits[channel] - (0 if key == "title" else told_on(action, channel)) for channel in open_to(action)
    ]
    return min(free, default=900)


def told_on(action: dict[str, Any], channel: str) -> int:
    lines = [LINES[name] for name in action["disclosures"]] + [BOT] * (channel in {"chat", "whatsapp"})
    return sum(1 + len(line) for line in lines)


def open_to(action: dict[str, Any]) -> list[str]:
    return [channel for channel in TITLES if not action["channels"] or channel in action["channels"]]


def written(long: int, dice: random.Random) -> str:
    """So many characters as a reader counts them, once a placeholder, if any, is filled."""
    placed = long > 3 * FILLED and dice.random() < 0.5
    letters = LETTERS if dice.random() < 0.1 else "a"
    plain = dice.choices(letters, k=long - (FILLED if placed else 0))
    if placed:
        plain.insert(dice.randrange(len(plain)), "{discount}")
    return "".join(plain)


def spoiled(action: dict[str, Any], dice: random.Random) -> set[tuple[str, str, str]]:
    """One or both of an action's texts made too long in a language; nothing where people speak."""
    if not open_to(action):
        return set()
    found = set()
    for key in dice.choice([["title"], ["say"], ["title", "say"]]):
        language = dice.choice(LANGUAGES)
        text = written(room(action, key) + dice.choice([1, 1, 2, 50]), dice)
        action["texts"][language][key] = text if key == "title" else [text]
        found.add((action["id"], language, key))
    return found


def cut_or_left_out(actions: list[dict[str, Any]]) -> set[tuple[str, str, str]]:
    """What rendering each action alone does not bring over whole, on any channel it is open to."""
    filled = {"discount": "x" * FILLED}
    found = set()
    for action in actions:
        for language, texts in action["texts"].items():
            for sentence in texts["say"]:
                for channel in open_to(action):
                    title, say = texts["title"].format(**filled), sentence.format(**filled)
                    lines = [LINES[name] for name in action["disclosures"]]
                    lines += [BOT] * (channel in {"chat", "whatsapp"})
                    proposal = a_proposal(
                        action["id"], action["kind"], title=title, say=say, disclosures=lines
                    )
                    payload = renderers()[channel].render(
                        a_decision(proposal), spoken()[language], in_window=True
                    )
                    assert payload is not None
                    assert REFUSALS[channel](payload) == []
                    body, titles = parts(payload)
                    if "\n".join([say, *lines]) not in body:
                        found.add((action["id"], language, "say"))
                    if title not in titles:
                        found.add((action["id"], language, "title"))
    return found


def parts(payload: dict[str, Any]) -> tuple[str, list[str]]:
    """What is said, and what can be tapped or typed."""
    if payload["type"] == "choices":
        return payload["text"], [choice["title"] for choice in payload["choices"]]
    if payload["type"] == "text":
        said, _, menu = payload["text"].rpartition("\n\n")
        return said, [line.partition(". ")[2] for line in menu.splitlines()]
    interactive = payload["interactive"]
    action = interactive["action"]
    if "buttons" in action:
        return interactive["body"]["text"], [button["reply"]["title"] for button in action["buttons"]]
    return interactive["body"]["text"], [row["title"] for row in action["sections"][0]["rows"]]


@pytest.fixture
def provider(tmp_path: Path) -> Path:
    (tmp_path / "policy.yaml").write_bytes(policy_bytes(**POLICY))
    return tmp_path


@pytest.mark.no_cover  # the tests of `check` and of the channels reach as many lines
def test_of_a_thousand_catalogues_exactly_those_are_refused_that_cannot_fit(
    provider: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dice = random.Random(20261122)
    refused = 0
    for number in range(CATALOGUES):
        catalogue = made(dice, fits=number % 2 == 0)
        assert cut_or_left_out(catalogue.actions) == catalogue.too_long
        document = as_document(catalogue.actions)
        (provider / "catalogue.yaml").write_text(document, encoding="utf-8")
        code = run(provider)
        lines = capsys.readouterr().out.replace(f"{provider}/", "").splitlines()
        if not catalogue.too_long:
            assert (code, lines) == (SOUND, ["0 scenarios passed"])
            continue
        refused += 1
        assert code == UNUSABLE
        assert {named(line, document, catalogue.actions) for line in lines} == catalogue.too_long
    assert 400 < refused < 500


def as_document(actions: list[dict[str, Any]]) -> str:
    """JSON, which is YAML and quicker to write."""
    products = [{"name": both(str(product["id"])), **product} for product in PRODUCTS]
    content = {"languages": LANGUAGES, "products": products, "actions": [*actions, CANCEL]}
    return json.dumps(content, indent=1, ensure_ascii=False)


def named(line: str, document: str, actions: list[dict[str, Any]]) -> tuple[str, str, str]:
    """What a printed problem is about: it stands at its line, its numbers are right, and its remedy can be followed."""
    found = KEY.fullmatch(line)
    assert found is not None, line
    place, name, language, key, long, with_it, channel, most, remedy = found.groups()
    assert f'"{key}":' in document.splitlines()[int(place) - 1]
    action = next(action for action in actions if action["id"] == name)
    assert channel in open_to(action)
    assert int(long) > int(most) == (TITLES if key == "title" else SAYS)[channel]
    assert with_it == (" with what must be told" if key == "say" and told_on(action, channel) else "")
    assert remedy == "shorten it, or name in 'channels' those it is for"
    return name, language, key
