"""What decided is found on the shelf by the hash of its bytes, or said to be missing with the option that stands in for it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from models.bundle import BundleError
from models.catalogue import load_catalogue
from models.documents import version_of
from models.domain import Flags
from models.features import Encoder, Numeric
from models.knowledge import flags_bytes
from models.learned import Correction, Learned
from models.policy import load_policy
from tests.builders import a_bundle, a_propensity
from tests.training.ope.shops import Shop, catalogue, policy
from training.errors import OptionError
from training.ope.kept import Kept, Proposed

if TYPE_CHECKING:
    from pathlib import Path

    from models.response import Versions

LEARNED = Learned(kinds={"offer": Correction(mean=0.5)}).model_dump_json().encode()
CHEAP = flags_bytes(Flags(ladder="cheap-first"))


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    found = Shop(
        tmp_path, policy=policy(experiments={"holdout": {"universal": 0.2}, "never": "customer.size > 7.0"})
    )
    for name, data in (("learned.json", LEARNED), ("flags.json", CHEAP)):
        place = found.shelf / version_of(data).replace(":", "-")
        place.mkdir()
        (place / name).write_bytes(data)
    return found


def versions(shop: Shop, **given: Any) -> Versions:
    return shop.knowledge.versions.model_copy(update=given)


def test_what_decided_is_put_together_again_and_holds_nobody_out(shop: Shop) -> None:
    found = Kept(shop.shelf, Proposed()).of(
        versions(shop, learned=version_of(LEARNED), flags=version_of(CHEAP))
    )
    assert found.versions.policy == shop.knowledge.versions.policy
    assert found.policy.experiments.holdout is None
    assert found.policy.experiments.never == "customer.size > 7.0"
    assert found.learned.kinds["offer"].mean == 0.5
    assert found.flags.ladder == "cheap-first"


def test_what_is_proposed_stands_in_its_place_and_a_bundle_without_corrections(shop: Shop) -> None:
    other, dearer = load_policy(policy()), load_catalogue(catalogue(a={"cost": 1.0}))
    bundle = a_bundle()
    kept = Kept(shop.shelf, Proposed(dearer, other, bundle))
    found = kept.of(versions(shop, learned=version_of(LEARNED), bundle="sha256:gone"))
    assert (found.versions.catalogue, found.versions.policy) == (dearer.version, other.version)
    assert found.bundle is bundle
    assert not found.learned.kinds
    assert kept.of(versions(shop, learned=version_of(LEARNED), bundle="sha256:gone")) is found


def test_a_bundle_that_learned_a_number_where_the_policy_has_a_word_is_refused(shop: Shop) -> None:
    bundle = a_bundle(replace(a_propensity({"tv": 1.0}), encoder=Encoder((Numeric("size", (1.0, 2.0)),))))
    assert Kept(shop.shelf, Proposed(bundle=bundle)).of(versions(shop)).bundle is bundle
    worded = load_policy(policy(facts={"size": {"type": "string"}}))
    with pytest.raises(
        BundleError, match="learned fact 'size' as a number, the policy declares it as string"
    ):
        Kept(shop.shelf, Proposed(bundle=bundle, policy=worded)).of(versions(shop))


@pytest.mark.parametrize(
    ("lost", "told"),
    [
        ({"catalogue": "sha256:x"}, "--catalogue: the catalogue sha256:x that decided then cannot be read"),
        ({"policy": "sha256:x"}, "--policy: the policy sha256:x that decided"),
        ({"bundle": "sha256:x"}, "--bundle: the bundle sha256:x that decided"),
        ({"learned": "sha256:x"}, "--bundle: the corrections sha256:x that decided"),
        ({"flags": "sha256:x"}, "--shelf: the flags sha256:x that decided"),
    ],
)
def test_what_is_not_on_the_shelf_is_named_with_its_remedy(
    shop: Shop, lost: dict[str, str], told: str
) -> None:
    with pytest.raises(OptionError, match=told):
        Kept(shop.shelf, Proposed()).of(versions(shop, **lost))


def test_other_bytes_under_the_name_of_a_version_are_refused(shop: Shop) -> None:
    place = shop.shelf / shop.knowledge.versions.policy.replace(":", "-") / "policy.yaml"
    place.write_bytes(policy())
    with pytest.raises(OptionError, match="--policy: the policy"):
        Kept(shop.shelf, Proposed()).of(versions(shop))
