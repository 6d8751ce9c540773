"""A proposed policy is judged from a journal that `decide` has written, against what customers' true chances add up to."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import polars as pl
import pytest

from models.catalogue import load_catalogue
from models.policy import load_policy
from tests.builders import PRODUCTS, a_rule, catalogue_bytes
from tests.training.ope.shops import (
    COSTS,
    MARGINS,
    SHOP,
    START,
    Shop,
    accepts,
    catalogue,
    offers,
    only,
    policy,
)
from training.__main__ import main
from training.errors import OptionError
from training.experiment.euros import DAYS_A_MONTH
from training.ope.choices import again, chances_of
from training.ope.contacts import Which, read_contacts
from training.ope.judging import Asked, Judged, as_json, judge
from training.ope.kept import Kept, Proposed
from training.ope.page import page, verdict
from training.ope.promoting import not_worse

if TYPE_CHECKING:
    from pathlib import Path

MONTHS = 90 / DAYS_A_MONTH


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    found = Shop(tmp_path_factory.mktemp("shop"))
    found.days(900)
    found.write()
    return found


@pytest.fixture(scope="module")
def large_get_b(shop: Shop) -> Judged:
    return judged(shop, proposing(rules=[only("b")]))


def judged(shop: Shop, proposed: Proposed | None = None, **given: object) -> Judged:
    asked = {"journal": shop.folder / "archive", "shelf": shop.shelf, "proposed": proposed or Proposed()}
    return judge(Asked(**(asked | given)))  # type: ignore[arg-type]  # of the names Asked has


def proposing(**given: object) -> Proposed:
    return Proposed(policy=load_policy(policy(**given)))


def truth(shop: Shop, proposed: Proposed) -> float:
    """The exact sum over what would stand first, with its chance, its chance of a yes, and what a yes is worth."""
    kept, total, n = Kept(shop.shelf, proposed), 0.0, 0
    for contact in read_contacts(shop.folder / "archive", Which()).contacts:
        record = contact.first
        answer = again(record, kept.of(record.decision.versions), None)
        assert record.customer is not None
        size = float(str(record.customer.facts["size"]))
        total += sum(
            chance * accepts(name, size) * (MONTHS * MARGINS[name] - COSTS[name])
            for name, chance in chances_of(answer).items()
        )
        n += 1
    return total / n


def test_what_was_logged_is_itself_to_the_cent(shop: Shop) -> None:
    found = judged(shop)
    assert (found.choices.policy.max(axis=1) <= 1.0).all()
    assert found.found.weights.effective == pytest.approx(900)
    assert found.found.weights.lost == pytest.approx(0.0)
    assert found.choices.agree == 900
    assert found.found.found is not None
    for one in (found.found.found.ips, found.found.found.snips):
        assert one.value == pytest.approx(found.found.logged.value)
    assert abs(found.found.found.gain.value) < 3.0 * found.found.found.gain.error
    assert verdict(found).startswith("What is proposed is not told from what was logged")


def test_another_policy_is_worth_what_its_chances_add_up_to(shop: Shop, large_get_b: Judged) -> None:
    proposed, found = proposing(rules=[only("b")]), large_get_b.found
    assert found.found is not None
    exact = truth(shop, proposed)
    for one in (found.found.ips, found.found.snips, found.found.dr):
        assert abs(one.value - exact) < 4.0 * one.error
    assert abs(exact - found.logged.value) > 0.2  # it is another policy indeed


def test_a_challenger_that_earns_less_than_was_logged_is_refused(shop: Shop, large_get_b: Judged) -> None:
    asked = Asked(shop.folder / "archive", shop.shelf, proposing(rules=[only("c")]))
    passes, sentence = not_worse(asked, lambda _: None)
    assert not passes
    assert sentence.startswith("Gate: What is proposed is worse than what was logged: ")
    assert verdict(large_get_b).startswith("What is proposed is better than what was logged: ")


def test_it_is_the_whole_table_in_words_and_the_same_as_json(
    shop: Shop, large_get_b: Judged, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "policy.yaml").write_bytes(policy(rules=[only("b")]))
    options = [
        f"--journal={shop.folder / 'archive'}",
        f"--shelf={shop.shelf}",
        f"--out={tmp_path / 'o.json'}",
    ]
    assert main(["ope", f"--policy={tmp_path / 'policy.yaml'}", *options]) == 0
    told = capsys.readouterr().out
    for line in (
        "900 contacts of 900 customers, 2026-01-05 to 2026-01-09",
        "effective sample size",
        "doubly robust, cross-fitted: decides",
        "Reward: euros a contact of what was accepted in it",
    ):
        assert line in told
    answer = json.loads((tmp_path / "o.json").read_text())
    found = large_get_b
    assert answer == json.loads(json.dumps(as_json(found)))
    assert answer["estimable"] is True
    assert page(found) in told


def test_an_action_with_other_terms_is_another_action(shop: Shop) -> None:
    cheaper = load_catalogue(catalogue(a={"discount": {"amount": 2.0, "months": 3}}))
    found = judged(shop, Proposed(catalogue=cheaper), which=Which(last=150))
    assert "a otherwise" in found.choices.names
    assert found.found.failed[0].name == "support"
    assert verdict(found).startswith("not estimable: support is ")
    assert "let chance reach them first: a wider arbitration.explore" in page(found)
    assert as_json(found)["estimates"] is None


def test_other_words_and_guesses_leave_it_the_same_action(shop: Shop) -> None:
    guessed = load_catalogue(catalogue(a={"acceptance": {"rate": 0.6}}))
    found = judged(shop, Proposed(catalogue=guessed), which=Which(last=150))
    assert "a otherwise" not in found.choices.names
    assert found.found.weights.lost == pytest.approx(0.0)


def test_logs_without_chance_say_nothing_of_another_policy(tmp_path: Path) -> None:
    shop = Shop(tmp_path, rate=0.0)
    shop.days(200)
    shop.write()
    asked = Asked(shop.folder / "archive", shop.shelf, proposing(rules=[only("b")]))
    found = judge(asked)
    assert found.choices.by_chance == 0
    assert "200 did not (100.0 %)" in page(found)
    assert found.found.failed[0].name == "support"
    passes, sentence = not_worse(asked, lambda _: None)
    assert passes
    assert sentence.startswith(
        "Gate: the journal refuses nobody, for it cannot tell: not estimable: support is "
    )


def test_with_tables_the_margin_of_the_days_after_is_the_reward(shop: Shop, tmp_path: Path) -> None:
    few = Which(last=60)
    contacts = read_contacts(shop.folder / "archive", few).contacts
    held = [(contact.customer_id, "fiber", None, None) for contact in contacts]
    kinds = {"customer_id": pl.String, "product_id": pl.String, "since": pl.Date, "until": pl.Date}
    pl.DataFrame(held, schema=kinds, orient="row").write_parquet(tmp_path / "holdings.parquet")
    found = judged(shop, data=tmp_path, which=few)
    there = {contact.customer_id for contact in contacts}
    dear = sum(
        kind == "outcome"
        and record["kind"] == "accepted"
        and record["action_id"] == "c"
        and record["customer_id"] in there
        for kind, record in shop.entries
    )
    fiber = load_catalogue(shop.catalogue).product["fiber"].margin
    assert found.reward == "margin"
    assert found.found.logged.value == pytest.approx(MONTHS * fiber - COSTS["c"] * dear / 60)
    assert "Reward: euros of contribution margin a contact" in page(found)


def test_what_is_proposed_can_be_judged_without_exploring(shop: Shop) -> None:
    best = judged(shop, explore=0.0)
    assert set(best.choices.policy.max(axis=1)) == {1.0}
    # The best had .2 + .8 / 3: of two contacts one has weight 15/7, the other none.
    assert best.found.weights.most == pytest.approx(15 / 7)
    assert [gate.name for gate in best.found.failed] == ["effective sample size"]


def test_what_was_accepted_is_worth_what_the_catalogue_of_then_says(tmp_path: Path) -> None:
    likely = {"acceptance": {"rate": 0.9}}
    shop = Shop(tmp_path, rate=0.0, catalogue=catalogue(b=likely))
    first = shop.decides("C-1", "K-1")
    for kind in ("accepted", "kept"):
        shop.hears(first, kind, action_kind="save")
    without = catalogue_bytes(
        *[offer for offer in offers() if offer["id"] != "b"], products=[*PRODUCTS, *SHOP]
    )
    later = Shop(tmp_path, rate=0.0, catalogue=without, entries=shop.entries)
    later.decides("C-2", "K-1", at=START + timedelta(days=1))
    later.write()
    found = judged(later)
    assert found.found.logged.value == pytest.approx(MONTHS * MARGINS["b"] / 2)
    assert as_json(found)["contacts"]["pending_saves"] == 0


def test_contacts_wait_until_it_is_told_which_saves_of_their_time_held(tmp_path: Path) -> None:
    shop = Shop(tmp_path, rate=0.0, catalogue=catalogue(b={"acceptance": {"rate": 0.9}}))
    pending = shop.decides("C-2", "K-1", at=START + timedelta(days=9))
    shop.hears(pending, "accepted", action_kind="save")
    shop.write()
    with pytest.raises(OptionError, match="nobody has told of their time which saves held"):
        judged(shop)
    early = shop.decides("C-1", "K-1")
    for kind in ("accepted", "kept"):
        shop.hears(early, kind, action_kind="save")
    shop.write()
    found = judged(shop)
    assert (found.found.logged.value, found.waiting) == (pytest.approx(MONTHS * MARGINS["b"]), 1)
    assert "Of 1 accepted saves no later month is told yet: contacts of their time wait" in page(found)
    assert as_json(found)["contacts"]["pending_saves"] == 1


@pytest.mark.parametrize(
    ("facts", "path"),
    [
        ({"size": {"type": "string"}}, "customer.size"),
        ({"size": {"type": "number"}, "bill": {"type": "string"}}, "customer.bill"),
    ],
)
def test_a_fact_the_logs_have_not_or_otherwise_is_named(
    shop: Shop, facts: dict[str, object], path: str
) -> None:
    proposed = proposing(facts=facts, rules=[a_rule(f"{path} == 'much'")])
    found = judged(shop, proposed, which=Which(last=100))
    assert found.choices.without == {f"missing:{path}": 100}
    assert f"In 100 contacts what is proposed had to do without what was not logged: missing:{path}." in page(
        found
    )


def test_who_objects_anywhere_in_the_journal_or_by_the_tables_is_no_part_of_it(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    for n in range(5):
        shop.decides(f"C-{n}", "K-1", at=START + timedelta(hours=n))
    shop.decides("C-1", "K-2", at=START + timedelta(days=9), consents={"marketing": False})
    shop.write()
    first = Which(until=START.date())
    assert judged(shop, which=first).read.objecting == 1
    (tmp_path / "holdings.csv").write_text("customer_id,product_id,since,until\nC-0,fiber,2025-01-01,\n")
    rows = [f"C-{n},2026-{month:02},false,{n == 3}" for n in range(5) for month in range(1, 8)]
    (tmp_path / "customers.csv").write_text(
        "\n".join(["customer_id,month,churned,profiling_objection", *rows])
    )
    found = judged(shop, which=first, data=tmp_path)
    assert found.read.objecting == 2
    assert {contact.customer_id for contact in found.read.contacts} == {"C-0", "C-2", "C-4"}


def test_who_is_held_out_or_objects_is_no_part_of_it(tmp_path: Path) -> None:
    held = {"experiments": {"holdout": {"universal": 0.2, "random": 0.1}, "never": "false"}}
    shop = Shop(tmp_path, policy=policy(**held))
    records = [shop.decides(f"C-{n}", f"K-{n}") for n in range(200)]
    out = [record.decision.experiment.holdout is not False for record in records]
    there = out.index(False)
    shop.decides(f"C-{there}", "K-again", consents={"profiling": False})
    shop.write()
    found = judged(shop)
    assert 30 < sum(out) < 100
    assert (found.read.held_out, found.read.objecting) == (sum(out), 2)
    assert found.found.weights.contacts == 200 - sum(out) - 1
    assert "of who is held out, 2 of who objects to profiling" in page(found)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--journal=nowhere"], "--journal: no journal below 'nowhere'"),
        (["--shelf=nowhere"], "--shelf: the catalogue sha256:"),
        (["--window=3"], "--window: 3 days are less than an answer may take"),
        (["--window=400"], "the 400 days are over; give a shorter one"),
        (["--window=1000000000"], "--window: 1000000000 days are more than ten years"),
        (["--clip=0.5"], "--clip: 0.5 is no number from 1"),
        (["--clip=inf"], "--clip: inf is no number from 1"),
        (["--until=9999-12-31", "--clip=0"], "--clip: 0 is no number"),
        (["--explore=2"], "--explore: 2 is no rate"),
        (["--since=9999-12-31", "--until=9999-12-31"], "--journal: no decision"),
        (["--since=2027-01-01"], "--journal: no decision with its record between --since and --until"),
    ],
)
def test_what_cannot_be_is_said_with_the_remedy(
    shop: Shop, options: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    usual = [f"--journal={shop.folder / 'archive'}", f"--shelf={shop.shelf}"]
    assert main(["ope", *usual, *options]) == 2
    assert told in capsys.readouterr().err


def test_without_the_policy_of_then_one_must_be_proposed(shop: Shop, tmp_path: Path) -> None:
    version = shop.knowledge.versions.catalogue.replace(":", "-")
    (tmp_path / version).mkdir()
    (tmp_path / version / "catalogue.yaml").write_bytes(shop.catalogue)
    few = Which(last=50)
    asked = Asked(shop.folder / "archive", tmp_path, which=few)
    with pytest.raises(OptionError, match=r"--policy: the policy sha256:.* that decided then cannot be read"):
        judge(asked)
    assert not_worse(asked, lambda _: None)[1].startswith(
        "Gate: the journal refuses nobody, for it cannot be"
    )
    found = judge(Asked(shop.folder / "archive", tmp_path, proposing(), which=few))
    assert found.found.weights.contacts == found.choices.agree == 50
