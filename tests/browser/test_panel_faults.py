"""What goes wrong in a working day: the service restarts, the token dies, somebody writes a script into a text."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from playwright.sync_api import expect

from api.settings import Settings
from tests.browser.live import TELECOM, Live
from tests.browser.panel import Panel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page, Route

    from api.embedded import Server

HOSTILE = "<img src=x onerror=hack()>"
SHORT = dict.fromkeys(("nl", "en"), "<svg onload=hack()>")
"""A button says at most twenty characters."""


def in_host(page: Page, live: Live, customer: str, contact: str, **attributes: str) -> Panel:
    """The element in a page of somebody else's, without a token."""
    written = " ".join(f'{name}="{value}"' for name, value in attributes.items())
    html = (
        '<!doctype html><script type="module" src="/panel.js"></script>'
        f'<behoud-panel lang="en" contact="{contact}" customer="{customer}" {written}></behoud-panel>'
    )
    page.route(f"{live.address}/host", lambda route: route.fulfill(body=html, content_type="text/html"))
    page.goto(f"{live.address}/host")
    return Panel(page, live, customer, contact)


def turn_to(page: Page, customer: str, contact: str) -> None:
    page.evaluate(
        """([customer, contact]) => {
            const panel = document.querySelector("behoud-panel");
            panel.setAttribute("contact", contact);
            panel.setAttribute("customer", customer);
        }""",
        [customer, contact],
    )


def used(route: Route) -> str:
    return route.request.headers.get("authorization", "").removeprefix("Bearer ")


def expired(route: Route) -> None:
    problem = {"type": "urn:behoud:problem:token-expired", "title": "The token has expired", "status": 401}
    route.fulfill(status=401, json=problem)


def test_what_was_clicked_while_the_service_restarts_is_kept_once(page: Page, live: Live) -> None:
    panel = Panel.show(page, live, live.customer(months_to_contract_end=3), intent="cancel")
    panel.opens("Ask for the reason")
    panel.open.locator(".option").first.click()
    panel.opens("Switch to Mobile 5 GB")
    live.stop()
    try:
        panel.click("Said")
        expect(panel.find("[data-problem=unsaved]")).to_have_text("Not saved yet; trying again")
        panel.click("Declined")
        panel.pick("Still too expensive")
        expect(panel.find("[data-problem=unsaved]")).to_have_text("2 not saved yet; trying again")
        expect(panel.open).to_have_count(0)  # what is left ends the contract, and that opens on a click alone
    finally:
        live.start()
    panel.opens("Half a year €5 off")
    expect(panel.find("[data-problem]")).to_have_count(0)
    expect(panel.find(".notice")).to_have_count(0)
    assert panel.noted("spoken", "declined", count=2) == [
        {"action_id": "right-size-mobile-s", "kind": "spoken"},
        {"action_id": "right-size-mobile-s", "kind": "declined", "reason": "too_expensive"},
    ]


def test_a_slow_answer_to_a_decline_comes_by_itself_and_never_opens_the_way_out(
    page: Page, live: Live
) -> None:
    panel = Panel.show(page, live, live.customer(months_to_contract_end=3), intent="cancel")
    panel.open.get_by_role("button", name="Too expensive").click()
    panel.opens("Switch to Mobile 5 GB")
    panel.noted("shown", count=4)
    page.evaluate(
        """() => {
            const { fetch } = window, late = () => new Promise((wake) => setTimeout(wake, 3000));
            window.opened = new Set();
            window.fetch = async (path, ...rest) => {
                if (path.endsWith("/v1/outcomes")) await late();
                return fetch(path, ...rest);
            };
            const inside = document.querySelector("behoud-panel").shadowRoot;
            new MutationObserver(() => {
                const open = inside.querySelector(".proposal[data-open=true] .name");
                window.opened.add(open && open.textContent);
            }).observe(inside, { subtree: true, childList: true });
        }"""
    )
    panel.click("Declined")
    panel.pick("Still too expensive")
    expect(panel.find("[data-problem=unsaved]")).to_have_text("Not saved yet; trying again")
    panel.opens("Half a year €5 off")
    expect(panel.find(".notice")).to_have_count(0)
    assert "Cancel the contract" not in page.evaluate("[...window.opened]")


def test_an_answer_under_way_does_not_close_what_was_opened_meanwhile(page: Page, live: Live) -> None:
    panel = Panel.show(page, live, live.customer(months_to_contract_end=3), intent="cancel")
    panel.open.get_by_role("button", name="Too expensive").click()
    panel.opens("Switch to Mobile 5 GB")
    held: list[Route] = []
    page.route("**/v1/decisions", lambda route: held.append(route))  # noqa: PLW0108 - a built-in is no listener
    panel.click("Declined")
    panel.pick("Still too expensive")
    for _ in range(50):
        if held:
            break
        page.wait_for_timeout(50)
    page.get_by_role("button", name="Process Cancel the contract").click()
    panel.click("Accepted")
    expect(panel.find(".picker legend")).to_have_text("Why is the customer leaving?")
    held[0].continue_()
    expect(panel.find(".notice[data-tone=new]")).to_contain_text("There is new advice")
    expect(panel.find(".picker legend")).to_have_text("Why is the customer leaving?")
    panel.click("Show")
    panel.opens("Half a year €5 off")


