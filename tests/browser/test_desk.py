"""The demo desk in a real browser: from its link to a saved customer, beside a bot, in two languages, by keyboard, by night."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, expect

from api.embedded import find_binary, start
from api.security import Bound
from api.settings import Settings
from api.tokens import Tokens, token_secret
from tests.browser.live import AGENT, TELECOM, Live

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

HOSTILE = "<img src=x onerror='window.hacked=1'><script>window.hacked=2</script>"
COUNTED = "addEventListener('click', () => { window.clicks = (window.clicks ?? 0) + 1 }, true)"
Open = Callable[..., "Page"]


class Desk:
    """A service with a desk and some customers of its own, and the link that opens it."""

    def __init__(self, live: Live, secret: bytes) -> None:
        self.live = live
        self._tokens = Tokens(secret, lambda: datetime.now(UTC))

    def token(self, hours: int = 8) -> str:
        return self._tokens.make("desk", Bound(AGENT), timedelta(hours=hours), None)[0]

    def show(self, open_page: Open, *, width: int = 1440, locale: str = "en-GB", **options: Any) -> Page:
        page = open_page(width=width, locale=locale, **options)
        page.add_init_script(COUNTED)
        page.goto(f"{self.live.address}/desk#{self.token()}")
        return page

    def card(self, customer_id: str) -> Any:
        return self.live.call("GET", f"/v1/desk/customers/{customer_id}?language=en")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    var = tmp_path_factory.mktemp("desk")
    server = start(tmp_path_factory.mktemp("valkey"), find_binary())
    live = Live(Settings(knowledge=TELECOM, var=var, redis_url=server.url, redis_timeout=20.0, desk=True))
    live.start()
    for _ in range(24):
        live.customer()
    yield Desk(live, token_secret("", var))
    live.stop()
    server.stop()


def panel(page: Page) -> Locator:
    return page.locator("behoud-panel")


def bot(page: Page) -> Locator:
    return page.locator("#bot")


def call_in(page: Page, about: str = "") -> str:
    """Takes the next call; the customer's id."""
    page.locator("#about").select_option(about)
    page.locator("#next").click()
    expect(panel(page).locator(".mode h2")).to_be_visible()
    return page.locator(".who .id").inner_text()


def look_up(page: Page, customer_id: str) -> None:
    page.get_by_role("button", name="Choose a customer").click()
    page.get_by_label("Customer id").fill(customer_id)
    page.get_by_role("button", name="Open", exact=True).click()


