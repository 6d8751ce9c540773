"""A learned snapshot is known by its bytes and adds up its corrections."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from models.documents import version_of
from models.domain import ActionKind
from models.learned import Correction, Learned, load_learned


def test_what_channel_and_motive_add_is_added_to_the_mean() -> None:
    correction = Correction(mean=0.5, by_channel={"chat": 0.25}, by_motive={"price": -1.0})
    assert correction.total("chat", "price") == -0.25


def test_a_channel_and_a_motive_nothing_was_learned_of_add_nothing() -> None:
    correction = Correction(mean=0.5, by_channel={"chat": 0.25}, by_motive={"price": -1.0})
    assert correction.total("voice", "service") == 0.5


def test_without_a_motive_only_the_channel_adds() -> None:
    assert Correction(by_channel={"chat": 0.25}, by_motive={"price": -1.0}).total("chat", None) == 0.25


def test_a_snapshot_is_known_by_its_bytes() -> None:
    data = b'{"sequence": 7, "corrections": {"a": {"mean": 1}}}'
    learned = load_learned(data)
    assert (learned.sequence, learned.corrections["a"].mean, learned.version) == (7, 1.0, version_of(data))


@pytest.mark.parametrize("data", [b"{", b'{"corrections": {"a": {"mean": 11}}}', b'{"sequenc": 1}'])
def test_a_broken_snapshot_is_refused(data: bytes) -> None:
    with pytest.raises(ValidationError):
        load_learned(data)


def test_nothing_learned_corrects_nothing() -> None:
    assert Learned().corrections == {}


# --- inheriting ------------------------------------------------------------------------------------------------------

HEARD = Learned(
    corrections={"tv": Correction(mean=0.3)},
    families={"offer/video": Correction(mean=0.2), "earlier": Correction(mean=0.4)},
    kinds={"offer": Correction(mean=0.1)},
)


@pytest.mark.parametrize(
    ("action", "mean"),
    [
        (("tv", "video", "offer"), 0.3),
        (("films", "video", "offer"), 0.2),
        (("fiber", "internet", "offer"), 0.1),
        (("radio", "earlier", "offer"), 0.4),
    ],
)
def test_what_is_new_inherits_from_its_family_and_a_new_family_from_its_kind(
    action: tuple[str, str, ActionKind], mean: float
) -> None:
    heard = HEARD.of(*action)
    assert heard is not None
    assert heard.mean == mean


def test_nothing_is_inherited_from_what_was_never_heard() -> None:
    assert HEARD.of("cheaper", "saves", "save") is None
    assert HEARD.of("cheaper-tv", "video", "save") is None
