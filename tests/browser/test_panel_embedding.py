"""The panel in somebody else's page: an element with attributes and events, or a frame that talks to those it may talk to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from tests.browser.live import ALLOWED, Live
from tests.browser.panel import Panel

if TYPE_CHECKING:
    from playwright.sync_api import Frame, Page, Route

ELSEWHERE = "http://else.localhost:8099"
LEAVES = "The customer wants to leave; see whether we fit"


def host(page: Page, address: str, html: str) -> None:
    """A page of somebody else's, that hears what the panel tells."""
    hearing = """<!doctype html><title>desktop</title><script>
        window.heard = [];
        addEventListener("message", (event) => heard.push([event.origin, event.data.type]));
        for (const name of ["behoud:decision", "behoud:outcome", "behoud:token"])
            addEventListener(name, (event) => heard.push([name, event.detail]));
    </script>"""
    page.route(address, lambda route: route.fulfill(body=hearing + html, content_type="text/html"))
    page.goto(address)


def element(page: Page, live: Live, address: str, **attributes: str) -> Panel:
    panel = Panel(page, live, live.customer(), live.contact())
    given = {"lang": "en", "contact": panel.contact, "customer": panel.customer, **attributes}
    written = " ".join(f'{name}="{value}"' for name, value in given.items())
    host(
        page,
        address,
        f'<script type="module" src="{live.address}/panel.js"></script><behoud-panel {written}></behoud-panel>',
    )
    page.evaluate(
        "token => { document.querySelector('behoud-panel').token = token }",
        live.token(panel.contact, panel.customer),
    )
    expect(panel.find(".mode")).to_be_visible()
    return panel


def questions(page: Page) -> list[Any]:
    asked: list[Any] = []
    page.on(
        "request",
        lambda sent: asked.append(sent.post_data_json) if sent.url.endswith("/v1/decisions") else None,
    )
    return asked


def test_it_tells_the_page_what_was_decided_and_what_became_of_it(page: Page, live: Live) -> None:
    panel = element(page, live, f"{live.address}/host")
    panel.click("Said")
    page.wait_for_function("heard.some(([name]) => name === 'behoud:outcome')")
    (told, decision), (name, outcome) = [row for row in page.evaluate("heard") if row[0] != "behoud:token"]
    assert (told, decision["decision"]["contact_id"]) == ("behoud:decision", panel.contact)
    assert (name, outcome["outcome"]["kind"]) == ("behoud:outcome", "spoken")
    assert outcome["outcome"]["decision_id"] == decision["decision"]["decision_id"]


@pytest.mark.parametrize("address", [f"{ALLOWED}/host"])
def test_it_works_in_a_page_of_an_allowed_origin(page: Page, live: Live, address: str) -> None:
    panel = element(page, live, address)
    expect(panel.find(".proposal")).to_have_count(3)
    panel.click("Said")
    assert [outcome["kind"] for outcome in panel.noted("spoken", count=1)] == ["spoken"]


def test_what_the_desktop_knows_goes_with_the_question(page: Page, live: Live) -> None:
    asked = questions(page)
    given = {"channel": "chat", "direction": "inbound", "intent": "cancel", "subject": "bill", "queue": "0.7"}
    panel = element(page, live, f"{live.address}/host", **given, agent="A-17")
    assert asked == [
        {
            "customer_id": panel.customer,
            "contact": {
                "contact_id": panel.contact,
                "channel": "chat",
                "direction": "inbound",
                "intent": "cancel",
                "subject": "bill",
                "queue_load": 0.7,
                "agent": {"agent_id": "A-17"},
            },
            "language": "en",
        }
    ]


def test_attributes_set_together_are_one_question(page: Page, live: Live) -> None:
    asked = questions(page)
    panel = element(page, live, f"{live.address}/host")
    page.evaluate(
        """() => {
            const panel = document.querySelector("behoud-panel");
            panel.setAttribute("intent", "cancel");
            panel.setAttribute("queue", "0.5");
            panel.setAttribute("queue", "0.5");
        }"""
    )
    panel.says(LEAVES)
    assert [question["contact"].get("intent") for question in asked] == [None, "cancel"]


def test_what_was_set_before_the_script_came_counts(page: Page, live: Live) -> None:
    customer, contact = live.customer(), live.contact()
    host(
        page,
        f"{live.address}/host",
        f"""<behoud-panel lang="nl" contact="{contact}" customer="{customer}"></behoud-panel>
        <script>
            const panel = document.querySelector("behoud-panel");
            panel.tokenProvider = async () => "{live.token(contact, customer)}";
        </script>
        <script type="module" src="{live.address}/panel.js"></script>""",
    )
    panel = Panel(page, live, customer, contact)
    expect(panel.find(".proposal")).to_have_count(3)
    expect(panel.find("article")).to_have_attribute("lang", "nl")


