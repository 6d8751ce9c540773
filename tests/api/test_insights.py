"""The insights: what the service gives of them, what it refuses, and which alarms ring."""

from __future__ import annotations

import dataclasses
import json
import math
import os
from typing import TYPE_CHECKING, Any

import pytest

from api.alarms import ringing
from api.examples.insights import INSIGHTS_EXAMPLE
from api.insights import MOST_BYTES, InsightsFile
from models.insights import Insights, Level, Slope, Watched
from tests.api.running import Running, running

if TYPE_CHECKING:
    from pathlib import Path

    from api.settings import Settings

pytestmark = pytest.mark.anyio
QUIET = {"given_up": 0.0, "most": 0.0, "lag": math.nan}


def written(path: Path, at: int = 1, **changes: Any) -> Path:
    """A file of insights, told to be written at another moment."""
    path.write_text(json.dumps({**INSIGHTS_EXAMPLE, **changes}))
    os.utime(path, (at, at))
    return path


async def test_without_a_file_there_is_a_page_and_no_figures(desk: Running) -> None:
    page = await desk.get("/insights")
    assert page.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self';")
    answer = await desk.get("/v1/insights")
    assert answer.status_code == 404
    assert "python -m training insights" in answer.json()["detail"]


async def test_the_figures_are_given_as_they_were_written_and_once(
    settings: Settings, tmp_path: Path
) -> None:
    path = written(tmp_path / "figures.json")
    async with running(dataclasses.replace(settings, insights=path)) as desk:
        answer = await desk.get("/v1/insights")
        assert answer.content == path.read_bytes()
        assert answer.headers["last-modified"] == "Thu, 01 Jan 1970 00:00:01 GMT"
        headers = {"If-None-Match": answer.headers["etag"]}
        again = await desk.client.get("/v1/insights", headers=headers)
        assert (again.status_code, again.content) == (304, b"")


async def test_a_newer_file_is_taken_and_a_broken_or_large_one_is_not(tmp_path: Path) -> None:
    file = InsightsFile(tmp_path / "figures.json")
    await file.look()
    assert file.current is None
    written(tmp_path / "figures.json", customers=1)
    await file.look()
    written(tmp_path / "figures.json", 2, customers=2)
    await file.look()
    assert file.current is not None
    assert file.current.said.customers == 2
    for at, wrong in enumerate(("{", json.dumps({"format": 2}), " " * (MOST_BYTES + 1)), start=3):
        (tmp_path / "figures.json").write_text(wrong)
        os.utime(tmp_path / "figures.json", (at, at))
        await file.look()
        assert "make it again with `python -m training insights`" in file.refused
        assert file.current.said.customers == 2
    written(tmp_path / "figures.json", 9, customers=3)
    await file.look()
    assert (file.current.said.customers, file.refused) == (3, "")
    written(tmp_path / "figures.json", 10, format=2)
    await file.look()
    assert file.refused
    (tmp_path / "figures.json").unlink()
    await file.look()
    assert (file.current.said.customers, file.refused) == (3, "")


async def test_newer_figures_that_cannot_be_shown_ring_an_alarm(settings: Settings, tmp_path: Path) -> None:
    path = written(tmp_path / "figures.json", format=2)
    async with running(dataclasses.replace(settings, insights=path)) as desk:
        text = (await desk.get("/metrics")).text
    assert 'behoud_alarm{alarm="insights"} 1.0' in text.splitlines()


