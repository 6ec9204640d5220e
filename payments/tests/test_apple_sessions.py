"""Merchant sessions over mutual TLS against the stand-in for Apple's gateway."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from payments.apps import apple_identity
from payments.errors import AppleGatewayRefused, ProviderAuth, ProviderUnavailable
from payments.providers.apple.config import GATEWAY, AppleConfig
from payments.providers.apple.sessions import (
    PATH,
    MerchantSessions,
    checked_gateway,
)
from payments.sandbox.apple.authority import Issued, issue, merchant_mark
from payments.sandbox.apple.remote import RunningApple
from payments.sandbox.running import free_port


@pytest.fixture
def config(apple: RunningApple) -> AppleConfig:
    known = apple.environment
    return AppleConfig(
        merchant_id=known["APPLE_PAY_MERCHANT_ID"],
        domain="pay.example.com",
        identity=known["APPLE_PAY_IDENTITY_FILE"],
        gateway_url=known["APPLE_PAY_GATEWAY_URL"],
        authorities=known["APPLE_PAY_GATEWAY_AUTHORITIES"],
    )


def opened(config: AppleConfig, **options: str) -> dict[str, Any]:
    return MerchantSessions(config, watched=nullcontext).open(name="The Copper Kettle", **options)


def test_a_session_names_the_house_and_its_page_and_lasts_five_minutes(
    config: AppleConfig,
) -> None:
    session = opened(config)
    assert session["displayName"] == "The Copper Kettle"
    assert session["domainName"] == "pay.example.com"
    assert session["expiresAt"] - session["epochTimestamp"] == 5 * 60 * 1000


def test_a_long_name_is_cut_to_what_apple_takes(config: AppleConfig) -> None:
    sessions = MerchantSessions(config, watched=nullcontext)
    assert len(sessions.open(name="x" * 100)["displayName"]) == 64


@pytest.mark.parametrize(
    "identity",
    [
        lambda known: issue("Merchant", marks=[merchant_mark("merchant.test.fynlo")]),
        lambda root: issue("Merchant", above=root, marks=[merchant_mark("merchant.other")]),
        lambda root: issue("Merchant", above=root),
        lambda root: issue(
            "Merchant",
            above=root,
            marks=[merchant_mark("merchant.test.fynlo")],
            begins=datetime.now(UTC) - timedelta(days=2),
            lasts=timedelta(days=1),
        ),
    ],
    ids=["foreign", "another merchant's", "unmarked", "expired"],
)
def test_another_certificate_opens_no_session(
    config: AppleConfig, apple: RunningApple, tmp_path: Path, identity: Callable[[Issued], Issued]
) -> None:
    path = tmp_path / "identity.pem"
    path.write_text(identity(apple.credentials.issued("root")).pem)
    with pytest.raises(ProviderAuth):
        opened(replace(config, identity=str(path)))


def test_without_a_certificate_nothing_is_asked(config: AppleConfig, tmp_path: Path) -> None:
    with pytest.raises(ProviderAuth):
        opened(replace(config, identity=str(tmp_path / "missing.pem")))


def test_a_gateway_that_cannot_be_trusted_is_told_nothing(config: AppleConfig) -> None:
    with pytest.raises(ProviderAuth):
        opened(replace(config, authorities=""))


def test_a_gateway_that_is_not_there_is_unavailable(config: AppleConfig) -> None:
    with pytest.raises(ProviderUnavailable):
        opened(replace(config, gateway_url=f"https://localhost:{free_port()}"))


@pytest.mark.parametrize(
    "url",
    [
        "http://apple-pay-gateway.apple.com/paymentservices/paymentSession",
        "https://apple-pay-gateway.apple.com.evil.example/paymentservices/paymentSession",
        "https://evil.example/apple-pay-gateway.apple.com",
        "https://apple-pay-gateway.apple.com@evil.example/paymentservices/paymentSession",
        "https://apple-pay-gateway.apple.com:8443/paymentservices/paymentSession",
        "https://apple-pay-gateway.apple.com/other",
        "https://apple-pay-gateway.apple.com/paymentservices/paymentSession?x=1",
        "https://apple-pay-gateway.apple.com/paymentservices/paymentSession#x",
        "https://xapple-pay-gateway.apple.com/paymentservices/paymentSession",
        "https://apple-pay-gateway.apple.com\n.evil.example/paymentservices/paymentSession",
        "https://127.0.0.1/paymentservices/paymentSession",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/paymentservices/paymentSession",
        "https://apple-pay-gateway.apple.com:99999/paymentservices/paymentSession",
        "file:///etc/passwd",
        "nonsense",
    ],
)
def test_no_request_leads_us_anywhere_but_to_apple(config: AppleConfig, url: str) -> None:
    with pytest.raises(AppleGatewayRefused):
        opened(config, validation_url=url)


@pytest.mark.parametrize(
    "host",
    [
        "apple-pay-gateway.apple.com",
        "cn-apple-pay-gateway.apple.com",
        "apple-pay-gateway-nc-pod1.apple.com",
        "cn-apple-pay-gateway-sh-pod1.apple.com",
    ],
)
def test_the_gateway_that_the_browser_names_is_used_when_it_is_apples(host: str) -> None:
    assert checked_gateway(f"https://{host}{PATH}", own=GATEWAY) == f"https://{host}"


@pytest.mark.parametrize(
    ("lasts", "words"),
    [
        (timedelta(days=400), ""),
        (timedelta(days=20), "ends in 18 days"),
        (timedelta(hours=1), "has ended"),
    ],
)
def test_the_end_of_our_certificate_is_told_in_time(
    settings: Any, tmp_path: Path, lasts: timedelta, words: str
) -> None:
    """What is issued here begins a day ago."""
    path = tmp_path / "identity.pem"
    path.write_text(issue("Merchant", lasts=lasts).pem)
    settings.APPLE_PAY_IDENTITY_FILE = str(path)
    found = [message.msg for message in apple_identity(None)]
    assert bool(found) == bool(words)
    assert words in "".join(found)


def test_a_certificate_that_cannot_be_read_is_told(settings: Any) -> None:
    settings.APPLE_PAY_IDENTITY_FILE = "/nowhere.pem"
    (message,) = apple_identity(None)
    assert "cannot be read" in message.msg
    settings.APPLE_PAY_IDENTITY_FILE = ""
    assert not list(apple_identity(None))
