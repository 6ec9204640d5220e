"""A guest's phone: payment tokens of version EC_v1, as PassKit makes them."""

import hashlib
import json
import secrets
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from asn1crypto import algos, cms, core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from payments.sandbox.apple.authority import INTERMEDIATE, LEAF, Issued, issue, mark

Json = dict[str, Any]
NUMBERS = {"GBP": "826", "EUR": "978", "USD": "840", "JPY": "392", "KWD": "414"}


def _der(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@dataclass(frozen=True)
class Wallet:
    """`processing` is the certificate that the token is encrypted for."""

    root: Issued
    intermediate: Issued
    leaf: Issued
    merchant_id: str
    processing: x509.Certificate

    @classmethod
    def under(cls, root: Issued, *, merchant_id: str, processing: x509.Certificate) -> "Wallet":
        above = issue(
            "Sandbox Application Integration CA",
            above=root,
            is_authority=True,
            marks=[mark(INTERMEDIATE)],
        )
        leaf = issue("ecc-smp-broker-sign_Sandbox", above=above, marks=[mark(LEAF)])
        return cls(root, above, leaf, merchant_id, processing)

    def pay(
        self,
        amount: int,
        currency: str,
        *,
        asked: bytes = b"",
        at: datetime | None = None,
        signer: Issued | None = None,
        certificates: Sequence[x509.Certificate] | None = None,
    ) -> Json:
        """What `payment.token.paymentData` is for a request with this `applicationData`."""
        sealed = self._sealed(self._card(amount, currency), asked)
        leaf, chain = self.leaf, (self.leaf.certificate, self.intermediate.certificate)
        signature = _signature(
            sealed.signed,
            key=(signer or leaf).key,
            named=leaf.certificate,
            certificates=chain if certificates is None else certificates,
            at=at or datetime.now(UTC),
        )
        return sealed.told(signature)

    def _card(self, amount: int, currency: str) -> bytes:
        return json.dumps(
            {
                "applicationPrimaryAccountNumber": "4242424242424242",
                "applicationExpirationDate": "341231",
                "currencyCode": NUMBERS[currency],
                "transactionAmount": amount,
                "deviceManufacturerIdentifier": "040010030273",
                "paymentDataType": "3DSecure",
                "paymentData": {
                    "onlinePaymentCryptogram": b64encode(secrets.token_bytes(20)).decode(),
                    "eciIndicator": "7",
                },
            }
        ).encode()

    def _sealed(self, card: bytes, asked: bytes) -> "Sealed":
        ephemeral = ec.generate_private_key(ec.SECP256R1())
        public = self.processing.public_key()
        assert isinstance(public, ec.EllipticCurvePublicKey)
        party = hashlib.sha256(self.merchant_id.encode()).digest()
        info = b"\x0did-aes256-GCM" + b"Apple" + party
        shared = ephemeral.exchange(ec.ECDH(), public)
        key = ConcatKDFHash(hashes.SHA256(), 32, info).derive(shared)
        return Sealed(
            data=AESGCM(key).encrypt(bytes(16), card, None),
            ephemeral=_der(ephemeral.public_key()),
            key_hash=hashlib.sha256(_der(public)).digest(),
            application_data=hashlib.sha256(asked).digest() if asked else b"",
        )


@dataclass(frozen=True)
class Sealed:
    data: bytes
    ephemeral: bytes
    key_hash: bytes
    application_data: bytes
    transaction: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    @property
    def signed(self) -> bytes:
        return self.ephemeral + self.data + self.transaction + self.application_data

    def told(self, signature: bytes) -> Json:
        header = {
            "ephemeralPublicKey": b64encode(self.ephemeral).decode(),
            "publicKeyHash": b64encode(self.key_hash).decode(),
            "transactionId": self.transaction.hex(),
        }
        if self.application_data:
            header["applicationData"] = self.application_data.hex()
        return {
            "version": "EC_v1",
            "data": b64encode(self.data).decode(),
            "signature": b64encode(signature).decode(),
            "header": header,
        }


def _signature(
    signed: bytes,
    *,
    key: ec.EllipticCurvePrivateKey,
    named: x509.Certificate,
    certificates: Sequence[x509.Certificate],
    at: datetime,
) -> bytes:
    """CMS SignedData without its content, by the certificate that is `named`."""
    attributes = cms.CMSAttributes(
        [
            _attribute("content_type", cms.ContentType("data")),
            _attribute("signing_time", cms.Time({"utc_time": core.UTCTime(at)})),
            _attribute("message_digest", core.OctetString(hashlib.sha256(signed).digest())),
        ]
    )
    mine = asn1_x509.Certificate.load(named.public_bytes(Encoding.DER))
    name = {"issuer": mine.issuer, "serial_number": mine.serial_number}
    signer = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier({"issuer_and_serial_number": name}),
            "digest_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}),
            "signed_attrs": attributes,
            "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
            "signature": key.sign(attributes.dump(), ec.ECDSA(hashes.SHA256())),
        }
    )
    content = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [algos.DigestAlgorithm({"algorithm": "sha256"})],
            "encap_content_info": {"content_type": "data"},
            "certificates": [
                asn1_x509.Certificate.load(one.public_bytes(Encoding.DER)) for one in certificates
            ],
            "signer_infos": [signer],
        }
    )
    told: bytes = cms.ContentInfo({"content_type": "signed_data", "content": content}).dump()
    return told


def _attribute(kind: str, value: Any) -> Any:
    return cms.CMSAttribute({"type": kind, "values": [value]})
