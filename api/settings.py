"""What the service is told from outside: environment variables in, one frozen record out."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from models.domain import Flags

if TYPE_CHECKING:
    from collections.abc import Mapping

COLLECTORS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
"""Variables of OpenTelemetry: where spans go."""
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class SettingsError(ValueError):
    """A variable that cannot be used; the message names it and what to write instead."""


@dataclass(frozen=True)
class Settings:
    """Everything the service needs to know before it starts. Durations are seconds."""

    knowledge: Path
    var: Path = Path("var")
    bundle: str = ""
    bundle_most: int = 500_000_000
    challenger: str = ""
    redis_url: str = ""
    redis_timeout: float = 0.08
    spool: Path | None = None
    spool_bytes: int = 1_000_000_000
    keys_file: Path | None = None
    keys: str = ""
    propensity: Literal["winner", "implicit"] | None = None
    host: str = "127.0.0.1"
    port: int = 8080
    learned_every: float = 1.0
    bundle_every: float = 30.0
    knowledge_every: float = 5.0
    check_decisions: int = 1000
    tracking_uri: str = ""
    whatsapp_secret: str = ""
    whatsapp_verify: str = ""
    frame_ancestors: tuple[str, ...] = ()
    desk: bool = False
    token_secret: str = ""
    flags: str = ""
    flags_options: Mapping[str, Any] = field(default_factory=dict)
    flags_names: tuple[str, ...] = tuple(Flags.model_fields)
    flags_timeout: float = 0.02
    insights: Path | None = None
    insights_every: float = 5.0
    traces: bool = False
    drain_seconds: float = 1.0
    end_seconds: float = 20.0
    concurrent: int = 512
    too_late: float = 0.25
    patience: float = 10.0

    @property
    def on_loopback(self) -> bool:
        return self.host in LOOPBACK

    @property
    def insights_file(self) -> Path:
        """Where the offline job puts the insights: what BEHOUD_INSIGHTS says, else a file below `var`."""
        return self.insights or self.var / "insights.json"

    @property
    def mlflow(self) -> str:
        """Where the registry is: what MLFLOW_TRACKING_URI says, else a file below `var`."""
        return self.tracking_uri or f"sqlite:///{(self.var / 'mlflow.db').resolve()}"


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment.

    Raises:
        SettingsError: naming the variable and the remedy.
    """
    given = os.environ if environ is None else environ
    keys_file = given.get("BEHOUD_KEYS_FILE", "")
    var = Path(given.get("BEHOUD_VAR") or "var")
    settings = Settings(
        knowledge=_folder(given, var),
        var=var,
        bundle=given.get("BEHOUD_BUNDLE", ""),
        bundle_most=int(_number(given, "BEHOUD_BUNDLE_MB", 500.0, 1.0, 100_000.0) * 1e6),
        challenger=given.get("BEHOUD_CHALLENGER", ""),
        redis_url=_redis_url(given),
        redis_timeout=_number(given, "BEHOUD_REDIS_TIMEOUT_MS", 80.0, 1.0, 10_000.0) / 1000,
        spool=_spool(given),
        spool_bytes=int(_number(given, "BEHOUD_SPOOL_MB", 1000.0, 1.0, 1_000_000.0) * 1e6),
        keys_file=Path(keys_file) if keys_file else None,
        keys=given.get("BEHOUD_KEYS", ""),
        propensity=_propensity(given),
        host=given.get("BEHOUD_HOST") or "127.0.0.1",
        port=int(_number(given, "BEHOUD_PORT", 8080.0, 0.0, 65_535.0)),
        learned_every=_number(given, "BEHOUD_LEARNED_SECONDS", 1.0, 0.05, 3600.0),
        bundle_every=_number(given, "BEHOUD_BUNDLE_SECONDS", 30.0, 0.05, 86_400.0),
        knowledge_every=_number(given, "BEHOUD_KNOWLEDGE_SECONDS", 5.0, 0.05, 86_400.0),
        check_decisions=int(_number(given, "BEHOUD_CHECK_DECISIONS", 1000.0, 0.0, 100_000.0)),
        tracking_uri=given.get("MLFLOW_TRACKING_URI", ""),
        whatsapp_secret=given.get("BEHOUD_WHATSAPP_SECRET", ""),
        whatsapp_verify=given.get("BEHOUD_WHATSAPP_VERIFY", ""),
        frame_ancestors=_origins(given.get("BEHOUD_FRAME_ANCESTORS", "")),
        desk=given.get("BEHOUD_DESK", "") == "1",
        token_secret=given.get("BEHOUD_TOKEN_SECRET", ""),
        flags=given.get("BEHOUD_FLAGS", ""),
        flags_options=_options(given),
        flags_names=_flags_names(given),
        flags_timeout=_number(given, "BEHOUD_FLAGS_TIMEOUT_MS", 20.0, 1.0, 1000.0) / 1000,
        insights=Path(given["BEHOUD_INSIGHTS"]) if given.get("BEHOUD_INSIGHTS") else None,
        insights_every=_number(given, "BEHOUD_INSIGHTS_SECONDS", 5.0, 0.05, 3600.0),
        traces=any(given.get(name) for name in COLLECTORS),
        drain_seconds=_number(given, "BEHOUD_DRAIN_SECONDS", 1.0, 0.0, 600.0),
        end_seconds=_number(given, "BEHOUD_END_SECONDS", 20.0, 1.0, 3600.0),
        concurrent=int(_number(given, "BEHOUD_CONCURRENT", 512.0, 16.0, 100_000.0)),
        too_late=_number(given, "BEHOUD_TOO_LATE_MS", 250.0, 1.0, 60_000.0) / 1000,
        patience=_number(given, "BEHOUD_PATIENCE_SECONDS", 10.0, 0.1, 3600.0),
    )
    _check_alias("BEHOUD_BUNDLE", settings.bundle)
    _check_alias("BEHOUD_CHALLENGER", settings.challenger)
    there = settings.bundle.startswith("models:/") or Path(settings.bundle).is_dir()
    if settings.bundle and not there and not kept_here(var, "bundle"):
        raise SettingsError(
            f"BEHOUD_BUNDLE: there is no folder '{settings.bundle}'; name a bundle's folder or models:/behoud@champion"
        )
    return settings


