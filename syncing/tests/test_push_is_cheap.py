"""What a push costs in statements: they are what time is made of."""

from collections import Counter

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fynlo.testing.cast import Member, sign_in
from pos.tests.conftest import Menu
from syncing.tests.happenings import device_is_paired
from syncing.tests.tills import OfflineTill, verdicts

pytestmark = pytest.mark.django_db
STATEMENTS = 32


def test_twenty_sales_take_hardly_more_statements_than_one(
    cashier: Member, manager: Member, menu: Menu
) -> None:
    """A hundred operations: orders of two lines, sent, paid in cash, served, completed. The first
    push of a restaurant makes its accounts and begins its chain of receipts."""
    till = OfflineTill(sign_in(cashier.membership, device=device_is_paired(manager)))
    _sell(till, menu, times=1)
    till.push()
    _sell(till, menu, times=20)
    with CaptureQueriesContext(connection) as asked:
        rows = till.push()
    assert verdicts(rows) == ["applied"] * 100, rows
    assert len(asked) == STATEMENTS, _by_shape(asked)


def _sell(till: OfflineTill, menu: Menu, *, times: int) -> None:
    for _ in range(times):
        body = menu.order(menu.line(), {"product": str(menu.water.pk)}, channel="takeaway")
        pk = till.did("order", "create", body)["entity_id"]
        till.acted("order", "send", pk)
        till.did("payment", "create", {"order": pk, "amount": 1450, "tendered": 2000})
        till.acted("order", "serve", pk)
        till.acted("order", "complete", pk)


def _by_shape(asked: CaptureQueriesContext) -> str:
    shapes = Counter(" ".join(query["sql"].split())[:110] for query in asked.captured_queries)
    return "\n".join(f"{count} {shape}" for shape, count in shapes.most_common())
