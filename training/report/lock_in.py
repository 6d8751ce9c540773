"""What holding a product does to staying: plain comparison and adjusted estimate side by side, grades, and what refuted them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from training.report.elements import Node, definitions, element, nothing_yet, section, table
from training.report.strips import Mark, Scale, axis, strip

if TYPE_CHECKING:
    from collections.abc import Sequence
    from xml.etree.ElementTree import Element

    from models.lockin import Effect
    from training.measured.given import Given

TICKS = (0.25, 0.5, 1.0, 2.0, 4.0)
AT_RANDOM = "by offers drawn at random"
TITLE = "Lock-in: what holding a product does to staying"
LEAD = "Hazard ratios: 0.8 means that holding the product makes leaving in a month a fifth less likely. Hollow: plain comparison of those who took it with all others. Full: adjusted for what is known of them before. Where the two differ, the plain comparison would have misled."


def lock_in(given: Given) -> Element:
    """The section."""
    effects = sorted(given.bundle.lockin.effects, key=lambda effect: (effect.grade, effect.hazard_ratio, effect.product_id))  # fmt: skip
    if not effects:
        why = "The bundle's table of effects is empty, and every product counts as having none."
        return section(
            "lockin", TITLE, LEAD, nothing_yet(why, "It is filled by the job from dated holdings and months.")
        )
    drawn = [effect for effect in effects if effect.evidence is not None or effect.grade != "C"]
    scale = _scale(drawn)
    at_random = any(
        effect.evidence is not None and effect.evidence.instrument is not None for effect in drawn
    )
    extra = [AT_RANDOM] if at_random else []
    heads: list[Node] = [
        "product",
        "grade",
        axis(scale, [(tick, f"{tick:g}") for tick in TICKS if scale.low <= tick <= scale.high]),
        "naive",
        "adjusted",
        *extra,
        "counts as",
        "n took it / others",
    ]
    rows = [_row(given, effect, scale, at_random=at_random) for effect in drawn]
    forest = [table(heads, rows, "lllrrrr" + "r" * at_random)] if drawn else []
    counted = sum(effect.grade in ("A", "B") for effect in effects)
    said = element(
        "p", f"{counted} of {len(effects)} products count; the others count as 1, no effect.", class_="note"
    )
    notes = definitions(
        ("Grades", "A: offers were drawn at random. B: adjusted and not refuted by any check that could be made; which, and which could not and why, is told below. C: anything else; counts as nothing. What binds by a term or a fee is a barrier and always C."),
        ("Counts as", "The hazard ratio that values are computed with, drawn towards its family's where data are few. All intervals 95 %."),
        *_stood(given, effects),
        *([("By offers drawn at random", "What taking it did to those who took it because chance had it offered to them (orange). Right only if the offer itself changed nothing about leaving.")] * at_random),
        ("n", "Customers and months that were compared."),
    )  # fmt: skip
    return section("lockin", TITLE, LEAD, *forest, said, *_refuted(given, effects), notes)


def _stood(given: Given, effects: Sequence[Effect]) -> list[tuple[str, str]]:
    """Of each that counts, why: what tried to refute it, and what could not."""
    return [
        (
            f"{given.name(effect.product_id)}, grade {effect.grade}",
            f"{effect.reason[:1].upper()}{effect.reason[1:]}.",
        )
        for effect in effects
        if effect.grade != "C" and effect.reason
    ]


def _scale(effects: Sequence[Effect]) -> Scale:
    """A factor of two to both sides, or of four: what goes on beyond is an arrow."""
    values = [ratio for effect in effects for ratio, *_ in _estimates(effect)]
    reach = 2.0 if all(0.5 <= value <= 2.0 for value in values) else 4.0
    return Scale(1.0 / reach, reach, 1.0, logarithmic=True)


def _estimates(effect: Effect) -> list[tuple[float, float, float, str]]:
    """Ratio, interval and look of everything that was estimated; of an effect without evidence what counts."""
    evidence = effect.evidence
    if evidence is None:
        return [(effect.hazard_ratio, effect.low, effect.high, "served")]
    kinds = ((evidence.naive, "naive"), (evidence.adjusted, "served"), (evidence.instrument, "drawn"))
    return [(found.ratio, found.low, found.high, kind) for found, kind in kinds if found is not None]


def _row(given: Given, effect: Effect, scale: Scale, *, at_random: bool) -> list[Node]:
    evidence, found = effect.evidence, _estimates(effect)
    said = {kind: _ratio(*figures) for *figures, kind in found if evidence is not None}
    served = "nothing" if effect.grade == "C" else _ratio(effect.hazard_ratio, effect.low, effect.high)
    return [
        given.name(effect.product_id),
        element("span", effect.grade, class_=f"grade {effect.grade}"),
        strip(scale, [Mark(*each) for each in found]),
        *(said.get(kind, "") for kind in ("naive", "served", *(["drawn"] if at_random else []))),
        served,
        "" if evidence is None else f"{evidence.taken:,} / {evidence.controls:,}",
    ]


def _ratio(value: float, low: float, high: float) -> str:
    return f"{value:.2f} [{low:.2f},\N{NO-BREAK SPACE}{high:.2f}]"


def _refuted(given: Given, effects: Sequence[Effect]) -> list[Element]:
    """Why each of grade C counts as nothing: its reason, and the checks it did not pass."""
    because: dict[str, list[str]] = {}
    for effect in effects:
        if effect.grade == "C":
            checks = () if effect.evidence is None else effect.evidence.checks
            failed = [f"{check.name}: {check.says}" for check in checks if not check.passed]
            reason = "; ".join([*([effect.reason] if effect.reason else []), *failed])
            because.setdefault(reason or "no reason was given", []).append(given.name(effect.product_id))
    if not because:
        return []
    told = [element("li", element("b", ", ".join(names)), f": {reason}") for reason, names in because.items()]
    return [element("h3", "Counts as nothing, because"), element("ul", *told, class_="because")]
