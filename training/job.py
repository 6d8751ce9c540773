"""The offline job: tables in, checked, split, fitted and judged; a bundle out, logged, registered and, past the gate, champion."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

from models.bundle import BundleError, Origin, Parts, open_bundle, pack_bundle
from models.catalogue import load_catalogue
from training import plots
from training.errors import OptionError
from training.evaluation.tournament import fit_only, run_tournament
from training.fit.acceptance import AcceptanceFit, fit_acceptance
from training.fit.acquisitions import PropensityData
from training.fit.churn import churn_of, landmarks
from training.fit.leaving_rows import leaving_rows
from training.fit.method import methods
from training.fit.pacing import fit_pacing
from training.fit.popularity_by_segment import NAME as FLOOR
from training.fit.saving import SavingFit, Stated, fit_saving
from training.fit.spoken import read_talks
from training.fit.spoken_rows import spoken_rows
from training.fit.waking import WakingFit, fit_waking, followed, months_known
from training.folder import check_target, write_folder
from training.gate import judge_bundle
from training.knowledge import knowing
from training.law import read_policy
from training.lockin import lockin_of, months_of
from training.objections import without_objectors
from training.ope.judging import Asked
from training.ope.kept import Proposed
from training.ope.promoting import not_worse
from training.prompted import journal_parts
from training.scoreboard import metrics_of, table_of
from training.tables import read_tables
from training.tracking import Log
from training.version import code_version

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from models.bundle import Bundle
    from models.catalogue import Catalogue
    from models.features import Floats
    from models.policy import Policy
    from training.evaluation.tournament import TournamentResult
    from training.fit.churn import ChurnFit
    from training.fit.spoken import Talks
    from training.tables import Tables
    from training.tracking import Registry


@dataclass(frozen=True)
class Order:
    """What is asked of the job. `out` None: below `var`, named by the bundle's version.

    `journal`: the folder of an archived journal by which what is to be promoted is judged too; None: that of `data`, where there is one.
    Not `judged`: `method` is fitted alone and held against no other, and churn on all months at once, for where the job runs hundreds of times.
    """

    data: Path
    var: Path
    catalogue: Path | None = None
    policy: Path | None = None
    out: Path | None = None
    method: str | None = None
    promote: bool = False
    journal: Path | None = None
    seed: int = 0
    judged: bool = True


@dataclass(frozen=True)
class Learned:
    """What was fitted on the tables, and how it was judged."""

    data: PropensityData
    tournament: TournamentResult
    churn: ChurnFit
    origin: Origin
    files: dict[str, bytes]


@dataclass(frozen=True)
class Done:
    """What the job leaves: the bundle, where it lies, its number in the registry, and whether it is the champion now."""

    bundle: Bundle
    folder: Path
    registered: int
    champion: bool


def run(order: Order, registry: Callable[[], Registry], say: Callable[[str], None]) -> Done:
    """The whole job; `say` gets a line for everything that happens.

    Nothing is fitted or written before the tables are without a problem, and nothing is registered before the bundle is on disk.

    Raises:
        TableError: every problem in the tables. DocumentError: in catalogue or policy.
        BundleError: `out` holds something else. OptionError: no such method. TrackingError: MLflow did not answer.
    """
    if order.out is not None:
        check_target(order.out)
    if order.method is not None and order.method not in methods():
        raise OptionError(f"--method: there is no '{order.method}'; there are {', '.join(methods())}")
    if order.journal is not None and not order.promote:
        raise OptionError("--journal: judges what is to be promoted; add --promote, or use `ope`")
    if order.journal is not None and not journal_parts(order.journal):
        raise OptionError(
            f"--journal: no journal below '{order.journal}'; name the folder `archive --out` was given"
        )
    say(f"reading {order.data}")
    catalogue = (
        load_catalogue(order.catalogue.read_bytes(), str(order.catalogue)) if order.catalogue else None
    )
    policy = read_policy(order.policy) if order.policy else None
    tables = read_tables(order.data, _ids(catalogue), policy.facts if policy else None)
    tables = without_objectors(replace(tables, trends=policy.trends) if policy else tables)
    for line in _found(tables, policy):
        say(line)
    learned = learn(tables, catalogue, order, say, policy)
    bundle = open_bundle(learned.files)
    for line in (*table_of(learned.tournament.rows), learned.tournament.how, *bundle.verdicts):
        say(line)
    folder = order.out or order.var / "bundles" / bundle.version.removeprefix("sha256:")[:12]
    write_folder(learned.files, folder)
    say(f"bundle {bundle.version} written to {folder}")
    return _publish(order, registry(), learned, bundle, folder, say)


def learn(
    tables: Tables,
    catalogue: Catalogue | None,
    order: Order,
    say: Callable[[str], None],
    policy: Policy | None = None,
) -> Learned:
    """Fit, judge and pack. The same tables, catalogue, policy, method and seed give the same bytes.

    What outcomes teach needs a catalogue, a policy and a journal in `order.data`; without one of them it is left out.
    """
    if catalogue is not None:
        again = frozenset(product.id for product in catalogue.products if product.repeatable)
        tables = replace(tables, repeatable=again)
    data = PropensityData.of(tables)
    if order.judged:
        tournament = run_tournament(data, order.seed, order.method, say)
    else:
        tournament = fit_only(data, order.seed, order.method or FLOOR)
    say("fitting churn")
    with threadpool_limits(1, "blas"):
        rows = landmarks(tables)
        churn = churn_of(rows, tables, order.seed, judged=order.judged)
    talks = read_talks(journal_parts(order.data))
    say("fitting lock-in")
    months = months_of(tables, talks, policy)
    lockin = lockin_of(months, tables.products, catalogue, order.data, order.seed)
    heard = AcceptanceFit(None, ())
    if catalogue is not None and policy is not None:
        say("fitting acceptance")
        with threadpool_limits(1, "blas"):
            spoken = spoken_rows(talks.spoken, data, tournament.winner, catalogue, policy)
            heard = fit_acceptance(spoken, talks, (*policy.leaving.intents, *policy.leaving.confirmed))
    logits = None
    if rows is not None and churn.model is not None:
        logits = churn.model.logits(rows.facts, rows.holdings)
    saving = SavingFit(None, {}, ("Saving is left out: no policy says who wishes to leave.",))
    if policy is not None:
        say("fitting who leaves now")
        saving = _saving(tables, talks, Stated.of(policy.leaving, catalogue), logits)
    woken = WakingFit(None, ())
    if policy is not None and logits is not None:
        woken = _waking(tables, talks, logits, policy)
    parts = Parts(
        winner=tournament.winner,
        implicit=tournament.implicit,
        churn=churn.model,
        lockin=lockin.table,
        fact_kinds={fact: tables.facts[fact].type for fact in tables.kinds},
        metrics={**metrics_of(tournament, churn), **lockin.metrics, **saving.metrics},
        verdicts=(
            *tournament.verdicts,
            *churn.sentences,
            *lockin.sentences,
            *heard.sentences,
            *saving.sentences,
            *woken.sentences,
        ),
        acceptance=heard.part,
        saving=saving.model,
        waking=woken.part,
    )
    origin = Origin(tables.version, code_version(), order.seed, tables.until)
    if catalogue is not None and policy is not None and policy.arbitration.budget is not None:
        say("deciding the last contacts again for the budget")
        pacing, told = fit_pacing(journal_parts(order.data), knowing(catalogue, policy, parts, origin))
        parts = replace(parts, pacing=pacing, verdicts=(*parts.verdicts, *told))
    return Learned(data, tournament, churn, origin, pack_bundle(parts, origin))


def _saving(tables: Tables, talks: Talks, stated: Stated, churn_logits: Floats | None) -> SavingFit:
    """Who leaves now, of the customers the tables know."""
    logits = None
    if churn_logits is not None:
        assert tables.customers is not None  # noqa: S101  the logits are of its rows
        logits = months_known(tables.customers, churn_logits).select(
            "customer_id", pl.col("month").cast(pl.Date), logit="offset"
        )
    with threadpool_limits(1, "blas"):
        rows = leaving_rows(talks, tables.customers, stated.leaving, tuple(tables.kinds), logits)
        return fit_saving(rows, tables.kinds, stated)


def _waking(tables: Tables, talks: Talks, churn_logits: Floats, policy: Policy) -> WakingFit:
    """What being asked does to who does not wish to leave."""
    assert tables.customers is not None  # noqa: S101  the logits are of its rows
    with threadpool_limits(1, "blas"):
        months = months_known(tables.customers, churn_logits)
        return fit_waking(followed(talks, months, (*policy.leaving.intents, *policy.leaving.confirmed)))


def _ids(catalogue: Catalogue | None) -> tuple[str, ...] | None:
    return None if catalogue is None else tuple(product.id for product in catalogue.products)


def _found(tables: Tables, policy: Policy | None) -> list[str]:
    months = (
        "no customers table" if tables.customers is None else f"{len(tables.customers):,} customer-months"
    )
    typed = "typed by the policy" if policy else "typed by schema.yaml or from the table"
    lines = [
        f"{len(tables.holdings):,} holdings of {len(tables.products)} products, {months}, {len(tables.facts)} facts {typed}"
    ]
    if tables.customers is None:
        lines.append("Without `customers` no facts are used and churn is left out.")
    return [*lines, *tables.warnings]


def _publish(
    order: Order,
    registry: Registry,
    learned: Learned,
    bundle: Bundle,
    folder: Path,
    say: Callable[[str], None],
) -> Done:
    say(f"logging to MLflow at {registry.uri}")
    number = registry.log(_log(order, learned, bundle), learned.files, bundle.version)
    say(f"registered as version {number} of the model behoud")
    if not order.promote:
        say("the champion stays as it is; --promote lets this version stand for it")
        return Done(bundle, folder, number, champion=False)
    champion = _champion(registry, say)
    tournament = learned.tournament
    settings = tournament.settings.get(bundle.winner.method)
    gate = judge_bundle(bundle, tournament.rows, champion, learned.data, order.seed, settings)
    journal = order.journal or order.data
    if journal_parts(journal):
        gate = gate.and_(*not_worse(_asked(order, journal, bundle), say))
    for sentence in gate.sentences:
        say(sentence)
    if gate.passes:
        registry.promote(number)
        say(f"version {number} is the champion now")
    else:
        say(f"version {number} does not become the champion")
    return Done(bundle, folder, number, champion=gate.passes)


def _asked(order: Order, journal: Path, bundle: Bundle) -> Asked:
    """What the new bundle would have earned with the documents of this run, by the margins of its tables."""
    catalogue = (
        load_catalogue(order.catalogue.read_bytes(), str(order.catalogue)) if order.catalogue else None
    )
    policy = read_policy(order.policy) if order.policy else None
    proposed = Proposed(catalogue, policy, bundle)
    return Asked(journal, order.var / "shelf", proposed, data=order.data, seed=order.seed)


def _champion(registry: Registry, say: Callable[[str], None]) -> Bundle | None:
    """The bundle in service. One that cannot be opened serves nobody, so it stands in nobody's way."""
    found = registry.champion()
    if found is None:
        say("there is no champion yet")
        return None
    number, files = found
    try:
        return open_bundle(files)
    except BundleError as error:
        say(f"the champion, version {number}, cannot be opened and is not compared with: {error}")
        return None


def _log(order: Order, learned: Learned, bundle: Bundle) -> Log:
    tournament, churn = learned.tournament, learned.churn
    report = {
        "report.txt": "\n".join((*table_of(tournament.rows), tournament.how, *bundle.verdicts)).encode()
    }
    if tournament.rows:
        report["tournament.png"] = plots.tournament(tournament.rows)
    if tournament.bins:
        report["calibration.png"] = plots.propensity_calibration(tournament.bins)
    if churn.held_out is not None:
        report["churn_calibration.png"] = plots.churn_calibration(*churn.held_out)
    params = {
        "seed": str(order.seed),
        "method": order.method or "the tournament's winner",
        "serves": bundle.winner.method,
        "products": str(len(bundle.products)),
        "facts": ", ".join(bundle.fact_kinds),
        "split": tournament.how,
        **{
            f"{name}.{key}": str(value)
            for name, chosen in tournament.settings.items()
            for key, value in chosen.items()
        },
    }
    tags = {"data": learned.origin.data, "code": learned.origin.code, "bundle": bundle.version}
    return Log(params, bundle.metrics, tags, report)
