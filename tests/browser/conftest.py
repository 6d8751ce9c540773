"""A real browser, and a real service with the example provider and a Valkey of its own to look at."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from api.embedded import Server, find_binary, start
from api.law import shipped
from api.settings import Settings
from bench.made_up import made_up_bundle
from models.catalogue import load_catalogue
from models.in_force import load_lawful
from tests.browser.live import ALLOWED, TELECOM, Live

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",
    "--disable-features=LocalNetworkAccessChecks",  # pages of other origins are made up, and stand on no network
]
Open = Callable[..., Page]


def chromium_path() -> str:
    """The browser; a test that needs it is skipped where there is none, but never in continuous integration."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        missing = "no chromium on the PATH; install it with: apt-get install chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    return found


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One for each file of tests: while it lives, no other event loop can run in this thread."""
    path = chromium_path()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = start(tmp_path_factory.mktemp("valkey"), find_binary())
    yield server
    server.stop()


@pytest.fixture(scope="session")
def live(valkey: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """The service on loopback, with the desk. Give each test customers of its own: nothing is emptied between tests."""
    settings = Settings(
        knowledge=TELECOM,
        var=tmp_path_factory.mktemp("var"),
        redis_url=valkey.url,
        redis_timeout=20.0,
        frame_ancestors=(ALLOWED,),
    )
    service = Live(settings)
    service.start()
    yield service
    service.stop()


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What was learned, in shape: with it nothing is missing from an answer."""
    folder = tmp_path_factory.mktemp("bundle")
    catalogue = load_catalogue((TELECOM / "catalogue.yaml").read_bytes())
    policy = load_lawful((TELECOM / "policy.yaml").read_bytes(), "policy.yaml", shipped())
    for name, data in made_up_bundle(catalogue, policy).items():
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Open]:
    """Opens pages: `open_page(width=320, color_scheme="dark")`. Whatever a page throws, or its policy forbids, fails the test."""
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text and "frame-ancestors" not in message.text:
            wrong.append(message.text)

    def opened(width: int = 420, height: int = 900, **options: Any) -> Page:
        context = chromium.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", heard)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.fixture
def page(open_page: Open) -> Page:
    return open_page()


@pytest.fixture
def screenshots() -> Path:
    """Where pictures go that somebody wants to look at."""
    folder = Path(os.environ.get("BEHOUD_SCREENSHOTS") or "var/screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