def test_an_element_without_a_customer_says_what_is_missing(page: Page, live: Live) -> None:
    panel = in_host(page, live, "", live.contact())
    expect(panel.find("[data-problem=unnamed]")).to_have_text("The desktop names no customer yet")
    customer, contact = live.customer(), live.contact()
    page.evaluate(
        "token => { document.querySelector('behoud-panel').token = token }", live.token(contact, customer)
    )
    turn_to(page, customer, contact)
    expect(panel.find(".proposal")).to_have_count(3)
    expect(panel.find("[data-problem]")).to_have_count(0)


def test_advice_that_does_not_come_is_said_and_comes_when_it_can(page: Page, live: Live) -> None:
    customer, failing = live.customer(), [True]

    def away(route: Route) -> None:
        route.abort() if failing else route.continue_()

    page.route("**/v1/decisions", away)
    panel = Panel.show(page, live, customer)
    expect(panel.find("[data-problem=away]")).to_have_text("No answer from the advice service; trying again")
    failing.clear()
    expect(panel.find(".proposal")).to_have_count(3)
    expect(panel.find("[data-problem]")).to_have_count(0)


def test_what_the_service_refuses_is_said_with_its_reason_and_the_rest_is_kept(
    page: Page, live: Live
) -> None:
    panel = Panel.show(page, live, live.customer())
    expect(panel.find(".proposal")).to_have_count(3)
    panel.noted("shown", count=3)
    problem = {"type": "urn:behoud:problem:unprocessable", "title": "No", "status": 422, "detail": HOSTILE}
    page.route("**/v1/outcomes", lambda route: route.fulfill(status=422, json=problem), times=1)
    panel.click("Said")
    expect(panel.find("[data-problem=refused]")).to_have_text(f"Could not be saved: {HOSTILE}")
    panel.click("Not now")
    assert [outcome["kind"] for outcome in panel.noted("spoken", "deferred", count=1)] == ["deferred"]


def test_a_dead_token_is_asked_for_once_and_what_was_shown_stays(page: Page, live: Live) -> None:
    customer, contact = live.customer(), live.contact()
    first, alive = live.token(contact, customer), live.token(contact, customer, minutes=14)
    dead: list[str] = []
    page.route("**/v1/*", lambda route: expired(route) if used(route) in dead else route.continue_())
    panel = in_host(page, live, customer, contact, intent="cancel")
    page.evaluate("token => { document.querySelector('behoud-panel').token = token }", first)
    panel.opens("Ask for the reason")
    dead.append(first)
    page.evaluate(
        """alive => {
            const panel = document.querySelector("behoud-panel");
            window.asked = 0;
            panel.addEventListener("behoud:token", () => { window.asked += 1; window.renew = () => { panel.token = alive } });
        }""",
        alive,
    )
    panel.open.locator(".option").first.click()
    expect(panel.find("[data-problem=token]")).to_have_text("Waiting for the desktop to sign in again")
    panel.opens("Ask for the reason")
    page.evaluate("window.renew()")
    panel.opens("Switch to Mobile 5 GB")
    expect(panel.find("[data-problem]")).to_have_count(0)
    assert page.evaluate("window.asked") == 1
    assert [outcome["kind"] for outcome in panel.noted("accepted", count=1)] == ["accepted"]


def test_a_desktop_that_gives_the_same_dead_token_is_asked_ever_more_slowly(page: Page, live: Live) -> None:
    customer, contact = live.customer(), live.contact()
    calls: list[str] = []
    page.on("request", lambda sent: calls.append(sent.url) if "/v1/" in sent.url else None)
    panel = in_host(page, live, customer, contact)
    page.evaluate(
        """dead => {
            window.asked = 0;
            document.querySelector("behoud-panel").tokenProvider = async () => { window.asked += 1; return dead; };
        }""",
        live.dead_token(contact, customer),
    )
    expect(panel.find("[data-problem=token]")).to_be_visible()
    page.wait_for_timeout(2000)
    assert len(calls) == 2, "one for words and one for advice: a token that was refused is not sent again"
    assert 2 <= page.evaluate("window.asked") <= 6


def test_ever_new_dead_tokens_make_no_storm_either(page: Page, live: Live) -> None:
    customer, contact = live.customer(), live.contact()
    calls: list[str] = []
    page.on("request", lambda sent: calls.append(sent.url) if "/v1/" in sent.url else None)
    page.route("**/v1/*", expired)
    panel = in_host(page, live, customer, contact)
    page.evaluate(
        "() => { let n = 0; document.querySelector('behoud-panel').tokenProvider = async () => `bt_${(n += 1)}`; }"
    )
    expect(panel.find("[data-problem=token]")).to_be_visible()
    page.wait_for_timeout(2000)
    assert len(calls) <= 12


