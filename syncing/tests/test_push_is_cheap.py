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
AT_MOST = 6


def test_a_hundred_operations_take_at_most_six_statements_each(
    cashier: Member, manager: Member, menu: Menu
) -> None:
    """Twenty sales: an order of two lines, sent, paid in cash, served, completed."""
    till = OfflineTill(sign_in(cashier.membership, device=device_is_paired(manager)))
    for _ in range(20):
        body = menu.order(menu.line(), {"product": str(menu.water.pk)}, channel="takeaway")
        pk = till.did("order", "create", body)["entity_id"]
        till.acted("order", "send", pk)
        till.did("payment", "create", {"order": pk, "amount": 1450, "tendered": 2000})
        till.acted("order", "serve", pk)
        till.acted("order", "complete", pk)
    with CaptureQueriesContext(connection) as asked:
        rows = till.push()
    assert verdicts(rows) == ["applied"] * 100, rows
    assert len(asked) <= AT_MOST * 100, _by_shape(asked)


def _by_shape(asked: CaptureQueriesContext) -> str:
    shapes = Counter(" ".join(query["sql"].split())[:110] for query in asked.captured_queries)
    return "\n".join(f"{count} {shape}" for shape, count in shapes.most_common())
