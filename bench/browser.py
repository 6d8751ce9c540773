"""What an agent waits for, measured in a real browser: the size of the panel's script, an answer seen, the next step after a click.

The browser itself takes the times, by the performance marks of the panel: from the answer to the picture that shows it, and from
the click that notes an outcome to the picture of the next step, with both calls to the service between.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.sync_api import sync_playwright

from api.keyring import add_to_file, create_key
from api.security import SCOPES

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "api" / "web"
TELECOM = ROOT / "examples" / "telecom"
CONVERSATIONS = 30
BAR_KB, BAR_SEEN_MS, BAR_NEXT_MS = 40.0, 100.0, 200.0
FACTS = {"tenure_months": 40, "months_to_contract_end": 3, "data_used_gb": 3.1, "data_plan_gb": 20.0}
BROWSER = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def measure() -> list[dict[str, Any]]:
    """Rows of {name, value, unit, bar, holds}; without a browser, times are not measured."""
    parts = (WEB / "panel.js", *sorted((WEB / "panel").glob("*.js")))
    size = sum(len(gzip.compress(path.read_bytes())) for path in parts) / 1000
    rows = [_row("script", size, "kB gzipped", BAR_KB)]
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        return [*rows, _row("seen", None, "ms: no chromium on the PATH", None)]
    with ExitStack() as stack:
        address, key = stack.enter_context(_service())
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=chromium, args=BROWSER)
        stack.callback(browser.close)
        page = browser.new_page(viewport={"width": 420, "height": 900})
        seen, following = [], []
        customers = islice(_open_to_proposals(address, key), CONVERSATIONS + 1)
        for number, customer in enumerate(customers):  # the first warms up
            times = _conversation(page, address, key, customer)
            if number:
                seen += times["behoud:paint"]
                following += times["behoud:next"]
    return [
        *rows,
        _row("seen.median", statistics.median(seen), "ms from the answer", BAR_SEEN_MS),
        _row("seen.worst", max(seen), f"ms from the answer, of {len(seen)}", BAR_SEEN_MS),
        _row("next.median", statistics.median(following), "ms from the click", BAR_NEXT_MS),
        _row("next.worst", max(following), f"ms from the click, of {len(following)}", BAR_NEXT_MS),
    ]


def _open_to_proposals(address: str, key: str) -> Iterator[str]:
    """Customers who are in no holdout."""
    for number in count():
        found = _call(address, key, "GET", f"/v1/experiments?customer_id=C-{number}", None)
        if not found["assignment"]["experiment"]["holdout"]:
            yield f"C-{number}"


def _conversation(page: Page, address: str, key: str, customer: str) -> dict[str, list[float]]:
    """A customer who wants to leave, answers why, and declines twice: what each step took, in milliseconds."""
    contact = f"call-{customer}"
    holdings = [{"product_id": "internet-fiber-100"}, {"product_id": "mobile-m"}]
    body = {"customer_id": customer, "holdings": holdings, "facts": FACTS, "consents": {"profiling": True}}
    _call(address, key, "PUT", f"/v1/customers/{customer}", body)
    bound = {"agent_id": "A-1", "contact_id": contact, "customer_id": customer}
    token = _call(address, key, "POST", "/v1/tokens", bound)["token"]
    times: dict[str, list[float]] = {"behoud:paint": [], "behoud:next": []}
    page.goto(f"{address}/panel?contact={contact}&customer={customer}&intent=cancel&lang=en#token={token}")
    _collect(page, times)
    page.locator("behoud-panel .option").first.click()
    _collect(page, times)
    for _ in range(2):
        page.locator("behoud-panel [data-act=declined]").click()
        page.locator("behoud-panel .picker .option").last.click()
        _collect(page, times)
    return times


def _collect(page: Page, times: dict[str, list[float]]) -> None:
    """Wait for the picture of a new answer and take down what the browser measured; then forget it."""
    taken = "name => performance.getEntriesByName(name).map((entry) => entry.duration)"
    for _ in range(1000):
        if page.evaluate(taken, "behoud:paint"):
            break
        page.wait_for_timeout(10)
    for name in times:
        times[name] += page.evaluate(taken, name)
    page.evaluate("performance.clearMeasures()")


@contextmanager
def _service() -> Iterator[tuple[str, str]]:
    """The example's service with a store of its own: address and key."""
    with tempfile.TemporaryDirectory(prefix="behoud-bench-") as folder, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        token, kept = create_key(SCOPES, "bench")
        add_to_file(kept, Path(folder) / "keys.json")
        environ = {
            **os.environ,
            "BEHOUD_KNOWLEDGE": str(TELECOM),
            "BEHOUD_VAR": folder,
            "BEHOUD_KEYS_FILE": f"{folder}/keys.json",
        }
        command = [sys.executable, "-m", "api", "serve", "--port", str(port)]
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stderr=subprocess.DEVNULL)
        try:
            _wait_for(f"http://127.0.0.1:{port}", process)
            yield f"http://127.0.0.1:{port}", token
        finally:
            process.terminate()
            process.wait()


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"{address}/livez", timeout=1):
                return
        except OSError:
            if process.poll() is not None:
                break
            time.sleep(0.1)
    raise RuntimeError("the service did not start; run it by hand: python -m api serve")


def _call(address: str, key: str, method: str, path: str, body: Any) -> Any:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    request = urllib.request.Request(
        address + path, None if body is None else json.dumps(body).encode(), headers, method=method
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read() or b"null")


def _row(name: str, value: float | None, unit: str, bar: float | None) -> dict[str, Any]:
    return {
        "name": f"browser.{name}",
        "value": None if value is None else round(value, 2),
        "unit": unit,
        "bar": "" if bar is None else f"<= {bar:g}",
        "holds": None if bar is None or value is None else value <= bar,
    }


if __name__ == "__main__":
    for row in measure():
        print(f"{row['name']:24} {row['value']!s:>8} {row['unit']:36} {row['bar']:8} {row['holds']}")
