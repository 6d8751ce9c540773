"""The panel without a mouse: what the keys do, where they do it, and where the attention of a screen reader goes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.panel import Panel

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

    from tests.browser.live import Live


def focused(page: Page) -> str:
    """What the panel calls what has the focus; `main` is the panel as a whole."""
    found: str = page.evaluate(
        """() => {
            const held = document.querySelector("behoud-panel").shadowRoot.activeElement;
            return held ? held.dataset.key || held.localName : "";
        }"""
    )
    return found


def test_a_conversation_by_keys_alone(page: Page, live: Live) -> None:
    panel = Panel.show(page, live, live.customer(months_to_contract_end=3), intent="cancel")
    panel.opens("Ask for the reason")
    page.keyboard.press("Tab")
    page.keyboard.press("s")
    panel.settled()
    page.keyboard.press("a")
    page.keyboard.press("1")
    panel.opens("Switch to Mobile 5 GB")
    for reason in ("1", "2"):
        panel.settled()
        page.keyboard.press("d")
        page.keyboard.press(reason)
        expect(panel.find(".picker")).to_have_count(0)
        expect(panel.find("article")).to_have_attribute("aria-busy", "false")
    panel.says("The customer is leaving; arrange it well")
    panel.settled()
    page.keyboard.press("a")
    page.keyboard.press("2")
    expect(panel.find(".carried")).to_be_visible()
    assert [(o["action_id"], o["kind"]) for o in panel.noted("spoken", "accepted", "declined", count=5)] == [
        ("ask-motive", "spoken"),
        ("ask-motive", "accepted"),
        ("right-size-mobile-s", "declined"),
        ("price-cut-six-months", "declined"),
        ("cancel", "accepted"),
    ]


def test_digits_open_proposals_and_letters_act_on_the_open_one(page: Page, live: Live) -> None:
    panel = Panel.show(page, live, live.customer())
    expect(panel.find(".proposal")).to_have_count(3)
    first, second, third = panel.titles()
    panel.focus()
    for key, title in (("2", second), ("3", third), ("1", first)):
        page.keyboard.press(key)
        panel.opens(title)
    page.keyboard.press("2")
    page.keyboard.press("k")
    page.keyboard.press("2")
    panel.opens(first)
    assert [outcome["reason"] for outcome in panel.noted("skipped", count=1)] == ["wrong_moment"]
    panel.settled()
    page.keyboard.press("n")
    assert [outcome["kind"] for outcome in panel.noted("deferred", count=1)] == ["deferred"]


def at_a_save(page: Page, live: Live) -> Panel:
    panel = Panel.show(page, live, live.customer(months_to_contract_end=3), intent="cancel")
    panel.open.get_by_role("button", name="Too expensive").click()
    panel.opens("Switch to Mobile 5 GB")
    panel.settled()
    panel.focus()
    return panel


def of_the_customer(panel: Panel) -> list[tuple[str, str]]:
    """What was noted since the motive was told."""
    return [(row["action_id"], row["kind"]) for row in panel.noted(*NOTED, count=2)][1:]


NOTED = ("spoken", "accepted", "declined", "deferred", "skipped", "withdrawn")


def test_a_key_that_is_held_notes_once(page: Page, live: Live) -> None:
    panel = at_a_save(page, live)
    for _ in range(25):
        page.keyboard.down("n")
        page.wait_for_timeout(33)
    page.keyboard.up("n")
    expect(panel.find("article")).to_have_attribute("aria-busy", "false")
    page.wait_for_timeout(300)
    assert of_the_customer(panel) == [("right-size-mobile-s", "deferred")]


def stand_still(page: Page) -> None:
    """No time passes until it is told to; the clock is installed before the page is opened, so that it does not start anew."""
    now = datetime.fromtimestamp(page.evaluate("Date.now()") / 1000, UTC)
    page.clock.pause_at(now + timedelta(seconds=5))


def go_on(page: Page) -> None:
    """Everything that was held is done by now; what follows from it may take a moment."""
    page.clock.run_for(2000)
    page.clock.resume()
    page.wait_for_timeout(300)


def test_a_key_in_the_moment_another_proposal_opens_is_not_for_that_one(page: Page, live: Live) -> None:
    page.clock.install()
    panel = at_a_save(page, live)
    stand_still(page)
    page.keyboard.press("n")
    page.clock.run_for(150)
    expect(panel.open.locator(".name")).not_to_have_text("Switch to Mobile 5 GB")
    page.keyboard.press("n")
    go_on(page)
    assert of_the_customer(panel) == [("right-size-mobile-s", "deferred")]


# Words that begin with each letter that notes something, as fast as people write: half of them need 240 ms a letter.
# What asks for the next step cannot be held so long, and a digit picks from a list: those are known by fast writers alone.
SENTENCES = {
    "snapt het niet": (60, 90, 240),
    "afspraak gemaakt": (60, 90, 240),
    "de klant twijfelt 1 2": (60, 90, 240),
    "klant wil nadenken": (60, 90, 240),
    "nee bedankt": (40, 60, 90),
    "d66 is": (40, 60),
}


@pytest.mark.parametrize(
    ("text", "delay"), [(text, delay) for text, delays in SENTENCES.items() for delay in delays]
)
def test_a_sentence_meant_for_another_window_notes_nothing(
    page: Page, live: Live, text: str, delay: int
) -> None:
    page.clock.install()
    panel = at_a_save(page, live)
    stand_still(page)
    for letter in f"{text} ":
        page.keyboard.press(letter)
        page.clock.run_for(delay)
    go_on(page)
    assert panel.noted(*NOTED, count=1)[1:] == []


@pytest.mark.parametrize("key", "san")
def test_what_was_typed_for_one_customer_is_not_noted_of_the_next(page: Page, live: Live, key: str) -> None:
    page.clock.install()
    panel = at_a_save(page, live)
    other = live.customer()
    stand_still(page)
    page.keyboard.press(key)
    page.evaluate(
        """([token, customer]) => {
            const panel = document.querySelector("behoud-panel");
            Object.assign(panel, { tokenProvider: async () => token });
            panel.setAttribute("contact", "call-next");
            panel.setAttribute("customer", customer);
        }""",
        [live.token("call-next", other), other],
    )
    expect(panel.find(".proposal")).to_have_count(3)
    go_on(page)
    assert panel.noted(*NOTED, count=1)[1:] == []
    assert live.outcomes(other, *NOTED) == []


@pytest.mark.parametrize(("key", "kind"), [("s", "spoken"), ("a", "accepted"), ("n", "deferred")])
def test_a_key_that_moves_the_focus_does_not_take_back_what_was_pressed(
    page: Page, live: Live, key: str, kind: str
) -> None:
    panel = at_a_save(page, live)
    page.keyboard.press(key)
    page.keyboard.press("Tab")
    assert of_the_customer(panel) == [("right-size-mobile-s", kind)]


def test_escape_takes_back_what_is_not_noted_yet(page: Page, live: Live) -> None:
    page.clock.install()
    panel = at_a_save(page, live)
    stand_still(page)
    page.keyboard.press("s")
    page.keyboard.press("Escape")
    go_on(page)
    assert panel.noted(*NOTED, count=1)[1:] == []


def test_a_key_in_the_moment_the_next_customer_comes_is_not_for_him(page: Page, live: Live) -> None:
    page.clock.install()
    panel = at_a_save(page, live)
    other = live.customer()
    page.evaluate(
        "token => { document.querySelector('behoud-panel').tokenProvider = async () => token }",
        live.token("call-after", other),
    )
    stand_still(page)
    panel.set(contact="call-after", customer=other)
    page.keyboard.press("n")
    go_on(page)
    assert live.outcomes(other, *NOTED) == []


def test_a_key_pressed_while_nothing_is_open_is_not_for_what_opens_then(page: Page, live: Live) -> None:
    page.clock.install()
    panel = at_a_save(page, live)
    saving: list[Route] = []
    asking: list[Route] = []
    page.route("**/v1/outcomes", lambda route: saving.append(route))  # noqa: PLW0108 - a built-in is no listener
    panel.click("Declined")
    panel.pick("Still too expensive")
    expect(panel.open).to_have_count(0)
    page.route("**/v1/decisions", lambda route: asking.append(route))  # noqa: PLW0108
    with page.expect_request("**/v1/decisions"):
        saving[0].continue_()
    page.unroute("**/v1/outcomes")
    panel.settled()
    stand_still(page)
    panel.focus()
    page.keyboard.press("a")
    asking[0].continue_()
    panel.opens("Half a year €5 off")
    go_on(page)
    assert of_the_customer(panel) == [("right-size-mobile-s", "declined")]


def test_escape_that_takes_back_is_not_heard_by_the_page(page: Page, live: Live) -> None:
    page.clock.install()
    panel = at_a_save(page, live)
    stand_still(page)
    page.evaluate(
        """() => {
            window.heard = [];
            addEventListener("keydown", (event) => window.heard.push(event.key));
        }"""
    )
    for key in ("s", "Escape", "Escape"):
        page.keyboard.press(key)
    page.clock.run_for(2000)
    assert page.evaluate("window.heard") == ["Escape"]
    assert panel.noted(*NOTED, count=1)[1:] == []


def test_capitals_are_the_same_keys(page: Page, live: Live) -> None:
    panel = at_a_save(page, live)
    page.keyboard.press("M")
    expect(panel.find(".picker legend")).to_have_text("Why does the customer want to leave?")


def test_escape_while_a_letter_is_composed_keeps_the_search_open(page: Page, live: Live) -> None:
    panel = at_a_save(page, live)
    panel.click("Why not…?")
    page.evaluate(
        """() => {
            const input = document.querySelector("behoud-panel").shadowRoot.querySelector("#whynot-input");
            input.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", isComposing: true, bubbles: true, composed: true }));
        }"""
    )
    expect(panel.find("#whynot-input")).to_be_focused()


def test_what_is_looked_up_stays_with_caret_and_focus_when_the_answer_is_renewed(
    page: Page, live: Live
) -> None:
    panel = at_a_save(page, live)
    page.evaluate(
        "token => { document.querySelector('behoud-panel').tokenProvider = async () => token }",
        live.token(panel.contact, panel.customer),
    )
    panel.click("Why not…?")
    page.keyboard.type("plus")
    page.keyboard.press("Home")
    page.keyboard.type("t")
    expect(panel.find(".vetoes")).to_have_count(1)
    panel.set(queue="0.41")
    page.keyboard.type("v ")
    expect(panel.find("#whynot-input")).to_have_value("tv plus")
    expect(panel.find(".vetoes li").first).to_contain_text("TV Plus")
    panel.find("#vetoes").focus()
    panel.set(queue="0.42")
    assert focused(page) == "vetoes"
    expect(panel.find(".vetoes li").first).to_contain_text("TV Plus")
    expect(panel.find(".drawer .hint")).to_contain_text("held back")


@pytest.mark.parametrize("key", ["Space", "Enter"])
def test_a_reason_that_has_the_focus_is_picked_with_space_and_enter(page: Page, live: Live, key: str) -> None:
    panel = at_a_save(page, live)
    page.keyboard.press("k")
    panel.settled()
    assert focused(page) == "pick-0"
    page.keyboard.press(key)
    assert of_the_customer(panel) == [("right-size-mobile-s", "skipped")]


def test_keys_look_things_up_and_escape_closes(page: Page, live: Live) -> None:
    panel = Panel.show(page, live, live.customer(), intent="cancel")
    panel.opens("Ask for the reason")
    panel.focus()
    page.keyboard.press("/")
    page.keyboard.type("add 123")
    expect(panel.find("#whynot-input")).to_have_value("add 123")
    page.keyboard.press("Escape")
    expect(panel.find(".drawer")).to_have_count(0)
    assert focused(page) == "p1"
    page.keyboard.press("?")
    expect(panel.find(".keys div")).to_have_count(12)
    page.keyboard.press("Escape")
    panel.settled()
    page.keyboard.press("m")
    expect(panel.find(".picker legend")).to_have_text("Why does the customer want to leave?")
    assert focused(page) == "pick-0"
    page.keyboard.press("6")
    expect(panel.find(".leaving")).to_contain_text("Is moving (picked by you)")
    page.keyboard.press("e")
    assert panel.noted("accepted", "declined", "spoken", count=0) == []


def test_keys_work_in_the_panel_alone_and_not_with_a_modifier(page: Page, live: Live) -> None:
    customer, contact = live.customer(), live.contact()
    html = (
        '<!doctype html><script type="module" src="/panel.js"></script><input id="notes">'
        f'<behoud-panel lang="en" contact="{contact}" customer="{customer}"></behoud-panel>'
    )
    page.route(f"{live.address}/host", lambda route: route.fulfill(body=html, content_type="text/html"))
    page.goto(f"{live.address}/host")
    page.evaluate("token => { document.querySelector('behoud-panel').token = token }", live.key)
    panel = Panel(page, live, customer, contact)
    expect(panel.find(".proposal")).to_have_count(3)
    page.locator("#notes").click()
    page.keyboard.type("sand 123?/")
    assert page.locator("#notes").input_value() == "sand 123?/"
    panel.focus()
    page.keyboard.press("Control+s")
    page.keyboard.press("Alt+d")
    expect(panel.find(".picker")).to_have_count(0)
    expect(panel.find(".drawer")).to_have_count(0)
    assert panel.noted("spoken", count=0) == []


def test_a_click_anywhere_in_the_panel_gives_it_the_keys(page: Page, live: Live) -> None:
    panel = Panel.show(page, live, live.customer())
    expect(panel.find(".proposal")).to_have_count(3)
    panel.find(".say").click()
    page.keyboard.press("s")
    assert [outcome["kind"] for outcome in panel.noted("spoken", count=1)] == ["spoken"]


def test_the_focus_follows_what_is_next_and_a_screen_reader_hears_it(page: Page, live: Live) -> None:
    panel = Panel.show(page, live, live.customer(), intent="cancel")
    panel.opens("Ask for the reason")
    status = panel.page.locator("behoud-panel p[role=status]")
    expect(status).to_contain_text(
        "The customer wants to leave; see whether we fit. First: Ask for the reason."
    )
    panel.focus()
    page.keyboard.press("a")
    expect(panel.find(".picker")).to_be_visible()
    assert focused(page) == "pick-0"
    page.keyboard.press("1")
    panel.opens("Switch to Mobile 5 GB")
    assert focused(page) == "p1"
    expect(status).to_contain_text("First: Switch to Mobile 5 GB. You use about 3.1 GB a month")
    assert panel.open.locator(".head").get_attribute("aria-expanded") == "true"
    assert panel.find(".say p").get_attribute("lang") == "en"