def test_a_desktop_that_gives_tokens_is_asked_again_for_every_contact(page: Page, live: Live) -> None:
    people = [(live.customer(), live.contact()) for _ in range(2)]
    tokens = {contact: live.token(contact, customer) for customer, contact in people}
    panel = in_host(page, live, *people[0])
    page.evaluate(
        """tokens => {
            window.asked = [];
            document.querySelector("behoud-panel").tokenProvider = async ({ contact, customer }) => {
                window.asked.push([customer, contact]);
                return tokens[contact];
            };
        }""",
        tokens,
    )
    expect(panel.find(".proposal")).to_have_count(3)
    turn_to(page, *people[1])
    expect(panel.find(".skeleton")).to_have_count(0)
    expect(panel.find("[data-problem]")).to_have_count(0)
    assert page.evaluate("document.querySelector('behoud-panel').decision.customer_id") == people[1][0]
    assert page.evaluate("window.asked") == [list(row) for row in people]


def test_a_page_without_a_provider_is_asked_again_for_another_contact(page: Page, live: Live) -> None:
    people = [(live.customer(), live.contact()) for _ in range(2)]
    tokens = {contact: live.token(contact, customer) for customer, contact in people}
    panel = in_host(page, live, *people[0])
    page.evaluate(
        """tokens => {
            const panel = document.querySelector("behoud-panel");
            panel.addEventListener("behoud:token", () => { panel.token = tokens[panel.getAttribute("contact")] });
            panel.token = tokens[panel.getAttribute("contact")];
        }""",
        tokens,
    )
    expect(panel.find(".proposal")).to_have_count(3)
    turn_to(page, *people[1])
    expect(panel.find(".skeleton")).to_have_count(0)
    assert page.evaluate("document.querySelector('behoud-panel').decision.customer_id") == people[1][0]


HEARS = """tokens => {
    const panel = document.querySelector("behoud-panel");
    window.heard = [];
    panel.addEventListener("behoud:token", ({ detail }) => { window.heard.push([detail.customer, detail.contact]) });
    panel.addEventListener("behoud:token", ({ detail }) => {
        const token = (tokens[detail.contact] || []).shift();
        if (token) setTimeout(() => panel.giveToken(token, detail), 50);
    });
    panel.token = tokens[panel.getAttribute("contact")].shift();
}"""
"""A desktop without a provider: it gives each contact its tokens one after the other, and only when it is asked."""


@pytest.mark.parametrize("words", [True, False])
def test_a_token_renewed_in_good_time_does_not_open_the_next_contact_and_another_one_is_asked_for(
    page: Page, live: Live, words: bool
) -> None:
    (customer, contact), then = [(live.customer(), live.contact()) for _ in range(2)]
    panel = in_host(page, live, customer, contact)
    tokens = {contact: [live.token(contact, customer)], then[1]: [live.token(then[1], then[0])]}
    page.evaluate(HEARS, tokens)
    expect(panel.find(".proposal")).to_have_count(3)
    renewed = live.token(contact, customer, minutes=14)
    page.evaluate("token => { document.querySelector('behoud-panel').token = token }", renewed)
    page.wait_for_timeout(100)
    if words:  # the words of a language open to the token of any contact
        page.evaluate("document.querySelector('behoud-panel').setAttribute('lang', 'nl')")
        page.wait_for_timeout(300)
    turn_to(page, *then)
    expect(panel.find(".proposal")).to_have_count(3)
    assert page.evaluate("document.querySelector('behoud-panel').decision.customer_id") == then[0]
    assert page.evaluate("window.heard") == [list(then)]
    expect(panel.find("[data-problem]")).to_have_count(0)


def test_outcomes_of_an_earlier_contact_ask_for_the_token_they_need(page: Page, live: Live) -> None:
    (customer, contact), then = [(live.customer(), live.contact()) for _ in range(2)]
    first, again = live.token(contact, customer), live.token(contact, customer, minutes=14)
    dead: list[str] = []
    page.route("**/v1/*", lambda route: expired(route) if used(route) in dead else route.continue_())
    panel = in_host(page, live, customer, contact)
    page.evaluate(HEARS, {contact: [first, again], then[1]: [live.token(then[1], then[0])]})
    expect(panel.find(".proposal")).to_have_count(3)
    panel.noted("shown", count=3)
    page.route("**/v1/outcomes", lambda route: route.abort())
    panel.click("Said")
    expect(panel.find("[data-problem=unsaved]")).to_be_visible()
    turn_to(page, *then)
    expect(panel.find(".skeleton")).to_have_count(0)
    dead.append(first)
    page.unroute("**/v1/outcomes")
    assert [outcome["kind"] for outcome in panel.noted("spoken", count=1)] == ["spoken"]
    assert page.evaluate("window.heard") == [list(then), [customer, contact]]
    assert page.evaluate("document.querySelector('behoud-panel').decision.customer_id") == then[0]
    expect(panel.find("[data-problem]")).to_have_count(0)


