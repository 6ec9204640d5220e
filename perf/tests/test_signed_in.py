"""Tills that ask more than one session or one address may, as no till at work does."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest.mock import patch

import pytest

from fynlo.accounts.models import Restaurant
from fynlo.testing.cast import Member
from perf.laboratory.context import Context, Options, Target

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def listening(heard: list[tuple[str, str]]) -> Iterator[str]:
    """The URL of a server that notes who asks: by address and token."""

    class Noting(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append((self.headers["X-Real-IP"], self.headers["Authorization"]))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *words: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Noting)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def test_a_till_that_asks_a_lot_signs_in_anew_at_another_address(
    restaurant: Restaurant, manager: Member
) -> None:
    heard: list[tuple[str, str]] = []
    with (
        listening(heard) as url,
        patch("perf.laboratory.signed_in.REQUESTS_PER_SESSION", 3),
    ):
        lab = Context(Target({"http": url, "restaurant": str(restaurant.pk)}, {}), Options())
        tills = [lab.till(), lab.till()]
        for _ in range(8):
            for till in tills:
                till.get("menu/")
        lab.close()
    for mine in (heard[::2], heard[1::2]):
        addresses = [address for address, _ in mine]
        tokens = [token for _, token in mine]
        assert addresses[:2] == [addresses[0]] * 2
        assert len(set(addresses)) == len(set(tokens)) == 3
        assert [addresses.index(one) for one in addresses] == [tokens.index(one) for one in tokens]
    assert not {address for address, _ in heard[::2]} & {address for address, _ in heard[1::2]}