def no_violation(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert [(rule["id"], [node["target"] for node in rule["nodes"]]) for rule in found] == []


def test_from_the_link_to_a_saved_customer_in_five_clicks(desk: Desk, open_page: Open) -> None:
    page = desk.show(open_page)
    page.get_by_role("button", name="Next call").click()
    expect(page.locator("#call blockquote").first).to_have_text("I want to cancel my contract.")
    panel(page).get_by_role("button", name="Too expensive").click()
    panel(page).get_by_role("button", name="Said").click()
    panel(page).get_by_role("button", name="Accepted").click()
    expect(page.locator("#changes li").first).to_contain_text("The customer stays.")
    expect(page.locator("#card .lines .about").filter(has_text="accepted")).to_have_count(1)
    clicks: int = page.evaluate("window.clicks")
    assert clicks <= 5
    outcomes = desk.card(page.locator(".who .id").inner_text())["outcomes"]
    kept = [outcome for outcome in outcomes if outcome["kind"] == "accepted"]
    assert [outcome["action_kind"] for outcome in kept] == ["save", "question"]


def test_the_token_leaves_the_address_and_no_request_carries_it_there(desk: Desk, open_page: Open) -> None:
    page = open_page(width=1440, locale="en-GB")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    token = desk.token()
    page.goto(f"{desk.live.address}/desk#{token}")
    expect(page).to_have_url(f"{desk.live.address}/desk")
    page.reload()
    call_in(page)
    assert [url for url in asked if token in url and "#" not in url] == []
    assert [url for url in asked if "token=" in url] == []
    assert page.context.cookies() == []
    assert page.evaluate("Object.keys(localStorage)") == []


@pytest.mark.parametrize(
    ("fragment", "said"),
    [
        ("", "Open this page with the link that `make demo` prints"),
        ("late", "The token of this desk is over"),
        ("bt_zzz", "What stands behind the # is no token of a desk."),
        ("bt_%E0%A4", "What stands behind the # is no token of a desk."),
    ],
)
def test_without_a_good_token_the_page_says_where_to_get_one(
    desk: Desk, open_page: Open, fragment: str, said: str
) -> None:
    page = open_page(width=1440, locale="en-GB")
    page.goto(f"{desk.live.address}/desk#{desk.token(hours=-1) if fragment == 'late' else fragment}")
    expect(page.get_by_role("alert")).to_contain_text(said)
    assert page.evaluate("sessionStorage.getItem('behoud-desk-token')") is None


def test_the_card_names_what_the_customer_has(desk: Desk, open_page: Open) -> None:
    page = desk.show(open_page)
    look_up(page, "C-7")
    expect(page.locator(".who .id")).to_have_text("C-7")
    expect(page.locator(".who .price")).to_have_text("€56.00 a month")
    expect(page.locator(".held")).to_contain_text("Fiber 100")
    term = page.locator(".fact").filter(has_text="Months left of the term")
    expect(term.locator("dd")).to_contain_text("9")
    expect(term.locator("small")).to_have_text(re.compile(r"until \d+ \w+ \d{4}"))


def test_a_customer_is_chosen_from_a_list_that_goes_on(desk: Desk, open_page: Open) -> None:
    page = desk.show(open_page)
    page.get_by_role("button", name="Choose a customer").click()
    rows = page.locator(".customers button")
    expect(rows).to_have_count(12)
    page.get_by_role("button", name="More customers").click()
    expect(rows).to_have_count(24)
    expect(rows.nth(12)).to_be_focused()
    rows.nth(12).click()
    expect(panel(page).locator(".mode h2")).to_be_visible()


def test_what_is_changed_moves_the_answer_and_is_written_down(desk: Desk, open_page: Open) -> None:
    page = desk.show(open_page)
    call_in(page, "bill")
    moved = page.locator("#changes li")
    expect(moved).to_have_count(1)
    first = moved.first.locator(".head").inner_text().rpartition("First: ")[2]
    page.get_by_label("Intent").select_option("cancel")
    expect(moved).to_have_count(2)
    expect(moved.first).to_contain_text("Intent: Wants to cancel")
    expect(moved.first).to_contain_text("First: Ask for the reason")
    expect(moved.first).to_contain_text(f"was {first}")
    page.get_by_label("Queue").select_option("1.1")
    expect(moved).to_have_count(3)
    expect(moved.first).to_contain_text("Queue: every agent is busy")


def test_what_was_opened_on_the_card_stays_open_when_something_happens(desk: Desk, open_page: Open) -> None:
    page = desk.show(open_page)
    look_up(page, desk.live.customer())
    page.get_by_text("All that is known").click()
    shown = page.locator("#card .lines").last.locator("li")
    expect(shown).not_to_have_count(0)
    before = shown.count()
    page.get_by_label("Intent").select_option("cancel")
    expect(shown).not_to_have_count(before)
    expect(page.locator("#card details").first).to_have_attribute("open", "")


def test_a_chat_goes_on_with_the_agent_who_sees_what_the_bot_did(desk: Desk, open_page: Open) -> None:
    page = desk.show(open_page)
    customer = call_in(page, "leaving")
    bot(page).get_by_role("button", name="I want to cancel").click()
    bot(page).get_by_role("button", name="Too expensive").click()
    bot(page).get_by_role("button", name="No, thanks").click()
    expect(bot(page).locator(".log p")).to_have_count(6)
    bot(page).get_by_role("button", name="Talk to a person").click()
    expect(page.locator("#call strong")).to_have_text("Taken over from the bot")
    note = page.locator(".note")
    expect(note).to_contain_text("Reason for leaving: Too expensive")
    expect(note.locator("li.accepted")).to_contain_text("Ask for the reason")
    declined = note.locator("li.declined .head").all_inner_texts()
    assert len(declined) == 1
    expect(panel(page)).to_contain_text("Too expensive")
    expect(panel(page).locator(".proposal")).not_to_contain_text([declined[0]])
    contacts = {outcome["contact_id"] for outcome in desk.card(customer)["outcomes"]}
    assert page.locator("behoud-panel").get_attribute("contact") in contacts
    assert [contact for contact in contacts if contact.startswith("chat-")] == [
        page.locator("behoud-panel").get_attribute("contact")
    ]


def test_the_bot_hears_words_and_arranges_what_is_tapped(desk: Desk, open_page: Open) -> None:
    page = desk.show(open_page)
    customer = desk.live.customer()
    look_up(page, customer)
    bot(page).get_by_role("button", name="Hello").click()
    page.get_by_label("Your message").fill("I want to quit")
    page.get_by_label("Your message").press("Enter")
    bot(page).get_by_role("button", name="Too expensive").click()
    taken = bot(page).locator(".answers button").first
    title = taken.inner_text()
    taken.click()
    expect(bot(page).locator(".log p").last).to_contain_text("Thank you, we arrange it.")
    kept = [outcome for outcome in desk.card(customer)["outcomes"] if outcome["kind"] == "accepted"]
    assert (kept[0]["title"], kept[0]["action_kind"]) == (title, "save")


def test_a_tap_that_does_not_get_through_can_be_made_again(desk: Desk, open_page: Open) -> None:
    page = desk.show(open_page)
    call_in(page, "leaving")
    bot(page).get_by_role("button", name="I want to cancel").click()
    price = bot(page).get_by_role("button", name="Too expensive")
    page.route("**/v1/outcomes", lambda route: route.abort())
    price.click()
    expect(bot(page).locator(".answers p")).to_have_text("That did not get through. Tap or type it again.")
    expect(page.get_by_role("alert")).to_be_hidden(timeout=10_000)
    page.unroute("**/v1/outcomes")
    price.click()
    expect(bot(page).get_by_role("button", name="No, thanks")).to_be_visible()
    page.get_by_role("button", name="NL", exact=True).click()
    expect(bot(page).get_by_role("button", name="Stuur")).to_be_visible()


def test_the_desk_is_dutch_or_english_and_keeps_its_conversation(desk: Desk, open_page: Open) -> None:
    page = desk.show(open_page, locale="nl-NL")
    customer = call_in(page, "leaving")
    expect(page.locator("html")).to_have_attribute("lang", "nl")
    expect(page.locator("#call blockquote").first).to_have_text("Ik wil mijn contract opzeggen.")
    expect(panel(page)).to_contain_text("De klant wil weg")
    moved = page.locator("#changes li")
    expect(moved).to_contain_text("Eerst: Vragen naar de reden")
    page.get_by_role("button", name="EN", exact=True).click()
    expect(moved.first).to_contain_text("Stays first: Ask for the reason")
    expect(moved.first).not_to_contain_text("was")
    expect(moved.first).not_to_contain_text("The customer wants to leave")
    expect(page.locator("#call blockquote").first).to_have_text("I want to cancel my contract.")
    expect(panel(page)).to_contain_text("The customer wants to leave")
    expect(page.locator(".who .id")).to_have_text(customer)
    expect(page.get_by_role("button", name="EN", exact=True)).to_be_focused()


def test_both_languages_say_the_same_things(desk: Desk) -> None:
    dutch, english = (desk.live.call("GET", f"/desk/words.{language}.json") for language in ("nl", "en"))

    def steps(words: dict[str, Any], path: str = "") -> set[str]:
        return {
            step
            for name, said in words.items()
            for step in (steps(said, f"{path}{name}.") if isinstance(said, dict) else {f"{path}{name}"})
        }

    assert steps(dutch) == steps(english)


def test_a_call_is_taken_and_a_customer_kept_by_keyboard_alone(desk: Desk, open_page: Open) -> None:
    page = desk.show(open_page)
    expect(page.locator("#card p")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To the conversation")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#next")).to_be_focused()
    page.keyboard.press("Enter")
    expect(panel(page).get_by_role("button", name="Too expensive")).to_be_visible()
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "BEHOUD-PANEL":
            break
    panel(page).get_by_role("button", name="Too expensive").press("Enter")
    expect(panel(page).locator(".proposal[data-open=true]")).to_have_attribute("data-kind", "save")
    page.wait_for_timeout(350)  # a key that falls as another proposal opens is not taken for an answer to it
    page.keyboard.press("a")
    expect(page.locator("#card .lines .about").filter(has_text="accepted")).to_have_count(1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["nl-NL", "en-GB"])
