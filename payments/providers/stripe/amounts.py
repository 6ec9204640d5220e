"""Minor units as Stripe counts them: https://docs.stripe.com/currencies#zero-decimal."""

from fynlo.money import exponent
from payments.errors import ProviderInvalidRequest

WITHOUT_DECIMALS = frozenset(
    (
        *("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA"),
        *("PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"),
    )
)
THREE_DECIMALS = frozenset(["BHD", "JOD", "KWD", "OMR", "TND"])


def step_of(currency: str) -> int:
    """What every amount has to be a multiple of: of three decimals the last is always 0, as
    https://docs.stripe.com/currencies#three-decimal says."""
    return 10 if currency.upper() in THREE_DECIMALS else 1


def to_stripe(amount: int, currency: str) -> int:
    """Raises ProviderInvalidRequest for an amount that Stripe cannot express."""
    factor, divisor = _scale(currency)
    if amount % divisor or amount % step_of(currency):
        raise ProviderInvalidRequest(f"Stripe takes no amount as small in {currency}.")
    return amount * factor // divisor


def from_stripe(amount: int, currency: str) -> int:
    factor, divisor = _scale(currency)
    return amount * divisor // factor


def _scale(currency: str) -> tuple[int, int]:
    """What ours is multiplied by and divided by. Stripe keeps two decimals for ISK and UGX."""
    code = currency.upper()
    theirs = 0 if code in WITHOUT_DECIMALS else 3 if code in THREE_DECIMALS else 2
    more = theirs - exponent(code)
    return 10 ** max(more, 0), 10 ** max(-more, 0)
