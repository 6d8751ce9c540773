"""`check` names every mistake with file, line, key and remedy, and says which scenario fails and why."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from api.check import run
from api.law import shipped
from tests.api.running import a_flag

TELECOM = Path(__file__).parents[2] / "examples" / "telecom"


@pytest.fixture
def provider(tmp_path: Path) -> Path:
    """A copy of the example that a test may break."""
    return Path(shutil.copytree(TELECOM, tmp_path / "telecom"))


def edit(file: Path, old: str, new: str) -> int:
    """Replace the first `old` and return its line."""
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def printed(directory: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    code = run(directory)
    return code, capsys.readouterr().out.replace(f"{directory}/", "").splitlines()


def test_the_example_passes_all_its_scenarios(capsys: pytest.CaptureFixture[str]) -> None:
    code, lines = printed(TELECOM, capsys)
    assert code == 0
    assert lines[:-1] == ["68 tests of law packs passed (nl, eu)"]
    assert lines[-1].endswith(" scenarios passed")
    assert int(lines[-1].split()[0]) >= 80


def test_broken_yaml_names_the_line(provider: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = edit(provider / "policy.yaml", "money:\n  horizon_months: 36", "money: [\n  horizon_months: 36")
    code, lines = printed(provider, capsys)
    assert code == 2
    assert lines[0].startswith("policy.yaml:")
    assert line <= int(lines[0].split(":")[1])
    assert lines[0].endswith("mend the indentation or quotes there")


def test_a_rule_that_does_not_compile_is_refused_with_its_place(
    provider: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = edit(
        provider / "policy.yaml",
        "require: history.contacts_7d <= 3",
        "require: history.contacts_7d <= and 3",
    )
    code, lines = printed(provider, capsys)
    assert code == 2
    assert lines[0].startswith(f"policy.yaml:{line}: rules[rest_after_many_contacts].require: column ")
    assert "write && for and" in lines[0]


def test_an_unknown_fact_in_a_rule_is_refused_with_the_one_that_was_meant(
    provider: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = edit(
        provider / "policy.yaml", "require: customer.tv_hours >= 3.0", "require: customer.tv_hour >= 3.0"
    )
    code, lines = printed(provider, capsys)
    assert code == 2
    assert lines[0].startswith(f"policy.yaml:{line}: rules[watches_enough].require: ")
    assert lines[0].endswith("customer.tv_hour is no declared fact; did you mean customer.tv_hours?")


def test_a_type_error_in_a_rule_is_refused_with_both_types(
    provider: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = edit(
        provider / "policy.yaml", "require: customer.tv_hours >= 3.0", "require: customer.tv_hours >= 'much'"
    )
    code, lines = printed(provider, capsys)
    assert code == 2
    assert lines[0].startswith(f"policy.yaml:{line}: rules[watches_enough].require: ")
    assert "number" in lines[0]
    assert "string" in lines[0]


def test_an_action_that_sells_an_unknown_product_is_refused(
    provider: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = edit(provider / "catalogue.yaml", "sells: [wifi-mesh]", "sells: [wifi-mash]")
    code, lines = printed(provider, capsys)
    assert code == 2
    assert lines == [
        f"catalogue.yaml:{line}: actions[wifi-mesh-add].sells[0]: unknown product 'wifi-mash'; add it to products or correct the name"
    ]


def test_mistakes_in_catalogue_policy_and_flags_are_told_together(
    provider: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(provider / "catalogue.yaml", "margin: 5.50", "margen: 5.50")
    edit(provider / "policy.yaml", "horizon_months", "horizon_month")
    (provider / "flags.json").write_text(a_flag("best"))
    code, lines = printed(provider, capsys)
    assert code == 2
    assert any(line.endswith("margen: unknown key; did you mean 'margin'?") for line in lines)
    assert any(line.endswith("horizon_month: unknown key; did you mean 'horizon_months'?") for line in lines)
    assert (
        "flags.json: flags.propensity.variants.best: Input should be 'winner' or 'implicit'; correct it"
        in lines
    )


def test_a_mistake_in_the_catalogue_does_not_hide_one_in_a_rule(
    provider: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(provider / "catalogue.yaml", "- id: mobile-add\n", "- id: mobile-l-upgrade\n")
    edit(provider / "policy.yaml", "require: history.contacts_7d <= 3", "require: history.contacts_8d <= 3")
    code, lines = printed(provider, capsys)
    assert code == 2
    assert any(
        "'mobile-l-upgrade' is used twice" in line for line in lines if line.startswith("catalogue.yaml:")
    )
    assert any("history.contacts_8d" in line for line in lines if line.startswith("policy.yaml:"))
    assert len(lines) == 2


def test_flags_may_be_left_out(provider: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (provider / "flags.json").unlink()
    assert printed(provider, capsys)[0] == 0


def test_a_directory_without_a_catalogue_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy(TELECOM / "policy.yaml", tmp_path)
    assert printed(tmp_path, capsys) == (
        2,
        ["catalogue.yaml: cannot be read (No such file or directory); a provider needs it"],
    )


def test_a_provider_without_scenarios_passes_none(provider: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(provider / "scenarios")
    code, lines = printed(provider, capsys)
    assert (code, lines[-1]) == (0, "0 scenarios passed")


def test_an_unknown_key_in_a_scenario_names_file_and_line(
    provider: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = edit(
        provider / "scenarios" / "paying.yaml", "      mode: payment_care", "      mood: payment_care"
    )
    code, lines = printed(provider, capsys)
    assert code == 2
    assert lines == [
        f"scenarios/paying.yaml:{line}: scenarios[0].expect.mood: unknown key; did you mean 'mode'?"
    ]


def test_a_scenario_that_expects_an_unknown_action_is_refused(
    provider: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = edit(provider / "scenarios" / "paying.yaml", "proposes: [debt-help]", "proposes: [debt-helper]")
    code, lines = printed(provider, capsys)
    assert code == 2
    assert lines[0].startswith(f"scenarios/paying.yaml:{line}: ")
    assert lines[0].endswith("unknown action 'debt-helper'; did you mean 'debt-help'?")


def test_a_changed_rule_fails_the_scenarios_it_breaks_and_says_which_rule_stopped_the_action(
    provider: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(
        provider / "policy.yaml",
        "require: customer.wifi_weak_share >= 0.15",
        "require: customer.wifi_weak_share >= 0.5",
    )
    code, lines = printed(provider, capsys)
    assert code == 1
    assert lines[0] == "FAILED Weak wifi is offered wifi points, with the measurement as the reason"
    assert (
        "wifi-mesh-add was stopped by wifi_is_weak (relevance: customer.wifi_weak_share = 0.35)" in lines[1]
    )
    assert lines[-1].endswith(" scenarios passed, 1 failed")


def test_a_lever_past_its_date_is_to_be_removed(provider: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lever = "levers: [{id: tv, factor: 2, owner: Product TV, until: 2020-01-31, reason: TV month}]\n"
    edit(provider / "policy.yaml", "arbitration:\n", f"{lever}arbitration:\n")
    code, lines = printed(provider, capsys)
    assert code == 2
    assert [line.partition(": ")[2] for line in lines] == [
        "levers[tv].until: ended on 2020-01-31; remove the lever, or agree a later day with Product TV"
    ]


@pytest.mark.parametrize(
    ("old", "new", "below", "message"),
    [
        (
            "  - id: extra-sim\n",
            "  - id: mobile-add\n",
            0,
            "actions[mobile-add].id: 'mobile-add' is used twice; give each its own id",
        ),
        (
            "nl: {title: Terugbellen op afspraak",
            "nl: {title: Terugbellen op een afspraak",
            0,
            "actions[call-back].texts.nl.title: 27 characters, and chat takes 24; shorten it, or name in 'channels' those it is for",
        ),
        (
            "Uw wifi is in {wifi_weak_share:percent}",
            "Uw wifi is in {wifi_weak_part:percent}",
            -1,
            "actions[wifi-mesh-add].texts.nl.say: placeholder '{wifi_weak_part}' is no declared fact; declare it or correct the name",
        ),
        (
            "uiterlijk {promised_by:date}",
            "uiterlijk {promised_on:date}",
            -1,
            "actions[technician-visit].texts.nl.say: placeholder '{promised_on}' is no declared fact; declare it or correct the name",
        ),
    ],
)
def test_what_could_never_be_sold_or_said_is_refused(
    provider: Path,
    capsys: pytest.CaptureFixture[str],
    old: str,
    new: str,
    below: int,
    message: str,
) -> None:
    line = edit(provider / "catalogue.yaml", old, new)
    code, lines = printed(provider, capsys)
    assert (code, lines) == (2, [f"catalogue.yaml:{line + below}: {message}"])


def test_products_that_all_wait_for_each_other_are_refused_with_their_circle(
    provider: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = edit(
        provider / "catalogue.yaml",
        "family: tv\n    price: 12.50\n    margin: 5.50\n    requires: [internet]",
        "family: tv\n    price: 12.50\n    margin: 5.50\n    requires: [streaming-sport]",
    )
    edit(
        provider / "catalogue.yaml",
        "margin: 8.50\n    requires: [internet]",
        "margin: 8.50\n    requires: [tv-basic]",
    )
    code, lines = printed(provider, capsys)
    [told] = lines
    assert code == 2
    assert told == (
        f"catalogue.yaml:{line + 3}: products[tv-basic].requires: tv-basic -> streaming-sport -> tv-basic is a circle, "
        "so none of them can be sold first; remove a requirement from it"
    )


# --- law packs ----------------------------------------------------------------------------------------------------


def own_pack(provider: Path, old: str = "", new: str = "") -> None:
    """The provider's own copy of the Dutch pack, changed."""
    folder = provider / "law"
    folder.mkdir()
    (folder / "nl.yaml").write_bytes(shipped()["nl"])
    if old:
        edit(folder / "nl.yaml", old, new)


