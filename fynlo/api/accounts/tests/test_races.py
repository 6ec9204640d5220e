"""Real threads, each with a connection of its own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import TypeVar
from uuid import UUID

import pytest
from django.db import connections

from fynlo.accounts.models import Device, PinLock, Session
from fynlo.api.accounts.tests.calls import PIN, Till, body_of, employ, kinds, login, send
from fynlo.testing.cast import Member, sign_in

T = TypeVar("T")
pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


def at_once(*works: Callable[[], T]) -> list[T]:
    """The results of works that start together, each in a thread of its own."""
    gate = Barrier(len(works))

    def run(work: Callable[[], T]) -> T:
        try:
            gate.wait(10)
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def test_of_simultaneous_refreshes_one_wins_and_the_session_ends(cashier: Member) -> None:
    """Without the lock of `lock_session` several win with the same token."""
    opened = body_of(login(cashier))
    answers = at_once(*[lambda: send("auth/refresh/", {"refresh": opened["refresh"]})] * 6)
    codes = sorted(body_of(answer).get("code", "renewed") for answer in answers)
    assert codes.count("renewed") == 1
    assert codes.count("refresh_reused") == 1
    assert codes.count("session_ended") == 4
    assert Session.objects.get(pk=opened["session"]).revoked_at is not None
    assert kinds(cashier.restaurant).count("session.ended") == 1


def test_of_simultaneous_pairings_one_wins(manager: Member) -> None:
    """Without the lock of `lock_pairing_code` one code makes several devices."""
    code = body_of(manager.post("devices/pairing-codes/", {}))["code"]
    ipad = {"code": code, "name": "Bar till", "model": "iPad", "app_version": "1.4.0"}
    statuses = sorted(
        answer.status_code for answer in at_once(*[lambda: send("devices/pair/", ipad)] * 6)
    )
    assert statuses == [201] + [422] * 5
    assert Device.objects.count() == 1


def test_tries_that_arrive_together_do_not_outrun_the_count(till: Till, waiter: Member) -> None:
    """Without the lock of `lock_pin_tries`, or counting after the hash, more than five pass."""
    statuses = sorted(
        answer.status_code for answer in at_once(*[lambda: till.enter_pin(waiter, "9999")] * 12)
    )
    assert statuses == [401] * 5 + [429] * 7
    assert PinLock.objects.get().failures == 5


def test_right_pins_that_arrive_together_lock_nothing_for_good(till: Till, waiter: Member) -> None:
    statuses = {
        answer.status_code for answer in at_once(*[lambda: till.enter_pin(waiter, PIN)] * 4)
    }
    assert statuses == {200}
    assert PinLock.objects.get().failures == 0


def test_a_session_ended_twice_at_once_is_one_event(cashier: Member, manager: Member) -> None:
    path = f"auth/sessions/{cashier.session.pk}/"
    statuses = {answer.status_code for answer in at_once(*[lambda: manager.delete(path)] * 4)}
    assert statuses <= {204, 404}
    assert kinds(cashier.restaurant) == ["session.ended"]


def test_members_who_switch_in_opposite_directions_do_not_deadlock(
    cashier: Member, rival_owner: Member
) -> None:
    """With the two logs written in the order of the switch, rounds end in a deadlock."""
    there = employ(cashier, rival_owner.restaurant)
    here = employ(rival_owner, cashier.restaurant)

    def switch(member: Member, restaurant_id: UUID) -> int:
        return member.post("auth/switch/", {"restaurant": str(restaurant_id)}).status_code

    for _ in range(8):
        out, back = sign_in(cashier.membership), sign_in(rival_owner.membership)
        statuses = at_once(
            partial(switch, out, there.restaurant_id), partial(switch, back, here.restaurant_id)
        )
        assert statuses == [200, 200]
