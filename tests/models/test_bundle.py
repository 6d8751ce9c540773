"""A bundle opens exactly as it was packed, or not at all."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from models.accepting import Acceptances
from models.any_purchase import MOST_COUNTED, AnyPurchase
from models.arrays import read_npz, write_npz
from models.bundle import Bundle, BundleError, Origin, Parts, open_bundle, pack_bundle
from models.churn import ChurnModel
from models.fading import Fading
from models.features import Category, Encoder, Numeric
from models.lockin import Effect, LockIn
from models.manifest import (
    MANIFEST,
    MAX_FILE,
    MAX_MANIFEST,
    ArrayEntry,
    FileEntry,
    Manifest,
    canonical,
    read_manifest,
)
from models.propensity import PropensityModel
from models.scores import Factors, Linear
from models.waking import Waking
from tests.builders import a_saving
from tests.zips import zipped

PRODUCTS = ("fiber", "mobile", "tv", "films")
ENCODER = Encoder((Numeric("tenure", (0.0, 12.0, 60.0)), Category("contract", ("month", "year"))))
ORIGIN = Origin(data="sha256:tables", code="1.0", seed=7)


def a_propensity(*, factors: bool = False, dated: bool = True) -> PropensityModel:
    rng = np.random.default_rng(1)
    p, k = len(PRODUCTS), ENCODER.size
    purchase = AnyPurchase(
        -2.0, rng.normal(size=p), rng.normal(size=k), rng.normal(size=MOST_COUNTED + 1), 0.05
    )
    return PropensityModel(
        products=PRODUCTS,
        method="als" if factors else "multinomial",
        encoder=ENCODER,
        repeatable=np.array([False, True, False, False]),
        base=np.full(p, 0.25),
        scores=Factors.of(rng.normal(size=(p, 2)), 4.0, 10.0) if factors else Linear(rng.normal(size=(p, p))),
        scale=0.5,
        intercept=rng.normal(size=p),
        facts=rng.normal(size=(k, p)),
        counts=rng.normal(size=(MOST_COUNTED + 1, p)),
        any_purchase=purchase if dated else None,
    )


def a_churn_model() -> ChurnModel:
    rng = np.random.default_rng(2)
    p, k = len(PRODUCTS), ENCODER.size
    return ChurnModel(
        PRODUCTS, ENCODER, -3.0, rng.normal(size=k), rng.normal(size=2), rng.normal(size=p), rng.random(p)
    )


def parts(**change: Any) -> Parts:
    made = Parts(
        winner=a_propensity(),
        implicit=a_propensity(factors=True),
        churn=a_churn_model(),
        lockin=LockIn(),
        fact_kinds={"tenure": "integer", "contract": "string"},
        metrics={"winner.log_loss": 0.89},
        verdicts=("The multinomial regression serves.",),
    )
    return replace(made, **change)


def packed(**change: Any) -> dict[str, bytes]:
    return pack_bundle(parts(**change), ORIGIN)


def resealed(packed_files: dict[str, bytes], **change: Any) -> dict[str, bytes]:
    """The same files under a manifest that was rewritten, checksum included: what a broken writer would produce."""
    manifest = read_manifest(packed_files[MANIFEST]).model_copy(update=change)
    return {**packed_files, MANIFEST: manifest.to_bytes()}


def with_file(files: dict[str, bytes], name: str, data: bytes) -> dict[str, bytes]:
    """`data` in place of a file, with the size and SHA-256 it has: only what it says can betray it."""
    manifest = read_manifest(files[MANIFEST])
    fresh = pack_entry(data, manifest.files[name])
    return {**resealed(files, files={**manifest.files, name: fresh}), name: data}


def pack_entry(data: bytes, old: FileEntry) -> FileEntry:
    return FileEntry(sha256=hashlib.sha256(data).hexdigest(), size=len(data), arrays=old.arrays)


def with_json(files: dict[str, bytes], name: str, **change: Any) -> dict[str, bytes]:
    return with_file(files, name, canonical({**json.loads(files[name]), **change}))


def with_array(files: dict[str, bytes], file: str, name: str, array: Any) -> dict[str, bytes]:
    manifest = read_manifest(files[MANIFEST])
    arrays = read_npz(file, files[file], manifest.files[file].arrays)
    data, entries = write_npz({**arrays, name: array})
    entry = pack_entry(data, manifest.files[file]).model_copy(update={"arrays": entries})
    return {**resealed(files, files={**manifest.files, file: entry}), file: data}


def refusal(files: dict[str, bytes]) -> str:
    with pytest.raises(BundleError) as refused:
        open_bundle(files)
    assert str(refused.value).startswith(f"bundle refused: {refused.value.file}: ")
    return str(refused.value).removeprefix("bundle refused: ")


# --- the way through --------------------------------------------------------------------------------------------


def test_it_says_until_which_day_its_tables_told() -> None:
    until = date(2026, 10, 1)
    assert open_bundle(pack_bundle(parts(), replace(ORIGIN, until=until))).until == until
    assert open_bundle(pack_bundle(parts(), ORIGIN)).until is None
    assert b'"until"' not in pack_bundle(parts(), ORIGIN)[MANIFEST]


def test_an_opened_bundle_answers_bit_for_bit_as_the_models_that_were_packed() -> None:
    bundle = open_bundle(packed())
    assert isinstance(bundle, Bundle)
    holdings, facts = np.array([1.0, 0.0, 0.0, 1.0]), {"tenure": 7, "contract": "year"}
    assert (bundle.winner.which(holdings, facts) == a_propensity().which(holdings, facts)).all()
    assert (bundle.implicit.which(holdings, facts) == a_propensity(factors=True).which(holdings, facts)).all()
    assert bundle.churn is not None
    assert bundle.churn.hazard(facts, holdings) == a_churn_model().hazard(facts, holdings)
    assert bundle.products == PRODUCTS
    assert bundle.dated
    assert bundle.fact_kinds == {"tenure": "integer", "contract": "string"}
    assert bundle.metrics == {"winner.log_loss": 0.89}
    assert bundle.verdicts == ("The multinomial regression serves.",)
    assert bundle.lockin.effects == ()


def test_the_same_parts_give_the_same_bytes_and_the_same_version() -> None:
    assert packed() == packed()
    assert open_bundle(packed()).version == open_bundle(packed()).version
    assert open_bundle(packed()).version != open_bundle(packed(metrics={"winner.log_loss": 0.9})).version


def test_a_bundle_without_dates_and_without_churn_says_so() -> None:
    bundle = open_bundle(
        packed(churn=None, winner=a_propensity(dated=False), implicit=a_propensity(dated=False))
    )
    assert bundle.churn is None
    assert not bundle.dated
    assert bundle.winner.any_in_90_days(np.zeros(4), {}) is None


def test_other_causes_and_what_fades_come_back_and_are_refused_when_they_do_not_fit() -> None:
    fading = Fading(np.array([1.0, 0.2]), np.array([0.0, 0.5]), np.array([0.0, 0.1]))
    churn = replace(
        a_churn_model(),
        causes={"unavoidable": a_churn_model(), "non-payment": replace(a_churn_model(), intercept=-4.0)},
        fading=fading,
    )
    files = packed(churn=churn)
    opened = open_bundle(files)
    assert opened.churn is not None
    facts, held = {"tenure": 5, "contract": "year"}, np.zeros(4)
    assert opened.churn.curve(facts, held, 9, {}).tolist() == churn.curve(facts, held, 9, {}).tolist()
    assert list(opened.churn.causes) == ["unavoidable", "non-payment"]
    assert opened.causes == tuple(opened.churn.causes.values())
    assert packed(churn=churn) == files
    assert packed()["churn.json"] == packed(churn=replace(churn, causes={}, fading=None))["churn.json"]
    wrong = with_array(files, "churn.npz", "fading", np.full((3, 2), 2.0))
    assert "shares from 0 to 1" in refusal(wrong)
    assert open_bundle(packed(churn=None)).causes == ()


def test_effects_of_lock_in_come_back() -> None:
    lockin = LockIn((Effect("tv", 0.9, 0.8, 1.0, "B"),))
    assert open_bundle(packed(lockin=lockin)).lockin == lockin


def test_the_canaries_hold_no_customer_but_the_ends_of_each_fact() -> None:
    canaries = read_manifest(packed()[MANIFEST]).canaries[:4]
    assert [dict(canary.facts) for canary in canaries] == [
        {},
        {"tenure": 0.0, "contract": "month"},
        {"tenure": 24.0, "contract": "month"},
        {"tenure": 60.0, "contract": "year"},
    ]


def test_arrays_cannot_be_changed_after_they_were_checked() -> None:
    weights = open_bundle(packed()).winner.intercept
    with pytest.raises(ValueError, match="read-only"):
        weights[0] = 1.0


# --- one bit ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(packed()))
def test_one_flipped_bit_anywhere_is_refused(name: str) -> None:
    files = packed()
    rng = np.random.default_rng(3)
    whole = len(files[name]) * 8
    positions = (
        range(whole) if whole < 2000 else sorted({0, whole - 1, *rng.integers(whole, size=400).tolist()})
    )
    for position in positions:
        flipped = bytearray(files[name])
        flipped[position // 8] ^= 1 << position % 8
        assert refusal({**files, name: bytes(flipped)}).startswith(f"{name}: ")


# --- what a wrong file looks like -------------------------------------------------------------------------------


def test_a_folder_without_a_manifest_is_no_bundle() -> None:
    assert refusal({}) == "manifest.json: missing; a bundle is a folder with a manifest"


def test_a_manifest_that_is_too_large_is_not_parsed() -> None:
    assert "at most 8000000 are read" in refusal({MANIFEST: b" " * (MAX_MANIFEST + 1)})


def test_a_manifest_that_is_not_json_is_refused() -> None:
    assert refusal({MANIFEST: b"{"}).startswith("manifest.json: content: Invalid JSON")


def test_text_that_cannot_be_written_again_is_refused() -> None:
    files = packed()
    lone = files[MANIFEST].replace(b"regression serves", b"regression \\ud800")
    assert refusal({**files, MANIFEST: lone}).startswith("manifest.json: ")


def test_a_manifest_says_a_number_as_a_number() -> None:
    files = packed()
    text = files[MANIFEST].replace(b'"seed":7', b'"seed":"7"')
    assert refusal({**files, MANIFEST: text}) == "manifest.json: seed: Input should be a valid integer"


def test_a_missing_file_and_one_too_many_are_named() -> None:
    files = packed()
    assert (
        refusal({name: data for name, data in files.items() if name != "churn.npz"}) == "churn.npz: missing"
    )
    assert refusal({**files, "../evil": b""}) == "../evil: is not in the manifest; remove it"


def test_the_manifest_itself_cannot_name_other_files() -> None:
    files = packed()
    manifest = read_manifest(files[MANIFEST])
    one = next(iter(manifest.files.values()))
    assert "files must be" in refusal(resealed(files, files={**manifest.files, "../evil": one}))
    half = {name: entry for name, entry in manifest.files.items() if name != "churn.npz"}
    assert "whole or not at all" in refusal(resealed(files, files=half))


def test_a_file_that_is_shorter_than_announced_is_refused() -> None:
    files = packed()
    short = files["winner.npz"][:-1]
    whole = len(files["winner.npz"])
    assert (
        refusal({**files, "winner.npz": short})
        == f"winner.npz: has {whole - 1} bytes, the manifest says {whole}"
    )


def test_a_file_above_the_cap_is_refused_by_its_entry() -> None:
    with pytest.raises(ValueError, match="less than or equal to 64000000"):
        FileEntry(sha256="0" * 64, size=MAX_FILE + 1)


def test_products_stand_once_and_are_those_of_every_model() -> None:
    files = packed()
    assert "stands twice" in refusal(resealed(files, products=("fiber", "fiber", "tv", "films")))
    other = resealed(files, products=("fiber", "mobile", "films", "tv"))
    assert refusal(other) == "winner.json: its products are not those of the manifest, in their order"


def test_a_bundle_without_canaries_is_refused() -> None:
    assert "without canaries" in refusal(resealed(packed(), canaries=()))


@pytest.mark.parametrize(
    ("key", "file"), [("winner", "winner.npz"), ("implicit_any", "implicit.npz"), ("churn", "churn.npz")]
)
def test_a_canary_that_gets_another_answer_is_refused(key: str, file: str) -> None:
    files = packed()
    first, *rest = read_manifest(files[MANIFEST]).canaries
    answer = getattr(first, key)
    other = tuple(value + 2e-9 for value in answer) if isinstance(answer, tuple) else answer + 2e-9
    wrong = resealed(files, canaries=(first.model_copy(update={key: other}), *rest))
    assert refusal(wrong) == f"{file}: canary 0 gets another answer for '{key}'"
    near = tuple(value + 5e-10 for value in answer) if isinstance(answer, tuple) else answer + 5e-10
    open_bundle(resealed(files, canaries=(first.model_copy(update={key: near}), *rest)))


def test_a_canary_that_expects_no_answer_or_too_few_is_refused() -> None:
    files = packed()
    first, *rest = read_manifest(files[MANIFEST]).canaries
    for change in ({"churn": None}, {"winner": first.winner[:-1]}):
        assert "another answer" in refusal(resealed(files, canaries=(first.model_copy(update=change), *rest)))


def test_a_canary_that_holds_an_unknown_product_is_refused() -> None:
    files = packed()
    first, *rest = read_manifest(files[MANIFEST]).canaries
    odd = first.model_copy(update={"holdings": ("boat",)})
    assert (
        refusal(resealed(files, canaries=(odd, *rest))) == "manifest.json: canary 0 holds an unknown product"
    )


def test_absurd_but_finite_numbers_show_in_the_canaries() -> None:
    wild = with_array(packed(), "winner.npz", "intercept", np.array([1e308, -1e308, 1e308, 1e308]))
    assert "canary 0 gets another answer" in refusal(wild)


def test_a_model_whose_parts_do_not_fit_is_the_fault_of_its_file() -> None:
    files = packed()
    assert refusal(with_json(files, "winner.json", encoder={})).startswith("winner.json: KeyError: ")
    assert refusal(with_json(files, "winner.json", encoder=3)).startswith("winner.json: TypeError: ")
    assert refusal(with_json(files, "churn.json", intercept="x")).startswith("churn.json: ValueError: ")
    assert refusal(with_file(files, "lockin.json", canonical({}))).startswith("lockin.json: ValueError: ")
    wide = with_array(files, "churn.npz", "effects", np.zeros(99))
    assert "churn.json: ValueError: churn model: effects" in refusal(wide)


def test_lock_in_of_a_product_nobody_sells_is_refused() -> None:
    row = {"product_id": "boat", "hazard_ratio": 1.0, "low": 1.0, "high": 1.0, "grade": "C"}
    assert (
        refusal(with_file(packed(), "lockin.json", canonical([row]))) == "lockin.json: unknown product 'boat'"
    )


def test_an_average_of_zero_is_refused_because_lift_divides_by_it() -> None:
    wrong = with_array(packed(), "implicit.npz", "base", np.array([0.5, 0.5, 0.0, 0.0]))
    assert refusal(wrong) == "implicit.npz: array 'base' must be above 0"


def test_dates_are_there_for_both_models_or_for_none() -> None:
    with pytest.raises(BundleError, match=r"implicit\.json: the manifest says dated = True"):
        packed(implicit=a_propensity(factors=True, dated=False))


def test_numbers_that_are_not_finite_cannot_be_packed() -> None:
    with pytest.raises(ValueError, match="array 'intercept' has numbers that are not finite"):
        packed(winner=replace(a_propensity(), intercept=np.array([0.0, np.nan, 0.0, 0.0])))
    with pytest.raises(ValueError, match="JSON compliant"):
        packed(winner=replace(a_propensity(), scale=float("nan")))


# --- archives ---------------------------------------------------------------------------------------------------

ENTRY = {"a": ArrayEntry(shape=(3,), dtype="float64")}


def npy(array: Any, version: tuple[int, int] = (1, 0)) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.asanyarray(array), version=version)
    return buffer.getvalue()


def why(data: bytes) -> str:
    with pytest.raises(BundleError) as refused:
        read_npz("x.npz", data, ENTRY)
    return str(refused.value).removeprefix("bundle refused: x.npz: ")


def test_arrays_come_back_as_they_were_written() -> None:
    data, entries = write_npz({"b": np.array([[True, False]]), "a": np.array([1.5, -2.0, 0.0])})
    assert entries == {
        "a": ArrayEntry(shape=(3,), dtype="float64"),
        "b": ArrayEntry(shape=(1, 2), dtype="bool"),
    }
    back = read_npz("x.npz", data, entries)
    assert back["a"].tolist() == [1.5, -2.0, 0.0]
    assert back["b"].tolist() == [[True, False]]


def test_an_archive_that_inflates_is_refused_before_it_is_unpacked() -> None:
    bomb = zipped({"a.npy": b"\0" * 50_000_000}, zipfile.ZIP_DEFLATED)
    assert len(bomb) < 60_000
    assert "would inflate to 50000000" in why(bomb)


def test_an_archive_with_other_members_is_refused() -> None:
    assert why(zipped({"a.npy": npy(np.zeros(3)), "../b.npy": b""})).startswith("holds ['../b.npy', 'a.npy']")
    assert why(zipped({})).startswith("holds []")


def test_bytes_that_are_no_archive_are_refused() -> None:
    assert why(b"PK no").startswith("not a readable npz")
    whole = zipped({"a.npy": npy(np.zeros(3))})
    assert why(whole.replace(b"\x93NUMPY", b"\x93NUMPX")).startswith("not a readable npz: Bad CRC-32")


def test_an_array_that_differs_from_its_announcement_is_refused() -> None:
    assert "does not begin as an array" in why(zipped({"a.npy": b"hello, this is no array"}))
    assert "is ((4,), False, '<f8')" in why(zipped({"a.npy": npy(np.zeros(4))}))
    assert "'<i8'" in why(zipped({"a.npy": npy(np.zeros(3, dtype=np.int64))}))
    assert "'|O'" in why(zipped({"a.npy": npy(np.array([1, None, "x"], dtype=object))}))
    assert "array 'a' is" in why(zipped({"a.npy": npy(np.zeros(3, dtype=">f8"))}))
    assert "version 1.0" in why(zipped({"a.npy": npy(np.zeros(3), version=(2, 0))}))
    assert "has 16 bytes for shape (3,)" in why(zipped({"a.npy": npy(np.zeros(3))[:-8]}))
    assert "not finite" in why(zipped({"a.npy": npy(np.array([0.0, np.inf, 0.0]))}))


def test_a_header_is_read_and_never_evaluated() -> None:
    whole = npy(np.zeros(3))
    for said in (
        b"(3,)" + b" " * 5000,
        b"(3L,)",
        b"(__import__('os').getpid(),)",
        b"(" * 90 + b")" * 90,
        b"(-3,)",
    ):
        text = b"{'descr': '<f8', 'fortran_order': False, 'shape': " + said + b", }\n"
        raw = whole[:8] + len(text).to_bytes(2, "little") + text + whole[-24:]
        assert "does not begin as an array" in why(zipped({"a.npy": raw}))


def test_truth_is_one_of_two_bytes() -> None:
    data = zipped({"a.npy": npy(np.array([True, False, True]))[:-1] + b"\2"})
    with pytest.raises(BundleError, match="other bytes than 0 and 1"):
        read_npz("x.npz", data, {"a": ArrayEntry(shape=(3,), dtype="bool")})


def test_more_dimensions_than_there_are_and_a_directory_without_end_are_refused() -> None:
    shape = (0, MAX_FILE, MAX_FILE, MAX_FILE)
    text = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    raw = npy(1.0)[:8] + len(text).to_bytes(2, "little") + text
    with pytest.raises(BundleError, match="array 'a'"):
        read_npz("x.npz", zipped({"a.npy": raw}), {"a": ArrayEntry(shape=shape, dtype="float64")})
    many = zipped({f"{number}.npy": b"" for number in range(200)})
    assert why(many) == "its directory is longer than the 1 arrays of the manifest"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b'[{"a":1,"a":2}]\n', "a key stands twice"),
        (b"[NaN]\n", "not JSON compliant"),
        (b"[1e999]\n", "not JSON compliant"),
        (b"[" * 100_000, "recursion"),
        (b"[ ]\n", "is not written as a bundle is"),
        (b"1" * 8_000_001, "at most 8000000 are read"),
    ],
)
def test_a_part_is_written_as_a_bundle_is(data: bytes, says: str) -> None:
    assert refusal(with_file(packed(), "lockin.json", data)).startswith("lockin.json: ")
    assert says in refusal(with_file(packed(), "lockin.json", data))


def swapped(files: dict[str, bytes], one: str, other: str) -> dict[str, bytes]:
    """Two names in each other's place wherever a model looks for its columns, sealed again: what a wrong index map writes."""

    def there(data: bytes) -> bytes:
        marked = data.replace(f'"{one}"'.encode(), b'"\0"').replace(
            f'"{other}"'.encode(), f'"{one}"'.encode()
        )
        return marked.replace(b'"\0"', f'"{other}"'.encode())

    made = dict(files)
    for name in ("winner.json", "implicit.json", "churn.json"):
        made = with_file(made, name, canonical(json.loads(there(files[name]))))
    products = json.loads(there(canonical(read_manifest(files[MANIFEST]).products)))
    return resealed(made, products=tuple(products))


