"""What experiments have shown, as `python -m training experiment` wrote it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from models.insights import MOST_LABELS, Figure, Point
from training.errors import OptionError
from training.insights.points import figure

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

WITHHELD = "withheld"
"""In place of a measure, where the sample ratio is off; the value is its p."""


def read_answers(folder: Path | None) -> list[dict[str, Any]]:
    """The answers in a folder, by name of the file; plans are none.

    Raises:
        OptionError: a file that is no such answer. OSError: it cannot be read.
    """
    paths = [] if folder is None else sorted(folder.glob("*.json"))
    found = []
    for path in paths:
        try:
            answer = json.loads(path.read_bytes())
            if "results" in answer:
                _points_of(answer)
                found.append(answer)
        except (ValueError, KeyError, TypeError) as error:
            raise OptionError(
                f"--experiments: {path} is no answer of `python -m training experiment` ({error}); make it again or take it away"
            ) from None
    return found


def experiments(answers: Iterable[dict[str, Any]]) -> tuple[Figure, dict[str, float]]:
    """Differences to the control of everybody assigned, with the interval that is valid at any look; and each sample ratio's p.

    Of too many experiments those that end last are told, and the sample ratios that are least likely: these are what somebody is woken for.
    """
    found = sorted(answers, key=lambda one: str(one.get("until", "")), reverse=True)
    points = [one for answer in found[:MOST_LABELS] for one in _points_of(answer)]
    more = sum(len(_points_of(answer)) for answer in found[MOST_LABELS:])
    ratios = sorted((float(one["sample_ratio"]["p"]), str(one["experiment"])) for one in found)[:MOST_LABELS]
    return figure("experiments", points, "not_in_use", more), {name: p for p, name in ratios}


def _points_of(answer: dict[str, Any]) -> list[Point]:
    name, ratio = str(answer["experiment"]), answer["sample_ratio"]
    units = sum(int(arm["units"]) for arm in ratio["arms"])
    if answer["withheld"]:
        return [Point(series=name, at=WITHHELD, value=float(ratio["p"]), n=units)]
    return list(_results(answer, name, float(ratio["p"])))


def _results(answer: dict[str, Any], name: str, p: float) -> Iterator[Point]:
    for one in answer["results"]:
        found = one["found"]
        if one["population"] != "assigned" or found is None:
            continue
        yield Point(
            series=name,
            at=str(one["measure"]),
            value=float(found["estimate"]),
            low=found["any_low"],
            high=found["any_high"],
            n=int(found["n_control"]) + int(found["n_treatment"]),
            about={
                "arm": str(one["arm"]),
                "against": str(answer["control"]),
                "control": float(found["control"]),
                "treatment": float(found["treatment"]),
                "p": found["p_any_time"],
                "primary": bool(one["primary"]),
                "unit": str(answer["measures"][one["measure"]]["unit"]),
                "sample_ratio": p,
            },
        )