def test_what_was_noted_under_a_token_that_nobody_knows_waits_for_one_that_is_known(
    page: Page, live: Live
) -> None:
    customer, contact = live.customer(months_to_contract_end=3), live.contact()
    first, good = live.token(contact, customer), live.token(contact, customer, minutes=14)
    forgotten: list[str] = []

    def unknown(route: Route) -> None:
        problem = {"type": "urn:behoud:problem:unauthorized", "title": "Who are you?", "status": 401}
        route.fulfill(status=401, json=problem) if used(route) in forgotten else route.continue_()

    page.route("**/v1/*", unknown)
    panel = in_host(page, live, customer, contact, intent="cancel")
    page.evaluate(HEARS, {contact: [first, "bt_unknown.to.us", good]})
    panel.open.locator(".option").first.click()
    panel.opens("Switch to Mobile 5 GB")
    forgotten.append(first)
    panel.click("Declined")
    panel.pick("Still too expensive")
    panel.opens("Half a year €5 off")
    expect(panel.find("[data-problem]")).to_have_count(0)
    assert page.evaluate("window.heard.length") == 2
    assert panel.noted("declined", count=1) == [
        {"action_id": "right-size-mobile-s", "kind": "declined", "reason": "too_expensive"}
    ]


def test_what_was_clicked_is_kept_with_its_own_token_when_the_contact_changes(page: Page, live: Live) -> None:
    (customer, contact), *later = [(live.customer(), live.contact()) for _ in range(3)]
    panel = in_host(page, live, customer, contact)
    page.evaluate(
        "token => { document.querySelector('behoud-panel').token = token }", live.token(contact, customer)
    )
    expect(panel.find(".proposal")).to_have_count(3)
    panel.noted("shown", count=3)
    page.route("**/v1/outcomes", lambda route: route.abort())
    panel.click("Said")
    expect(panel.find("[data-problem=unsaved]")).to_be_visible()
    for other, call in later:
        # A page sets the token of its next contact before it names that contact.
        page.evaluate(
            "token => { document.querySelector('behoud-panel').token = token }", live.token(call, other)
        )
        page.wait_for_timeout(400)
        turn_to(page, other, call)
        expect(panel.find(".skeleton")).to_have_count(0)
    assert page.evaluate("document.querySelector('behoud-panel').decision.customer_id") == later[-1][0]
    expect(panel.find("[data-problem=unsaved]")).to_be_visible()
    page.unroute("**/v1/outcomes")
    assert [outcome["kind"] for outcome in panel.noted("spoken", count=1)] == ["spoken"]
    expect(panel.find("[data-problem]")).to_have_count(0)


def test_what_was_refused_is_not_said_of_the_next_customer(page: Page, live: Live) -> None:
    people = [(live.customer(), live.contact()) for _ in range(2)]
    panel = in_host(page, live, *people[0])
    tokens = {contact: live.token(contact, customer) for customer, contact in people}
    page.evaluate(
        "tokens => { document.querySelector('behoud-panel').tokenProvider = async ({ contact }) => tokens[contact] }",
        tokens,
    )
    expect(panel.find(".proposal")).to_have_count(3)
    panel.noted("shown", count=3)
    problem = {"type": "urn:behoud:problem:unprocessable", "title": "No", "status": 422, "detail": "no"}
    page.route("**/v1/outcomes", lambda route: route.fulfill(status=422, json=problem), times=1)
    panel.click("Said")
    expect(panel.find("[data-problem=refused]")).to_have_text("Could not be saved: no")
    turn_to(page, *people[1])
    expect(panel.find(".proposal")).to_have_count(3)
    expect(panel.find("[data-problem]")).to_have_count(0)


PROVIDES = """tokens => {
    document.querySelector("behoud-panel").tokenProvider = async ({ contact }) => tokens[contact];
}"""


def provided(page: Page, live: Live, *people: tuple[str, str], **attributes: str) -> Panel:
    """The first of these customers and contacts, in a page that has a token for each."""
    panel = in_host(page, live, *people[0], **attributes)
    page.evaluate(PROVIDES, {contact: live.token(contact, customer) for customer, contact in people})
    return panel


def until(page: Page, held: list[Route]) -> Route:
    """The first call that was held back, once it came."""
    for _ in range(200):
        if held:
            return held[0]
        page.wait_for_timeout(50)
    raise AssertionError("it was not called")