def test_another_contact_starts_afresh(page: Page, live: Live) -> None:
    panel = element(page, live, f"{live.address}/host", intent="cancel")
    panel.click("Why does the customer want to leave?") if panel.find(
        ".leaving strong"
    ).count() == 0 else panel.click("Change")
    panel.pick("Is moving")
    expect(panel.find(".leaving")).to_contain_text("Is moving")
    asked = questions(page)
    contact, customer = live.contact(), live.customer()
    page.evaluate(
        """([contact, customer, token]) => {
            const panel = document.querySelector("behoud-panel");
            panel.token = token;
            panel.setAttribute("contact", contact);
            panel.setAttribute("customer", customer);
        }""",
        [contact, customer, live.token(contact, customer)],
    )
    panel.opens("Ask for the reason")
    assert [(q["customer_id"], q["contact"].get("motive")) for q in asked] == [(customer, None)]


# --- advice does not move under the finger ---------------------------------------------------------------------------


def test_advice_nobody_asked_for_waits_while_the_agent_is_in_the_panel(page: Page, live: Live) -> None:
    panel = element(page, live, f"{live.address}/host")
    before = panel.titles()
    panel.find(".say").hover()
    page.evaluate("document.querySelector('behoud-panel').setAttribute('intent', 'cancel')")
    expect(panel.find(".notice[data-tone=new]")).to_contain_text("There is new advice")
    assert panel.titles() == before
    panel.click("Show")
    panel.says(LEAVES)
    expect(panel.find(".notice[data-tone=new]")).to_have_count(0)


def test_advice_waits_while_the_customer_thinks_about_what_was_said(page: Page, live: Live) -> None:
    panel = element(page, live, f"{live.address}/host")
    panel.focus()
    page.keyboard.press("s")
    page.mouse.move(0, 899)
    page.evaluate("document.querySelector('behoud-panel').shadowRoot.activeElement.blur()")
    page.evaluate("document.querySelector('behoud-panel').setAttribute('intent', 'cancel')")
    expect(panel.find(".notice[data-tone=new]")).to_be_visible()
    panel.settled()
    panel.focus()
    page.keyboard.press("r")
    panel.says(LEAVES)


def test_advice_comes_at_once_while_the_agent_is_elsewhere(page: Page, live: Live) -> None:
    panel = element(page, live, f"{live.address}/host")
    page.mouse.move(0, 899)
    page.evaluate("document.querySelector('behoud-panel').setAttribute('intent', 'cancel')")
    panel.says(LEAVES)
    expect(panel.find(".notice")).to_have_count(0)


def test_a_notice_that_comes_by_itself_moves_nothing(page: Page, live: Live) -> None:
    panel = element(page, live, f"{live.address}/host")
    panel.find(".say").hover()
    acts = [panel.find(f"[data-act={act}]") for act in ("spoken", "accepted", "declined", "skipped")]
    before = [act.bounding_box() for act in acts]
    page.route("**/v1/outcomes", lambda route: route.abort())
    page.evaluate("document.querySelector('behoud-panel').setAttribute('intent', 'cancel')")
    expect(panel.find(".notice[data-tone=new]")).to_be_in_viewport()
    assert [act.bounding_box() for act in acts] == before


def test_a_notice_is_in_sight_where_the_panel_is_longer_than_its_place(page: Page, live: Live) -> None:
    page.set_viewport_size({"width": 360, "height": 400})
    panel = element(page, live, f"{live.address}/host")
    panel.find(".say").hover()
    page.evaluate("document.querySelector('behoud-panel').setAttribute('intent', 'cancel')")
    expect(panel.find(".notice[data-tone=new] button")).to_be_in_viewport(ratio=1)


def test_a_click_counts_though_the_picture_changes_while_the_button_is_pressed(
    page: Page, live: Live
) -> None:
    panel = element(page, live, f"{live.address}/host")
    place = panel.find("[data-act=spoken]").bounding_box()
    assert place is not None
    page.clock.install()
    page.clock.pause_at(datetime.now(UTC) + timedelta(seconds=2))
    page.mouse.move(place["x"] + 10, place["y"] + 10)
    page.mouse.down()
    panel.set(queue="0.41")
    page.mouse.up()
    page.clock.resume()
    expect(panel.open.locator(".mark")).to_have_text("Said")
    assert [outcome["kind"] for outcome in panel.noted("spoken", count=1)] == ["spoken"]


