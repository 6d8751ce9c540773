"""What happens in the same moment: a press and an answer, a click and a refusal, a contact that ends while something is asked for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.test_panel_faults import expired, in_host, provided, turn_to, until, used

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

    from tests.browser.live import Live
    from tests.browser.panel import Panel

COUNTS = """tokens => {
    window.asked = [];
    document.querySelector("behoud-panel").tokenProvider = async ({ contact }) => {
        window.asked.push(contact);
        return tokens[contact];
    };
}"""
"""A desktop that counts for which contacts it is asked."""


def shown(page: Page, live: Live) -> Panel:
    """A customer's three proposals, reported."""
    panel = provided(page, live, (live.customer(), live.contact()))
    expect(panel.find(".proposal")).to_have_count(3)
    panel.noted("shown", count=3)
    return panel


def learns(page: Page, intent: str) -> None:
    page.evaluate("intent => document.querySelector('behoud-panel').setAttribute('intent', intent)", intent)


def test_a_refusal_of_what_was_noted_before_is_not_one_of_the_last_word(page: Page, live: Live) -> None:
    panel = shown(page, live)
    held: list[Route] = []
    page.route("**/v1/outcomes", lambda route: held.append(route), times=1)  # noqa: PLW0108 - a built-in is no listener
    panel.click("Said")
    first = until(page, held)
    page.wait_for_timeout(600)  # longer than a double click takes
    panel.click("Accepted")
    problem = {"type": "urn:behoud:problem:unprocessable", "title": "No", "status": 422, "detail": "no"}
    first.fulfill(status=422, json=problem)
    assert [row["kind"] for row in panel.noted("spoken", "accepted", count=1)] == ["accepted"]
    expect(panel.find("[data-problem=refused]")).to_be_visible()
    expect(panel.open.locator(".mark")).to_have_text("Accepted")
    expect(panel.find("[data-act=accepted]")).to_have_count(0)


def test_who_opens_again_what_was_put_off_may_accept_it_while_something_else_is_asked(
    page: Page, live: Live
) -> None:
    panel = shown(page, live)
    first, second, _ = panel.titles()
    panel.click("Not now")
    panel.opens(second)
    expect(panel.find("article")).to_have_attribute("aria-busy", "false")
    held: list[Route] = []
    page.route("**/v1/decisions", lambda route: held.append(route))  # noqa: PLW0108 - a built-in is no listener
    learns(page, "cancel")
    until(page, held)
    page.get_by_role("button", name=first).click()
    panel.opens(first)
    panel.click("Accepted")
    rows = panel.noted("deferred", "accepted", count=2)
    assert [row["kind"] for row in rows] == ["deferred", "accepted"]


def test_advice_that_goes_while_its_button_is_pressed_leaves_what_is_shown(page: Page, live: Live) -> None:
    panel = shown(page, live)
    before = panel.titles()

    def otherwise(route: Route) -> None:
        answer = route.fetch()
        body = answer.json()
        route.fulfill(response=answer, json={**body, "proposals": body["proposals"][::-1]})

    page.route("**/v1/decisions", otherwise, times=1)
    panel.find(".say").hover()
    learns(page, "bill")
    panel.find(".notice[data-tone=new] button").hover()
    page.mouse.down()
    with page.expect_response("**/v1/decisions"):
        learns(page, "")
    page.wait_for_timeout(300)
    page.mouse.up()
    expect(panel.find(".notice[data-tone=new]")).to_have_count(0)
    assert panel.titles() == before


def test_what_a_key_asked_for_does_not_come_under_a_button_that_is_pressed(page: Page, live: Live) -> None:
    page.clock.install()
    panel = shown(page, live)
    place = panel.find("[data-act=accepted]").bounding_box()
    assert place is not None
    page.clock.pause_at(datetime.now(UTC) + timedelta(seconds=5))
    panel.focus()
    page.mouse.move(place["x"] + 10, place["y"] + 10)
    page.keyboard.press("n")
    page.mouse.down()
    for _ in range(10):
        page.clock.run_for(20)
        page.wait_for_timeout(50)
    page.mouse.up()
    page.clock.run_for(1000)
    page.clock.resume()
    page.wait_for_timeout(500)
    assert len({row["action_id"] for row in panel.noted("deferred", "accepted", count=1)}) == 1