def test_an_answer_about_a_customer_who_is_gone_is_not_shown(page: Page, live: Live) -> None:
    held: list[Route] = []
    page.route("**/v1/decisions", lambda route: held.append(route))  # noqa: PLW0108 - a built-in is no listener
    panel = provided(page, live, (live.customer(), live.contact()))
    answer = until(page, held)
    page.evaluate("document.querySelector('behoud-panel').removeAttribute('customer')")
    expect(panel.find("[data-problem=unnamed]")).to_have_text("The desktop names no customer yet")
    with page.expect_response("**/v1/decisions"):
        answer.continue_()
    page.wait_for_timeout(300)
    expect(panel.find(".proposal")).to_have_count(0)
    assert panel.noted(count=0) == []


def test_a_panel_that_was_taken_out_keeps_what_was_noted_and_asks_nothing(page: Page, live: Live) -> None:
    panel = provided(page, live, (live.customer(months_to_contract_end=3), live.contact()), intent="cancel")
    panel.open.locator(".option").first.click()
    panel.opens("Switch to Mobile 5 GB")
    panel.noted("shown", count=4)
    asked: list[str] = []
    page.on("request", lambda sent: asked.append(sent.url) if sent.url.endswith("decisions") else None)
    held: list[Route] = []
    page.route("**/v1/outcomes", lambda route: held.append(route))  # noqa: PLW0108 - a built-in is no listener
    panel.click("Declined")
    panel.pick("Still too expensive")
    answer = until(page, held)
    page.evaluate("(window.gone = document.querySelector('behoud-panel')).remove()")
    answer.continue_()
    assert len(panel.noted("declined", count=1)) == 1
    page.wait_for_timeout(500)
    assert asked == []
    page.evaluate("document.body.append(window.gone)")
    panel.opens("Half a year €5 off")


def test_a_held_key_is_forgotten_when_the_panel_is_taken_out(page: Page, live: Live) -> None:
    panel = provided(page, live, (live.customer(), live.contact()))
    expect(panel.find(".proposal")).to_have_count(3)
    page.clock.install()
    page.clock.pause_at(datetime.now(UTC) + timedelta(seconds=2))
    panel.focus()
    page.keyboard.press("a")
    page.evaluate("document.querySelector('behoud-panel').remove()")
    page.clock.run_for(2000)
    page.clock.resume()
    page.wait_for_timeout(300)
    assert panel.noted("accepted", count=0) == []


def test_advice_of_an_earlier_contact_does_not_grow_old_in_the_next(page: Page, live: Live) -> None:
    people = [(live.customer(), live.contact()) for _ in range(2)]
    page.clock.install()
    panel = provided(page, live, *people)
    expect(panel.find(".proposal")).to_have_count(3)
    page.route("**/v1/decisions", lambda route: route.abort())
    turn_to(page, *people[1])
    expect(panel.find("[data-problem=away]")).to_be_visible()
    page.clock.fast_forward("31:00")
    page.wait_for_timeout(200)
    expect(panel.find(".notice[data-tone=old]")).to_have_count(0)


def test_what_is_saved_does_not_look_unsaved_when_the_next_report_is_late(page: Page, live: Live) -> None:
    panel = provided(page, live, (live.customer(), live.contact()))
    expect(panel.find(".proposal")).to_have_count(3)
    panel.click("Said")
    panel.noted("spoken", count=1)
    page.route("**/v1/outcomes", lambda route: route.abort())
    with page.expect_event("requestfailed"):
        panel.set(queue="0.41")
    page.wait_for_timeout(300)
    panel.find("[data-key=help]").click()
    expect(panel.open.locator(".mark")).to_have_text("Said")
    expect(panel.find("[data-problem]")).to_have_count(0)


def test_a_provider_that_never_answers_is_asked_again(page: Page, live: Live) -> None:
    customer, contact = live.customer(), live.contact()
    page.clock.install()
    panel = in_host(page, live, customer, contact)
    page.evaluate(
        """token => {
            window.asked = 0;
            document.querySelector("behoud-panel").tokenProvider = () =>
                (window.asked += 1) > 1 ? Promise.resolve(token) : new Promise(() => {});
        }""",
        live.token(contact, customer),
    )
    expect(panel.find("[data-problem=token]")).to_be_visible()
    assert page.evaluate("window.asked") == 1
    page.clock.fast_forward("00:31")
    expect(panel.find(".proposal")).to_have_count(3)


def test_who_put_off_may_accept_while_the_service_is_away(page: Page, live: Live) -> None:
    panel = provided(page, live, (live.customer(), live.contact()))
    expect(panel.find(".proposal")).to_have_count(3)
    first, second, _ = panel.titles()
    panel.noted("shown", count=3)
    for path in ("outcomes", "decisions"):
        page.route(f"**/v1/{path}", lambda route: route.abort())
    panel.click("Not now")
    panel.opens(second)
    page.evaluate("document.querySelector('behoud-panel').setAttribute('queue', '0.41')")
    expect(panel.find("[data-problem=away]")).to_be_visible()
    panel.find(".head").first.click()
    panel.opens(first)
    panel.click("Accepted")
    expect(panel.open.locator(".mark")).to_have_text("Accepted (not saved yet)")
    for path in ("outcomes", "decisions"):
        page.unroute(f"**/v1/{path}")
    rows = panel.noted("deferred", "accepted", count=2)
    assert [row["kind"] for row in rows] == ["deferred", "accepted"]


