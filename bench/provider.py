"""The provider that is timed: the example's products with so many of its actions and so many rules, those of law counted."""

from __future__ import annotations

from itertools import cycle
from pathlib import Path
from typing import Any

import yaml

from api.law import shipped
from models.catalogue import Catalogue, load_catalogue
from models.in_force import load_lawful
from models.policy import Policy

EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "telecom"
ACTIONS, RULES = 60, 40

Row = dict[str, Any]


def documents(actions: int = ACTIONS, rules: int = RULES) -> tuple[bytes, bytes]:
    """Catalogue and policy as YAML. Every kind of action keeps its share, and the way out stays; so does every tier of rules.

    Rules beyond those of the example are the example's own with other constants, so that none is answered for another.
    """
    catalogue = yaml.safe_load((EXAMPLE / "catalogue.yaml").read_bytes())
    policy = yaml.safe_load((EXAMPLE / "policy.yaml").read_bytes())
    del policy["lists"]  # they name actions that may be thinned out, and no decision reads them
    catalogue["actions"] = _thinned(catalogue["actions"], "kind", actions)
    kept = {action["id"] for action in catalogue["actions"]}
    families = {action["family"] for action in catalogue["actions"]}
    spoken = [rule for rule in policy["rules"] if _speaks(rule, kept, families)]
    for section in ("caps", "levers"):
        policy[section] = [row for row in policy.get(section, ()) if _speaks(row, kept, families)]
    most = rules - (len(_lawful(policy).rules) - len(policy["rules"]))
    policy["rules"] = _thinned(_multiplied(spoken, most), "tier", most)
    return _written(catalogue), _written(policy)


def provider(actions: int = ACTIONS, rules: int = RULES) -> tuple[Catalogue, Policy]:
    """The two, read; the rules of law are among the rules."""
    written = documents(actions, rules)
    catalogue, policy = load_catalogue(written[0]), load_lawful(written[1], "policy.yaml", shipped())
    assert (len(catalogue.actions), len(policy.rules)) == (actions, rules)
    return catalogue, policy


def written_to(folder: Path) -> Path:
    """The two documents in a folder, as the service reads them."""
    folder.mkdir(parents=True, exist_ok=True)
    catalogue, policy = documents()
    (folder / "catalogue.yaml").write_bytes(catalogue)
    (folder / "policy.yaml").write_bytes(policy)
    return folder


def _lawful(policy: Row) -> Policy:
    return load_lawful(_written(policy), "policy.yaml", shipped())


def _multiplied(rules: list[Row], most: int) -> list[Row]:
    """The rules and, while they are too few, variants: the same condition, or a number of contacts nobody reaches."""
    made = list(rules)
    for number, rule in enumerate(cycle(rules)):
        if len(made) >= most:
            return made
        variant = f"({rule['require']}) || history.contacts_30d > {1000 + number}"
        made.append({**rule, "id": f"{rule['id']}_{number}", "require": variant})
    return made


def _thinned(rows: list[Row], by: str, most: int) -> list[Row]:
    """Drop the last row of the largest group until `most` are left; what cancels is never dropped."""
    rows = list(rows)
    while len(rows) > most:
        groups: dict[object, list[Row]] = {}
        for row in rows:
            if not row.get("cancels"):
                groups.setdefault(row[by], []).append(row)
        rows.remove(max(groups.values(), key=len)[-1])
    return rows


def _speaks(rule: Row, actions: set[str], families: set[str]) -> bool:
    """Whether every name the rule gives is still there."""
    named = rule.get("for", {})
    return set(named.get("actions", ())) <= actions and set(named.get("families", ())) <= families


class _Plain(yaml.SafeDumper):
    """Writes what stands in two places out in both."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  PyYAML's own signature
        return True


def _written(document: object) -> bytes:
    return yaml.dump(document, Dumper=_Plain, allow_unicode=True, sort_keys=False).encode()
