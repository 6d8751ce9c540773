"""Small worlds whose right answer is obvious, as canonical tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from training.fit.acquisitions import PropensityData

START = datetime(2024, 1, 1, tzinfo=UTC)


def holdings(rows: list[tuple[str, str, datetime | None, datetime | None]]) -> pl.DataFrame:
    moment = pl.Datetime("us", "UTC")
    schema = {"customer_id": pl.String, "product_id": pl.String, "since": moment, "until": moment}
    return pl.DataFrame(rows, schema=schema, orient="row")


def families(customers: int = 240, seed: int = 0) -> PropensityData:
    """Who holds a holds b, who holds c holds d; everybody has e or f, by the fact `young`. No dates."""
    generator = np.random.default_rng(seed)
    rows, people = [], []
    for i in range(customers):
        young = bool(generator.random() < 0.5)
        pair = "ab" if generator.random() < 0.6 else "cd"
        rows += [(f"C{i:04}", product, None, None) for product in (*pair, "e" if young else "f")]
        people.append((f"C{i:04}", START.date(), young))
    facts = pl.DataFrame(
        people, schema={"customer_id": pl.String, "month": pl.Date, "young": pl.Boolean}, orient="row"
    )
    return PropensityData(tuple("abcdefg"), holdings(rows), facts, {"young": "boolean"})


def coins(customers: int = 400, seed: int = 0) -> PropensityData:
    """Two purchases each, of three products of which one is popular; nothing tells which. Dated."""
    generator = np.random.default_rng(seed)
    rows = []
    for i in range(customers):
        for day in generator.integers(0, 700, 2):
            product = "abc"[generator.choice(3, p=[0.6, 0.3, 0.1])]
            rows.append((f"C{i:04}", product, START + timedelta(days=int(day), seconds=len(rows)), None))
    return PropensityData(tuple("abc"), holdings(rows), None, {})


def sequels(customers: int = 400, seed: int = 0, *, with_facts: bool = False) -> PropensityData:
    """First a or b; some months later, a leads to c and b to d, nine times in ten. Dated."""
    generator = np.random.default_rng(seed)
    rows, people = [], []
    for i in range(customers):
        first, sequel = ("a", "c") if generator.random() < 0.5 else ("b", "d")
        if generator.random() < 0.1:
            sequel = "c" if sequel == "d" else "d"
        day = int(generator.integers(0, 600))
        rows.append((f"C{i:04}", first, START + timedelta(days=day), None))
        rows.append(
            (f"C{i:04}", sequel, START + timedelta(days=day + int(generator.integers(20, 120))), None)
        )
        people += [(f"C{i:04}", (START + timedelta(days=30 * k)).date(), float(k)) for k in range(25)]
    facts = pl.DataFrame(
        people, schema={"customer_id": pl.String, "month": pl.Date, "age": pl.Float64}, orient="row"
    )
    return PropensityData(
        tuple("abcd"), holdings(rows), facts if with_facts else None, {"age": "number"} if with_facts else {}
    )