@pytest.mark.parametrize("act", ["Said", "Accepted"])
def test_what_was_refused_may_be_noted_again(page: Page, live: Live, act: str) -> None:
    panel = Panel.show(page, live, live.customer())
    expect(panel.find(".proposal")).to_have_count(3)
    panel.noted("shown", count=3)
    problem = {"type": "urn:behoud:problem:unprocessable", "title": "No", "status": 422, "detail": "no"}
    page.route("**/v1/outcomes", lambda route: route.fulfill(status=422, json=problem), times=1)
    panel.click(act)
    expect(panel.open.locator(".mark")).to_have_text(f"{act} (not saved)")
    expect(panel.find("[data-key=undo]")).to_have_count(0)
    panel.settled()
    page.wait_for_timeout(600)  # longer than a double click takes
    panel.click(act)
    expect(panel.open.locator(".mark")).to_have_text(act)
    expect(panel.find("[data-problem]")).to_have_count(0)
    assert len(panel.noted("spoken", "accepted", count=1)) == 1


def test_an_undo_that_is_refused_leaves_what_was_accepted(page: Page, live: Live) -> None:
    panel = Panel.show(page, live, live.customer())
    expect(panel.find(".proposal")).to_have_count(3)
    panel.noted("shown", count=3)
    panel.click("Accepted")
    panel.noted("accepted", count=1)
    panel.settled()
    problem = {"type": "urn:behoud:problem:unprocessable", "title": "No", "status": 422, "detail": "no"}
    page.route("**/v1/outcomes", lambda route: route.fulfill(status=422, json=problem), times=1)
    panel.find("[data-key=undo]").click()
    expect(panel.find("[data-problem=refused]")).to_have_text("Could not be saved: no")
    expect(panel.open.locator(".mark")).to_have_text("Accepted")
    page.wait_for_timeout(600)  # longer than a double click takes
    panel.find("[data-key=undo]").click()
    panel.noted("withdrawn", count=1)
    expect(panel.open.locator(".mark")).to_have_count(0)
    expect(panel.find("[data-problem]")).to_have_count(0)


def test_the_token_of_the_next_contact_does_not_cost_what_waits_for_one_of_this(
    page: Page, live: Live
) -> None:
    (customer, contact), then = [(live.customer(), live.contact()) for _ in range(2)]
    first, following = live.token(contact, customer), live.token(then[1], then[0])
    dead: list[str] = []
    page.route("**/v1/*", lambda route: expired(route) if used(route) in dead else route.continue_())
    panel = in_host(page, live, customer, contact)
    page.evaluate("token => { document.querySelector('behoud-panel').token = token }", first)
    expect(panel.find(".proposal")).to_have_count(3)
    panel.noted("shown", count=3)
    dead.append(first)
    panel.click("Said")
    expect(panel.find("[data-problem=token]")).to_be_visible()
    expect(panel.open.locator(".mark")).to_have_text("Said (not saved yet)")
    with page.expect_response(lambda answer: answer.status == 403):
        page.evaluate("token => { document.querySelector('behoud-panel').token = token }", following)
    page.wait_for_timeout(100)
    expect(panel.find("[data-problem=refused]")).to_have_count(0)
    turn_to(page, *then)
    expect(panel.find(".proposal")).to_have_count(3)
    assert page.evaluate("document.querySelector('behoud-panel').decision.customer_id") == then[0]
    expect(panel.find("[data-problem=unsaved]")).to_have_text("Not saved yet; trying again")
    page.evaluate(
        "([token, bound]) => document.querySelector('behoud-panel').giveToken(token, bound)",
        [live.token(contact, customer, minutes=14), {"contact": contact, "customer": customer}],
    )
    assert [outcome["kind"] for outcome in panel.noted("spoken", count=1)] == ["spoken"]
    expect(panel.find("[data-problem]")).to_have_count(0)


def test_too_many_questions_are_said_in_their_own_words_and_not_asked_before_it_is_time(
    page: Page, live: Live
) -> None:
    problem = {
        "type": "urn:behoud:problem:limited",
        "title": "Too many",
        "status": 429,
        "detail": "slow down",
    }
    asked: list[float] = []

    def limited(route: Route) -> None:
        asked.append(time.monotonic())
        if len(asked) > 1:
            route.continue_()
        else:
            route.fulfill(status=429, json=problem, headers={"Retry-After": "2"})

    page.route("**/v1/decisions", limited)
    panel = Panel.show(page, live, live.customer())
    expect(panel.find("[data-problem=busy]")).to_have_text(
        "The advice service has too many questions at once; trying again in 2 s"
    )
    expect(panel.find(".proposal")).to_have_count(3)
    first, second = asked
    assert second - first > 1.9


