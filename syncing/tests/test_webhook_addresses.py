"""Nobody has us reach into our own house."""

import socket
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from syncing.errors import AddressRefused
from syncing.providers.addresses import Reach, is_public
from syncing.providers.posting import Answer, Poster
from syncing.tests.integrators import Integrator, integrating

OUTSIDE = Reach(ports=frozenset({443, 8443}), loopback=False)
HERE = Reach(ports=frozenset({443, 8443}), loopback=True)
PUBLIC = "93.184.216.34"

REFUSED = {
    "private": ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fd00::1", "fc00::1"],
    "loopback": ["127.0.0.1", "127.255.255.254", "::1"],
    "link-local": ["169.254.169.254", "169.254.0.1", "fe80::1", "fe80::1%lo"],
    "multicast": ["224.0.0.1", "239.255.255.250", "233.252.0.1", "ff02::1", "ff0e::1"],
    "reserved": ["0.0.0.0", "0.1.2.3", "240.0.0.1", "255.255.255.255", "::", "4000::1", "fec0::1"],
    "shared": ["100.64.0.1", "100.127.255.255", "198.18.0.1", "192.0.0.8"],
    "documentation": ["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"],
    "IPv4 in IPv6": ["::ffff:127.0.0.1", "::ffff:93.184.216.34", "::127.0.0.1", "::ffff:0:7f00:1"],
    "6to4": ["2002:7f00:1::1", "2002:5db8:d822::1", "192.88.99.1"],
    "NAT64": ["64:ff9b::7f00:1", "64:ff9b::5db8:d822", "64:ff9b:1::a00:1"],
    "Teredo": ["2001::1", "2001:0:7f00:1::"],
}
ADDRESSES = [address for addresses in REFUSED.values() for address in addresses]


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    assert not is_public(ip_address(address))
    assert not OUTSIDE.allows(ip_address(address))


@pytest.mark.parametrize("address", [PUBLIC, "1.1.1.1", "2606:2800:220:1::1", "2a00:1450::1"])
def test_a_public_address_is_allowed(address: str) -> None:
    assert OUTSIDE.allows(ip_address(address))


@pytest.mark.parametrize("address", ADDRESSES)
def test_development_reaches_this_machine_and_nothing_else(address: str) -> None:
    assert HERE.allows(ip_address(address)) == ip_address(address).is_loopback


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example/",
        "ftp://hooks.example/",
        "https://",
        "https:///hook",
        "https://hooks.example:80/",
        "https://hooks.example:22/",
        "https://hooks.example:0/",
        "https://hooks.example:99999/",
        "https://hooks.example:x/",
        "https://user@hooks.example/",
        "https://user:pass@hooks.example/",
        "https://:@hooks.example/",
        "https://hooks.example/#there",
        "https://localhost/",
        "https://kettle.localhost/",
        "https://printer.local/",
        "https://metadata.google.internal./",
        "https://127.1/",
        "https://0177.0.0.1/",
        "https://0x7f.0x1/",
        "https://redis/",
        "https://redis./",
        "https://[::1]/",
        "https://[::ffff:169.254.169.254]/",
        "https://[fe80::1%25lo]/",
        "https://169.254.169.254/latest/meta-data/",
        "https://10.0.0.1/",
        "https://[::1/",
        "https://hooks.example\\@127.0.0.1/",
        "https://hooks.example /",
        "https://hooks.example/\r\nX: y",
        "https://hööks.example/",
        "https://127.0.0.1\t/",
        f"https://hooks.example/{'a' * 500}",
        "http://127.0.0.1:8000/",
    ],
)
def test_a_url_that_leads_to_no_public_server_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        OUTSIDE.check(url)


@pytest.mark.parametrize(
    "url", ["https://hooks.example/", "https://hooks.example:8443/a?b=c", f"https://{PUBLIC}/"]
)
def test_an_ordinary_url_is_taken(url: str) -> None:
    OUTSIDE.check(url)


def test_plain_http_is_for_this_machine_in_development_alone() -> None:
    HERE.check("http://127.0.0.1:9000/")
    HERE.check("http://localhost:9000/")
    for url in (
        "http://hooks.example/",
        "http://10.0.0.1/",
        f"http://{PUBLIC}/",
        "ftp://localhost",
    ):
        with pytest.raises(AddressRefused):
            HERE.check(url)


# Names, and what they lead to


@pytest.fixture
def integrator() -> Iterator[Integrator]:
    with integrating() as found:
        yield found


Zone = Callable[..., list[str]]


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Zone:
    """What the resolver says of every name, one answer after another; the names it was asked."""

    def say(*answers: list[str]) -> list[str]:
        waiting, asked = list(answers), list[str]()

        def look_up(host: Any, port: Any, *_: Any, **__: Any) -> list[Any]:
            asked.append(host)
            found = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            kinds = [socket.AF_INET6 if ":" in address else socket.AF_INET for address in found]
            return [
                (kind, socket.SOCK_STREAM, 6, "", (address, port))
                for kind, address in zip(kinds, found, strict=True)
            ]

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        return asked

    return say


