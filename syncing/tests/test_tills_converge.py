"""However tills lose their line, repeat, reorder and crash: in the end all have the same, once.

`SYNC_EXAMPLES` in the environment plays more, each time other, days than the suite does.
"""

import os
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from fynlo.accounts.choices import Role
from fynlo.accounts.models import Restaurant
from fynlo.clock import utc_now
from fynlo.testing.cast import Member, hire, sign_in
from fynlo.testing.drawers import open_drawer
from payments.selectors.ledger_checks import ledger_faults
from pos.tests.conftest import said, stock_menu
from syncing.management.away.judging import judge
from syncing.management.away.till import AwayTill, damaged
from syncing.models import SyncOperation
from syncing.tasks import retry_operations
from syncing.tests.happenings import device_is_paired

EXAMPLES = int(os.environ.get("SYNC_EXAMPLES", "0"))
TILLS = 3
which = st.integers(0, TILLS - 1)
some = st.integers(0, 10**6)


def asking(member: Member) -> Any:
    def ask(method: str, path: str, body: Any) -> dict[str, Any]:
        response = member.call(method, path, body, headers={})
        assert response.status_code == 200, (path, response.content)
        return said(response)

    return ask


class Evening(RuleBasedStateMachine):
    """`orders` are known to all tills, as people talk: id, line and till that has noted it."""

    def __init__(self) -> None:
        super().__init__()
        place = Restaurant.objects.create(name="The Copper Kettle")
        open_drawer(place)
        menu = stock_menu(place)
        self.water = {"id": str(menu.water.pk)}
        self.manager = hire(place, Role.MANAGER)
        self.tills = [self._till(place, number) for number in range(TILLS)]
        self.orders: list[tuple[str, str]] = []

    def _till(self, place: Restaurant, number: int) -> AwayTill:
        member = hire(place, Role.CASHIER, name=f"till{number}")
        seated = sign_in(member.membership, device=device_is_paired(self.manager))
        return AwayTill(asking(seated), [self.water])

    # At the counters

    @rule(till=which, quantity=st.integers(1, 3))
    def open_order(self, till: int, quantity: int) -> None:
        away = self.tills[till]
        self._know(away, away.open_order(self.water, quantity=quantity))

    @rule(till=which, amount=st.integers(1, 900))
    def sell_at_once(self, till: int, amount: int) -> None:
        away = self.tills[till]
        group = f"sale {len(away.noted)}"
        order = away.open_order(self.water, group=group)
        away.take_cash(order, amount, group=group)
        self._know(away, order)

    def _know(self, away: AwayTill, order: str) -> None:
        (made,) = [row for row in away.noted.values() if row["entity_id"] == order]
        self.orders.append((order, made["changes"]["lines"][0]["id"]))

    @precondition(lambda self: self.orders)
    @rule(till=which, pick=some, seen=st.integers(1, 5), more=st.integers(1, 3))
    def add_pieces(self, till: int, pick: int, seen: int, more: int) -> None:
        order, line = self.orders[pick % len(self.orders)]
        self.tills[till].add_to_line(order, line, seen=seen, more=more)

    @precondition(lambda self: self.orders)
    @rule(till=which, pick=some)
    def add_line(self, till: int, pick: int) -> None:
        self.tills[till].add_line(self.orders[pick % len(self.orders)][0], self.water)

    @precondition(lambda self: self.orders)
    @rule(till=which, pick=some, version=st.integers(1, 4))
    def write_on(self, till: int, pick: int, version: int) -> None:
        order, _ = self.orders[pick % len(self.orders)]
        self.tills[till].write_on(order, f"note {pick}", version=version)

    @precondition(lambda self: self.orders)
    @rule(till=which, pick=some, amount=st.integers(1, 900))
    def take_cash(self, till: int, pick: int, amount: int) -> None:
        self.tills[till].take_cash(self.orders[pick % len(self.orders)][0], amount)

    @precondition(lambda self: self.orders)
    @rule(till=which, pick=some, action=st.sampled_from(["send", "serve", "complete"]))
    def act(self, till: int, pick: int, action: str) -> None:
        self.tills[till].act(self.orders[pick % len(self.orders)][0], action)

    @rule(till=which, hours=st.integers(-30, 30))
    def clock_moves(self, till: int, hours: int) -> None:
        self.tills[till].skew = timedelta(hours=hours)

    # On the line

    @rule(till=which, forgets=st.booleans())
    def push_all(self, till: int, forgets: bool) -> None:
        self.tills[till].push(self.tills[till].queue, forgets=forgets)

    @rule(till=which, forgets=st.booleans(), chosen=st.lists(some, min_size=1, max_size=5))
    def push_some_backwards(self, till: int, forgets: bool, chosen: list[int]) -> None:
        """Of all that it ever noted, in no order; what was told before among it."""
        away = self.tills[till]
        noted = list(away.noted.values())
        rows = [noted[pick % len(noted)] for pick in chosen] if noted else []
        away.push(away.whole_groups(rows)[::-1], forgets=forgets)

    @rule(till=which)
    def push_damaged(self, till: int) -> None:
        away = self.tills[till]
        away.push([damaged(row) for row in away.queue[:2]], forgets=True)

    @rule(till=which)
    def pull(self, till: int) -> None:
        self.tills[till].pull()

    @rule()
    def fynlo_tries_again(self) -> None:
        retry_all()

    @precondition(lambda self: self.orders)
    @rule(pick=some)
    def a_manager_cancels(self, pick: int) -> None:
        order, _ = self.orders[pick % len(self.orders)]
        self.manager.post(f"orders/{order}/cancel/", {"reason": "no show"})

    def teardown(self) -> None:
        """Everybody is on line again."""
        for away in self.tills:
            away.push(away.queue)
            away.push(list(away.noted.values()))
        retry_all()
        for away in self.tills:
            away.pull()
        found = judge(self.tills, ask=asking(self.manager))
        assert found.is_right, found
        assert ledger_faults() == []
        assert not any(away.queue for away in self.tills)


def retry_all() -> None:
    """As the worker does, without the wait."""
    due = SyncOperation.objects.filter(next_try_at__isnull=False)
    due.update(next_try_at=utc_now() - timedelta(seconds=1))
    retry_operations()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("price_list")
def test_tills_converge_whatever_happens_on_the_line() -> None:
    """Watched failing, within the suite's few evenings, when `applying._expected` leaves the base
    unread where the version is the same: a till's pieces are then counted twice."""
    run_state_machine_as_test(
        Evening,
        settings=settings(
            max_examples=EXAMPLES or 40,
            stateful_step_count=20,
            derandomize=not EXAMPLES,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
