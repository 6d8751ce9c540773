"""Plain text: what is said, and a number for each answer."""

from __future__ import annotations

from api.channels.text import render
from api.languages import spoken
from tests.api.channels.decisions import CANCEL, DECISION_ID, a_decision, a_proposal


def test_every_answer_has_a_number_and_nought_is_a_person() -> None:
    assert render(a_decision(a_proposal(), CANCEL), spoken()["en"], in_window=True) == {
        "type": "text",
        "text": (
            "Add TV\nShall we add TV for €12.50 a month?\n\nCancel\nI can end your contract now.\n\n"
            "1. Add TV\n2. Cancel\n3. No, thanks\n0. Talk to a person"
        ),
        "replies": {
            "1": f"take|{DECISION_ID}|offer-tv",
            "2": f"take|{DECISION_ID}|cancel",
            "3": f"none|{DECISION_ID}|1",
            "0": f"person|{DECISION_ID}",
        },
        "shown": f"shown|{DECISION_ID}|1.2",
    }
