from dataclasses import dataclass, field

from payments.providers.apple import root

GATEWAY = "https://apple-pay-gateway.apple.com"


@dataclass(frozen=True, slots=True)
class AppleConfig:
    """The deployment's access to Apple Pay.

    `domain` is where the page with the button is (never taken from a request). `identity` is the
    file (PEM) with the merchant identity certificate and its key; `authorities` a file of those
    that vouch for the gateway, the system's when empty. `root` (PEM) is what tokens are signed
    under. `processing` are files (PEM) with a payment processing certificate and its key, the
    current one and the next: empty wherever somebody else decrypts. Time-outs are seconds.
    """

    merchant_id: str
    domain: str
    identity: str = field(repr=False)
    gateway_url: str = GATEWAY
    authorities: str = ""
    root: str = root.PEM
    processing: tuple[str, ...] = field(default=(), repr=False)
    connect_timeout: float = 3.0
    read_timeout: float = 10.0
