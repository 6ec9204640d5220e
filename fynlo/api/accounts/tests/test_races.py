"""Real threads, each with a connection of its own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

import pytest
from django.db import connections

from fynlo.accounts.models import Device, PinLock, Session
from fynlo.api.accounts.tests.calls import PIN, Till, body_of, kinds, login, send
from fynlo.testing.cast import Member

T = TypeVar("T")
pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


def at_once(times: int, work: Callable[[], T]) -> list[T]:
    """The results of `times` threads that start together."""
    gate = Barrier(times)

    def run() -> T:
        try:
            gate.wait(10)
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(times) as pool:
        return [future.result() for future in [pool.submit(run) for _ in range(times)]]


def test_of_simultaneous_refreshes_one_wins_and_the_session_ends(cashier: Member) -> None:
    """Without the lock of `lock_session` several win with the same token."""
    opened = body_of(login(cashier))
    answers = at_once(6, lambda: send("auth/refresh/", {"refresh": opened["refresh"]}))
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
        answer.status_code for answer in at_once(6, lambda: send("devices/pair/", ipad))
    )
    assert statuses == [201] + [422] * 5
    assert Device.objects.count() == 1


def test_tries_that_arrive_together_do_not_outrun_the_count(till: Till, waiter: Member) -> None:
    """Without the lock of `lock_pin_tries`, or counting after the hash, more than five pass."""
    statuses = sorted(
        answer.status_code for answer in at_once(12, lambda: till.enter_pin(waiter, "9999"))
    )
    assert statuses == [401] * 5 + [429] * 7
    assert PinLock.objects.get().failures == 5


def test_right_pins_that_arrive_together_lock_nothing_for_good(till: Till, waiter: Member) -> None:
    statuses = {answer.status_code for answer in at_once(4, lambda: till.enter_pin(waiter, PIN))}
    assert statuses == {200}
    assert PinLock.objects.get().failures == 0


def test_a_session_ended_twice_at_once_is_one_event(cashier: Member, manager: Member) -> None:
    path = f"auth/sessions/{cashier.session.pk}/"
    statuses = {answer.status_code for answer in at_once(4, lambda: manager.delete(path))}
    assert statuses <= {204, 404}
    assert kinds(cashier.restaurant) == ["session.ended"]
