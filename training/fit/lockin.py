"""What holding a product does to staying: estimated, shrunk, refuted, graded; only what stands enters value.

C, with the reason: it binds by a term, it replaces another product, too few took it, they compare with nobody, it could as well be nothing, or a
check refuted it. B: adjusted and not refuted. A: offers drawn at random say so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

from models.evidence import Evidence, Ratio
from models.lockin import WIDTH, Effect, LockIn
from training.fit.aipw import contrast
from training.fit.encouraged import Offers, agrees, instrument
from training.fit.refuting import e_value, leaving_out, placebo_outcome, placebo_treatment
from training.fit.shrinkage import shrunk
from training.fit.trial import FOLLOWED, Trial, acquired, after, replaces, starts, trial_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from models.catalogue import Catalogue
    from models.evidence import Check
    from training.fit.aipw import Contrast, Rows
    from training.fit.customer_panel import Panel
    from training.fit.encouraged import Instrument

    Flags = npt.NDArray[np.bool_]

TAKEN_NEEDED = 80
LEAVERS_NEEDED = 5
"""Expected of those who took it had they not; fewer say nothing about leaving."""
OVERLAP_NEEDED = 0.9
NOTHING = Ratio(1.0, 1.0, 1.0)


@dataclass(frozen=True)
class Ware:
    """What a catalogue says of a product. `needs`: of each set one must be held; `binds`: by a term or a fee."""

    family: str
    needs: tuple[frozenset[str], ...] = ()
    binds: bool = False


@dataclass(frozen=True)
class LockInFit:
    """The table, figures to log, and sentences for the report."""

    table: LockIn
    metrics: Mapping[str, float]
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class Estimate:
    """Of one product: its trial, the rows it was compared on, and what came of it; `drawn`: what offers drawn at random say."""

    product: int
    trial: Trial
    rows: Rows
    found: Contrast
    drawn: Instrument | None


def wares_of(catalogue: Catalogue | None, products: Sequence[str]) -> dict[str, Ware]:
    """Product -> what the catalogue says of it; each its own family without one."""
    known = {} if catalogue is None else catalogue.product
    return {
        name: Ware(
            known[name].family,
            tuple(frozenset(catalogue.members(need)) for need in known[name].requires),
            catalogue.binds(name),
        )
        if catalogue is not None and name in known
        else Ware(name)
        for name in products
    }


def fit_lockin(
    panel: Panel | None, wares: Mapping[str, Ware], seed: int, offers: Offers | None = None
) -> LockInFit:
    """The effects of all products of the panel; none, with the reason, without a table of months. `offers`: those drawn at random."""
    if panel is None:
        return LockInFit(LockIn(), {}, ("Lock-in is left out: no months with 'churned' are known.",))
    with threadpool_limits(1, "blas"):  # many small systems: threads would wait for each other
        return _fitted(panel, wares, seed, offers)


def _fitted(panel: Panel, wares: Mapping[str, Ware], seed: int, offers: Offers | None) -> LockInFit:
    taken = acquired(panel)
    estimates: dict[int, Estimate] = {}
    effects: dict[int, Effect] = {}
    for product, name in enumerate(panel.products):
        estimate, why = _estimated(panel, taken, product, wares[name], seed, offers)
        if estimate is not None:
            estimates[product] = estimate
        if why or estimate is None:
            effects[product] = _uncounted(name, wares[name], estimate, why)
    judged = [estimate for product, estimate in estimates.items() if product not in effects]
    for estimate, mean, deviation in zip(judged, *_shrunk(panel, judged, wares), strict=True):
        effects[estimate.product] = _graded(panel, taken, estimate, mean, deviation, seed)
    table = LockIn(tuple(effects[product] for product in sorted(effects)))
    return LockInFit(table, _metrics(table), _sentences(table))


def _estimated(
    panel: Panel, taken: Flags, product: int, ware: Ware, seed: int, offers: Offers | None
) -> tuple[Estimate | None, str]:
    """The estimate if one can be made, and why it cannot count, if so."""
    could = ~panel.held[:, product]
    for need in ware.needs:
        members = [place for place, name in enumerate(panel.products) if name in need]
        could &= panel.held[:, members].any(axis=1)
    trial = trial_of(panel, taken[:, product], could, seed)
    if len(trial.taken) < TAKEN_NEEDED:
        return None, _barrier(ware) or f"{len(trial.taken)} took it, {TAKEN_NEEDED} are needed"
    if replaces(panel, trial.taken):
        return (
            None,
            "taking it mostly replaces another product: what it adds cannot be told from what is given up",
        )
    rows = after(panel, trial)
    if not rows.left[~rows.taken].any():
        return None, _barrier(ware) or "nobody who could be compared with left"
    found = contrast(rows, seed)
    drawn = None if offers is None else instrument(panel, offers, product, could, seed)
    return Estimate(product, trial, rows, found, drawn), _barrier(ware) or _thin(found)


def _barrier(ware: Ware) -> str:
    return "it binds by a term: a barrier is no reason to stay" if ware.binds else ""


def _thin(found: Contrast) -> str:
    if found.expected < LEAVERS_NEEDED:
        return f"of {found.taken} who took it {found.expected:.1f} would be expected to leave, {LEAVERS_NEEDED} are needed"
    if found.overlap < OVERLAP_NEEDED:
        return f"{1 - found.overlap:.0%} of those who took it have nobody to be compared with"
    return ""


def _shrunk(
    panel: Panel, judged: Sequence[Estimate], wares: Mapping[str, Ware]
) -> tuple[list[float], list[float]]:
    mean, deviation = shrunk(
        np.array([estimate.found.log_ratio for estimate in judged]),
        np.array([estimate.found.error for estimate in judged]),
        [wares[panel.products[estimate.product]].family for estimate in judged],
    )
    return mean.tolist(), deviation.tolist()


def _uncounted(name: str, ware: Ware, estimate: Estimate | None, why: str) -> Effect:
    shown, evidence = NOTHING, None
    if estimate is not None:
        shown = ratio_of(estimate.found.log_ratio, estimate.found.error)
        evidence = _evidence(estimate)
    return Effect(name, shown.ratio, shown.low, shown.high, "C", ware.binds, why, evidence)


def _graded(
    panel: Panel, taken: Flags, estimate: Estimate, mean: float, deviation: float, seed: int
) -> Effect:
    """A when offers drawn at random surely say something that the adjusted estimate can agree with; B when it is surely something, shrunk and unshrunk, and no check refutes it.

    A draw that contradicts it speaks of more than holding the product: of a discount that came with it, or of those who take only what is offered.
    """
    name, found, drawn = panel.products[estimate.product], estimate.found, estimate.drawn
    agreed = drawn is not None and agrees(found.log_ratio, found.error, drawn).passed
    if drawn is not None and agreed and abs(drawn.log_ratio) > WIDTH * drawn.error:
        sure = drawn.ratio
        why = f"offers drawn at random say so, first stage F {drawn.strength:.0f}"
        return Effect(name, sure.ratio, sure.low, sure.high, "A", reason=why, evidence=_evidence(estimate))
    served, evidence = ratio_of(mean, deviation), _evidence(estimate)
    surely = min(abs(mean) / deviation, abs(found.log_ratio) / found.error) > WIDTH
    if not surely:
        why = "it could as well be nothing"
        return Effect(name, served.ratio, served.low, served.high, "C", reason=why, evidence=evidence)
    checks = _checks(panel, taken, estimate, seed)
    failed = [check.name for check in checks if not check.passed]
    why = f"refuted by: {', '.join(failed)}" if failed else _stood(checks)
    return Effect(
        name,
        served.ratio,
        served.low,
        served.high,
        "C" if failed else "B",
        reason=why,
        evidence=replace(evidence, checks=checks),
    )


def _stood(checks: Sequence[Check]) -> str:
    """What did not refute it, and what could not be made, with its reason: a refuter that was not there is no evidence."""
    made = ", ".join(check.name for check in checks if check.value is not None)
    missing = "".join(
        f"; could not be made: {check.name} ({_clause(check.says)})"
        for check in checks
        if check.value is None
    )
    return f"adjusted, not refuted by {made}{missing}"


def _clause(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:].rstrip(".")


def _checks(panel: Panel, taken: Flags, estimate: Estimate, seed: int) -> tuple[Check, ...]:
    trial, product = estimate.trial, estimate.product
    anything = taken.any(axis=1) & ~taken[:, product] & ~panel.held[:, product] & starts(panel)
    something_else = Trial(trial.taken, np.flatnonzero(anything))
    found, drawn = estimate.found, estimate.drawn
    checks = (
        placebo_outcome(panel, trial, seed),
        placebo_treatment(found, panel, something_else, seed),
        e_value(found, estimate.rows),
        leaving_out(found, panel, trial),
    )
    return checks if drawn is None else (*checks, agrees(found.log_ratio, found.error, drawn))


def _evidence(estimate: Estimate) -> Evidence:
    found = estimate.found
    return Evidence(
        naive=ratio_of(found.naive, found.naive_error),
        adjusted=ratio_of(found.log_ratio, found.error),
        taken=found.taken,
        controls=found.controls,
        months=FOLLOWED,
        overlap=found.overlap,
        instrument=None if estimate.drawn is None else estimate.drawn.ratio,
    )


def ratio_of(log_ratio: float, error: float) -> Ratio:
    """The ratio with its 95 % interval."""
    ends = log_ratio + WIDTH * error * np.array([0.0, -1.0, 1.0])
    ratio, low, high = np.exp(ends).tolist()
    return Ratio(ratio, low, high)


def _metrics(table: LockIn) -> dict[str, float]:
    grades = [effect.grade for effect in table.effects]
    return {f"lockin.grade_{grade.lower()}": float(grades.count(grade)) for grade in ("A", "B", "C")}


def _sentences(table: LockIn) -> tuple[str, ...]:
    if not table.effects:
        return ("Lock-in: no product is known.",)
    counted = [effect for effect in table.effects if effect.grade != "C"]
    lines = [
        f"Lock-in of {effect.product_id}: hazard x {effect.hazard_ratio:.2f} [{effect.low:.2f}, {effect.high:.2f}], grade {effect.grade}: {effect.reason}."
        for effect in counted
    ]
    rest = [effect for effect in table.effects if effect.grade == "C"]
    told = "; ".join(f"{effect.product_id} ({effect.reason})" for effect in rest)
    return (*lines, f"Lock-in, counted as nothing: {told}.") if rest else tuple(lines)
