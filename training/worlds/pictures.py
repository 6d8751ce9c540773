"""Pictures of a comparison: NV by world, and euros a contact."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from training.evaluation.bootstrap import Interval
    from training.worlds.figures import Figures


def nv_picture(lines: Sequence[Figures]) -> bytes:
    """PNG: a panel a world, NV over the longer horizon with 95 % intervals; where it is not defined the panel is empty."""
    return _panels(lines, lambda line: line.nv[-1], "NV over 36 months: 0 random, 1 oracle (95 % interval)")


def euros_picture(lines: Sequence[Figures]) -> bytes:
    """PNG: the same in euros a contact against doing nothing."""
    return _panels(
        lines, lambda line: line.euros[-1], "euros a contact against doing nothing, 36 months (95 % interval)"
    )


def _panels(lines: Sequence[Figures], of: Callable[[Figures], Interval | None], title: str) -> bytes:
    worlds = [*dict.fromkeys(line.world for line in lines)]
    policies = [*reversed(dict.fromkeys(line.policy for line in lines))]
    columns = min(3, len(worlds))
    rows = -(-len(worlds) // columns)
    figure = Figure(
        figsize=(2 + 3.4 * columns, 1 + (0.6 + 0.25 * len(policies)) * rows), layout="constrained"
    )
    axes = figure.subplots(rows, columns, squeeze=False, sharey=True).ravel()
    for axis, world in zip(axes, worlds, strict=False):
        for line in lines:
            if line.world == world and (found := of(line)) is not None:
                reach = [[max(found.mean - found.low, 0.0)], [max(found.high - found.mean, 0.0)]]
                axis.errorbar(
                    found.mean, policies.index(line.policy), xerr=reach, fmt="o", capsize=3, color="tab:blue"
                )
        axis.axvline(0.0, color="grey", linewidth=1)
        axis.set_title(world)
        axis.set_yticks(range(len(policies)), policies)
    for axis in axes[len(worlds) :]:
        axis.set_visible(False)
    figure.suptitle(title)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110, metadata={"Software": None})
    return buffer.getvalue()