def test_a_click_meant_for_what_a_new_notice_covers_is_not_for_the_notice(page: Page, live: Live) -> None:
    page.set_viewport_size({"width": 360, "height": 400})
    page.clock.install()
    panel = shown(page, live)
    act = panel.find("[data-act=accepted]")
    act.evaluate("node => node.scrollIntoView({ block: 'end' })")
    place = act.bounding_box()
    assert place is not None
    middle = (place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    page.mouse.move(*middle)
    page.clock.pause_at(datetime.now(UTC) + timedelta(seconds=5))
    learns(page, "cancel")
    expect(panel.find(".notice[data-tone=new]")).to_be_visible()
    hit = "([x, y]) => document.querySelector('behoud-panel').shadowRoot.elementFromPoint(x, y).closest('button').dataset.key"
    assert page.evaluate(hit, middle) == "act-accepted"
    page.clock.run_for(1000)
    assert page.evaluate(hit, middle) == "fresh"


def test_no_token_is_asked_for_a_contact_that_is_over_and_left_nothing_behind(page: Page, live: Live) -> None:
    (customer, contact), then = [(live.customer(), live.contact()) for _ in range(2)]
    page.clock.install()
    panel = in_host(page, live, customer, contact)
    page.evaluate(COUNTS, {then[1]: live.token(then[1], then[0])})
    expect(panel.find("[data-problem=token]")).to_be_visible()
    turn_to(page, *then)
    expect(panel.find(".proposal")).to_have_count(3)
    before = page.evaluate("window.asked")
    page.clock.run_for(60_000)
    assert page.evaluate("window.asked") == before


def test_no_token_is_asked_for_a_panel_that_was_taken_out_and_again_when_it_is_back(
    page: Page, live: Live
) -> None:
    customer, contact = live.customer(), live.contact()
    page.clock.install()
    panel = in_host(page, live, customer, contact)
    page.evaluate(COUNTS, {})
    expect(panel.find("[data-problem=token]")).to_be_visible()
    page.evaluate("(window.gone = document.querySelector('behoud-panel')).remove()")
    before = page.evaluate("window.asked.length")
    page.clock.run_for(60_000)
    assert page.evaluate("window.asked.length") == before
    page.evaluate("document.body.append(window.gone)")
    page.evaluate(COUNTS, {contact: live.token(contact, customer)})
    page.clock.run_for(30_000)
    expect(panel.find(".proposal")).to_have_count(3)


def test_a_page_that_could_not_hear_what_a_panel_outside_needed_hears_it_when_it_is_back(
    page: Page, live: Live
) -> None:
    customer, contact = live.customer(), live.contact()
    first, again = live.token(contact, customer), live.token(contact, customer, minutes=14)
    panel = in_host(page, live, customer, contact)
    page.evaluate("token => { document.querySelector('behoud-panel').token = token }", first)
    expect(panel.find(".proposal")).to_have_count(3)
    panel.noted("shown", count=3)
    held: list[Route] = []
    page.route("**/v1/outcomes", lambda route: expired(route) if held else held.append(route))
    panel.click("Said")
    answer = until(page, held)
    page.evaluate("(window.gone = document.querySelector('behoud-panel')).remove()")
    expired(answer)
    page.wait_for_timeout(500)
    page.unroute("**/v1/outcomes")
    page.evaluate(
        """token => {
            document.addEventListener("behoud:token", ({ detail }) => window.gone.giveToken(token, detail));
            document.body.append(window.gone);
        }""",
        again,
    )
    assert [row["kind"] for row in panel.noted("spoken", count=1)] == ["spoken"]


def test_a_token_with_a_name_is_not_taken_for_the_contact_that_is_named_next(page: Page, live: Live) -> None:
    people = [(live.customer(), live.contact()) for _ in range(2)]
    first, second = [live.token(contact, customer) for customer, contact in people]
    sent: list[str] = []

    def passed_on(route: Route) -> None:
        sent.append(used(route))
        route.continue_()

    page.route("**/v1/decisions", passed_on)
    panel = in_host(page, live, *people[0])
    page.evaluate(
        """([token, next, [[customer, contact], [other, then]]]) => {
            const panel = document.querySelector("behoud-panel");
            panel.addEventListener("behoud:token", ({ detail }) => {
                if (detail.contact === then) setTimeout(() => panel.giveToken(next, detail), 50);
            });
            panel.giveToken(token, { contact, customer });
            panel.setAttribute("contact", then);
            panel.setAttribute("customer", other);
        }""",
        [first, second, people],
    )
    expect(panel.find(".proposal")).to_have_count(3)
    assert sent[-1] == second
    assert page.evaluate("document.querySelector('behoud-panel').decision.customer_id") == people[1][0]


def test_a_dead_token_is_not_taken_again_for_the_next_question_either(page: Page, live: Live) -> None:
    customer, contact = live.customer(), live.contact()
    calls: list[str] = []
    page.on("request", lambda sent: calls.append(sent.url) if "/v1/" in sent.url else None)
    panel = in_host(page, live, customer, contact)
    page.evaluate(COUNTS, {contact: live.dead_token(contact, customer)})
    expect(panel.find("[data-problem=token]")).to_be_visible()
    for intent in ("cancel", "bill"):
        learns(page, intent)
        page.wait_for_timeout(1500)
    assert len(calls) == 2
