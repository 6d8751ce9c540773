"""What a contact brought, by arithmetic."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest

from models.catalogue import load_catalogue
from tests.training.ope.shops import START, Shop, catalogue
from training.experiment.euros import DAYS_A_MONTH
from training.fit.spoken import read_talks
from training.ope.contacts import Which, read_contacts
from training.ope.rewards import Standing, held_value, known_until, margin, standing
from training.prompted import journal_parts
from training.tables import read_tables

if TYPE_CHECKING:
    from pathlib import Path

    from models.features import Floats

MONTHS = 30 / DAYS_A_MONTH


@dataclass
class Told:
    """Contacts of one customer each, by the shop."""

    shop: Shop
    days: int = 30
    now: datetime = field(default=datetime(2026, 9, 1, tzinfo=UTC))

    def held(self) -> list[float]:
        folder = self.shop.write()
        contacts, parts = read_contacts(folder, Which()).contacts, journal_parts(folder)
        talks, goods = read_talks(parts), load_catalogue(self.shop.catalogue)
        until = min(self.now, known_until(talks, contacts))
        found: Floats = held_value(contacts, standing(parts, talks), lambda _: goods, self.days, until)
        return found.tolist()


def first(name: str) -> dict[str, dict[str, object]]:
    """A catalogue whose best offer is this one."""
    return {name: {"acceptance": {"rate": 0.9}}}


def test_an_accepted_offer_is_its_margin_less_discount_and_cost(tmp_path: Path) -> None:
    deal = {"b": {"acceptance": {"rate": 0.9}, "discount": {"amount": 2.0, "months": 12}, "cost": 5.0}}
    shop = Shop(tmp_path, catalogue=catalogue(**deal), rate=0.0)
    for number, kinds in enumerate([("accepted",), ("declined",), ("accepted", "withdrawn"), ()]):
        record = shop.decides(f"C-{number}", "K-1", at=START + timedelta(hours=number))
        assert record.decision.proposals[0].action_id == "b"
        for kind in kinds:
            shop.hears(record, kind, **({"reason": "no_need"} if kind == "declined" else {}))
    assert Told(shop).held() == pytest.approx([MONTHS * (4.0 - 2.0) - 5.0, 0.0, 0.0, 0.0])


def test_a_save_keeps_what_is_held_until_the_customer_leaves_all_the_same(tmp_path: Path) -> None:
    shop = Shop(tmp_path, catalogue=catalogue(**first("a")), rate=0.0)
    for number, told in enumerate((("accepted",), ("accepted", "relapsed"), ("accepted", "kept"))):
        record = shop.decides(f"C-{number}", "K-1", at=START + timedelta(hours=number), holding=["fiber"])
        for kind in told:
            shop.hears(record, kind)
    saving = load_catalogue(catalogue(a={"kind": "save", "purpose": "retention", "sells": []}))
    folder = shop.write()
    contacts, parts = read_contacts(folder, Which()).contacts, journal_parts(folder)
    talks = read_talks(parts)
    stands = standing(parts, talks)
    assert sum(map(len, stands.accepted.values())) == 2
    assert stands.pending == 0  # the shop calls it an offer
    found = held_value(contacts, stands, lambda _: saving, 30, known_until(talks, contacts))
    fiber = MONTHS * saving.product["fiber"].margin
    assert found.tolist() == pytest.approx([fiber, 0.0, fiber])


def saved(folder: Path, *fates: tuple[str, ...], kind: str = "save") -> Standing:
    """A customer a day accepts, and this is told of each later."""
    shop = Shop(folder, rate=0.0)
    for number, fate in enumerate(fates):
        record = shop.decides(f"C-{number}", "K-1", at=START + timedelta(days=number))
        for told in ("accepted", *fate):
            shop.hears(record, told, action_kind=kind)
    parts = journal_parts(shop.write())
    return standing(parts, read_talks(parts))


def test_a_save_is_pending_until_later_months_tell_of_its_time(tmp_path: Path) -> None:
    stands = saved(tmp_path, ("relapsed",), ("kept",), ("kept", "relapsed"), ("relapsed",), (), ())
    assert (stands.told, stands.pending) == (START + timedelta(days=1, minutes=1), 2)
    assert [who for who, _ in stands.accepted] == ["C-1", "C-4", "C-5"]
    known = [stands.known(START + timedelta(days=day)) for day in range(6)]
    assert known == [True, True, False, False, False, False]


def test_a_save_nobody_will_tell_of_counts_as_often_as_others_of_its_time_hold(tmp_path: Path) -> None:
    stands = saved(tmp_path, ("relapsed",), ("kept",), (), ("kept",))
    shares = {who: share for (who, _), ((_, _, share),) in stands.accepted.items()}
    assert shares == {"C-1": 1.0, "C-2": 2 / 3, "C-3": 1.0}
    assert stands.pending == 0
    assert stands.known(START + timedelta(days=900))


def test_where_nobody_tells_which_saves_held_no_contact_is_known_and_without_saves_all_are(
    tmp_path: Path,
) -> None:
    stands = saved(tmp_path / "saves", (), ("relapsed",))
    assert (stands.told, stands.pending, stands.known(START)) == (None, 1, False)
    assert saved(tmp_path / "offers", (), (), kind="offer").known(START)


def test_a_contact_waits_until_its_days_are_over(tmp_path: Path) -> None:
    shop = Shop(tmp_path, rate=0.0)
    shop.decides("C-1", "K-1")
    shop.decides("C-2", "K-1", at=START + timedelta(days=1))
    assert np.isnan(Told(shop, now=START + timedelta(days=30)).held()).tolist() == [False, True]


def test_the_margin_is_that_of_the_days_after_each_contact(tmp_path: Path) -> None:
    shop = Shop(tmp_path, catalogue=catalogue(**first("a")), rate=0.0)
    early = shop.decides("C-1", "K-1")
    shop.decides("C-1", "K-2", at=START + timedelta(days=15))
    shop.decides("C-2", "K-1", at=START + timedelta(days=16))
    shop.decides("C-2", "K-2", at=START + timedelta(days=100))
    shop.hears(early, "accepted", days=1)
    folder = shop.write()
    held = [
        ("C-1", "fiber", None),
        ("C-1", "p-a", date(2026, 1, 20)),
        ("C-2", "tv", date(2026, 2, 10)),
    ]
    pl.DataFrame(
        [
            {"customer_id": who, "product_id": what, "since": since, "until": None}
            for who, what, since in held
        ],
        schema={"customer_id": pl.String, "product_id": pl.String, "since": pl.Date, "until": pl.Date},
    ).write_parquet(folder / "holdings.parquet")
    known = load_catalogue(shop.catalogue)
    tables = read_tables(folder, [product.id for product in known.products])
    contacts, parts = read_contacts(folder, Which()).contacts, journal_parts(folder)
    until = START + timedelta(days=90)
    found = margin(contacts, read_talks(parts), tables, known, 30, until)
    fiber, tv = known.product["fiber"].margin, known.product["tv"].margin
    day = 1.0 / DAYS_A_MONTH
    # C-1 begins at nine in the morning: fifteen days and nine hours from the 20th on of the first thirty.
    expected = [
        fiber * 30 * day + 6.0 * (15.375) * day,
        fiber * 30 * day + 6.0 * 30 * day,
        tv * (30 - (36 - 16 - 0.375)) * day,
    ]
    assert found[:3].tolist() == pytest.approx(expected)
    assert np.isnan(found[3])