def test_what_was_pressed_and_not_clicked_lets_the_picture_change(page: Page, live: Live) -> None:
    panel = element(page, live, f"{live.address}/host")
    panel.find("[data-act=spoken]").hover()
    page.mouse.down()
    page.evaluate("document.querySelector('behoud-panel').setAttribute('intent', 'cancel')")
    page.mouse.move(0, 899)
    page.mouse.up()
    expect(panel.find(".notice[data-tone=new]")).to_be_visible()
    assert panel.noted("spoken", count=0) == []


def test_that_there_is_new_advice_is_said_once(page: Page, live: Live) -> None:
    panel = element(page, live, f"{live.address}/host")
    panel.find(".say").hover()
    page.evaluate(
        """() => {
            window.said = [];
            const live = document.querySelector("behoud-panel").shadowRoot.querySelector("p[role=status]");
            new MutationObserver(() => window.said.push(live.textContent)).observe(live, { childList: true });
        }"""
    )
    for name, value in (("intent", "cancel"), ("queue", "0.1"), ("queue", "0.2")):
        with page.expect_response("**/v1/decisions"):
            page.evaluate(
                "([name, value]) => document.querySelector('behoud-panel').setAttribute(name, value)",
                [name, value],
            )
        expect(panel.find(".notice[data-tone=new]")).to_be_visible()
        expect(panel.find("article")).to_have_attribute("aria-busy", "false")
    assert page.evaluate("window.said") == ["There is new advice"]


def test_an_element_that_is_moved_asks_nothing_and_goes_on(page: Page, live: Live) -> None:
    asked = questions(page)
    panel = element(page, live, f"{live.address}/host")
    before = panel.titles()
    page.evaluate(
        """() => {
            const place = document.body.appendChild(document.createElement("section"));
            place.append(document.querySelector("behoud-panel"));
        }"""
    )
    page.wait_for_timeout(300)
    assert (panel.titles(), len(asked)) == (before, 1)
    page.evaluate(
        """() => {
            const panel = document.querySelector("behoud-panel");
            panel.remove();
            panel.setAttribute("intent", "cancel");
            document.body.append(panel);
        }"""
    )
    panel.says(LEAVES)
    assert len(asked) == 2


def test_the_language_that_was_asked_for_last_is_the_one_that_is_spoken(page: Page, live: Live) -> None:
    panel = element(page, live, f"{live.address}/host")
    held: list[Route] = []
    page.route("**/panel/nl.json", lambda route: held.append(route))  # noqa: PLW0108 - a built-in is no listener
    with page.expect_request("**/panel/nl.json"):
        page.evaluate("document.querySelector('behoud-panel').setAttribute('lang', 'nl')")
    panel.set(lang="en")
    with page.expect_response("**/panel/nl.json"):
        held[0].continue_()
    page.wait_for_timeout(300)
    panel.find("[data-key=help]").click()
    expect(panel.find("[data-key=whynot]")).to_contain_text("Why not…?")


def test_words_that_were_asked_for_before_the_language_was_known_come_too_late(
    page: Page, live: Live
) -> None:
    customer, contact = live.customer(), live.contact()
    held: list[Route] = []
    page.route("**/panel/en.json", lambda route: held.append(route))  # noqa: PLW0108 - a built-in is no listener
    with page.expect_request("**/panel/en.json"):
        host(
            page,
            f"{live.address}/host",
            '<script type="module" src="/panel.js"></script><behoud-panel></behoud-panel>',
        )
    page.evaluate(
        """([token, contact, customer]) => {
            const panel = document.querySelector("behoud-panel");
            panel.token = token;
            for (const [name, value] of Object.entries({ contact, customer, lang: "nl" })) panel.setAttribute(name, value);
        }""",
        [live.token(contact, customer), contact, customer],
    )
    panel = Panel(page, live, customer, contact)
    expect(panel.find(".proposal")).to_have_count(3)
    with page.expect_response("**/panel/en.json"):
        held[0].continue_()
    page.wait_for_timeout(300)
    panel.find("[data-key=help]").click()
    expect(panel.find("[data-key=whynot]")).to_contain_text("Waarom niet…?")


# --- in a frame ------------------------------------------------------------------------------------------------------


def framed(page: Page, live: Live, parent: str, **given: str) -> Frame:
    address = f"{live.address}/panel?{urlencode(given)}"
    host(
        page,
        f"{parent}/desktop",
        f'<iframe src="{address.replace("&", "&amp;")}" width="400" height="800"></iframe>',
    )
    page.wait_for_function("document.querySelector('iframe').contentWindow !== null")
    return page.frames[1]