@pytest.fixture
def dialled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Addresses of other machines that were connected to; nobody answers there."""
    found: list[str] = []
    connect = socket.create_connection

    def dial(address: Any, *args: Any, **options: Any) -> socket.socket:
        if ip_address(address[0]).is_loopback:
            return connect(address, *args, **options)
        found.append(address[0])
        raise ConnectionRefusedError("nobody there")

    monkeypatch.setattr(socket, "create_connection", dial)
    return found


def post(reach: Reach, url: str) -> Answer:
    with Poster(reach) as poster:
        return poster.post(url, headers={"Content-Type": "application/json"}, body=b"{}")


@pytest.mark.parametrize("inside", ["127.0.0.1", "169.254.169.254", "10.1.2.3", "::1", "fd00::1"])
def test_a_name_that_leads_inside_is_refused_and_nobody_is_called(
    zone: Zone, dialled: list[str], integrator: Integrator, inside: str
) -> None:
    reach = Reach(ports=frozenset({integrator.port}), loopback=False)
    for answer in ([inside], [PUBLIC, inside], [inside, PUBLIC]):
        zone(answer)
        told = post(reach, f"https://hooks.example:{integrator.port}/")
        assert told.status is None
        assert "public addresses" in told.error
    assert dialled == []
    assert integrator.all() == []


def test_a_name_that_leads_elsewhere_a_moment_later_is_called_where_it_was_judged(
    zone: Zone, dialled: list[str], integrator: Integrator
) -> None:
    """Fails when the name, not the address, is given to the connection: it would be looked up a
    second time, and lead to this machine."""
    asked = zone([PUBLIC], ["127.0.0.1"])
    reach = Reach(ports=frozenset({integrator.port}), loopback=False)
    told = post(reach, f"https://hooks.example:{integrator.port}/")
    assert told.status is None
    assert asked == ["hooks.example"]
    assert dialled == [PUBLIC]
    assert integrator.all() == []


def test_numbers_that_stand_for_addresses_are_judged_as_addresses(integrator: Integrator) -> None:
    """The resolver takes them for 127.0.0.1."""
    reach = Reach(ports=frozenset({integrator.port}), loopback=False)
    for host in ("2130706433", "0x7f.1", "127.1", "0177.0.0.1"):
        assert post(reach, f"https://{host}:{integrator.port}/").status is None
    assert integrator.all() == []


def test_of_several_addresses_the_first_that_answers_is_used(
    zone: Zone, dialled: list[str], integrator: Integrator
) -> None:
    zone([PUBLIC, "127.0.0.1"])
    assert post(HERE, f"http://localhost:{integrator.port}/").is_taken
    assert dialled == [PUBLIC]


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of `hooks.example` alone, and trusted."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hooks.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hooks.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path = tmp_path / "server.pem"
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    return path


def test_tls_and_host_keep_the_name_though_an_address_is_called(
    certificate: Path, zone: Zone, dialled: list[str]
) -> None:
    zone(["127.0.0.1"])
    with integrating(certificate=certificate) as integrator:
        reach = Reach(ports=frozenset({integrator.port}), loopback=True)
        assert post(reach, f"https://hooks.example:{integrator.port}/a?b=c").is_taken
        got = integrator.next()
        assert got.headers["Host"] == f"hooks.example:{integrator.port}"
        assert got.path == "/a?b=c"
        told = post(reach, f"https://other.example:{integrator.port}/")
    assert told.status is None
    assert "certificate" in told.error


def test_a_certificate_that_nobody_vouches_for_is_refused(
    certificate: Path, zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    zone(["127.0.0.1"])
    with integrating(certificate=certificate) as integrator:
        reach = Reach(ports=frozenset({integrator.port}), loopback=True)
        told = post(reach, f"https://hooks.example:{integrator.port}/")
        assert "certificate" in told.error
        assert integrator.all() == []


# Servers that misbehave


def test_a_redirect_is_not_followed(integrator: Integrator) -> None:
    with integrating() as inner:
        integrator.statuses, integrator.headers = [302, 307, 308], {"Location": inner.url}
        for status in (302, 307, 308):
            told = post(HERE, integrator.url)
            assert (told.status, told.is_taken) == (status, False)
        assert inner.all() == []


def test_of_a_long_answer_the_beginning_is_kept(integrator: Integrator) -> None:
    integrator.says = "é\0".encode() * 100_000
    told = post(HERE, integrator.url)
    assert told.is_taken
    assert len(told.body.encode()) <= 1024
    assert "\0" not in told.body


@pytest.mark.parametrize("trouble", ["hangs", "trickles"])
def test_who_hangs_or_trickles_is_left_after_a_while(
    integrator: Integrator, trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A byte every fifth of a second keeps no step waiting long, and all of them for ever."""
    monkeypatch.setattr("syncing.providers.posting.TOTAL_S", 1.0)
    setattr(integrator, trouble, True)
    told = post(HERE, integrator.url)
    assert told.status is None
    assert "No answer" in told.error


def test_a_server_that_is_not_there_or_speaks_no_http_is_an_answer_too() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    told = post(HERE, f"http://127.0.0.1:{port}/")
    assert (told.status, told.is_taken) == (None, False)
    assert told.error


def test_the_proxy_of_the_environment_is_not_asked(
    integrator: Integrator, monkeypatch: pytest.MonkeyPatch
) -> None:
    with integrating() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert post(HERE, integrator.url).is_taken
        assert proxy.all() == []


def test_the_certificates_are_looked_at() -> None:
    with Poster(OUTSIDE) as poster:
        context = poster._pool._ssl_context
    assert context is not None
    assert context.check_hostname
    assert context.verify_mode == ssl.CERT_REQUIRED
