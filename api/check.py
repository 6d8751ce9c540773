"""`python -m api check DIRECTORY`: is this provider's catalogue and policy sound, and does it answer as its scenarios say?"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

from api.bundles import BundleSource, source_of
from api.documents import CATALOGUE, FLAGS, Documents, build_beside, read_policies
from api.flag_file import FlagFile, read_flags
from api.flags_in_vain import aliases_in_vain, in_vain
from api.languages import read_languages, spoken
from api.law import read_packs
from api.settings import Settings
from models.catalogue import load_catalogue
from models.documents import DocumentError, Problem
from models.domain import USUAL, Flags
from models.idle import idle_rules
from models.in_force import early, expired, load_lawful, loose
from models.knowledge import build_knowledge
from models.law import LawPack
from models.law_run import run_law
from models.levers import expired_levers
from models.policy_alone import alone
from models.scenario_names import unknown_names
from models.scenario_run import run_scenarios
from models.scenarios import load_scenarios

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from models.knowledge import Knowledge
    from models.scenarios import Scenarios

SOUND, FAILED, UNUSABLE = 0, 1, 2
Loaded = TypeVar("Loaded")


def run(directory: Path) -> int:
    """Check the documents of a provider and run its scenarios, printing every problem.

    Returns the exit code: 0 when all scenarios pass, 1 when some fail, 2 when a document cannot be used.
    """
    try:
        knowledge = _knowledge(directory)
        files = _scenarios(directory, knowledge)
    except DocumentError as error:
        for problem in error.problems:
            print(problem)
        return UNUSABLE
    return _judge(files, knowledge)


def _knowledge(directory: Path) -> Knowledge:
    """Raises DocumentError with the problems of all documents, not only of the first."""
    problems: list[Problem] = []
    catalogue = _load(load_catalogue, directory / "catalogue.yaml", problems)
    law, languages = read_packs(directory), read_languages(directory)
    policy = _load(
        lambda data, source: load_lawful(data, source, law, languages), directory / "policy.yaml", problems
    )
    if policy is not None:
        today = datetime.now(ZoneInfo(policy.timezone)).date()
        problems += [*expired_levers(policy, today), *expired(policy, today)]
    flags_file = directory / FLAGS
    rules = _load(read_flags, flags_file, problems) if flags_file.exists() else None
    if catalogue is None and policy is not None:
        problems += alone(policy)
    if problems or catalogue is None or policy is None:
        raise DocumentError(problems)
    flags = Flags() if rules is None else rules.usual
    knowledge = build_knowledge(catalogue, policy, flags=flags, wordbooks=spoken())
    if problems := [*loose(policy), *idle_rules(catalogue, policy)]:
        raise DocumentError(problems)
    for note in early(policy, today):
        print(f"note: {note}")
    _check_beside(directory, knowledge, law, languages, rules)
    return knowledge


def _check_beside(
    directory: Path,
    usual: Knowledge,
    law: Mapping[str, bytes],
    languages: Mapping[str, bytes],
    rules: FlagFile | None,
) -> None:
    """The policies beside the usual one, and whether there is what flags name.

    Raises:
        DocumentError: everything that is wrong in them.
    """
    documents = Documents(
        (directory / CATALOGUE).read_bytes(),
        b"",
        usual.flags,
        law,
        languages,
        rules,
        read_policies(directory),
    )
    others = build_beside(documents, usual, datetime.now(UTC))
    if rules is None:
        return
    policies = {USUAL: usual.policy, **{name: other.policy for name, other in others.items()}}
    problems = list(in_vain(rules, policies, str(directory / FLAGS)))
    problems += aliases_in_vain(rules, _bundles(directory), str(directory / FLAGS))
    if problems:
        raise DocumentError(problems)


def _bundles(directory: Path) -> BundleSource | None:
    """Where a service with this environment has them from."""
    given = os.environ
    var, tracking = Path(given.get("BEHOUD_VAR") or "var"), given.get("MLFLOW_TRACKING_URI", "")
    settings = Settings(knowledge=directory, var=var, tracking_uri=tracking)
    return source_of(given.get("BEHOUD_BUNDLE", ""), settings.mlflow)


def _scenarios(directory: Path, knowledge: Knowledge) -> list[Scenarios]:
    problems: list[Problem] = []
    files: list[Scenarios] = []
    for path in sorted((directory / "scenarios").glob("*.yaml")):
        file = _load(load_scenarios, path, problems)
        if file is not None:
            problems += unknown_names(file, knowledge)
            files.append(file)
    if problems:
        raise DocumentError(problems)
    return files


def _load(load: Callable[[bytes, str], Loaded], path: Path, problems: list[Problem]) -> Loaded | None:
    try:
        return load(path.read_bytes(), str(path))
    except OSError as error:
        problems.append(Problem(str(path), 0, "", f"cannot be read ({error.strerror}); a provider needs it"))
    except DocumentError as error:
        problems += error.problems
    return None


def _judge(files: list[Scenarios], knowledge: Knowledge) -> int:
    passed = failed = 0
    for file in files:
        for outcome in run_scenarios(file, knowledge):
            if not outcome.failures:
                passed += 1
                continue
            failed += 1
            print(f"FAILED {outcome.name}")
            for problem in outcome.failures:
                print(f"  {problem}")
    law_failed = _judge_law(knowledge)
    print(f"{passed} scenarios passed" + (f", {failed} failed" if failed else ""))
    return FAILED if failed or law_failed else SOUND


def _judge_law(knowledge: Knowledge) -> int:
    """Run the tests of the law packs in force; how many failed."""
    packs = [pack for pack in knowledge.policy.packs if isinstance(pack, LawPack)]
    outcomes = [outcome for pack in packs for outcome in run_law(pack, knowledge.wording.wordbooks)]
    failed = [outcome for outcome in outcomes if outcome.failures]
    for outcome in failed:
        print(f"FAILED {outcome.name}")
        for problem in outcome.failures:
            print(f"  {problem}")
    if packs:
        names = ", ".join(pack.id for pack in packs)
        print(
            f"{len(outcomes) - len(failed)} tests of law packs passed ({names})"
            + (f", {len(failed)} failed" if failed else "")
        )
    return len(failed)