@pytest.mark.parametrize("pair", [("fiber", "mobile"), ("mobile", "films"), ("fiber", "tv"), ("tv", "films")])
def test_two_products_in_each_others_place_get_other_answers(pair: tuple[str, str]) -> None:
    assert "gets another answer" in refusal(swapped(packed(), *pair))


def test_two_facts_and_two_levels_in_each_others_place_get_other_answers() -> None:
    facts = tuple(f"fact_{number}" for number in range(5))
    encoder = Encoder(tuple(Category(fact, ("false", "true")) for fact in facts))
    rng = np.random.default_rng(4)

    def model(made: PropensityModel) -> PropensityModel:
        size = (encoder.size, len(PRODUCTS))
        return replace(made, encoder=encoder, facts=rng.normal(size=size), any_purchase=None)

    files = packed(winner=model(a_propensity()), implicit=model(a_propensity(factors=True)), churn=None)
    for one in facts:
        for other in facts:
            if one < other:
                meta = files["winner.json"].replace(one.encode(), b"?").replace(other.encode(), one.encode())
                wrong = with_file(files, "winner.json", meta.replace(b"?", other.encode()))
                assert "gets another answer for 'winner'" in refusal(wrong)
    turned = files["winner.json"].replace(b'["false","true"]', b'["true","false"]', 1)
    assert "gets another answer" in refusal(with_file(files, "winner.json", turned))


