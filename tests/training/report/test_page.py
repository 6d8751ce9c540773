"""The page: whole, the same at every run, of one file, and safe from what stands in the tables."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from models.bundle import Bundle
from models.lockin import Effect
from tests.builders import a_bundle, a_churn_model
from tests.training.report.small_worlds import World
from training.__main__ import main
from training.errors import OptionError
from training.report.making import make_report
from training.report.page import page

HOSTILE = "<img src=x onerror=alert(1)>"
SECTIONS = ["keeping", "buying", "cohorts", "survival", "holdings", "calibration", "lockin", "saves", "left"]


class Reader(HTMLParser):
    """Which elements are open, which there were, and what they point to."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def read(text: bytes) -> Reader:
    reader = Reader()
    reader.feed(text.decode())
    assert reader.open == []
    return reader


@pytest.fixture
def full(world: World) -> World:
    """Something for every part."""
    world.holdings = "".join(f"C-{n},{HOSTILE},2026-01-05,\n" for n in range(40)) + "C-1,tv,2026-02-01,\n"
    world.lives(**{f"C_{n}": "sssssl" if n < 30 else "ssssss" for n in range(60)}, **{HOSTILE: "sssssl"})
    for n in range(3):
        world.contact(f"C-{n}", 3, motive=HOSTILE)
        world.said(f"C-{n}", 3, "accepted", action=HOSTILE)
    return world


def a_learned_bundle() -> Bundle:
    effects = [Effect(HOSTILE, 0.8, 0.7, 0.9, "B"), Effect("tv", 1.0, 0.9, 1.1, "C", reason=HOSTILE)]
    return a_bundle(churn=a_churn_model(0.1, **{HOSTILE: 0.1}), effects=effects)


def test_every_part_is_there_and_what_is_hostile_is_text(full: World) -> None:
    text = page(full.read(a_learned_bundle()), 5, with_ids=True)
    reader = read(text)
    assert [value for name, value in reader.attributes if name == "id"] == SECTIONS
    assert "No data yet" not in re.sub(r'<section id="left">.*', "", text.decode(), flags=re.DOTALL)
    assert text.count(b"&lt;img src=x onerror=alert(1)&gt;") > 6
    assert b"<img" not in text


def test_nothing_is_fetched_and_nothing_runs(full: World) -> None:
    text = page(full.read(a_learned_bundle()), 5, with_ids=True)
    reader = read(text)
    assert not {"script", "link", "iframe", "object", "img", "form"} & set(reader.tags)
    assert not [name for name, _ in reader.attributes if name.startswith("on") or name in ("src", "srcset")]
    assert {value[0] for name, value in reader.attributes if name == "href" and value} == {"#"}
    assert not re.search(rb"url\(|@import|https?:", text)


def test_the_same_tables_give_the_same_bytes(full: World) -> None:
    first, again = (page(full.read(a_learned_bundle()), 5, with_ids=True) for _ in range(2))
    assert first == again


def test_with_next_to_nothing_every_part_says_what_is_missing(world: World) -> None:
    world.holdings = "C-1,tv,,\n"
    text = page(world.read(a_bundle()), 5, with_ids=True)
    assert read(text).tags.count("section") == len(SECTIONS)
    assert text.count(b"No data yet. ") == len(SECTIONS)


def test_facts_of_another_type_than_the_bundles_are_refused(world: World) -> None:
    world.months = "customer_id,month,churned,size\nC-1,2026-01-01,false,large\n"
    bundle = a_bundle()
    with pytest.raises(OptionError, match="fact 'size' is number in the bundle and string in the table"):
        world.read(Bundle(**{**vars(bundle), "fact_kinds": {"size": "number"}}))


def test_a_bundle_of_other_products_is_refused(world: World) -> None:
    world.holdings = "C-1,shoes,,\n"
    with pytest.raises(OptionError, match="knows none of the products"):
        world.read()


def test_a_folder_is_no_file_to_write(world: World, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(OptionError, match="is a folder; name the file to write"):
        make_report(tmp_path / "data", a_bundle(), tmp_path)
    assert sorted(tmp_path.rglob("*")) == before


def test_the_file_is_written_whole_and_named(world: World, tmp_path: Path) -> None:
    out = tmp_path / "new" / "report.html"
    said = make_report(world.write(), a_bundle(), out)
    assert said == f"{out}: {out.stat().st_size:,} bytes, to the end of Jan 2026, bundle sha256:bundle"
    assert [path.name for path in out.parent.iterdir()] == ["report.html"]


@pytest.mark.parametrize("arguments", [["--bundle=nowhere"], ["--bundle=nowhere", "--data=nowhere"]])
def test_a_bundle_that_is_none_ends_with_2_and_no_file(
    arguments: list[str], world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "report.html"
    assert main(["report", f"--data={world.write()}", f"--out={out}", *arguments]) == 2
    assert "there is none in 'nowhere'" in capsys.readouterr().err
    assert not out.exists()


def test_a_negative_number_of_customers_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["report", "--data=d", "--bundle=b", "--out=o", "--customers=-1"])
    assert ended.value.code == 2
    assert "-1 is below 0" in capsys.readouterr().err