async def test_what_is_watched_is_a_figure_for_prometheus(settings: Settings, tmp_path: Path) -> None:
    watched = {
        "drift": {"tv_hours": 0.31},
        "calibration": {"churn": {"value": 0.7, "low": 0.6, "high": 0.8, "n": 900}},
        "level": {"churn": {"value": 1.1, "low": 0.9, "high": 1.3, "n": 900}},
        "sample_ratio": {"holdout": 0.0004},
    }
    path = written(tmp_path / "figures.json", watched=watched)
    async with running(dataclasses.replace(settings, insights=path)) as desk:
        text = (await desk.get("/metrics")).text
    for line in (
        'behoud_drift_psi{fact="tv_hours"} 0.31',
        'behoud_calibration_slope{model="churn"} 0.7',
        'behoud_calibration_level{model="churn"} 1.1',
        'behoud_sample_ratio_p{experiment="holdout"} 0.0004',
        "behoud_insights_written_seconds 1.0",
        'behoud_alarm{alarm="drift"} 1.0',
        'behoud_alarm{alarm="calibration"} 1.0',
        'behoud_alarm{alarm="sample_ratio"} 1.0',
        'behoud_alarm{alarm="exploration_cap"} 0.0',
        'behoud_alarm{alarm="learner_lag"} 0.0',
        'behoud_alarm{alarm="insights"} 0.0',
    ):
        assert line in text.splitlines()


@pytest.mark.parametrize(
    ("watched", "rings"),
    [
        (Watched(drift={"a": 0.25, "b": 0.1}), set()),
        (Watched(drift={"a": 0.2501}), {"drift"}),
        (Watched(calibration={"churn": Slope(value=0.75, low=0.4, high=1.1, n=50)}), set()),
        (Watched(calibration={"churn": Slope(value=0.85, low=0.8, high=0.9, n=9000)}), set()),
        (Watched(calibration={"acceptance": Slope(value=1.3, low=1.1, high=1.5, n=900)}), {"calibration"}),
        (Watched(level={"churn": Level(value=1.25, low=1.2, high=1.3, n=9000)}), set()),
        (Watched(level={"churn": Level(value=2.0, low=0.9, high=3.1, n=50)}), set()),
        (Watched(level={"churn": Level(value=2.0, low=1.9, high=2.1, n=9000)}), {"calibration"}),
        (Watched(level={"acceptance": Level(value=0.5, low=0.4, high=0.6, n=900)}), {"calibration"}),
        (Watched(sample_ratio={"x": 0.001}), set()),
        (Watched(sample_ratio={"x": 0.5, "y": 0.00099}), {"sample_ratio"}),
        (None, set()),
    ],
)
def test_an_alarm_rings_beyond_its_limit_alone(watched: Watched | None, rings: set[str]) -> None:
    assert {name for name, on in ringing(watched, **QUIET).items() if on} == rings


def test_the_cap_and_the_learner_ring_without_insights() -> None:
    found = ringing(None, given_up=50.0, most=50.0, lag=61.0)
    assert {name for name, on in found.items() if on} == {"exploration_cap", "learner_lag"}
    assert not any(ringing(None, given_up=0.0, most=0.0, lag=60.0).values())


def test_a_figure_has_points_or_says_why_not() -> None:
    figures = [dict(one) for one in INSIGHTS_EXAMPLE["figures"]]
    for wrong in ({"points": [], "missing": None}, {**figures[0], "missing": "too_few"}):
        with pytest.raises(ValueError, match="give points, or say what is missing"):
            Insights.model_validate({**INSIGHTS_EXAMPLE, "figures": [{**figures[0], **wrong}, *figures[1:]]})
    with pytest.raises(ValueError, match="once"):
        Insights.model_validate({**INSIGHTS_EXAMPLE, "figures": figures[1:]})


@pytest.mark.parametrize(
    ("changes", "says"), [({"low": None}, "two ends"), ({"low": 0.2}, "outside its interval")]
)
def test_a_point_lies_within_its_interval(changes: dict[str, Any], says: str) -> None:
    first = INSIGHTS_EXAMPLE["figures"][0]
    figure = {**first, "points": [{**first["points"][0], **changes}]}
    with pytest.raises(ValueError, match=says):
        Insights.model_validate({**INSIGHTS_EXAMPLE, "figures": [figure, *INSIGHTS_EXAMPLE["figures"][1:]]})
