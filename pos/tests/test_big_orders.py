"""The longest order there may be is no trouble."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext

from fynlo.testing.cast import Member
from pos.tests.conftest import Menu, opened, said

pytestmark = pytest.mark.django_db


def statements(call: Callable[[], HttpResponse]) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        response = call()
    assert response.status_code == 200, response.content
    return [row["sql"] for row in captured if "SAVEPOINT" not in row["sql"]]


def costs(member: Member, menu: Menu, lines: int) -> dict[str, list[str]]:
    """The statements of each action on an order of so many lines."""
    order = opened(member, menu.order(*[menu.line(course=1)] * lines))
    path = f"orders/{order['id']}"
    ten_percent = {"kind": "percent", "value": 1000, "reason": "regular"}
    return {
        "hold": statements(lambda: member.post(f"{path}/hold/", {"course": 1})),
        "discount": statements(lambda: member.post(f"{path}/discount/", ten_percent)),
        "fire": statements(lambda: member.post(f"{path}/fire/", {"course": 1})),
        "serve": statements(lambda: member.post(f"{path}/serve/")),
        "read": statements(lambda: member.get(f"{path}/")),
        "cancel": statements(lambda: member.post(f"{path}/cancel/", {"reason": "fire alarm"})),
    }


def test_two_hundred_lines_take_as_many_statements_as_one(manager: Member, menu: Menu) -> None:
    costs(manager, menu, 1)
    short, long = costs(manager, menu, 1), costs(manager, menu, 200)
    assert {name: len(sent) for name, sent in long.items()} == {
        name: len(sent) for name, sent in short.items()
    }
    assert max(len(sql) for sent in long.values() for sql in sent) < 100_000


def test_what_is_not_changed_on_a_line_stays_as_it_is(server: Member, menu: Menu) -> None:
    note = "no “onion”, 50% \\ é 🍝\nplease"
    given = menu.line(note=note, seat=3, quantity="1.250")
    order = opened(server, menu.order(given, menu.line()))
    sent = said(server.post(f"orders/{order['id']}/send/"))
    for before, line in zip(order["lines"], sent["lines"], strict=True):
        changed = {name for name in line if line[name] != before[name]}
        assert changed == {"state", "sent_at", "version"}
    assert (sent["lines"][0]["note"], sent["lines"][0]["sent_at"]) == (note, sent["updated_at"])
