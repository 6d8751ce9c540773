"""Where a challenger agrees, with an interval that knows of customers, and why where not."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest
from scipy.stats import binomtest

from models.shadow import Shadow
from training.__main__ import main
from training.agreement import agreement

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
TERMS = dict.fromkeys(("saved", "margin", "lock_in", "organic", "cost", "contact"), 0.0)
VERSIONS = {"bundle": None, "learned": None, "policy": "p", "catalogue": "c", "flags": "f", "code": "1"}


def side(*actions: str, mode: str = "grow", stopped: dict[str, str] | None = None, **terms: Any) -> dict[str, Any]:  # fmt: skip
    """Proposals in this order; `tv={"margin": 5}` says what is in a value, and without one there is no price."""
    proposals = []
    for name in actions:
        euros = terms.get(name)
        priced = {} if euros is None else {"expected": sum(euros.values()), "terms": TERMS | euros}
        proposals.append({"action_id": name, "kind": "offer", **priced})
    return {"mode": mode, "proposals": proposals, "stopped": stopped or {}, "versions": VERSIONS, "took_ms": 2.0}  # fmt: skip


def twice(champion: dict[str, Any], challenger: dict[str, Any], number: int = 1, **rest: Any) -> Shadow:
    told = {
        "decision_id": f"p00-{number}",
        "customer_id": f"C-{number}",
        "contact_id": "K",
        "channel": "voice",
        "at": NOW,
    }
    return Shadow.model_validate({**told, "champion": champion, "challenger": challenger, **rest})


def why(champion: dict[str, Any], challenger: dict[str, Any]) -> str:
    [reason] = agreement([twice(champion, challenger)]).reasons
    return reason.why


def test_the_share_of_independent_decisions_has_wilsons_interval() -> None:
    pairs = [twice(side("tv"), side("tv" if n < 70 else "net"), n) for n in range(100)]
    found = agreement(pairs).same
    assert found is not None
    expected = binomtest(70, 100).proportion_ci(method="wilson")
    assert (found.n, found.customers, found.value) == (100, 100, pytest.approx(0.7))
    assert (found.low, found.high) == (
        pytest.approx(expected.low, abs=2e-3),
        pytest.approx(expected.high, abs=2e-3),
    )


def test_ten_decisions_of_one_customer_are_no_ten_customers() -> None:
    pairs = [
        twice(side("tv"), side("tv" if n % 10 < 7 else "net"), n, customer_id=f"C-{n % 10}")
        for n in range(100)
    ]
    found = agreement(pairs).same
    assert found is not None
    expected = binomtest(7, 10).proportion_ci(method="wilson")
    assert found.customers == 10
    assert found.high - found.low > 0.9 * (expected.high - expected.low)


def test_agreeing_always_is_not_sure_and_two_silences_agree() -> None:
    found = agreement([twice(side(), side(), n) for n in range(20)]).same
    assert found is not None
    assert found.value == found.high == 1.0
    assert found.low == pytest.approx(binomtest(20, 20).proportion_ci(method="wilson").low)


def test_one_told_twice_counts_once() -> None:
    assert agreement([twice(side("tv"), side("tv"))] * 2).decisions == 1


@pytest.mark.parametrize(
    ("champion", "challenger", "told"),
    [
        (side("tv"), side("tv", "net", mode="save"), None),
        (side("tv"), side("net", mode="save"), "mode save, not grow"),
        (side("tv"), side("net", stopped={"tv": "too_dear"}), "rule too_dear stops tv"),
        (side(stopped={"net": "too_dear"}), side("net"), "rule too_dear no longer stops net"),
        (
            side("tv", "net", tv={"margin": 9.0, "saved": 1.0}, net={"margin": 8.0, "saved": 1.0}),
            side("net", "tv", tv={"margin": 9.0, "saved": 1.0}, net={"margin": 8.5, "saved": 4.0}),
            "euros: saved",
        ),
        (side("tv", "net"), side("net", "tv"), "order: none of mode, rules and euros"),
        (side("tv"), side(), "order: none of mode, rules and euros"),
    ],
)
def test_another_first_proposal_has_a_reason(
    champion: dict[str, Any], challenger: dict[str, Any], told: str | None
) -> None:
    if told is None:
        assert agreement([twice(champion, challenger)]).reasons == ()
    else:
        assert why(champion, challenger) == told


def test_euros_are_by_each_ones_own_figures_and_only_where_both_price_both() -> None:
    apart = twice(
        side("tv", "net", tv={"margin": 9.0}, net={"margin": 8.0}),
        side("net", "tv", tv={"margin": 7.0}, net={"margin": 10.0}),
    )
    alike = twice(side("tv", tv={"margin": 9.0}), side("tv", tv={"margin": 2.0}), 2)
    found = agreement([apart, alike, twice(side("tv"), side("net"), 3)]).gain
    assert {name: (figure.n, figure.value) for name, figure in found.items()} == {
        "champion": (2, -0.5),
        "challenger": (2, 1.5),
    }


def test_groups_stops_and_moves_stand_by_size() -> None:
    pairs = [
        twice(side("tv"), side("net", stopped={"tv": "dear", "fibre": "dear"}), 1, channel="chat"),
        twice(side("tv"), side("tv", stopped={"tv": "dear"}), 2, motive="price"),
        twice(side(), side("tv"), 3),
    ]
    found = agreement(pairs)
    assert list(found.groups["channel"]) == ["voice", "chat"]
    assert list(found.groups["motive"]) == ["(none)", "price"]
    assert found.stops["challenger"] == (("dear", 2, "tv"),)
    assert found.moves == (("nothing", "tv", 1), ("tv", "net", 1))
    assert found.took["challenger"] == pytest.approx((2.0, 2.0, 2.0))


def test_failures_are_counted_by_reason_and_compared_with_nothing() -> None:
    failed = Shadow.model_validate(
        twice(side(), side()).model_dump() | {"champion": None, "challenger": None, "failed": "KeyError"}
    )
    found = agreement([failed])
    assert (found.decisions, dict(found.failed), found.same, found.took) == (1, {"KeyError": 1}, None, {})


# --- the command -----------------------------------------------------------------------------------------------------


def archived(folder: Path, *records: str | None) -> Path:
    place = folder / "journal" / "date=2026-11-21"
    place.mkdir(parents=True)
    rows = [
        {"entry": f"{n}-0", "kind": "shadow", "id": f"p00-{n}", "record": record}
        for n, record in enumerate(records)
    ]
    rows.append({"entry": "99-0", "kind": "decision", "id": "p00-1", "record": "{}"})
    pl.DataFrame(rows).write_parquet(place / "part-p00-0-0-to-99-0.parquet")
    return folder


def test_the_command_prints_the_report_and_writes_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    luck = np.random.default_rng(0)
    told = [
        twice(
            side("tv", "net", tv={"margin": 9.0}, net={"margin": 8.0}),
            side(*(("tv", "net") if luck.random() < 0.8 else ("net", "tv")), tv={"margin": 8.0}, net={"margin": 9.0}, stopped={"fibre": "dear"}),
            n,
        ).model_dump_json()
        for n in range(50)
    ]  # fmt: skip
    folder, out = archived(tmp_path, *told, None), tmp_path / "agreement.json"
    assert main(["shadow", f"--journal={folder}", f"--out={out}"]) == 0
    text = capsys.readouterr().out
    found = json.loads(out.read_text())
    assert text.startswith("50 decisions beside the champion's, of which the challenger failed 0\nsame first")
    for part in (
        "by channel",
        "euros: margin",
        "tv -> net",
        "dear  (fibre)",
        "by the challenger's figures: +",
    ):
        assert part in text
    assert found["same"]["n"] == 50
    assert found["reasons"][0]["why"] == "euros: margin"


@pytest.mark.parametrize(
    ("records", "told"),
    [
        (None, "there is no journal in"),
        ((), "was decided in the shadow; run"),
        (('{"at": 1}',), "decision_id"),
    ],
)
def test_what_is_not_there_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], records: tuple[str, ...] | None, told: str
) -> None:
    if records is not None:
        archived(tmp_path, *records)
    assert main(["shadow", f"--journal={tmp_path}"]) == 2
    assert told in capsys.readouterr().err


def test_a_challenger_that_always_failed_leaves_nothing_to_compare(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = twice(side(), side()).model_dump(mode="json") | {
        "champion": None,
        "challenger": None,
        "failed": "KeyError",
    }
    assert main(["shadow", f"--journal={archived(tmp_path, json.dumps(lost))}"]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == ["  1 x KeyError", "nothing to compare"]