def kept_here(var: Path, part: str) -> bool:
    """Whether this machine knows a last good version of the part, to start with while its source is away."""
    return (var / "shelf" / f"last-{part}").is_file()


def _folder(given: Mapping[str, str], var: Path) -> Path:
    value = given.get("BEHOUD_KNOWLEDGE", "")
    if not value:
        raise SettingsError(
            "BEHOUD_KNOWLEDGE is not set; give the folder that holds catalogue.yaml and policy.yaml, such as examples/telecom"
        )
    folder = Path(value)
    for name in ("catalogue.yaml", "policy.yaml"):
        if not (folder / name).is_file() and not kept_here(var, "documents"):
            raise SettingsError(
                f"BEHOUD_KNOWLEDGE: there is no {name} in '{folder}'; put one there or name another folder"
            )
    return folder


def _spool(given: Mapping[str, str]) -> Path | None:
    """A folder below BEHOUD_VAR unless another is named; none where that is said."""
    value = given.get("BEHOUD_SPOOL", "")
    if value == "off":
        return None
    return Path(value) if value else Path(given.get("BEHOUD_VAR") or "var") / "spool"


def _redis_url(given: Mapping[str, str]) -> str:
    value = given.get("BEHOUD_REDIS_URL", "")
    schemes = ("redis://", "rediss://", "unix://", "redis+cluster://", "rediss+cluster://")
    if value and not value.startswith(schemes):
        raise SettingsError(
            f"BEHOUD_REDIS_URL: '{value.partition('@')[2] or value}' is no address of a Redis server; write redis://host:6379/0, unix:///path, or redis+cluster://host:6379,host:6379"
        )
    return value


def _propensity(given: Mapping[str, str]) -> Literal["winner", "implicit"] | None:
    value = given.get("BEHOUD_PROPENSITY", "")
    if value not in ("", "winner", "implicit"):
        raise SettingsError(f"BEHOUD_PROPENSITY: '{value}' is not a choice; write winner or implicit")
    return cast("Literal['winner', 'implicit']", value) if value else None


def _origins(text: str) -> tuple[str, ...]:
    for origin in text.split():
        if not re.fullmatch(r"https?://[a-z0-9.-]+(:\d{1,5})?", origin):
            raise SettingsError(
                f"BEHOUD_FRAME_ANCESTORS: '{origin}' is no origin; write such as https://desktop.example, with a space between two"
            )
    return tuple(text.split())


def _options(given: Mapping[str, str]) -> dict[str, Any]:
    text = given.get("BEHOUD_FLAGS_OPTIONS") or "{}"
    try:
        options = json.loads(text)
    except ValueError:
        options = None
    if not isinstance(options, dict):
        raise SettingsError(
            'BEHOUD_FLAGS_OPTIONS: no JSON object; write the arguments of the provider such as {"base_url": "http://flags:8016"}'
        )
    return options


def _flags_names(given: Mapping[str, str]) -> tuple[str, ...]:
    known = tuple(Flags.model_fields)
    names = tuple(given.get("BEHOUD_FLAGS_NAMES", "").split())
    for name in names:
        if name not in known:
            raise SettingsError(
                f"BEHOUD_FLAGS_NAMES: there is no flag '{name}'; those there are: {', '.join(known)}"
            )
    return tuple(name for name in known if name in names) or known


def _check_alias(variable: str, bundle: str) -> None:
    if bundle.startswith("models:/"):
        name, _, alias = bundle.removeprefix("models:/").partition("@")
        if not name or not alias:
            raise SettingsError(f"{variable}: '{bundle}' names no alias; write models:/behoud@champion")


def _number(given: Mapping[str, str], name: str, default: float, low: float, high: float) -> float:
    text = given.get(name, "")
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise SettingsError(f"{name}: '{text}' is not a number from {low:g} to {high:g}; mend or unset it")
    return value
