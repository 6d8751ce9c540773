"""Saves by motive: held, stayed, and the gaps."""

from __future__ import annotations

from tests.training.report.small_worlds import World, plain, rows_of
from training.measured.saved import saves_spoken, wishes
from training.report.saves import saves


def test_a_save_has_held_when_it_was_kept_and_the_customer_is_here_three_months_on(world: World) -> None:
    world.lives(C_1="ssssss", C_2="sssl", C_3="ssssss", C_4="sssu", C_5="ssssss", C_6="sssssl")
    for n, became in enumerate(
        (["accepted"], ["accepted"], ["declined"], ["accepted"], ["accepted", "withdrawn"], ["accepted"]), 1
    ):
        world.contact(f"C-{n}", 3)
        world.said(f"C-{n}", 3, *became)
    given = world.read()
    told = saves_spoken(given, wishes(given)).sort("customer_id")
    assert told.select("customer_id", "stayed", "held").rows() == [
        ("C-1", True, True),
        ("C-2", False, False),
        ("C-3", True, False),
        ("C-5", True, False),
        ("C-6", True, True),
    ]


def test_contacts_too_recent_or_about_something_else_are_left_out(world: World) -> None:
    world.lives(C_1="ssssss", C_2="ssssss", C_3="ssssss", C_4="ssssl")
    for customer, month, intent in (
        ("C-1", 4, "cancel"),
        ("C-2", 5, "cancel"),
        ("C-3", 3, "bill"),
        ("C-4", 5, "cancel"),
    ):
        world.contact(customer, month, intent)
    world.contact("C-9", 3)
    assert wishes(world.read()).rows() == [("K-C-1-4", "C-1", "price", True)]


def an_experiment(world: World, stay_with: int, stay_without: int) -> World:
    """Twenty customers with a wish to leave about the price hear a save, twenty do not; so many stay."""
    lives = {}
    for n in range(40):
        stays = n < stay_with if n < 20 else n - 20 < stay_without
        lives[f"C_{n}"] = "ssssss" if stays else "sssl"
        world.contact(f"C-{n}", 3)
        if n < 20:
            world.said(f"C-{n}", 3, "accepted" if stays else "declined")
    world.lives(**lives)
    return world


def test_an_offer_that_keeps_more_than_silence_is_named(world: World) -> None:
    root = saves(an_experiment(world, 18, 6).read())
    rows = [[plain(cell) for cell in row] for row in rows_of(root)]
    assert rows[1] == ["cheaper", "90 % of 20[70, 97]stayed 90 %+60 pts [30, 77]"]
    assert rows[2] == ["no save spoken", "stayed 30 % of 20[15, 52]"]
    assert "For motive price more stayed after cheaper" in "".join(root.itertext())
    assert ["with a save less without", "20", "+60 pts [30, 77]"] in rows


def test_an_offer_that_keeps_no_more_is_a_gap(world: World) -> None:
    said = "".join(saves(an_experiment(world, 9, 8).read()).itertext())
    assert "No effective offer for motive price: of 1 tried, spoken 20 times" in said


def test_a_motive_nobody_had_an_offer_for_is_a_gap(world: World) -> None:
    world.contact("C-1", 3, motive="moving")
    world.contact("C-2", 3, motive=None)
    world.said("C-2", 3, "declined")
    world.lives(C_1="ssssss", C_2="sssl")
    said = "".join(saves(world.read()).itertext())
    assert "No effective offer for motive moving: no save was spoken." in said
    assert "No effective offer known for motive not told: fewer than 10 contacts" in said


def test_without_journal_months_or_wishes_it_is_said(world: World) -> None:
    assert "no journal" in "".join(saves(world.read()).itertext())
    world.contact("C-1", 3, "bill")
    assert "Nobody knows who left" in "".join(saves(world.read()).itertext())
    world.lives(C_1="ssssss")
    assert "no contact with a wish to leave" in "".join(saves(world.read()).itertext())