def test_a_desktop_that_gives_tokens_is_asked_without_a_word_to_the_agent(page: Page, live: Live) -> None:
    customer, contact = live.customer(), live.contact()
    panel = in_host(page, live, customer, contact)
    tokens = [live.dead_token(contact, customer), live.token(contact, customer)]
    page.evaluate(
        """tokens => {
            window.asked = 0;
            document.querySelector("behoud-panel").tokenProvider = async () => tokens[window.asked++];
        }""",
        tokens,
    )
    expect(panel.find(".proposal")).to_have_count(3)
    assert page.evaluate("window.asked") == 2


def test_a_token_of_another_contact_opens_nothing_and_says_so(page: Page, live: Live) -> None:
    panel = Panel.show(page, live, live.customer(), token=live.token("call-else", live.customer()))
    expect(panel.find("[data-problem=denied]")).to_contain_text("This panel may not ask for advice here:")
    expect(panel.find(".proposal")).to_have_count(0)


def test_what_the_answer_had_to_do_without_is_said_in_words(page: Page, live: Live) -> None:
    def poorer(route: Route) -> None:
        answer = route.fetch()
        body = answer.json()
        body["degraded"] = [
            "store",
            "record",
            "missing:customer.tv_hours",
            "missing:history.x",
            "something_new",
        ]
        route.fulfill(response=answer, json=body)

    page.route("**/v1/decisions", poorer)
    panel = Panel.show(page, live, live.customer())
    expect(panel.find(".notice.degraded li")).to_have_text(
        [
            "Customer data cannot be read; only what the desktop sent was used.",
            "This advice is not recorded yet. What you note waits in this panel until it can be kept.",
        ]
    )
    expect(panel.find(".degraded.minor")).to_have_text(
        "Less is known than usual: Not known: the number of hours of television a week"
        " · Not known: something of what happened with the customer before · something_new"
    )
    first, second, _ = panel.titles()
    panel.opens(first)
    panel.click("Declined")
    panel.pick("Not interested")
    panel.opens(second)
    assert panel.noted(count=0) == []
    page.unroute_all(behavior="ignoreErrors")  # it keeps asking until it can be recorded


def test_what_is_noted_while_nothing_can_be_recorded_says_so_and_is_kept_later(
    page: Page, live: Live
) -> None:
    def unrecorded(route: Route) -> None:
        answer = route.fetch()
        lost = {"decision_id": "p00-lost", "degraded": ["record"]}
        route.fulfill(response=answer, json={**answer.json(), **lost})

    page.route("**/v1/decisions", unrecorded)
    panel = Panel.show(page, live, live.customer(), intent="cancel_confirmed")
    panel.opens("Cancel the contract")
    panel.settled()
    panel.click("Accepted")
    panel.pick("Cheaper elsewhere")
    expect(page.locator("behoud-panel p[role=status]")).to_have_text("Accepted, not saved yet.")
    expect(panel.open.locator(".mark")).to_have_text("Accepted (not saved yet)")
    expect(panel.find("[data-problem=unsaved]")).to_be_visible()
    assert panel.noted("accepted", count=0) == []
    page.unroute_all(behavior="wait")
    expect(panel.open.locator(".mark")).to_have_text("Accepted")
    expect(panel.find("[data-problem=unsaved]")).to_have_count(0)
    assert panel.noted("accepted", count=1) == [
        {
            "action_id": "cancel",
            "kind": "accepted",
            "reason": "cheaper_elsewhere",
            "motive": "competitor",
        }
    ]


def test_advice_without_the_store_is_asked_for_again_until_the_store_is_back(page: Page, live: Live) -> None:
    def away(route: Route) -> None:
        answer = route.fetch()
        less = {"proposals": [], "degraded": ["store", "record"], "decision_id": "p00-lost"}
        route.fulfill(response=answer, json={**answer.json(), **less})

    page.route("**/v1/decisions", away)
    panel = Panel.show(page, live, live.customer(), intent="cancel")
    expect(panel.find(".notice.degraded")).to_be_visible()
    expect(panel.find(".proposal")).to_have_count(0)
    page.unroute_all(behavior="wait")
    panel.opens("Ask for the reason")
    expect(panel.find(".notice.degraded")).to_have_count(0)
    expect(panel.open.locator(".option").first).to_be_visible()


def test_what_is_looked_up_stays_while_the_same_advice_is_asked_for_again(page: Page, live: Live) -> None:
    def unrecorded(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "degraded": ["record"]})

    page.route("**/v1/decisions", unrecorded)
    panel = Panel.show(page, live, live.customer())
    expect(panel.find(".notice.degraded")).to_be_visible()
    panel.focus()
    page.keyboard.press("/")
    expect(panel.find(".vetoes li").first).to_be_visible()
    page.unroute_all(behavior="wait")
    expect(panel.find(".notice.degraded")).to_have_count(0)
    expect(panel.find(".vetoes li").first).to_be_visible()


