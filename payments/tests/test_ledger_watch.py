"""Books that do not agree are noticed before anybody closes the day."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client

from fynlo.cache.forgetting import forget
from fynlo.events.reading import after
from fynlo.testing.cast import Member
from payments.models import LedgerAlarm
from payments.tasks import check_ledgers
from payments.tests.conftest import paid
from payments.views.health import _EVERYBODY, _HEALTH
from pos.tests.conftest import Menu, opened, said

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    yield
    forget(_HEALTH, _EVERYBODY)


def health() -> tuple[int, dict[str, bool]]:
    forget(_HEALTH, _EVERYBODY)
    response = Client().get("/health/ledger/")
    return response.status_code, response.json()["checks"]


def tampered(statement: str) -> None:
    """As somebody with the database's own password might."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(statement)
        cursor.execute("SET session_replication_role = DEFAULT")


@pytest.fixture
def sold(cashier: Member, menu: Menu) -> Member:
    paid(cashier, opened(cashier, menu.order(channel="takeaway")), tendered=2000, tip=100)
    return cashier


def test_books_that_agree_are_healthy_and_nobody_is_alarmed(sold: Member) -> None:
    status, checks = health()
    assert (status, set(checks.values())) == (200, {True})
    check_ledgers()
    assert not LedgerAlarm.objects.exists()


@pytest.mark.parametrize(
    ("statement", "check"),
    [
        ("UPDATE payments_ledgerentry SET amount = amount + 1 WHERE amount > 0", "drawers"),
        ("DELETE FROM payments_ledgerentry WHERE amount = -100", "entries_balance"),
        ("UPDATE payments_drawerevent SET amount = amount - 1 WHERE kind = 'SALE'", "drawers"),
        ("UPDATE payments_payment SET tip = tip + 1, bill = bill - 1", "tips"),
        ("UPDATE pos_order SET paid = paid - 1", "orders"),
        ("UPDATE pos_orderline SET gross = gross + 1, total = total + 1", "lines"),
        (
            "UPDATE payments_paymentattempt SET provider = 'stripe', provider_id = 'pi_1'",
            "held_by_stripe",
        ),
    ],
)
def test_what_does_not_agree_is_named_and_alarms_once(
    sold: Member, statement: str, check: str
) -> None:
    tampered(statement)
    status, checks = health()
    assert (status, checks[check]) == (503, False)
    check_ledgers()
    check_ledgers()
    assert LedgerAlarm.objects.filter(check_name=check, ended_at=None).count() == 1
    *_, newest = after(restaurant_id=sold.restaurant.pk, seq=0, limit=99)
    assert '"kind":"ledger.unbalanced"' in newest.envelope
    assert newest.stream == "payments"


def test_an_alarm_ends_when_the_books_agree_again(sold: Member) -> None:
    tampered("UPDATE pos_order SET paid = paid - 1")
    check_ledgers()
    tampered("UPDATE pos_order SET paid = paid + 1")
    check_ledgers()
    alarm = LedgerAlarm.objects.get()
    assert alarm.ended_at is not None
    *_, newest = after(restaurant_id=sold.restaurant.pk, seq=0, limit=99)
    assert '"kind":"ledger.balanced"' in newest.envelope
    assert health()[0] == 200
    assert said(sold.get("payments/"))["results"]
