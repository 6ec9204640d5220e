from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class StripeConfig:
    """An account's access to Stripe: the deployment's, or a restaurant's own.

    `webhook_secrets`: more than one while they are changed. `hosted_url` is a page that takes
    cards by itself, which the stand-in has; elsewhere Stripe.js does. Time-outs are seconds,
    `retries` those of one request under its key.
    """

    secret_key: str = field(repr=False)
    webhook_secrets: tuple[str, ...] = field(repr=False)
    api_url: str = "https://api.stripe.com"
    hosted_url: str = ""
    connect_timeout: float = 3.0
    read_timeout: float = 20.0
    retries: int = 2
