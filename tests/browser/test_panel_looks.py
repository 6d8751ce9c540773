"""How the panel looks and reads: at once, in two languages, narrow, dark, and to everyone."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from api.pages import WEB
from api.settings import Settings
from tests.browser.live import TELECOM, Live
from tests.browser.panel import Panel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page, Route

    from api.embedded import Server
    from tests.browser.conftest import Open

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"


def test_the_page_is_there_before_the_advice_and_the_advice_does_not_move_it(page: Page, live: Live) -> None:
    page.context.new_cdp_session(page).send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 300, "downloadThroughput": -1, "uploadThroughput": -1},
    )
    asked: list[Route] = []
    page.route("**/v1/decisions", lambda route: asked.append(route))  # noqa: PLW0108 - a built-in is no listener
    with page.expect_request("**/v1/decisions"):
        panel = Panel.show(page, live, live.customer(), intent="cancel")
    expect(panel.find(".skeleton")).to_be_visible()
    asked[0].continue_()
    panel.opens("Ask for the reason")
    times: dict[str, Any] = page.evaluate(
        """() => Object.fromEntries(performance.getEntriesByType("resource").map(
            (entry) => [new URL(entry.name).pathname, entry.startTime]))"""
    )
    parts = [times[f"/panel/{path.name}"] for path in (WEB / "panel").glob("*.js")]
    assert max(parts) - min(parts) < 250, "scripts are asked for together, not one after the other"
    together = [times[path] for path in ("/v1/decisions", "/v1/panel", "/panel/en.json")]
    assert max(together) - min(together) < 250, "words and advice are asked for together"


@pytest.mark.parametrize(
    ("lang", "mode", "title", "button", "money"),
    [
        ("nl", "De klant wil weg; kijk of wij passen", "Kiezen voor Mobiel 5 GB", "Afgewezen", "€ 50,00"),
        (
            "en",
            "The customer wants to leave; see whether we fit",
            "Switch to Mobile 5 GB",
            "Declined",
            "€50.00",
        ),
    ],
)
def test_it_speaks_dutch_and_english(
    page: Page, live: Live, lang: str, mode: str, title: str, button: str, money: str
) -> None:
    panel = Panel.show(page, live, live.customer(), lang=lang, intent="cancel")
    panel.says(mode)
    panel.open.locator(".option").first.click()
    panel.opens(title)
    expect(panel.find(".acts")).to_contain_text(button)
    expect(panel.find(".bill strong")).to_have_text(money)
    assert page.evaluate("document.documentElement.lang") == lang


def test_what_the_customer_hears_is_in_his_language_and_the_rest_in_the_agents(
    page: Page, live: Live
) -> None:
    panel = Panel.show(page, live, live.customer(), **{"lang": "en", "customer-lang": "nl"}, intent="cancel")
    panel.opens("Ask for the reason")
    expect(panel.find(".say p")).to_contain_text("Mag ik vragen waarom u wilt opzeggen?")
    assert panel.find(".say p").get_attribute("lang") == "nl"


def test_every_language_says_the_same_things() -> None:
    def shape(words: Any) -> Any:
        return {key: shape(word) for key, word in words.items()} if isinstance(words, dict) else str

    files = {
        path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (WEB / "words").glob("*.json")
    }
    assert {"en", "nl"} <= files.keys()
    assert {name: shape(words) == shape(files["en"]) for name, words in files.items()} == dict.fromkeys(
        files, True
    )


@pytest.mark.parametrize("width", [320, 375, 400, 420, 600, 900])
def test_nothing_stands_outside_the_panel(open_page: Open, live: Live, width: int) -> None:
    page = open_page(width=width)
    panel = Panel.show(page, live, live.customer(months_to_contract_end=3), lang="nl", intent="cancel")
    panel.find(".option").first.click()
    expect(panel.find(".bill")).to_be_visible()
    panel.settled()
    for keys in ("e", "Escape", "d", "Escape", "m", "Escape", "?", "Escape", "/"):
        panel.focus()
        page.keyboard.press(keys)
        page.wait_for_timeout(200)
        assert page.evaluate("document.documentElement.scrollWidth") == width
        spilled = page.evaluate(
            """() => [...document.querySelector("behoud-panel").shadowRoot.querySelectorAll("button, .say, .terms li, dd, input")]
                .filter((node) => node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).display !== "inline")
                .map((node) => node.outerHTML)"""
        )
        assert spilled == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_any_state(open_page: Open, live: Live, scheme: Any) -> None:
    page = open_page(color_scheme=scheme)
    panel = Panel.show(page, live, live.customer(months_to_contract_end=3), intent="cancel")
    panel.opens("Ask for the reason")
    axe = Axe()

    def sound() -> None:
        page.wait_for_timeout(250)  # what moves has come to rest
        found = axe.run(page).response["violations"]
        assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []

    sound()
    panel.open.locator(".option").first.click()
    panel.opens("Switch to Mobile 5 GB")
    panel.settled()
    panel.focus()
    for keys in ("e", "s", "d", "Escape", "m", "Escape", "?", "Escape", "/"):
        page.keyboard.press(keys)
        sound()
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    expect(panel.find(".carried")).to_be_visible()
    sound()


def test_dark_follows_the_machine_unless_the_desktop_says_otherwise(open_page: Open, live: Live) -> None:
    page = open_page(color_scheme="dark")
    panel = Panel.show(page, live, live.customer())
    expect(panel.find(".proposal")).to_have_count(3)

    def paper() -> str:
        found: str = page.evaluate("getComputedStyle(document.querySelector('behoud-panel')).backgroundColor")
        return found

    assert paper() == "rgb(20, 23, 28)"
    page.evaluate("document.querySelector('behoud-panel').setAttribute('theme', 'light')")
    assert paper() == "rgb(255, 255, 255)"


def test_who_asks_for_less_motion_gets_none(open_page: Open, live: Live) -> None:
    page = open_page(reduced_motion="reduce")
    panel = Panel.show(page, live, live.customer())
    expect(panel.find(".proposal")).to_have_count(3)
    moving = page.evaluate(
        "document.querySelector('behoud-panel').shadowRoot.getAnimations().filter((one) => one.playState === 'running').length"
    )
    assert moving == 0


def test_the_script_is_small() -> None:
    parts = [WEB / "panel.js", *(WEB / "panel").glob("*.js")]
    assert sum(len(gzip.compress(path.read_bytes())) for path in parts) < 40_000


@pytest.fixture
def learned(valkey: Server, bundle: Path, tmp_path: Path) -> Iterator[Live]:
    """The service on a usual day: something was learned."""
    service = Live(
        Settings(
            knowledge=TELECOM, bundle=str(bundle), var=tmp_path, redis_url=valkey.url, redis_timeout=20.0
        )
    )
    service.start()
    yield service
    service.stop()


def test_pictures_for_the_manual(open_page: Open, learned: Live, screenshots: Path) -> None:
    """docs/images/panel.png and panel-dark.png: BEHOUD_SCREENSHOTS=docs/images pytest tests/browser -k pictures."""
    for name, scheme in (("panel", "light"), ("panel-dark", "dark")):
        page = open_page(width=400, height=860, color_scheme=scheme, device_scale_factor=1.35)
        panel = Panel.show(
            page, learned, learned.customer(months_to_contract_end=3, data_used_gb=18.5), intent="cancel"
        )
        panel.open.locator(".option").first.click()
        expect(panel.find(".disclosures")).to_be_visible()
        expect(panel.find(".degraded")).to_have_count(0)
        page.mouse.move(1, 1)
        page.wait_for_timeout(300)
        panel.find("article").screenshot(path=screenshots / f"{name}.png")
        assert (IMAGES / f"{name}.png").stat().st_size < 150_000, "what the manual shows loads at once"