def test_an_expired_law_pack_is_refused_with_file_key_and_remedy(
    provider: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own_pack(provider, "valid_until: 2028-12-31", "valid_until: 2026-07-31")
    code, lines = printed(provider, capsys)
    assert code == 2
    assert len(lines) == 1
    assert lines[0].startswith("law/nl.yaml:7: valid_until: this release ended on 2026-07-31, and today is ")
    assert lines[0].endswith("; put the next one into law/nl.yaml beside the policy")


def test_a_law_pack_of_the_future_is_in_force_with_a_note(
    provider: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own_pack(provider, "valid_from: 2026-07-01", "valid_from: 2098-07-01")
    edit(provider / "law" / "nl.yaml", "valid_until: 2028-12-31", "valid_until: 2098-12-31")
    code, lines = printed(provider, capsys)
    assert code == 0
    assert lines[0].startswith(
        "note: law/nl.yaml:6: valid_from: the law asks it from 2098-07-01, and it is in force at once"
    )


def test_a_rule_that_speaks_of_no_action_is_refused(
    provider: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = edit(
        provider / "policy.yaml",
        "for: {families: [energy]}\n    require: customer.region",
        "for: {kinds: [save], families: [energy]}\n    require: customer.region",
    )
    code, lines = printed(provider, capsys)
    assert (code, lines) == (
        2,
        [
            f"policy.yaml:{line}: rules[energy_partner_area].for: no action is all of this, so the rule never speaks; correct it, or remove the rule"
        ],
    )


def test_a_law_pack_nobody_has_is_refused_with_those_there_are(
    provider: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = edit(provider / "policy.yaml", "law: [nl, eu]", "law: [nl, uk]")
    code, lines = printed(provider, capsys)
    assert (code, lines) == (
        2,
        [
            f"policy.yaml:{line}: law[1]: there is no law pack 'uk' (there are: eu, nl); write law/uk.yaml beside the policy, or correct the name"
        ],
    )


def test_a_rule_of_a_pack_that_does_not_compile_names_the_pack(
    provider: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own_pack(provider, "customer.consents.telemarketing", "customer.consents.telemarketting")
    code, lines = printed(provider, capsys)
    assert code == 2
    assert lines[0].startswith("law/nl.yaml:16: rules[telemarketing_consent].require: ")


def test_a_law_test_that_fails_is_named_with_what_came_instead(
    provider: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own_pack(provider, "contact.local_hour < 22", "contact.local_hour < 23")
    (provider / "scenarios" / "law.yaml").unlink()
    code, lines = printed(provider, capsys)
    assert code == 1
    assert lines[0] == "FAILED Nobody is called with an offer from ten in the evening"
    assert lines[1].strip().startswith("law/nl.yaml:")
    assert lines[1].endswith("tests[7].stopped_by: expected nl.calling_hours; came nothing")
    assert lines[2] == "67 tests of law packs passed (nl, eu), 1 failed"


@pytest.mark.parametrize(
    ("require", "message"),
    [
        ("customer.consents.email\n    on_missing: pass", "a missing fact stops the action in tier legal"),
        ('"!has(customer.age) || customer.age >= 18"', "asks has(), so that a missing fact could pass"),
    ],
)
def test_a_legal_rule_that_a_missing_fact_could_slip_through_is_refused(
    provider: Path, capsys: pytest.CaptureFixture[str], require: str, message: str
) -> None:
    edit(provider / "policy.yaml", "require: customer.age >= 18", f"require: {require}")
    code, lines = printed(provider, capsys)
    assert code == 2
    assert len(lines) == 1
    assert message in lines[0]
