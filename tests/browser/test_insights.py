"""The insights in a real browser: what they say on hover and by keyboard, in two languages, narrow, by night, on paper and to everyone."""

from __future__ import annotations

import csv
import json
import os
import time
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from api.settings import Settings
from models.insights import FIGURES, Figure, Insights, Point
from tests.browser.live import TELECOM, Live

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

    from api.embedded import Server
    from tests.browser.conftest import Open

MONTHS = [f"2026-{month:02d}" for month in range(1, 13)]
HOSTILE = "<img src=x onerror='window.hacked=1'>"


def a_point(series: str, at: str, value: float, **rest: Any) -> Point:
    return Point(series=series, at=at, value=value, low=0.8 * value, high=1.2 * value, n=120, **rest)


def some_insights() -> Insights:
    """A figure of each way of drawing, the others without data; an action is named by who wishes us ill."""
    told = {
        "acceptance": [a_point(kind, at, 0.1 + n / 100) for kind in ("offers", "saves") for n, at in enumerate(["all", *MONTHS])],
        "modes": [a_point(mode, at, share) for mode, share in (("grow", 0.7), ("save", 0.3)) for at in MONTHS],
        "starved": [a_point("legal", "=evil", 0.8, about={"rule": "no_sale", "proposed": 0.0, "kind": "offer"})],
        "held": [a_point("cheaper", "price", 0.4, about={"stayed": 0.6}), a_point("no_save", "price", 0.3)],
        "lock_in": [a_point(name, "tv", value, about={"grade": "B"}) for name, value in (("naive", 0.5), ("adjusted", 0.9))],
        "fair_quiet": [a_point(name, str(n), 2.0 * n) for name in ("quiet", "threatens") for n in (1, 2, 3, 4, 5)] + [a_point("difference", "all", 5.0)],
    }  # fmt: skip
    figures = tuple(
        Figure(id=name, points=tuple(told[name])) if name in told else Figure(id=name, missing="too_few")
        for name in FIGURES
    )
    names = {"=evil": {"nl": HOSTILE, "en": HOSTILE}, "grow": {"nl": "Groeien", "en": "Grow"}}
    return Insights(
        since="2026-01-01",  # type: ignore[arg-type]  # pydantic reads it
        until="2026-12-31",  # type: ignore[arg-type]
        customers=20000,
        contacts=4000,
        decisions=4000,
        names=names,
        figures=figures,
        tables="t",
        bundle="b",
    )


