"""What a server in production is told when its environment is wrong."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.checks import run_checks
from pytest_django import Settings

PROJECT = Path(__file__).resolve().parent.parent.parent
GOOD = {
    "SECRET_KEY": "sessions-" * 6,
    "SIGNING_KEYS": {"spring": "tokens-of-spring-" * 2, "winter": "tokens-of-winter-" * 2},
    "FIELD_KEYS": ["fields-of-spring-" * 2, "fields-of-winter-" * 2],
    "REDIS_URL": "rediss://:secret@redis.example.com:6379/0",
    "ALLOWED_ORIGINS": ["https://pos.example.com", "https://pos.example.com:8443"],
    "WEBSOCKET_URL": "wss://pos.example.com/ws/v1/events/",
    "PUBLIC_URL": "https://pos.example.com",
}


@pytest.fixture(autouse=True)
def keys_to_providers() -> None:
    """None but those that the environment gives."""


@pytest.fixture
def production(settings: Settings) -> Settings:
    for name, value in GOOD.items():
        setattr(settings, name, value)
    return settings


def complaints(*, deploy: bool = True) -> list[str]:
    found = run_checks(tags=["security"], include_deployment_checks=deploy)
    ours = [message for message in found if str(message.id).startswith("fynlo.")]
    assert all(message.hint for message in ours)
    return [str(message.id) for message in ours]


def test_good_settings_are_accepted(production: Settings) -> None:
    assert complaints() == []


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("SECRET_KEY", "short", "fynlo.E001"),
        ("SIGNING_KEYS", {}, "fynlo.E002"),
        ("SIGNING_KEYS", {**GOOD["SIGNING_KEYS"], "old": "k" * 31}, "fynlo.E003"),  # type: ignore[dict-item]
        ("SIGNING_KEYS", {"only": GOOD["SECRET_KEY"]}, "fynlo.E004"),
        ("FIELD_KEYS", [], "fynlo.E009"),
        ("FIELD_KEYS", ["f" * 31], "fynlo.E009"),
        ("REDIS_URL", "http://redis.example.com", "fynlo.E005"),
        ("REDIS_URL", "redis.example.com:6379", "fynlo.E005"),
        ("ALLOWED_ORIGINS", ["http://pos.example.com"], "fynlo.E006"),
        ("ALLOWED_ORIGINS", ["https://pos.example.com/"], "fynlo.E006"),
        ("ALLOWED_ORIGINS", ["https://"], "fynlo.E006"),
        ("WEBSOCKET_URL", "ws://pos.example.com/ws/v1/events/", "fynlo.E007"),
        ("WEBSOCKET_URL", "wss:///ws/v1/events/", "fynlo.E007"),
        ("PUBLIC_URL", "http://pos.example.com", "fynlo.E008"),
        ("TRUELAYER_API_URL", "https://api.truelayer-sandbox.com", "fynlo.E010"),
        ("TRUELAYER_API_URL", "https://10.0.0.5", "fynlo.E010"),
        ("TRUELAYER_AUTH_URL", "http://auth.truelayer.com", "fynlo.E010"),
        ("TRUELAYER_WEBHOOK_JWKS_URL", "https://localhost:9000/jwks", "fynlo.E010"),
    ],
)
def test_a_bad_setting_is_an_error_with_a_hint(
    production: Settings, name: str, value: object, complaint: str
) -> None:
    setattr(production, name, value)
    assert complaints() == [complaint]


def test_an_error_never_shows_the_secret(production: Settings) -> None:
    production.SECRET_KEY = "a-secret"
    production.SIGNING_KEYS = {"only": "a-secret"}
    found = run_checks(tags=["security"], include_deployment_checks=True)
    assert found
    assert not any("a-secret" in str(message) for message in found)


def test_a_developer_is_not_asked_for_production_settings() -> None:
    assert complaints(deploy=False) == []


def start(**environment: str) -> subprocess.CompletedProcess[str]:
    """`manage.py check` on production settings, with nothing in the environment but this."""
    return subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=PROJECT,
        env={
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "fynlo.settings.production",
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_missing_variables_are_named_in_one_line() -> None:
    failed = start(SECRET_KEY="x", REDIS_URL="")
    assert failed.returncode == 1
    assert failed.stderr.count("\n") == 1
    assert "SECRET_KEY" not in failed.stderr
    for name in ("SIGNING_KEYS", "ALLOWED_HOSTS", "DATABASE_URL", "REDIS_URL", "EMAIL_URL"):
        assert name in failed.stderr


def test_signing_keys_without_a_key_id_are_named_in_one_line() -> None:
    names = ("SECRET_KEY", "ALLOWED_HOSTS", "ALLOWED_ORIGINS", "PUBLIC_URL", "WEBSOCKET_URL")
    given = dict.fromkeys((*names, "FIELD_KEYS", "DEFAULT_FROM_EMAIL"), "x") | {
        "EMAIL_URL": "dummymail://"
    }
    databases = {"DATABASE_URL": "postgresql://db/fynlo", "REDIS_URL": "redis://redis"}
    failed = start(SIGNING_KEYS="only-a-secret", **given, **databases)
    assert failed.returncode == 1
    assert failed.stderr == "fynlo: SIGNING_KEYS is not written key=value,key=value\n"


def test_production_does_not_start_with_a_stand_in_for_a_bank_unless_for_a_demonstration() -> None:
    names = ("SECRET_KEY", "ALLOWED_HOSTS", "ALLOWED_ORIGINS", "PUBLIC_URL", "WEBSOCKET_URL")
    given = dict.fromkeys((*names, "FIELD_KEYS", "DEFAULT_FROM_EMAIL"), "x") | {
        "EMAIL_URL": "dummymail://",
        "SIGNING_KEYS": "one=x",
        "DATABASE_URL": "postgresql://db/fynlo",
        "REDIS_URL": "redis://redis",
        "TRUELAYER_API_URL": "http://127.0.0.1:9000",
    }
    failed = start(**given)
    assert failed.returncode == 1
    assert failed.stderr.startswith("fynlo: no real provider: TRUELAYER_API_URL")
    assert failed.stderr.count("\n") == 1
    assert "no real provider" not in start(DEMO_MODE="true", **given).stderr


def test_the_example_environment_names_every_variable_that_settings_read() -> None:
    files = set((PROJECT / "fynlo/settings").glob("*.py"))
    sources = [path.read_text() for path in files if path.name != "test.py"]
    read = r'(?:env\.\w+|require_pairs|os\.environ\.get)\(\s*"([A-Z_]+)"'
    names = {name for source in sources for name in re.findall(read, source)}
    example = (PROJECT / "deploy/env.example").read_text()
    assert "DATABASE_OPTIONS" in names
    assert names <= set(re.findall(r"^#?([A-Z_]+)=", example, re.MULTILINE))


def test_the_example_environment_names_every_variable_that_compose_reads() -> None:
    names = set(re.findall(r"\$\{([A-Z_]+)", (PROJECT / "docker-compose.yml").read_text()))
    example = (PROJECT / "deploy/env.example").read_text()
    assert "SECRET_KEY" in names
    assert names <= set(re.findall(r"^#?([A-Z_]+)=", example, re.MULTILINE))
