"""Where Fynlo may send what others ask it to send: to public addresses, and nowhere else.

An address is looked up once, judged, and connected to as it was judged: a name that leads
elsewhere a moment later leads nowhere.
"""

import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from syncing.errors import AddressRefused

Address = IPv4Address | IPv6Address
LONGEST_URL = 500
# All of IPv6 that is given out today.
_GIVEN_OUT = IPv6Network("2000::/3")
# What holds an IPv4 address in it (6to4, Teredo), and what older versions of `ipaddress` let pass.
_REFUSED = [
    ip_network(text)
    for text in (
        "192.0.0.0/24",
        "192.88.99.0/24",
        "2001::/23",
        "2001:db8::/32",
        "2002::/16",
        "3fff::/20",
    )
]
# Names that RFC 6761, 6762 and 8375 and ICANN keep for networks inside.
_INSIDE = (".localhost", ".local", ".internal", ".home.arpa")
_HERE = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True, slots=True)
class Reach:
    """`loopback`: for development, this machine may be reached, on any port and without TLS."""

    ports: frozenset[int]
    loopback: bool

    @classmethod
    def of_settings(cls) -> "Reach":
        ports = frozenset(map(int, settings.WEBHOOK_PORTS))
        return cls(ports=ports, loopback=settings.WEBHOOKS_TO_LOOPBACK)

    def allows(self, address: Address) -> bool:
        return (self.loopback and address.is_loopback) or is_public(address)

    def check(self, url: str) -> None:
        """What can be said of a URL without asking anybody. Raises AddressRefused."""
        parts = _split(url)
        if parts.username is not None or parts.password is not None or parts.fragment:
            raise AddressRefused("Leave user, password and #fragment out of `url`.", field="url")
        if self.loopback and parts.hostname in _HERE and parts.scheme in {"http", "https"}:
            return
        if parts.scheme != "https" or not self._may_be_public(parts.hostname or ""):
            raise AddressRefused(field="url")
        if (443 if parts.port is None else parts.port) not in self.ports:
            allowed = ", ".join(map(str, sorted(self.ports)))
            raise AddressRefused(f"Choose one of the ports {allowed}.", field="url")

    def _may_be_public(self, host: str) -> bool:
        try:
            return self.allows(ip_address(host))
        except ValueError:
            return _is_public_name(host.strip("."))

    def look_up(self, host: str, port: int) -> list[str]:
        """The addresses of a name, in the order of the resolver.

        Raises AddressRefused when one of them may not be reached, OSError when there is none.
        """
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except UnicodeError as error:
            raise OSError("This is no name of a host.") from error
        addresses = list(dict.fromkeys(str(row[4][0]) for row in found))
        if not all(self.allows(ip_address(address)) for address in addresses):
            raise AddressRefused
        return addresses


def is_public(address: Address) -> bool:
    """Whether anybody may be found there: neither private, loopback, link-local, multicast,
    reserved, nor an IPv6 address that stands for an IPv4 one."""
    if any(address in network for network in _REFUSED):
        return False
    if isinstance(address, IPv6Address) and address not in _GIVEN_OUT:
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def _is_public_name(host: str) -> bool:
    """Neither one that only a network inside knows, nor IPv4 in one of its older spellings
    (127.1, 0177.0.0.1, 0x7f.1), which resolvers understand."""
    _, dot, last = host.rpartition(".")
    is_number = last.isdecimal() or last.startswith("0x")
    return bool(dot) and not is_number and not f".{host}".endswith(_INSIDE)


def _split(url: str) -> SplitResult:
    plain = url.isascii() and url.isprintable() and not set(url) & set(' \\"<>^`{|}')
    if not plain or len(url) > LONGEST_URL:
        raise AddressRefused("Write `url` in plain ASCII, percent-encoded.", field="url")
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise AddressRefused("This `url` cannot be read. Give another one.", field="url") from error
    return parts
