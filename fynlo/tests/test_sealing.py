"""Secrets in the database are unreadable without a key that the database does not hold."""

import pytest
from cryptography.fernet import InvalidToken
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from fynlo.sealing import reseal, seal, unseal


@given(st.text())
def test_what_is_sealed_opens_again_and_is_not_readable(secret: str) -> None:
    token = seal(secret)
    assert unseal(token) == secret
    assert token.isascii()
    assert len(secret) < 4 or secret not in token


def test_the_same_secret_is_never_sealed_alike() -> None:
    assert seal("sk_live_1") != seal("sk_live_1")


def test_the_newest_key_seals_and_older_ones_still_open(settings: Settings) -> None:
    settings.FIELD_KEYS = ["winter"]
    old = seal("sk_live_1")
    settings.FIELD_KEYS = ["spring", "winter"]
    assert unseal(old) == "sk_live_1"
    renewed = reseal(old)
    settings.FIELD_KEYS = ["spring"]
    assert unseal(renewed) == "sk_live_1"
    with pytest.raises(InvalidToken):
        unseal(old)


def test_a_token_that_was_tampered_with_is_an_error() -> None:
    token = seal("sk_live_1")
    with pytest.raises(InvalidToken):
        unseal(token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB"))
