"""The rules of alerting: in the format Prometheus reads, on figures there are, each with a page that says what to do."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import promql_parser
import pytest
import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.api.running import Running

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).resolve().parent.parent.parent
RULES, PAGES = ROOT / "deploy" / "alerts.yaml", ROOT / "docs" / "runbook"
Duration = Annotated[str, StringConstraints(pattern=r"^(\d+(ms|[smhdwy]))+$")]
Label = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$")]
OF_PROMETHEUS = {"up"}
FUNCTIONS = {"humanize", "humanizePercentage", "humanizeDuration"}


class Strict(BaseModel):
    """As `promtool check rules` reads it: a key it does not know is refused."""

    model_config = ConfigDict(extra="forbid")


class Rule(Strict):
    alert: str
    expr: str
    lasting: Annotated[Duration | None, Field(alias="for")] = None
    labels: dict[Label, str] = Field(default_factory=dict)
    annotations: dict[Label, str] = Field(default_factory=dict)


class Group(Strict):
    name: str
    interval: Duration | None = None
    rules: list[Rule]


class Rules(Strict):
    groups: list[Group]


def read() -> list[Rule]:
    found = Rules.model_validate(yaml.safe_load(RULES.read_bytes()))
    assert len({group.name for group in found.groups}) == len(found.groups)
    return [rule for group in found.groups for rule in group.rules]


def selectors(expr: Any) -> Iterator[promql_parser.VectorSelector]:
    """Every figure an expression asks for."""
    if isinstance(expr, promql_parser.VectorSelector):
        yield expr
    for name in ("expr", "lhs", "rhs", "param", "vector_selector"):
        if getattr(expr, name, None) is not None:
            yield from selectors(getattr(expr, name))
    for argument in getattr(expr, "args", None) or ():
        yield from selectors(argument)


def test_the_rules_are_in_the_format_of_prometheus() -> None:
    rules = read()
    assert len({rule.alert for rule in rules}) == len(rules)
    for rule in rules:
        parsed = promql_parser.parse(rule.expr)
        assert list(selectors(parsed)), rule.alert
        assert rule.labels["severity"] in {"page", "ticket", "info"}
        for template in re.findall(r"{{(.*?)}}", " ".join(rule.annotations.values())):
            [value, *functions] = [part.strip() for part in template.split("|")]
            assert value == "$value" or value.startswith("$labels."), template
            assert set(functions) <= FUNCTIONS, template


def test_an_expression_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="invalid promql"):
        promql_parser.parse("max(behoud_breaker_open) == == 1")


async def test_every_alert_asks_for_figures_there_are(desk: Running) -> None:
    await desk.decide()
    text = (await desk.get("/metrics")).text
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    names = {re.split(r"[{ ]", line)[0] for line in lines}
    typed = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}
    for rule in read():
        for asked in selectors(promql_parser.parse(rule.expr)):
            assert asked.name in names | typed | OF_PROMETHEUS, f"{rule.alert}: no figure {asked.name}"
            labelled = [line for line in lines if line.startswith(f"{asked.name}{{")]
            for matcher in asked.matchers.matchers:
                if asked.name not in OF_PROMETHEUS and matcher.op == promql_parser.MatchOp.Equal and labelled:
                    said = f'{matcher.name}="{matcher.value}"'
                    assert any(said in line for line in labelled), f"{rule.alert}: never {said}"


def test_every_alert_has_a_page_and_every_page_an_alert() -> None:
    rules = read()
    assert {path.stem for path in PAGES.glob("*.md")} == {rule.alert for rule in rules}
    for rule in rules:
        assert rule.annotations["runbook"] == f"docs/runbook/{rule.alert}.md"
        page = (PAGES / f"{rule.alert}.md").read_text(encoding="utf-8")
        assert page.startswith(f"# {rule.alert}\n")
        assert all(f"**{part}.**" in page for part in ("Who notices", "Look", "Mend")), rule.alert


async def test_the_pages_speak_of_figures_there_are(desk: Running) -> None:
    text = (await desk.get("/metrics")).text
    for path in PAGES.glob("*.md"):
        for name in re.findall(r"behoud_[a-z_]+", path.read_text(encoding="utf-8")):
            assert name.removesuffix("_bucket") in text, f"{path.name}: {name}"