def test_axe_finds_no_violation(
    desk: Desk, open_page: Open, scheme: str, locale: str, screenshots: Path
) -> None:
    page = desk.show(open_page, locale=locale, color_scheme=scheme, reduced_motion="reduce")
    expect(page.locator("#card p")).to_be_visible()
    no_violation(page)
    call_in(page, "leaving")
    bot(page).locator(".answers button").first.click()
    expect(bot(page).locator(".answers button")).not_to_have_count(0)
    expect(page.locator("#card .lines li")).not_to_have_count(0)
    no_violation(page)
    page.screenshot(path=screenshots / f"desk-{scheme}-{locale[:2]}.png")
    bot(page).locator(".over button").click()
    expect(page.locator(".note")).to_be_visible()
    expect(panel(page).locator(".mode h2")).to_be_visible()
    no_violation(page)
    page.locator("#choose").click()
    expect(page.locator(".customers button")).to_have_count(12)
    no_violation(page)


@pytest.fixture
def learned(tmp_path: Path, bundle: Path) -> Iterator[Desk]:
    """A desk on a usual day, with one customer who has much."""
    server = start(tmp_path / "valkey", find_binary())
    live = Live(
        Settings(
            knowledge=TELECOM,
            bundle=str(bundle),
            var=tmp_path / "var",
            redis_url=server.url,
            redis_timeout=20.0,
            desk=True,
        )
    )
    live.start()
    live.customer(
        "internet-fiber-400", "mobile-l", "tv-plus", "streaming-sport", tenure_months=89, tv_hours=5.0
    )
    yield Desk(live, token_secret("", tmp_path / "var"))
    live.stop()
    server.stop()


