from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from fynlo.api import rates
from fynlo.events.reading import after
from fynlo.testing.cast import Member
from pos.models import Receipt
from pos.tests.conftest import Menu
from pos.tests.receipt_scene import completed, receipt_of

pytestmark = pytest.mark.django_db
GUESSES = [
    "x",
    "A" * 22,
    "a" * 500,
    "%00",
    "' OR 1=1 --",
    "é",
    "A" * 21 + "%0a",
    "A" * 21 + "%00",
]


@pytest.fixture
def url(cashier: Member, menu: Menu) -> str:
    return str(receipt_of(cashier, completed(cashier, menu))["receipt"]["url"])


def test_whoever_has_the_paper_sees_the_receipt_and_no_search_engine_does(url: str) -> None:
    page = Client().get(url)
    text = page.content.decode()
    assert page.status_code == 200
    assert "Receipt 1" in text
    assert "Copy" not in text
    assert page["X-Robots-Tag"] == "noindex, nofollow, noarchive"
    assert page["Referrer-Policy"] == "no-referrer"
    assert page["Cache-Control"] == "private, no-store"
    assert page["Content-Security-Policy"].startswith("default-src 'none'")
    assert not page.cookies


@pytest.mark.parametrize("guess", GUESSES)
def test_a_wrong_address_always_looks_the_same(url: str, guess: str) -> None:
    pages = [Client().get(f"/r/{token}/") for token in (guess, "B" * 22)]
    assert [page.status_code for page in pages] == [404, 404]
    assert pages[0].content == pages[1].content
    assert pages[0].headers.keys() == pages[1].headers.keys()


def test_the_capitals_of_the_address_matter(url: str) -> None:
    token = url.split("/")[-2]
    assert Client().get(f"/r/{token.swapcase()}/").status_code == 404


def test_only_reading_is_possible(url: str) -> None:
    assert Client().post(url).status_code == 405
    assert Client().delete(url).status_code == 405


def test_nobody_from_the_staff_is_named(url: str, cashier: Member) -> None:
    text = Client().get(url).content.decode()
    assert cashier.membership.user.name not in text
    assert str(cashier.membership.pk) not in text


def test_a_corrected_receipt_says_so(cashier: Member, manager: Member, menu: Menu) -> None:
    order = completed(cashier, menu)
    first = receipt_of(cashier, order)["receipt"]["url"]
    manager.post(f"orders/{order['id']}/reopen/")
    assert "Receipt 1" in Client().get(first).content.decode()
    cashier.post(f"orders/{order['id']}/complete/")
    second = receipt_of(cashier, order)["receipt"]["url"]
    assert "Replaced by receipt 2" in Client().get(first).content.decode()
    assert "Receipt 2, corrects receipt 1" in Client().get(second).content.decode()
    assert first != second


def test_guessing_is_slowed_down(url: str, settings: Any) -> None:
    settings.RATES = {**settings.RATES, "receipt": "3/minute"}
    rates._limit.cache_clear()
    try:
        client = Client(REMOTE_ADDR=str(uuid4()))
        answers = [client.get(f"/r/{place}/") for place in range(4)]
    finally:
        rates._limit.cache_clear()
    assert [answer.status_code for answer in answers] == [404, 404, 404, 429]
    assert int(answers[-1]["Retry-After"]) >= 1


def test_the_address_is_in_no_log(url: str, caplog: pytest.LogCaptureFixture) -> None:
    token = url.split("/")[-2]
    with caplog.at_level("INFO"):
        Client().get(url)
    assert "GET /r/-/ 200" in caplog.text
    assert token not in caplog.text


def test_the_address_is_in_no_event(url: str, cashier: Member) -> None:
    token = Receipt.objects.get().token
    assert token in url
    events = after(restaurant_id=cashier.restaurant.pk, seq=0, limit=100)
    assert any('"kind":"receipt.issued"' in event.envelope for event in events)
    assert not any(token in event.envelope for event in events)
