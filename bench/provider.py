"""The provider that is timed: the example's products with sixty of its actions and forty of its rules."""

from __future__ import annotations

from pathlib import Path

import yaml

EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "telecom"
ACTIONS, RULES = 60, 40


def documents() -> tuple[bytes, bytes]:
    """Catalogue and policy as YAML. Every kind of action keeps its share, and the way out stays; so does every tier of rules."""
    catalogue = yaml.safe_load((EXAMPLE / "catalogue.yaml").read_bytes())
    policy = yaml.safe_load((EXAMPLE / "policy.yaml").read_bytes())
    catalogue["actions"] = _thinned(catalogue["actions"], "kind", ACTIONS)
    kept = {action["id"] for action in catalogue["actions"]}
    families = {action["family"] for action in catalogue["actions"]}
    policy["rules"] = _thinned(
        [rule for rule in policy["rules"] if _speaks(rule, kept, families)], "tier", RULES
    )
    return _written(catalogue), _written(policy)


def written_to(folder: Path) -> Path:
    """The two documents in a folder, as the service reads them."""
    folder.mkdir(parents=True, exist_ok=True)
    catalogue, policy = documents()
    (folder / "catalogue.yaml").write_bytes(catalogue)
    (folder / "policy.yaml").write_bytes(policy)
    return folder


def _thinned(rows: list[dict[str, object]], by: str, most: int) -> list[dict[str, object]]:
    """Drop the last row of the largest group until `most` are left; what cancels is never dropped."""
    rows = list(rows)
    while len(rows) > most:
        groups: dict[object, list[dict[str, object]]] = {}
        for row in rows:
            if not row.get("cancels"):
                groups.setdefault(row[by], []).append(row)
        rows.remove(max(groups.values(), key=len)[-1])
    return rows


def _speaks(rule: dict[str, object], actions: set[str], families: set[str]) -> bool:
    """Whether every name the rule gives is still there."""
    named: dict[str, list[str]] = rule.get("for", {})  # type: ignore[assignment]  # YAML
    return set(named.get("actions", ())) <= actions and set(named.get("families", ())) <= families


def _written(document: object) -> bytes:
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False).encode()
