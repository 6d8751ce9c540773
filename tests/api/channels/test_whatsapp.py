"""WhatsApp: buttons while three are enough, a list for more, the template once the window is closed."""

from __future__ import annotations

from typing import Any

from api.channels.whatsapp import render
from api.languages import spoken
from tests.api.channels.decisions import CANCEL, DECISION_ID, a_decision, a_proposal, a_question
from tests.api.channels.limits import refusals, whatsapp_ids


def interactive(*proposals: Any, language: str = "en") -> dict[str, Any]:
    payload = render(a_decision(*proposals), spoken()[language], in_window=True)
    assert payload is not None
    assert refusals(payload) == []
    found: dict[str, Any] = payload["interactive"]
    return found


def titles(found: dict[str, Any]) -> list[str]:
    if found["type"] == "button":
        return [button["reply"]["title"] for button in found["action"]["buttons"]]
    return [row["title"] for row in found["action"]["sections"][0]["rows"]]


def test_one_offer_has_a_yes_a_no_and_a_person() -> None:
    assert render(a_decision(a_proposal()), spoken()["en"], in_window=True) == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "type": "interactive",
        "interactive": {
            "type": "button",
            "body": {"text": "Shall we add TV for €12.50 a month?"},
            "action": {
                "buttons": [
                    {"type": "reply", "reply": {"id": f"take|{DECISION_ID}|offer-tv", "title": "Add TV"}},
                    {"type": "reply", "reply": {"id": f"none|{DECISION_ID}|1", "title": "No, thanks"}},
                    {"type": "reply", "reply": {"id": f"person|{DECISION_ID}", "title": "Talk to a person"}},
                ]
            },
        },
        "biz_opaque_callback_data": f"shown|{DECISION_ID}|1",
    }


def test_a_save_beside_the_way_out_is_a_list_because_it_can_be_refused() -> None:
    found = interactive(a_proposal("cheaper", "save", title="Five euros off"), CANCEL, language="nl")
    assert (found["type"], len(titles(found)), titles(found)[-1]) == ("list", 4, "Medewerker spreken")


def test_three_proposals_are_a_list_with_a_no_and_a_person_last() -> None:
    found = interactive(
        *[a_proposal(f"offer-{n}", title=f"Offer {n}", disclosures=["You pay monthly."]) for n in range(3)]
    )
    assert (found["type"], found["action"]["button"]) == ("list", "Choose")
    assert titles(found) == ["Offer 0", "Offer 1", "Offer 2", "No, thanks", "Talk to a person"]
    assert found["action"]["sections"][0]["rows"][0] == {
        "id": f"take|{DECISION_ID}|offer-0",
        "title": "Offer 0",
        "description": "Shall we add TV for €12.50 a month?",
    }
    assert found["body"]["text"].endswith("Offer 2\nShall we add TV for €12.50 a month?\n\nYou pay monthly.")


def test_a_title_too_long_for_a_button_makes_a_list_and_is_not_cut() -> None:
    found = interactive(a_proposal(title="Fiber 1000 for everyone"))
    assert (found["type"], titles(found)[0]) == ("list", "Fiber 1000 for everyone")


def test_the_answers_of_a_question_are_its_choices() -> None:
    few = interactive(a_question("Price", "Service"), a_proposal())
    assert (few["type"], titles(few)) == ("button", ["Price", "Service", "Talk to a person"])
    assert few["body"]["text"] == "Why do you want to leave?"
    assert few["action"]["buttons"][1]["reply"]["id"] == f"answer|{DECISION_ID}|ask-motive|1"
    many = interactive(a_question("Price", "Service", "Moving"), CANCEL)
    assert titles(many) == ["Price", "Service", "Moving", "Cancel", "Talk to a person"]


def test_nothing_to_propose_still_leads_to_a_person() -> None:
    payload = render(a_decision(), spoken()["nl"], in_window=True)
    assert payload is not None
    assert payload["interactive"]["body"]["text"] == "Kan ik u nog ergens mee helpen?"
    assert whatsapp_ids(payload) == [f"person|{DECISION_ID}"]
    assert "biz_opaque_callback_data" not in payload


def test_outside_the_window_only_the_template_goes_with_the_first_proposal_in_one_line() -> None:
    proposals = (CANCEL, a_proposal(disclosures=["One.\nTwo."]), a_proposal("offer-films"))
    payload = render(a_decision(*proposals), spoken()["nl"], in_window=False)
    assert payload is not None
    assert refusals(payload) == []
    assert payload["template"]["language"] == {"code": "nl"}
    assert payload["template"]["components"][0] == {
        "type": "body",
        "parameters": [{"type": "text", "text": "Shall we add TV for €12.50 a month? One. Two."}],
    }
    assert whatsapp_ids(payload) == [
        f"take|{DECISION_ID}|offer-tv",
        f"none|{DECISION_ID}|2",
        f"person|{DECISION_ID}",
    ]
    assert payload["biz_opaque_callback_data"] == f"shown|{DECISION_ID}|2"


def test_outside_the_window_nothing_goes_that_has_no_yes_or_no_or_cannot_be_said_whole() -> None:
    assert render(a_decision(), spoken()["nl"], in_window=False) is None
    assert render(a_decision(CANCEL, a_question("Price")), spoken()["nl"], in_window=False) is None
    unsayable = a_proposal(disclosures=["Read this. " * 90])
    assert render(a_decision(unsayable), spoken()["nl"], in_window=False) is None


def test_what_is_titled_alike_stands_in_a_list_for_no_two_buttons_may_be() -> None:
    found = interactive(a_proposal(), a_proposal("offer-tv-plus"))
    assert (found["type"], titles(found)) == ("list", ["Add TV", "Add TV", "No, thanks", "Talk to a person"])
    assert interactive(a_proposal(title="No, thanks"))["type"] == "list"
    assert interactive(a_proposal(title="Talk to a person"))["type"] == "list"
