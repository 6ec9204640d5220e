from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class TrueLayerConfig:
    """The deployment's own access to TrueLayer.

    `private_key` (PEM, P-521) with the id `kid` signs requests. `auth_url` and `api_url` are hosts
    without a path; webhooks are verified by the keys at one of `jwks_urls` and no other.
    `guest_email` stands for a guest, whose own is not asked. Time-outs are seconds.
    """

    client_id: str
    client_secret: str = field(repr=False)
    kid: str
    private_key: str = field(repr=False)
    auth_url: str
    api_url: str
    jwks_urls: tuple[str, ...]
    guest_email: str
    connect_timeout: float = 3.0
    read_timeout: float = 10.0
