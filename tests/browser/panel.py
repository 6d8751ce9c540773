"""The panel as an agent meets it: what it shows, and what he does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from tests.browser.live import Live


@dataclass
class Panel:
    """The page in a frame's place: `show` opens it for a contact."""

    page: Page
    live: Live
    customer: str
    contact: str

    @classmethod
    def show(
        cls, page: Page, live: Live, customer: str, /, token: str | None = None, **address: str
    ) -> Panel:
        """The page for a new contact, with a token in the fragment; `address` are the names in its address."""
        panel = cls(page, live, customer, live.contact())
        given = {
            "contact": panel.contact,
            "customer": customer,
            "lang": "en",
            "customer-lang": "en",
            **address,
        }
        token = live.token(panel.contact, customer) if token is None else token
        page.goto(f"{live.address}/panel?{urlencode(given)}#token={token}")
        return panel

    def find(self, selector: str) -> Locator:
        return self.page.locator(f"behoud-panel {selector}")

    def titles(self) -> list[str]:
        return self.find(".proposal .name").all_inner_texts()

    @property
    def open(self) -> Locator:
        """The proposal that is open."""
        return self.find('.proposal[data-open="true"]')

    def opens(self, title: str) -> None:
        """Wait until this proposal is the open one."""
        expect(self.open.locator(".name")).to_have_text(title)

    def says(self, mode: str) -> None:
        """Wait until this is the kind of contact it is."""
        expect(self.find(".mode h2")).to_have_text(mode)

    def click(self, name: str) -> None:
        """A button of the panel, by what it says."""
        self.page.locator("behoud-panel").get_by_role("button", name=name, exact=True).click()

    def pick(self, label: str) -> None:
        """One of the reasons that are asked for."""
        self.find(".picker .option").filter(has_text=label).click()

    def noted(self, *kinds: str, count: int) -> list[dict[str, Any]]:
        """What is kept of this customer once it is so much, the first first, without when and under which id."""
        for _ in range(50):
            found = self.live.outcomes(self.customer, *kinds)
            if len(found) >= count:
                break
            self.page.wait_for_timeout(100)
        told = ("action_id", "kind", "reason", "motive")
        return [{key: outcome[key] for key in told if outcome.get(key) is not None} for outcome in found]

    def settled(self) -> None:
        """Wait until keys are heard again: in the moment after a letter or another proposal opened, none is meant for it."""
        self.page.wait_for_timeout(450)

    def focus(self) -> None:
        self.find("article").focus()

    def set(self, **attributes: str) -> None:
        """Attributes of the element, and wait until what they ask for is shown."""
        self.page.evaluate(
            """attributes => {
                const panel = document.querySelector("behoud-panel");
                const shown = new Promise((wake) => panel.addEventListener("behoud:decision", wake, { once: true }));
                for (const [name, value] of Object.entries(attributes)) panel.setAttribute(name, value);
                return shown.then(() => null);
            }""",
            attributes,
        )