def test_pictures_for_the_manual(learned: Desk, open_page: Open, screenshots: Path) -> None:
    """docs/images/desk.png: BEHOUD_SCREENSHOTS=docs/images pytest tests/browser -k pictures."""
    page = learned.show(open_page, height=1000)
    call_in(page, "leaving")
    bot(page).get_by_role("button", name="I want to cancel").click()
    bot(page).get_by_role("button", name="Too expensive").click()
    expect(bot(page).get_by_role("button", name="No, thanks")).to_be_visible()
    panel(page).get_by_role("button", name="Too expensive").click()
    expect(panel(page).locator(".bill")).to_be_visible()
    expect(panel(page).locator(".degraded")).to_have_count(0)
    page.mouse.move(1, 1)
    page.wait_for_timeout(500)
    page.screenshot(path=screenshots / "desk.png")


def test_a_narrow_screen_scrolls_one_way_only(desk: Desk, open_page: Open, screenshots: Path) -> None:
    page = desk.show(open_page, width=320)
    call_in(page, "leaving")
    bot(page).get_by_role("button", name="I want to cancel").click()
    expect(bot(page).locator(".answers button")).not_to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    page.screenshot(path=screenshots / "desk-320.png", full_page=True)


def test_hostile_text_is_shown_as_text(desk: Desk, open_page: Open) -> None:
    customer = desk.live.customer()
    desk.live.event(customer, "complaint_opened", "2026-01-02T10:00:00Z", subject=HOSTILE)
    desk.live.event(
        customer, "contact", "2026-01-02T10:00:00Z", contact_id="K-1", intent=HOSTILE, channel="web"
    )
    page = desk.show(open_page)
    look_up(page, HOSTILE)
    expect(page.get_by_role("alert")).to_contain_text("<img src=x")
    look_up(page, customer)
    expect(page.locator("#card .lines").first).to_contain_text("<img src=x")
    bot(page).get_by_role("button", name="Hello").click()
    page.get_by_label("Your message").fill(HOSTILE)
    page.get_by_label("Your message").press("Enter")
    expect(bot(page).locator(".log .customer").last).to_contain_text("<script>")
    assert page.locator("#card img, #card script, #bot img, #problem img").count() == 0
    assert page.evaluate("window.hacked") is None


def test_the_service_restarted_in_a_conversation_is_only_a_pause(desk: Desk, open_page: Open) -> None:
    page = desk.show(open_page)
    look_up(page, desk.live.customer())
    bot(page).get_by_role("button", name="Hello").click()
    expect(bot(page).locator(".log p")).to_have_count(2)
    desk.live.stop()
    page.get_by_label("Your message").fill("cancel")
    page.get_by_label("Your message").press("Enter")
    expect(page.get_by_role("alert")).to_have_text("The service does not answer. Try again in a moment.")
    desk.live.start()
    page.get_by_label("Your message").fill("cancel")
    page.get_by_label("Your message").press("Enter")
    expect(bot(page).get_by_role("button", name="Too expensive")).to_be_visible()
    expect(page.get_by_role("alert")).to_be_hidden()
