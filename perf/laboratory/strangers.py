"""Whom the laboratory puts under load: this machine. Locust's workers ask it without Django."""

from ipaddress import ip_address
from urllib.parse import urlsplit


class Unwilling(Exception):
    """The laboratory will not measure this; the text says why, and what to do."""


def refuse_strangers(url: str, *, owns_host: bool) -> None:
    """Raises Unwilling for a host that is not this machine, unless its owner says so."""
    host = urlsplit(url).hostname or ""
    try:
        is_here = ip_address(host).is_loopback
    except ValueError:
        is_here = host == "localhost"
    if not is_here and not owns_host:
        raise Unwilling(f"{host or url} is not this machine. If it is yours: --i-own-this-host.")