@pytest.fixture(scope="module")
def shown(valkey: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    var = tmp_path_factory.mktemp("insights")
    (var / "insights.json").write_text(some_insights().model_dump_json())
    live = Live(Settings(knowledge=TELECOM, var=var, redis_url=valkey.url, redis_timeout=20.0))
    live.start()
    yield live
    live.stop()


def show(live: Live, open_page: Open, *, width: int = 1280, locale: str = "en-GB", **options: Any) -> Page:
    page = open_page(width=width, locale=locale, **options)
    page.goto(f"{live.address}/insights#{live.key}")
    expect(page.locator("main")).to_have_attribute("aria-busy", "false")
    return page


def test_each_figure_is_drawn_or_says_that_there_is_no_data_yet(shown: Live, open_page: Open) -> None:
    page = show(shown, open_page)
    expect(page.locator(".card")).to_have_count(len(FIGURES))
    expect(page.locator(".card .hole")).to_have_count(len(FIGURES) - 6)
    expect(page.locator(".plot canvas")).to_have_count(5)
    expect(page.locator(".tile").first).to_contain_text("10.0%")
    assert "#" not in page.url
    assert page.evaluate("window.hacked") is None


def test_arrow_keys_walk_through_a_picture_and_say_value_interval_n_and_meaning(
    shown: Live, open_page: Open
) -> None:
    page = show(shown, open_page)
    plot, tip = page.locator("#results .plot").first, page.locator("#tip")
    plot.focus()
    page.keyboard.press("End")
    expect(tip.locator(".of")).to_have_text("save-offers · Dec 2026")
    expect(tip).to_contain_text("22.0% [17.6%; 26.4%]")
    expect(tip).to_contain_text("n = 120 proposals heard")
    expect(tip).to_contain_text("Accepted and not withdrawn")
    expect(plot.locator("[aria-live]")).to_contain_text("22.0% [17.6%; 26.4%], n = 120")
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    page.locator(".tile [role=note]").first.hover()
    expect(tip).to_contain_text("all months")


def test_a_table_is_given_as_csv_in_which_nothing_is_calculated(
    shown: Live, open_page: Open, tmp_path: Path
) -> None:
    page = show(shown, open_page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the table of What hardly anybody gets").click()
    download.value.save_as(tmp_path / "starved.csv")
    with (tmp_path / "starved.csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["at"], row["at_name"], row["value"], row["rule"]) == ("'=evil", HOSTILE, "0.8", "no_sale")


def test_it_fits_a_phone_and_speaks_dutch(shown: Live, open_page: Open) -> None:
    page = show(shown, open_page, width=320, locale="nl-NL")
    expect(page.locator("h2").first).to_have_text("Resultaten")
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    page.get_by_role("button", name="EN", exact=True).click()
    expect(page.locator("h2").first).to_have_text("Results")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(shown: Live, open_page: Open, scheme: str, screenshots: Path) -> None:
    page = show(shown, open_page, color_scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
    page.locator("#results .plot").first.focus()
    found = Axe().run(page)
    assert found.response["violations"] == []
    page.screenshot(path=screenshots / f"insights-{scheme}.png", full_page=True)


def test_on_paper_it_is_light_and_every_figure_carries_its_meaning(shown: Live, open_page: Open) -> None:
    page = show(shown, open_page, color_scheme="dark")
    page.emulate_media(media="print")
    expect(page.locator(".meaning").first).to_be_visible()
    expect(page.locator(".csv").first).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    lead = page.locator("main section h2 + p").first
    assert (
        lead.evaluate("(one) => getComputedStyle(one).breakAfter") == "avoid"
    )  # no title without its figure
    assert page.locator(".card").first.evaluate("(one) => getComputedStyle(one).breakInside") == "avoid"
    page.set_viewport_size({"width": 703, "height": 1000})  # of A4, without its margins
    assert page.evaluate("document.documentElement.scrollWidth") <= 703


def test_figures_that_are_old_and_those_left_out_are_said(
    valkey: Server, tmp_path: Path, open_page: Open
) -> None:
    told = some_insights()
    figures = tuple(
        one.model_copy(update={"left_out": 4}) if one.id == "modes" else one for one in told.figures
    )
    path = tmp_path / "insights.json"
    path.write_text(told.model_copy(update={"figures": figures}).model_dump_json())
    five_days_ago = time.time() - 5.5 * 86_400
    os.utime(path, (five_days_ago, five_days_ago))
    live = Live(Settings(knowledge=TELECOM, var=tmp_path, redis_url=valkey.url, redis_timeout=20.0))
    live.start()
    page = show(live, open_page)
    expect(page.get_by_role("status")).to_contain_text("computed 5 days ago")
    expect(page.locator(".card").filter(has_text="What contacts are about")).to_contain_text("4 more figures")
    live.stop()


def test_who_has_no_token_is_told_how_to_get_one_and_a_wrong_one_is_refused(
    shown: Live, open_page: Open
) -> None:
    page = open_page(locale="en-GB")
    page.goto(f"{shown.address}/insights")
    expect(page.locator(".empty pre")).to_contain_text("token create --insights")
    page.get_by_label("Token or key").fill("bh_nobody_secret")
    page.get_by_role("button", name="Open", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("not taken")
    page.get_by_label("Token or key").fill(shown.key)
    page.get_by_role("button", name="Open", exact=True).click()
    expect(page.locator(".card")).to_have_count(len(FIGURES))


def test_before_anything_was_computed_it_says_so(live: Live, open_page: Open) -> None:
    page = open_page(locale="en-GB")
    page.goto(f"{live.address}/insights#{live.key}")
    expect(page.get_by_role("heading", name="No insights yet")).to_be_visible()
    assert Axe().run(page).response["violations"] == []


def test_the_two_languages_have_words_for_the_same_things() -> None:
    nl, en = (json.loads((TELECOM.parents[1] / f"api/web/insights/words.{one}.json").read_text()) for one in ("nl", "en"))  # fmt: skip

    def paths(said: Any, at: str = "") -> set[str]:
        return {at} if not isinstance(said, dict) else {path for key, part in said.items() for path in paths(part, f"{at}.{key}")}  # fmt: skip

    assert paths(nl) == paths(en)
    assert set(en["figures"]) == set(FIGURES)
