"""What a merchant has from Apple, made once and kept in the stand-in's folder."""

import os
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from payments.sandbox.apple.authority import Issued, issue, merchant_mark, on_this_machine
from payments.sandbox.apple.wallet import Wallet

MERCHANT_ID = "merchant.test.fynlo"
FILES = ("root", "intermediate", "leaf", "gateway", "identity", "processing")


@dataclass(frozen=True)
class Credentials:
    """Files in PEM: `identity` and `processing` with their keys, `root` without."""

    folder: Path
    merchant_id: str = MERCHANT_ID

    def path(self, name: str) -> Path:
        return self.folder / f"{name}.pem"

    @property
    def root(self) -> Path:
        """The certificate alone, as the world knows it."""
        return self.folder / "root.crt"

    def issued(self, name: str) -> Issued:
        pem = self.path(name).read_bytes()
        key = load_pem_private_key(pem, None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return Issued(x509.load_pem_x509_certificate(pem), key)

    def wallet(self) -> Wallet:
        root, above, leaf = (self.issued(name) for name in ("root", "intermediate", "leaf"))
        processing = self.issued("processing").certificate
        return Wallet(root, above, leaf, self.merchant_id, processing)


def credentials(folder: Path) -> Credentials:
    """Those of this folder; made when there are none."""
    known = Credentials(folder)
    if not known.root.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _make(known)
    return known


def _make(known: Credentials) -> None:
    root = issue("Sandbox Root CA - G3", is_authority=True, curve=ec.SECP384R1())
    marks = [merchant_mark(known.merchant_id)]
    processing = issue("Sandbox Payment Processing", above=root, marks=marks)
    wallet = Wallet.under(root, merchant_id=known.merchant_id, processing=processing.certificate)
    made = {
        "root": root,
        "intermediate": wallet.intermediate,
        "leaf": wallet.leaf,
        "gateway": issue("localhost", above=root, marks=[on_this_machine()]),
        "identity": issue("Sandbox Merchant Identity", above=root, marks=marks),
        "processing": processing,
    }
    for name, one in made.items():
        _write(known.path(name), one.pem)
    _write(known.root, root.certificate_pem)


def _write(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
