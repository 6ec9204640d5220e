"""Where a request came from, as sessions remember it."""

import ipaddress

from django.http import HttpRequest

from fynlo.accounts.services.sessions import Origin
from fynlo.api.rates import address_of


def origin_of(request: HttpRequest) -> Origin:
    agent = request.headers.get("User-Agent", "")
    shown = "".join(letter for letter in agent if letter.isprintable())
    return Origin(_ip_address(address_of(request)), shown[:200])


def _ip_address(text: str) -> str | None:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None
