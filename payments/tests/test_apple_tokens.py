"""Payment tokens of Apple Pay: a good one is opened, and every attack on one is refused.

`apple_token_of_2017.json` was made by a real phone and signed by Apple: the test vector that the
Go library github.com/processout/applepay (MIT) publishes. Nobody has its key any more.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from payments.errors import AppleTokenInvalid
from payments.providers.apple import root
from payments.providers.apple.decryption import (
    OpenedToken,
    check_amount,
    decrypt,
    processing_keys,
)
from payments.providers.apple.tokens import application_data_of, check_fresh, parse, verify
from payments.sandbox.apple.authority import INTERMEDIATE, LEAF, issue, mark
from payments.sandbox.apple.credentials import Credentials, credentials
from payments.sandbox.apple.wallet import Wallet

Json = dict[str, Any]
Attack = Callable[[Wallet], Json]
ASKED = b"payment|2750|GBP|nonce"


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Credentials:
    return credentials(tmp_path_factory.mktemp("apple"))


@pytest.fixture(scope="module")
def wallet(known: Credentials) -> Wallet:
    return known.wallet()


def accepted(told: Json, known: Credentials, *, merchant_id: str = "") -> OpenedToken:
    """All nine steps. Raises AppleTokenInvalid."""
    token = parse(told)
    trusted = x509.load_pem_x509_certificate(known.root.read_bytes())
    signed_at = verify(token, root=trusted, application_data=application_data_of(ASKED))
    check_fresh(signed_at, now=datetime.now(UTC))
    keys = processing_keys([str(known.path("processing"))])
    opened = decrypt(token, keys=keys, merchant_id=merchant_id or known.merchant_id)
    check_amount(opened, amount=2750, currency="GBP")
    return opened


def test_a_guests_token_is_verified_and_opened(known: Credentials, wallet: Wallet) -> None:
    opened = accepted(wallet.pay(2750, "GBP", asked=ASKED), known)
    assert opened.number == "4242424242424242"


def test_what_was_opened_is_not_in_what_is_printed(known: Credentials, wallet: Wallet) -> None:
    opened = accepted(wallet.pay(2750, "GBP", asked=ASKED), known)
    for secret in (opened.number, opened.cryptogram, opened.expires):
        assert secret not in repr(opened)


def other_byte(text: str) -> str:
    """The same base64 with one bit of its last byte turned."""
    told = bytearray(b64decode(text))
    told[-1] ^= 1
    return b64encode(told).decode()


def changed_data(wallet: Wallet) -> Json:
    told = wallet.pay(2750, "GBP", asked=ASKED)
    return {**told, "data": other_byte(told["data"])}


def changed_header(name: str, value: str) -> Attack:
    def attack(wallet: Wallet) -> Json:
        told = wallet.pay(2750, "GBP", asked=ASKED)
        return {**told, "header": {**told["header"], name: value}}

    return attack


def changed_application_data(wallet: Wallet) -> Json:
    """Signed for another payment, and then called ours."""
    told = wallet.pay(2750, "GBP", asked=b"another payment")
    header = {**told["header"], "applicationData": application_data_of(ASKED)}
    return {**told, "header": header}


def other_root(wallet: Wallet) -> Json:
    foreign = issue("Sandbox Root CA - G3", is_authority=True, curve=ec.SECP384R1())
    own = Wallet.under(foreign, merchant_id=wallet.merchant_id, processing=wallet.processing)
    return own.pay(2750, "GBP", asked=ASKED)


def signed_at(moved: timedelta) -> Attack:
    return lambda wallet: wallet.pay(2750, "GBP", asked=ASKED, at=datetime.now(UTC) + moved)


def leaf_without_its_mark(wallet: Wallet) -> Json:
    leaf = issue("anybody", above=wallet.intermediate)
    return changed(wallet, leaf=leaf).pay(2750, "GBP", asked=ASKED)


def foreign_signer_with_the_real_leaf(wallet: Wallet) -> Json:
    thief = issue("thief", above=wallet.intermediate, marks=[mark(LEAF)])
    return wallet.pay(2750, "GBP", asked=ASKED, signer=thief)


def missing_intermediate(wallet: Wallet) -> Json:
    return wallet.pay(2750, "GBP", asked=ASKED, certificates=[wallet.leaf.certificate])


def intermediate_that_may_not_issue(wallet: Wallet) -> Json:
    above = issue("not an authority", above=wallet.root, marks=[mark(INTERMEDIATE)])
    leaf = issue("leaf", above=above, marks=[mark(LEAF)])
    return changed(wallet, intermediate=above, leaf=leaf).pay(2750, "GBP", asked=ASKED)


def leaf_that_has_expired(wallet: Wallet) -> Json:
    long_ago = datetime.now(UTC) - timedelta(days=400)
    leaf = issue(
        "leaf",
        above=wallet.intermediate,
        marks=[mark(LEAF)],
        begins=long_ago,
        lasts=timedelta(days=365),
    )
    return changed(wallet, leaf=leaf).pay(2750, "GBP", asked=ASKED)


def other_processing_key(wallet: Wallet) -> Json:
    other = issue("Sandbox Payment Processing", above=wallet.root)
    return changed(wallet, processing=other.certificate).pay(2750, "GBP", asked=ASKED)


def other_merchant(wallet: Wallet) -> Json:
    """Encrypted for our key by a wallet that thinks of another merchant."""
    return changed(wallet, merchant_id="merchant.rival").pay(2750, "GBP", asked=ASKED)


def for_another_payment(wallet: Wallet) -> Json:
    return wallet.pay(2750, "GBP", asked=b"another payment")


def for_no_payment(wallet: Wallet) -> Json:
    return wallet.pay(2750, "GBP")


def other_amount(wallet: Wallet) -> Json:
    return wallet.pay(1, "GBP", asked=ASKED)


def other_currency(wallet: Wallet) -> Json:
    return wallet.pay(2750, "EUR", asked=ASKED)


def changed(wallet: Wallet, **parts: Any) -> Wallet:
    return Wallet(**{name: getattr(wallet, name) for name in wallet.__annotations__} | parts)


@pytest.mark.parametrize(
    ("attack", "reason"),
    [
        (changed_data, "signature"),
        (changed_header("transactionId", "ab" * 32), "signature"),
        (changed_application_data, "signature"),
        (other_root, "chain"),
        (signed_at(timedelta(minutes=-10)), "time"),
        (signed_at(timedelta(minutes=2)), "time"),
        (leaf_without_its_mark, "certificates"),
        (foreign_signer_with_the_real_leaf, "signature"),
        (missing_intermediate, "certificates"),
        (other_processing_key, "key"),
        (other_merchant, "data"),
        (intermediate_that_may_not_issue, "chain"),
        (leaf_that_has_expired, "chain"),
        (for_another_payment, "application_data"),
        (for_no_payment, "application_data"),
        (other_amount, "amount"),
        (other_currency, "amount"),
    ],
)
def test_an_attack_on_a_token_is_refused_at_its_step(
    known: Credentials, wallet: Wallet, attack: Attack, reason: str
) -> None:
    with pytest.raises(AppleTokenInvalid) as refused:
        accepted(attack(wallet), known)
    assert refused.value.extra == {"reason": reason}


def test_data_whose_tag_is_wrong_is_refused_by_whoever_opens_it(
    known: Credentials, wallet: Wallet
) -> None:
    """The signature would tell before: this is the second lock."""
    told = wallet.pay(2750, "GBP", asked=ASKED)
    token = parse({**told, "data": other_byte(told["data"])})
    keys = processing_keys([str(known.path("processing"))])
    with pytest.raises(AppleTokenInvalid) as refused:
        decrypt(token, keys=keys, merchant_id=known.merchant_id)
    assert refused.value.extra == {"reason": "data"}


def test_the_wrong_merchant_id_opens_nothing(known: Credentials, wallet: Wallet) -> None:
    with pytest.raises(AppleTokenInvalid) as refused:
        accepted(wallet.pay(2750, "GBP", asked=ASKED), known, merchant_id="merchant.rival")
    assert refused.value.extra == {"reason": "data"}


@pytest.mark.parametrize(
    "change",
    [
        {"version": "RSA_v1"},
        {"version": None},
        {"data": "no base64"},
        {"signature": ""},
        {"signature": "AAAA"},
        {"signature": b64encode(b"\x30\x80" * 50).decode()},
        {"header": {}},
        {"header": None},
        {"header": {"transactionId": 5}},
        {"data": 7},
    ],
)
def test_a_token_without_its_form_is_refused(
    known: Credentials, wallet: Wallet, change: Json
) -> None:
    with pytest.raises(AppleTokenInvalid):
        accepted({**wallet.pay(2750, "GBP", asked=ASKED), **change}, known)


@pytest.mark.parametrize("name", ["ephemeralPublicKey", "publicKeyHash", "applicationData"])
def test_a_header_of_nonsense_is_refused(known: Credentials, wallet: Wallet, name: str) -> None:
    for value in ("", "AAAA", "zz", "é"):
        with pytest.raises(AppleTokenInvalid):
            accepted(changed_header(name, value)(wallet), known)


def test_the_next_processing_key_is_known_before_the_change(
    known: Credentials, wallet: Wallet, tmp_path: Path
) -> None:
    following = issue("Sandbox Payment Processing", above=wallet.root)
    (tmp_path / "next.pem").write_text(following.pem)
    keys = processing_keys([str(known.path("processing")), str(tmp_path / "next.pem")])
    told = changed(wallet, processing=following.certificate).pay(500, "GBP", asked=ASKED)
    assert decrypt(parse(told), keys=keys, merchant_id=known.merchant_id).amount == 500


def test_a_token_of_a_real_phone_is_signed_by_apple() -> None:
    told = json.loads((Path(__file__).parent / "apple_token_of_2017.json").read_text())
    apple = x509.load_pem_x509_certificate(root.PEM.encode())
    assert apple.fingerprint(hashes.SHA256()).hex() == root.SHA256
    at = verify(parse(told), root=apple, application_data="")
    assert at == datetime(2017, 2, 1, 18, 45, 6, tzinfo=UTC)
    with pytest.raises(AppleTokenInvalid):
        check_fresh(at, now=datetime.now(UTC))
    with pytest.raises(AppleTokenInvalid):
        verify(parse({**told, "data": other_byte(told["data"])}), root=apple, application_data="")
