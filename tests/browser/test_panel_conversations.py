"""What an agent is shown and does in the conversations that matter, from the first sentence to what is kept of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.panel import Panel

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

    from tests.browser.live import Live

LEAVES = "The customer wants to leave; see whether we fit"
GOES = "The customer is leaving; arrange it well"


def test_two_declines_and_a_cancellation_with_its_reason(page: Page, live: Live) -> None:
    panel = Panel.show(page, live, live.customer(months_to_contract_end=3), intent="cancel")
    panel.says(LEAVES)
    panel.click("Change")
    panel.pick("Too expensive")
    panel.opens("Switch to Mobile 5 GB")
    panel.click("Declined")
    panel.pick("Still too expensive")
    panel.opens("Half a year €5 off")
    panel.click("Declined")
    panel.pick("Not interested")
    panel.says(GOES)
    panel.opens("Cancel the contract")
    panel.click("Accepted")
    expect(panel.find(".picker .hint")).to_have_text(
        "This starts the cancellation; the reason is kept with it."
    )
    assert panel.noted("accepted", count=0) == []
    panel.pick("Cheaper elsewhere")
    expect(panel.find(".carried")).not_to_contain_text("cancel")  # an id says nothing to an agent
    expect(panel.open.locator(".mark")).to_have_text("Accepted")
    assert panel.noted("declined", "accepted", count=3) == [
        {"action_id": "right-size-mobile-s", "kind": "declined", "reason": "too_expensive"},
        {"action_id": "price-cut-six-months", "kind": "declined", "reason": "no_interest"},
        {
            "action_id": "cancel",
            "kind": "accepted",
            "reason": "cheaper_elsewhere",
            "motive": "competitor",
        },
    ]


def test_the_first_proposal_changes_at_most_once_for_each_thing_said(page: Page, live: Live) -> None:
    panel = Panel.show(page, live, live.customer(months_to_contract_end=3), intent="cancel")
    panel.says(LEAVES)
    page.evaluate(
        """() => {
            window.firsts = [];
            document.querySelector("behoud-panel").addEventListener("behoud:decision", (event) => {
                const first = event.detail.decision.proposals[0]?.action_id;
                if (window.firsts.at(-1) !== first) window.firsts.push(first);
            });
        }"""
    )
    panel.click("Change")
    panel.pick("Too expensive")
    panel.opens("Switch to Mobile 5 GB")
    panel.click("Said")
    panel.click("Declined")
    panel.pick("Still too expensive")
    panel.opens("Half a year €5 off")
    assert page.evaluate("window.firsts") == ["right-size-mobile-s", "price-cut-six-months"]


def test_what_must_be_repaired_comes_first_with_its_ground_and_its_end(page: Page, live: Live) -> None:
    customer, now = live.customer(), datetime.now(UTC)
    for days in range(1, 7):
        at = (now - timedelta(days=days)).isoformat()
        live.event(customer, "contact", at, contact_id=f"k-{days}", channel="voice", subject="internet")
    live.event(customer, "complaint_opened", (now - timedelta(days=18)).isoformat())
    panel = Panel.show(page, live, customer)
    panel.says("Repair first, sell nothing")
    expect(panel.find(".evidence li")).to_contain_text(
        ["Was in contact 7 times in thirty days", "Complaint is open, day 18"]
    )
    expect(panel.find(".reopens")).to_contain_text("The complaint must be closed first (open: 1).")
    panel.opens("One owner for complaint")
    assert set(panel.find(".kind").all_inner_texts()) == {"Service"}
    expect(panel.find(".terms")).to_contain_text("Promised by")


def test_a_question_shows_its_answers_and_an_answer_asks_again(page: Page, live: Live) -> None:
    panel = Panel.show(page, live, live.customer(), intent="cancel")
    panel.opens("Ask for the reason")
    panel.open.get_by_role("button", name="Too expensive").click()
    panel.opens("Switch to Mobile 5 GB")
    expect(panel.find(".leaving")).to_contain_text("Too expensive (said by the customer)")
    assert panel.noted("accepted", count=1) == [
        {"action_id": "ask-motive", "kind": "accepted", "motive": "price"}
    ]


def test_an_answer_about_the_household_goes_with_every_later_question(page: Page, live: Live) -> None:
    asked: list[dict[str, object]] = []
    page.on(
        "request",
        lambda sent: asked.append(sent.post_data_json) if sent.url.endswith("/v1/decisions") else None,
    )
    customer = live.customer(
        "internet-fiber-400",
        "mobile-m",
        "online-security",
        household_size=None,
        months_to_contract_end=0,
        contract="month",
        data_used_gb=9.0,
        tv_hours=1.0,
        roaming_days=0,
        abroad_minutes=0.0,
        device_age_months=6,
    )
    panel = Panel.show(page, live, customer)
    expect(panel.find(".proposal")).not_to_have_count(0)
    panel.find(
        ".proposal",
    ).filter(has_text="Ask about the household").get_by_role("button").first.click()
    panel.open.get_by_role("button", name="Four or more").click()
    expect(panel.find(".proposal").filter(has_text="Ask about the household")).to_have_count(0)
    assert [question.get("facts") for question in asked] == [None, {"household_size": 4}]


def test_what_is_said_stays_and_what_is_not_now_moves_on(page: Page, live: Live) -> None:
    panel = Panel.show(page, live, live.customer())
    first, second = (expect(panel.find(".proposal")).to_have_count(3), panel.titles())[1][:2]
    panel.opens(first)
    panel.click("Said")
    expect(panel.open.get_by_role("button", name="Said", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    panel.opens(first)
    panel.click("Not now")
    panel.opens(second)
    assert [outcome["kind"] for outcome in panel.noted("spoken", "deferred", count=2)] == [
        "spoken",
        "deferred",
    ]


def test_who_declined_may_still_accept_and_who_accepted_is_not_asked_again(page: Page, live: Live) -> None:
    panel = Panel.show(page, live, live.customer(), intent="cancel")
    panel.open.get_by_role("button", name="Too expensive").click()
    panel.opens("Switch to Mobile 5 GB")
    page.get_by_role("button", name="Process Cancel the contract").click()
    panel.click("Skip")
    panel.pick("Wrong moment")
    panel.opens("Switch to Mobile 5 GB")
    page.get_by_role("button", name="Process Cancel the contract Skipped").click()
    panel.click("Not now")
    panel.opens("Switch to Mobile 5 GB")
    panel.click("Accepted")
    expect(panel.find(".carried")).to_contain_text("Ask again")
    panel.focus()
    for key in ("s", "a", "d", "n"):
        page.keyboard.press(key)
    assert [
        (row["action_id"], row["kind"]) for row in panel.noted("skipped", "deferred", "accepted", count=4)
    ] == [
        ("ask-motive", "accepted"),
        ("cancel", "skipped"),
        ("cancel", "deferred"),
        ("right-size-mobile-s", "accepted"),
    ]


def test_an_acceptance_noted_by_mistake_is_taken_back(page: Page, live: Live) -> None:
    panel = Panel.show(page, live, live.customer(months_to_contract_end=3), intent="cancel")
    panel.open.get_by_role("button", name="Too expensive").click()
    panel.opens("Switch to Mobile 5 GB")
    panel.click("Accepted")
    panel.click("Undo")
    expect(panel.find(".carried")).to_have_count(0)
    expect(panel.find("article")).to_have_attribute("aria-busy", "false")
    panel.opens("Switch to Mobile 5 GB")
    panel.click("Declined")
    panel.pick("Still too expensive")
    panel.opens("Half a year €5 off")
    rows = panel.noted("accepted", "withdrawn", "declined", count=4)
    assert [(row["action_id"], row["kind"]) for row in rows] == [
        ("ask-motive", "accepted"),
        ("right-size-mobile-s", "accepted"),
        ("right-size-mobile-s", "withdrawn"),
        ("right-size-mobile-s", "declined"),
    ]


def test_each_offer_save_and_service_says_two_reasons_those_that_stand_above_last(
    page: Page, live: Live
) -> None:
    customer = live.customer(months_to_contract_end=3)
    live.event(customer, "complaint_opened", datetime.now(UTC).isoformat(), subject="internet")
    for who, address in ((live.customer(), {}), (customer, {}), (live.customer(), {"intent": "cancel"})):
        panel = Panel.show(page, live, who, **address)
        expect(panel.find(".proposal").first).to_be_visible()
        above = panel.find(".evidence li").all_inner_texts()
        shown = 0
        for place in range(panel.find(".proposal").count()):
            panel.find(".head").nth(place).click()
            if panel.open.get_attribute("data-kind") not in ("offer", "save", "service"):
                continue
            why = panel.open.locator(".why li").all_inner_texts()
            assert len(why) == 2, (why, panel.titles()[place])
            assert [text in above for text in why] in ([False, False], [False, True], [True, True])
            shown += 1
        assert shown


def test_the_head_says_what_was_settled_and_nothing_moves_for_it(page: Page, live: Live) -> None:
    panel = Panel.show(page, live, live.customer(months_to_contract_end=3), intent="cancel")
    panel.open.locator(".option").first.click()
    panel.opens("Switch to Mobile 5 GB")
    panel.says(LEAVES)
    panel.settled()
    before = panel.open.bounding_box()
    panel.click("Accepted")
    expect(panel.find(".mode [aria-hidden]")).to_be_hidden()
    assert panel.find(".mode").inner_text().strip() == "Stays: Switch to Mobile 5 GB"
    after = panel.open.bounding_box()
    assert before is not None
    assert after is not None
    assert (after["x"], after["y"]) == (before["x"], before["y"])
    panel.click("Undo")
    expect(panel.find(".mode [aria-hidden]")).to_have_count(0)
    panel.says(LEAVES)
    page.get_by_role("button", name="Process Cancel the contract").click()
    panel.click("Accepted")
    panel.pick("Cheaper elsewhere")
    expect(panel.find(".mode[data-settled=leaves] h2")).to_contain_text("The contract is being ended")
    panel.click("Ask again")
    expect(panel.find(".mode[data-settled]")).to_have_count(0)


def test_the_second_half_of_a_double_click_notes_nothing(page: Page, live: Live) -> None:
    panel = Panel.show(page, live, live.customer(months_to_contract_end=3), intent="cancel")
    panel.open.get_by_role("button", name="Too expensive").click()
    panel.opens("Switch to Mobile 5 GB")
    panel.noted("shown", count=4)
    place = panel.find("[data-act=skipped]").bounding_box()
    assert place is not None
    middle = (place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    page.mouse.dblclick(*middle, delay=30)
    expect(panel.find(".picker legend")).to_have_text("Why do you skip this?")
    page.wait_for_timeout(300)
    assert panel.noted("skipped", count=0) == []


def test_a_skip_needs_a_reason_and_asks_nothing(page: Page, live: Live) -> None:
    panel = Panel.show(page, live, live.customer())
    expect(panel.find(".proposal")).to_have_count(3)
    titles = panel.titles()
    panel.click("Skip")
    panel.pick("Does not fit this customer")
    panel.opens(titles[1])
    assert panel.titles() == titles
    expect(panel.find('.proposal[data-done="skipped"] .mark')).to_have_text("Skipped")
    assert [outcome["reason"] for outcome in panel.noted("skipped", count=1)] == ["does_not_fit"]


def test_what_an_agent_sees_is_reported_once_and_not_where_it_would_mean_sent(page: Page, live: Live) -> None:
    panel = Panel.show(page, live, live.customer())
    expect(panel.find(".proposal")).to_have_count(3)
    panel.click("Said")
    assert len(panel.noted("shown", "spoken", count=4)) == 4
    chat = Panel.show(page, live, live.customer(), channel="chat")
    expect(chat.find(".mode")).to_be_visible()
    page.wait_for_timeout(300)
    assert chat.noted(count=0) == []


def test_when_there_is_nothing_to_propose_it_says_so(page: Page, live: Live) -> None:
    def nothing(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "proposals": []})

    page.route("**/v1/decisions", nothing)
    panel = Panel.show(page, live, live.customer())
    expect(panel.find(".nothing")).to_have_text("Nothing to propose. Help with what was asked.")
    expect(page.locator("behoud-panel p[role=status]")).to_have_text(
        "See what would help this customer further. Nothing to propose."
    )


def test_why_something_was_not_proposed_is_found_by_its_name(page: Page, live: Live) -> None:
    panel = Panel.show(page, live, live.customer())
    panel.click("Why not…?")
    panel.page.keyboard.type("tv plus")
    row = panel.find(".vetoes li").filter(has_text="Move up to TV Plus")
    expect(row).to_contain_text("The customer does not have what this replaces")
    expect(row).to_contain_text("Would be offered: when")
    panel.find("#whynot-input").fill("nothing of the kind")
    expect(panel.find(".drawer .hint")).to_have_text("Nothing of that name was held back.")


def test_the_euro_terms_add_up_to_what_is_expected(page: Page, live: Live) -> None:
    panel = Panel.show(page, live, live.customer(), intent="cancel")
    panel.opens("Ask for the reason")
    panel.open.get_by_role("button", name="Too expensive").click()
    panel.opens("Switch to Mobile 5 GB")
    panel.click("What this is worth")
    expect(panel.find(".bars dt").first).to_have_text("Customer kept")

    def amount(text: str) -> float:
        return float("".join(c for c in text.replace("−", "-") if c in "-.0123456789"))

    expected = amount(panel.find(".figures p").inner_text().partition("·")[0])
    terms = [amount(text) for text in panel.find(".bars dd").all_inner_texts()]
    assert round(sum(terms), 2) == expected
    assert panel.find(".bars").evaluate("node => node.localName") == "dl"


def test_a_proposal_says_price_benefit_term_and_what_must_be_told(page: Page, live: Live) -> None:
    customer = live.customer(months_to_contract_end=3, data_used_gb=18.5)
    panel = Panel.show(page, live, customer, intent="cancel")
    panel.open.get_by_role("button", name="Too expensive").click()
    page.get_by_text("A year €5 off", exact=True).click()
    terms = panel.find(".terms")
    expect(terms).to_contain_text("€56.00")
    expect(terms).to_contain_text("€51.00")
    expect(terms).to_contain_text("Customer gains")
    expect(terms).to_contain_text("New term of 12 months, until")
    expect(panel.find(".disclosures")).to_contain_text("This price was personalised by a computer.")
    assert len(panel.open.locator(".why li").all()) <= 2