def test_what_is_refused_does_not_look_noted(page: Page, live: Live) -> None:
    panel = Panel.show(page, live, live.customer())
    expect(panel.find(".proposal")).to_have_count(3)
    panel.noted("shown", count=3)
    problem = {"type": "urn:behoud:problem:unprocessable", "title": "No", "status": 422, "detail": "no"}
    page.route("**/v1/outcomes", lambda route: route.fulfill(status=422, json=problem), times=1)
    panel.click("Said")
    expect(panel.open.locator(".mark")).to_have_text("Said (not saved)")


def test_old_advice_says_so_and_is_not_replaced_by_itself(page: Page, live: Live) -> None:
    page.clock.install()
    panel = Panel.show(page, live, live.customer())
    expect(panel.find(".proposal")).to_have_count(3)
    page.clock.fast_forward("31:00")
    expect(panel.find(".notice")).to_contain_text("This advice is old")


# --- texts that would like to be programs ----------------------------------------------------------------------------


def hostile(texts: Any) -> Any:
    """Every text of a document as somebody with bad intent would write it."""
    if isinstance(texts, dict):
        if texts.keys() <= {"nl", "en"}:
            return {language: _bad(text) for language, text in texts.items()}
        return {key: dict(SHORT) if key == "label" else hostile(value) for key, value in texts.items()}
    return [hostile(value) for value in texts] if isinstance(texts, list) else texts


def _bad(text: Any) -> Any:
    if isinstance(text, str):
        return f"{HOSTILE}<script>hack()</script>{text}"
    return {
        key: ([_bad(one) for one in value] if isinstance(value, list) else _bad(value))
        for key, value in text.items()
    }


@pytest.fixture(scope="module")
def hostile_live(valkey: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder: Path = tmp_path_factory.mktemp("hostile")
    for name in ("catalogue.yaml", "policy.yaml"):
        document = yaml.safe_load((TELECOM / name).read_text(encoding="utf-8"))
        bad = hostile(document)
        for place, action in enumerate(document.get("actions", ())):
            # Texts may be long on voice; the way out is open on every channel, and stays as it is.
            bad["actions"][place] = (
                action if action.get("cancels") else {**bad["actions"][place], "channels": ["voice"]}
            )
        (folder / name).write_text(yaml.safe_dump(bad, allow_unicode=True), encoding="utf-8")
    var = tmp_path_factory.mktemp("var")
    service = Live(Settings(knowledge=folder, var=var, redis_url=valkey.url, redis_timeout=20.0))
    service.start()
    yield service
    service.stop()


def test_no_text_of_a_catalogue_runs(page: Page, hostile_live: Live) -> None:
    page.add_init_script("window.hacked = 0; window.hack = () => { window.hacked += 1 }")
    panel = Panel.show(page, hostile_live, hostile_live.customer(months_to_contract_end=3), intent="cancel")
    expect(panel.find(".mode h2")).to_contain_text(
        f"{HOSTILE}<script>hack()</script>The customer wants to leave"
    )
    panel.find(".option").first.click()
    expect(panel.find(".bill")).to_be_visible()
    panel.settled()
    for key in ("e", "d", "Escape", "m", "Escape", "/"):
        panel.focus()
        page.keyboard.press(key)
        page.wait_for_timeout(1000)  # as one who does not write
    expect(panel.find(".vetoes li").first).to_contain_text(HOSTILE)
    for text in (".name", ".say", ".evidence", ".terms", ".leaving"):
        expect(panel.find(text).first).to_contain_text(HOSTILE)
    inside = "document.querySelector('behoud-panel').shadowRoot.querySelectorAll('img, script').length"
    assert page.evaluate(f"[window.hacked, {inside}]") == [0, 0]


@pytest.mark.parametrize(
    "address",
    [
        {"customer": f"C-1{HOSTILE}"},
        {"contact": "<script>hack()</script>"},
        {"channel": "javascript:hack()"},
        {"lang": "<img src=x onerror=hack()>", "intent": HOSTILE, "subject": HOSTILE},
    ],
)
def test_nothing_in_the_address_runs(page: Page, live: Live, address: dict[str, str]) -> None:
    page.add_init_script("window.hacked = 0; window.hack = () => { window.hacked += 1 }")
    panel = Panel.show(page, live, live.customer(), token=live.key, **address)
    expect(panel.find(".proposal, [data-problem=denied]").first).to_be_visible()
    inside = "document.querySelector('behoud-panel').shadowRoot.querySelectorAll('img, script').length"
    assert page.evaluate(f"[window.hacked, {inside}]") == [0, 0]
