"""Settings: read once, refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.settings import Settings, SettingsError, read_settings
from tests.api.running import HERE

GIVEN = {"BEHOUD_KNOWLEDGE": str(HERE)}


def test_only_the_knowledge_must_be_named() -> None:
    assert read_settings(GIVEN) == Settings(knowledge=HERE, spool=Path("var/spool"))
    assert read_settings(GIVEN).on_loopback


def test_everything_can_be_named(tmp_path: Path) -> None:
    given = {
        **GIVEN,
        "BEHOUD_VAR": "/srv/var",
        "BEHOUD_BUNDLE": str(tmp_path),
        "BEHOUD_REDIS_URL": "redis://cache:6379/0",
        "BEHOUD_REDIS_TIMEOUT_MS": "50",
        "BEHOUD_KEYS_FILE": "/srv/keys.json",
        "BEHOUD_KEYS": "{}",
        "BEHOUD_PROPENSITY": "implicit",
        "BEHOUD_HOST": "0.0.0.0",
        "BEHOUD_PORT": "9000",
        "BEHOUD_LEARNED_SECONDS": "2",
        "BEHOUD_BUNDLE_SECONDS": "60",
        "BEHOUD_CHECK_DECISIONS": "50",
        "MLFLOW_TRACKING_URI": "http://mlflow:5000",
        "BEHOUD_TOKEN_SECRET": "a long one",
        "BEHOUD_DESK": "1",
    }
    settings = read_settings(given)
    assert settings == Settings(
        knowledge=HERE,
        var=Path("/srv/var"),
        spool=Path("/srv/var/spool"),
        bundle=str(tmp_path),
        redis_url="redis://cache:6379/0",
        redis_timeout=0.05,
        keys_file=Path("/srv/keys.json"),
        keys="{}",
        propensity="implicit",
        host="0.0.0.0",
        port=9000,
        learned_every=2.0,
        bundle_every=60.0,
        check_decisions=50,
        tracking_uri="http://mlflow:5000",
        token_secret="a long one",
        desk=True,
    )
    assert not settings.on_loopback
    assert settings.mlflow == "http://mlflow:5000"


def test_the_registry_is_a_file_beside_the_data_unless_named(tmp_path: Path) -> None:
    assert Settings(knowledge=HERE, var=tmp_path).mlflow == f"sqlite:///{tmp_path.resolve()}/mlflow.db"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"BEHOUD_KNOWLEDGE": ""}, "BEHOUD_KNOWLEDGE is not set; give the folder"),
        ({"BEHOUD_KNOWLEDGE": "/nowhere"}, "BEHOUD_KNOWLEDGE: there is no catalogue.yaml in '/nowhere'"),
        ({"BEHOUD_REDIS_URL": "localhost:6379"}, "BEHOUD_REDIS_URL: 'localhost:6379' is no address"),
        ({"BEHOUD_REDIS_URL": "http://me:secret@host"}, "BEHOUD_REDIS_URL: 'host' is no address"),
        (
            {"BEHOUD_PROPENSITY": "best"},
            "BEHOUD_PROPENSITY: 'best' is not a choice; write winner or implicit",
        ),
        ({"BEHOUD_BUNDLE": "/nowhere"}, "BEHOUD_BUNDLE: there is no folder '/nowhere'"),
        ({"BEHOUD_BUNDLE": "models:/behoud"}, "BEHOUD_BUNDLE: 'models:/behoud' names no alias"),
        ({"BEHOUD_PORT": "80a"}, "BEHOUD_PORT: '80a' is not a number from 0 to 65535"),
        ({"BEHOUD_PORT": "70000"}, "BEHOUD_PORT: '70000' is not a number from 0 to 65535"),
        ({"BEHOUD_REDIS_TIMEOUT_MS": "nan"}, "BEHOUD_REDIS_TIMEOUT_MS: 'nan' is not a number"),
    ],
)
def test_what_cannot_be_used_is_refused_by_the_name_of_its_variable(
    change: dict[str, str], message: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings({**GIVEN, **change})
    assert str(refused.value).startswith(message)


def test_an_alias_of_the_registry_is_a_bundle() -> None:
    assert (
        read_settings({**GIVEN, "BEHOUD_BUNDLE": "models:/behoud@champion"}).bundle
        == "models:/behoud@champion"
    )


def test_an_empty_variable_is_as_good_as_none(tmp_path: Path) -> None:
    assert read_settings({**GIVEN, "BEHOUD_PORT": "", "BEHOUD_VAR": "", "BEHOUD_PROPENSITY": ""}) == Settings(
        knowledge=HERE, spool=Path("var/spool")
    )