def test_a_manifest_counts_every_byte() -> None:
    data = packed()[MANIFEST]
    assert read_manifest(data).to_bytes() == data
    assert isinstance(read_manifest(data), Manifest)
    with pytest.raises(BundleError, match="changed after it was written"):
        read_manifest(data[:-1])


def test_what_was_learned_of_leaving_now_comes_back_and_is_refused_when_it_does_not_fit() -> None:
    saving = a_saving()
    files = packed(saving=saving)
    opened = open_bundle(files).saving
    assert opened is not None
    assert opened.to_json() == saving.to_json()
    assert open_bundle(packed()).saving is None
    broken = canonical({**saving.to_json(), "weights": [0.0]})
    entry = FileEntry(sha256=hashlib.sha256(broken).hexdigest(), size=len(broken))
    manifest = read_manifest(files[MANIFEST])
    wrong = resealed({**files, "saving.json": broken}, files={**manifest.files, "saving.json": entry})
    assert refusal(wrong).startswith("saving.json: ValueError: saving: weights must be")


def test_what_was_learned_of_accepting_is_a_part_that_may_be_missing() -> None:
    row = {"mean": 0.2, "by_motive": {"price": 0.1}, "deviation": 0.3, "keep": 0.9, "spoken": 40}
    acceptance = Acceptances.model_validate({"prior": 1.0, "slope": 0.4, "actions": {"sell-tv": row}})
    files = packed(acceptance=acceptance)
    assert open_bundle(files).acceptance == acceptance
    assert open_bundle(packed()).acceptance is None
    assert refusal(with_json(files, "acceptance.json", slope=-1.0)).startswith("acceptance.json: ")


def test_what_being_asked_wakes_is_a_part_that_may_be_missing() -> None:
    kinds = {"offer": {"log_ratio": 0.7, "deviation": 0.2}}
    waking = Waking.model_validate(
        {"kinds": kinds, "fade": 0.5, "share": [1.0, 1.0], "contacts": 90, "asked": 40}
    )
    files = packed(waking=waking)
    assert open_bundle(files).waking == waking
    assert open_bundle(packed()).waking is None
    assert refusal(with_json(files, "waking.json", fade=2.0)).startswith("waking.json: ")