def test_a_frame_takes_its_token_from_an_allowed_origin_and_tells_it_what_happens(
    page: Page, live: Live
) -> None:
    customer, contact = live.customer(), live.contact()
    frame = framed(page, live, ALLOWED, contact=contact, customer=customer, lang="en", origin=ALLOWED)
    page.wait_for_function("heard.some(([, type]) => type === 'behoud:token')")
    page.evaluate(
        "([token, origin]) => document.querySelector('iframe').contentWindow.postMessage({ type: 'behoud:token', token }, origin)",
        [live.token(contact, customer), live.address],
    )
    expect(frame.locator("behoud-panel .proposal")).to_have_count(3)
    frame.locator("behoud-panel").get_by_role("button", name="Said", exact=True).click()
    page.wait_for_function("heard.some(([, type]) => type === 'behoud:outcome')")
    assert page.evaluate("heard") == [
        [live.address, "behoud:token"],
        [live.address, "behoud:decision"],
        [live.address, "behoud:outcome"],
    ]


def test_nothing_is_told_to_an_origin_that_is_not_allowed(page: Page, live: Live) -> None:
    customer, contact = live.customer(), live.contact()
    for origin in ({"origin": ELSEWHERE}, {"origin": "*"}, {}):
        frame = framed(page, live, ALLOWED, contact=contact, customer=customer, lang="en", **origin)
        page.evaluate(
            "token => document.querySelector('iframe').contentWindow.postMessage({ type: 'behoud:token', token }, '*')",
            live.token(contact, customer),
        )
        expect(frame.locator("behoud-panel article")).to_be_visible()
        page.wait_for_timeout(300)
        assert page.evaluate("heard") == []


def test_a_message_from_anyone_but_the_parent_is_not_heard(page: Page, live: Live) -> None:
    customer, contact = live.customer(), live.contact()
    frame = framed(page, live, ALLOWED, contact=contact, customer=customer, lang="en", origin=ALLOWED)
    page.wait_for_function("heard.some(([, type]) => type === 'behoud:token')")
    frame.evaluate(
        "token => window.postMessage({ type: 'behoud:token', token }, '*')", live.token(contact, customer)
    )
    expect(frame.locator("behoud-panel [data-problem=token]")).to_be_visible()
    assert frame.evaluate("document.querySelector('behoud-panel').token") == ""


def test_a_page_of_another_origin_cannot_frame_it(page: Page, live: Live) -> None:
    with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
        frame = framed(page, live, ELSEWHERE, contact="call-1", customer="C-1", origin=ELSEWHERE)
    assert frame.locator("behoud-panel").count() == 0


@pytest.mark.parametrize(
    ("given", "contact", "channel", "lang"),
    [
        ({"gcConversationId": "9f2-1", "gcLangTag": "nl-NL", "mediaType": "call"}, "9f2-1", "voice", "nl"),
        ({"conversationId": "9f2-2", "langTag": "en-us", "mediaType": "message"}, "9f2-2", "chat", "en"),
        ({"contactId": "ac-1", "channel": "VOICE", "locale": "en_US"}, "ac-1", "voice", "en"),
        ({"ticketId": "35436", "channel": "email", "locale": "nl"}, "35436", "email", "nl"),
        ({"caseId": "5003000000D8cuI", "channel": "chat", "lang": "en"}, "5003000000D8cuI", "chat", "en"),
    ],
    ids=["genesys", "genesys-web", "amazon-connect", "zendesk", "salesforce"],
)
def test_a_frame_knows_the_names_of_the_desktops(
    page: Page, live: Live, given: dict[str, str], contact: str, channel: str, lang: str
) -> None:
    asked = questions(page)
    customer = live.customer()
    page.goto(
        f"{live.address}/panel?{urlencode({**given, 'customer': customer})}#token={live.token(contact, customer)}"
    )
    expect(page.locator("behoud-panel .mode")).to_be_visible()
    (question,) = asked
    assert (question["contact"], question["language"]) == ({"contact_id": contact, "channel": channel}, lang)


@pytest.mark.parametrize(
    ("lang", "text"),
    [("nl", "Dit adres noemt geen"), ("en", "This address names no"), ("xx", "This address names no")],
)
def test_an_address_that_lacks_something_says_so(page: Page, live: Live, lang: str, text: str) -> None:
    page.goto(f"{live.address}/panel?contactId=ac-1&lang={lang}")
    expect(page.locator("main p")).to_contain_text(text)


def test_nothing_is_left_behind_in_the_browser(page: Page, live: Live) -> None:
    panel = Panel.show(page, live, live.customer())
    expect(panel.find(".proposal")).to_have_count(3)
    assert page.evaluate("[location.hash, document.cookie, localStorage.length, sessionStorage.length]") == [
        "",
        "",
        0,
        0,
    ]
    assert page.context.cookies() == []
