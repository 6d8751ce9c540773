"""What the service says about itself: figures for Prometheus and lines of JSON."""

from __future__ import annotations

import json
import logging
import math
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from api.admission import SHARE
from api.alarms import ALARMS, ringing
from api.failures import WHYS
from api.spool_file import KINDS
from api.tracing import trace_id

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from datetime import date

    from api.admission import Admission, Kind
    from api.insights import InsightsFile
    from api.spool import Spool

BUCKETS = (0.0005, 0.001, 0.002, 0.004, 0.008, 0.015, 0.03, 0.06, 0.12, 0.25, 0.5, 1.0)
"""Seconds."""

_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


class Metrics:
    """The figures of one process. Labels have few values: channels and modes of the policy, names of what was missing."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.seconds = Histogram(
            "behoud_decision_seconds",
            "From the request to the answer",
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.decisions = Counter(
            "behoud_decisions",
            "Decisions answered; result is new, known or degraded",
            ("channel", "mode", "result"),
            registry=self.registry,
        )
        self.degraded = Counter(
            "behoud_degraded",
            "Decisions made without something; what is store, record, customer, history, bundle, flags, facts, holdings, idempotency, explanation or candidates",
            ("what",),
            registry=self.registry,
        )
        self.outcomes = Counter(
            "behoud_outcomes",
            "Outcomes taken, by kind; known ones are not counted",
            ("kind",),
            registry=self.registry,
        )
        self.waiting = Gauge(
            "behoud_outcomes_waiting",
            "Outcomes that came ahead of their decision and wait for it",
            registry=self.registry,
        )
        self.given_up_outcomes = Counter(
            "behoud_outcomes_given_up",
            "Outcomes whose decision did not come in time, or had not proposed their action",
            registry=self.registry,
        )
        self.events = Counter(
            "behoud_events",
            "Events taken, by kind; known ones are not counted",
            ("kind",),
            registry=self.registry,
        )
        self.levers_cost = Counter(
            "behoud_levers_cost_euros",
            "Expected value given up because business levers changed the order",
            registry=self.registry,
        )
        self.given_up = Gauge(
            "behoud_exploration_given_up_euros",
            "Expected value given up today because another than the best stood first, to learn from",
            registry=self.registry,
        )
        self.most_given_up = Gauge(
            "behoud_exploration_euros_a_day",
            "What exploring may cost a day; 0 where nothing is explored",
            registry=self.registry,
        )
        self.refused = Gauge(
            "behoud_knowledge_refused",
            "1 while the documents in the folder are not in use because they cannot be used",
            registry=self.registry,
        )
        self.not_followed = Gauge(
            "behoud_source_refused",
            "1 while a part is not what its source names, which is broken, away or was gone back from; what was in use stays",
            ("part",),
            registry=self.registry,
        )
        self.looked = Gauge(
            "behoud_bundle_looked_seconds",
            "When the source of bundles was last looked at, in seconds since 1970; NaN where none is named",
            registry=self.registry,
        )
        self.breaker = Gauge(
            "behoud_breaker_open", "1 while the store is not asked because it failed", registry=self.registry
        )

        self.bundle_age = Gauge(
            "behoud_bundle_age_seconds",
            "How long ago the last day was that the bundle in use has learned from; NaN without a bundle, or where nothing was dated",
            registry=self.registry,
        )
        self.journal = Gauge(
            "behoud_journal_backlog",
            "Entries of the journal the store holds because no archive has taken them out yet",
            registry=self.registry,
        )
        self.overloaded = Counter(
            "behoud_calls_refused",
            "Calls refused because there was too much to do; kind is reads, bots, agents or writes",
            ("kind",),
            registry=self.registry,
        )
        self.limit = Gauge(
            "behoud_calls_limit",
            "How many calls may be under way; below BEHOUD_CONCURRENT there is too much to do, and it is how many may wait",
            registry=self.registry,
        )
        self.learner = Gauge(
            "behoud_learner_lag_seconds",
            "How long ago the learner had counted everything the journal held; NaN where none ever ran",
            registry=self.registry,
        )
        self.learner.set(math.nan)

        self.insights_written = Gauge(
            "behoud_insights_written_seconds",
            "When the insights in use were written, in seconds since 1970; NaN where there are none",
            registry=self.registry,
        )
        self.insights_written.set(math.nan)
        self.drift = Gauge(
            "behoud_drift_psi",
            "How far a fact has moved in the last month against the twelve before: population stability index",
            ("fact",),
            registry=self.registry,
        )
        self.calibration = Gauge(
            "behoud_calibration_slope",
            "Slope of the calibration line over the last three months; 1 is right",
            ("model",),
            registry=self.registry,
        )
        self.level = Gauge(
            "behoud_calibration_level",
            "How many were seen for one that was foretold, over the last three months; 1 is right",
            ("model",),
            registry=self.registry,
        )
        self.sample_ratio = Gauge(
            "behoud_sample_ratio_p",
            "How likely arms as uneven as these are by chance",
            ("experiment",),
            registry=self.registry,
        )
        self.alarms = Gauge(
            "behoud_alarm", "1 while it rings: somebody should look", ("alarm",), registry=self.registry
        )
        for alarm in ALARMS:
            self.alarms.labels(alarm).set(0)
        self.failures = Counter(
            "behoud_store_failures",
            "Calls of decisions the store failed; why is away, slow, loading, busy, readonly, full, misconf, down, unconfirmed or refused",
            ("why",),
            registry=self.registry,
        )
        for why in WHYS:
            self.failures.labels(why)
        self.poison = Counter(
            "behoud_poison",
            "Times something stored of one customer could not be read; what is store, customer, history or decision",
            ("what",),
            registry=self.registry,
        )
        self.backlog = Gauge(
            "behoud_spool_backlog",
            "What is on this disk and not yet in the store; kind is outcome, event, customer or decision",
            ("kind",),
            registry=self.registry,
        )
        self.spool_bytes = Gauge("behoud_spool_bytes", "How much that is", registry=self.registry)
        self.aside = Gauge(
            "behoud_spool_set_aside",
            "Acknowledged writes the store refuses, waiting for an operator",
            registry=self.registry,
        )
        self.spool_fault = Gauge(
            "behoud_spool_fault", "1 while the spool takes nothing", registry=self.registry
        )
        self.relayed = Counter(
            "behoud_spool_relayed",
            "What came from the spool into the store, by kind",
            ("kind",),
            registry=self.registry,
        )
        self.set_aside = Counter(
            "behoud_spool_refused",
            "What the store refused when it was relayed, by kind",
            ("kind",),
            registry=self.registry,
        )
        self.shadow = Gauge(
            "behoud_shadow_decisions",
            "Decisions a challenger made in the shadow since it was first tried; result is decided, failed or dropped",
            ("result",),
            registry=self.registry,
        )
        self.shadow_lag = Gauge(
            "behoud_shadow_lag_seconds",
            "How long ago the process that decides in the shadow was heard of; NaN where none ever ran",
            registry=self.registry,
        )
        self.shadow_lag.set(math.nan)
        self._silent = math.nan

    def followed(self, stays: Collection[str], looked: float) -> None:
        """Say which parts are not what their sources name, and when bundles were looked for."""
        self.not_followed.clear()
        for part in ("bundle", "documents", "learned", *stays):
            self.not_followed.labels(part).set(int(part in stays))
        self.looked.set(looked)

    def refusals(self, admission: Admission) -> dict[Kind, Callable[[], None]]:
        """What counts a call that was refused because there was too much to do, by its kind."""
        self.limit.set_function(lambda: admission.limit)
        return {kind: self.overloaded.labels(kind).inc for kind in SHARE}

    def aged(self, until: date | None, today: date) -> None:
        """Say how old is what the bundle has learned from."""
        self.bundle_age.set(math.nan if until is None else (today - until).total_seconds())

    def explored(self, given_up: float, most: float) -> None:
        """Say what exploring cost today, and what it may."""
        self.given_up.set(given_up)
        self.most_given_up.set(most)

    def learned(self, until: datetime | None, now: datetime) -> None:
        """Say how far the learner is behind."""
        self.learner.set(math.nan if until is None else max(0.0, (now - until).total_seconds()))

    def watched(self, insights: InsightsFile, *, given_up: float, most: float, lag: float) -> None:
        """Say what the insights watch, and which alarms ring."""
        found = insights.current
        said = None if found is None else found.said.watched
        self.insights_written.set(math.nan if found is None else found.written)
        for gauge, values in (
            (self.drift, {} if said is None else said.drift),
            (self.calibration, {} if said is None else {n: one.value for n, one in said.calibration.items()}),
            (self.level, {} if said is None else {n: one.value for n, one in said.level.items()}),
            (self.sample_ratio, {} if said is None else said.sample_ratio),
        ):
            gauge.clear()
            for name, value in values.items():
                gauge.labels(name).set(value)
        rings = ringing(
            said,
            given_up=given_up,
            most=most,
            lag=lag,
            silent=self._silent,
            refused=bool(insights.refused),
        )
        for alarm, on in rings.items():
            self.alarms.labels(alarm).set(int(on))

    def spooled(self, spool: Spool) -> None:
        """Say what waits for the store."""
        for kind in KINDS:
            self.backlog.labels(kind).set(spool.backlog[kind])
        self.spool_bytes.set(spool.bytes)
        self.aside.set(spool.aside)
        self.spool_fault.set(int(bool(spool.fault)))

    def shadowed(self, counts: Mapping[str, int], lag: float | None, silent: float) -> None:
        """Say what was decided in the shadow, by result, and when that was last heard of; `silent` is what the alarm rings on."""
        self._silent = silent
        for result, number in counts.items():
            self.shadow.labels(result).set(number)
        self.shadow_lag.set(math.nan if lag is None else max(0.0, lag))

    def text(self) -> bytes:
        return generate_latest(self.registry)


class JsonLines(logging.Formatter):
    """One JSON object a line; what was given as `extra` becomes keys. `trace_id` is that of the request it was logged for."""

    def format(self, record: logging.LogRecord) -> str:
        following = trace_id()
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **({} if following is None else {"trace_id": following}),
            **{key: value for key, value in vars(record).items() if key not in _PLAIN},
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def log_as_json(level: int = logging.INFO) -> None:
    """Send everything that is logged to standard error as lines of JSON."""
    stream = logging.StreamHandler(sys.stderr)
    stream.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers = [stream]
    root.setLevel(level)
    logging.getLogger("uvicorn.access").disabled = True
