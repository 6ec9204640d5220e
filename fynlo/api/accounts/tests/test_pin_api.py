from datetime import datetime, timedelta

import pytest

from fynlo.accounts.choices import Role
from fynlo.accounts.models import Membership, PinLock, Restaurant, Session
from fynlo.accounts.services.pins import set_pin
from fynlo.api.accounts.tests.calls import PIN, Till, bearer, body_of, code_of, kinds, pair, send
from fynlo.clock import utc_now
from fynlo.testing.cast import Member, hire

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """The time of the API's views is the last entry."""
    times = [utc_now()]
    monkeypatch.setattr("fynlo.api.views.utc_now", lambda: times[-1])
    return times


def fail(till: Till, member: Member, times: int) -> list[int]:
    return [till.enter_pin(member, "9999").status_code for _ in range(times)]


def test_a_pin_opens_a_session_on_this_device(till: Till, waiter: Member) -> None:
    response = till.enter_pin(waiter)
    answer = body_of(response)
    assert (response.status_code, answer["role"], answer["device"]) == (200, "server", till.id)
    session = Session.objects.get(pk=answer["session"])
    assert str(session.device_id) == till.id
    me = send("auth/me/", "", method="GET", authorization=bearer(answer["access"]))
    assert body_of(me)["user"]["membership"] == str(waiter.membership.pk)
    assert kinds(waiter.restaurant) == ["device.paired", "session.started"]


def test_without_a_paired_device_there_is_no_pin(waiter: Member) -> None:
    body = {"employee_code": waiter.membership.employee_code, "pin": PIN}
    assert code_of(send("auth/pin/", body)) == (401, "not_signed_in")
    made_up = send("auth/pin/", body, authorization="Device made-up")
    assert code_of(made_up) == (401, "device_refused")
    assert waiter.post("auth/pin/", body).status_code == 401


def test_an_unknown_code_and_a_wrong_pin_look_the_same_and_cost_one_hash_each(
    till: Till, waiter: Member, manager: Member, hashes: list[str]
) -> None:
    code = waiter.membership.employee_code
    bodies, runs = [], []
    for employee_code in (code, "nobody", manager.membership.employee_code):
        hashes.clear()
        answer = till.post(
            "auth/pin/", {"employee_code": employee_code, "pin": "9999"}, x_request_id="same"
        )
        bodies.append(answer.content)
        runs.append(len(hashes))
    assert runs == [1, 1, 1]
    assert len(set(bodies)) == 1
    assert code_of(answer) == (401, "pin_refused")


def test_a_member_of_another_restaurant_is_unknown_here(
    till: Till, rival_restaurant: Restaurant
) -> None:
    stranger = hire(rival_restaurant, Role.SERVER)
    set_pin(membership=stranger.membership, pin=PIN)
    assert code_of(till.enter_pin(stranger)) == (401, "pin_refused")


def test_five_failures_lock_and_the_wait_doubles_up_to_15_minutes(
    till: Till, waiter: Member, clock: list[datetime]
) -> None:
    assert fail(till, waiter, 5) == [401] * 5
    waits = []
    for _ in range(7):
        locked = till.enter_pin(waiter)
        assert code_of(locked) == (429, "pin_locked")
        waits.append(body_of(locked)["retry_after"])
        assert locked["Retry-After"] == str(waits[-1])
        clock.append(clock[-1] + timedelta(seconds=waits[-1]))
        assert fail(till, waiter, 1) == [401]
    assert waits == [30, 60, 120, 240, 480, 900, 900]


def test_a_code_that_does_not_exist_locks_just_the_same(till: Till, waiter: Member) -> None:
    nobody = {"employee_code": "nobody", "pin": "9999"}
    answers = [till.post("auth/pin/", nobody).status_code for _ in range(6)]
    assert answers == [401] * 5 + [429]


def test_a_right_pin_after_the_wait_forgives_all(
    till: Till, waiter: Member, clock: list[datetime]
) -> None:
    fail(till, waiter, 5)
    clock.append(clock[-1] + timedelta(seconds=31))
    assert till.enter_pin(waiter).status_code == 200
    assert fail(till, waiter, 4) == [401] * 4
    assert till.enter_pin(waiter).status_code == 200


def test_the_right_pin_as_fifth_try_opens(till: Till, waiter: Member) -> None:
    fail(till, waiter, 4)
    assert till.enter_pin(waiter).status_code == 200
    assert till.enter_pin(waiter).status_code == 200


def test_a_lock_holds_for_one_member_on_one_device(
    till: Till, waiter: Member, manager: Member, cashier: Member
) -> None:
    set_pin(membership=cashier.membership, pin="4826")
    fail(till, waiter, 5)
    assert till.enter_pin(waiter).status_code == 429
    assert till.enter_pin(cashier, "4826").status_code == 200
    assert pair(manager).enter_pin(waiter).status_code == 200


def test_a_new_pin_opens_the_lock(till: Till, waiter: Member) -> None:
    fail(till, waiter, 5)
    set_pin(membership=waiter.membership, pin="7142")
    assert till.enter_pin(waiter, "7142").status_code == 200


def test_a_deactivated_member_has_no_pin(till: Till, waiter: Member) -> None:
    Membership.objects.filter(pk=waiter.membership.pk).update(is_active=False)
    assert code_of(till.enter_pin(waiter)) == (401, "pin_refused")


@pytest.mark.parametrize("version", ["0.9.9", "0", "new", ""])
def test_an_app_that_is_too_old_does_not_sign_in(till: Till, waiter: Member, version: str) -> None:
    refused = till.enter_pin(waiter, x_app_version=version)
    assert code_of(refused) == (426, "app_too_old")
    assert body_of(refused)["minimum_app_version"] == "1.0.0"
    assert not PinLock.objects.exists()


@pytest.mark.parametrize("version", ["1.0.0", "1.0", "1", "1.0.1-beta.2", "12.0"])
def test_an_app_that_is_new_enough_does(till: Till, waiter: Member, version: str) -> None:
    assert till.enter_pin(waiter, x_app_version=version).status_code == 200


def test_an_idempotency_key_stores_nothing_of_a_sign_in(till: Till, waiter: Member) -> None:
    first = till.enter_pin(waiter, idempotency_key="a")
    again = till.enter_pin(waiter, idempotency_key="a")
    assert body_of(first)["access"] != body_of(again)["access"]


@pytest.mark.parametrize(
    "body",
    [{}, {"employee_code": "a", "pin": 8305}, {"employee_code": "a", "pin": "123"},
     {"employee_code": "a", "pin": "123456789"}, {"employee_code": "a", "pin": "12a4"},
     {"employee_code": "a", "pin": "١٢٣٤"}, {"employee_code": "a" * 13, "pin": "8305"},
     {"employee_code": "a", "pin": "8305", "more": 1}, b"[" * 3000],
)  # fmt: skip
def test_bad_input_is_a_problem_and_counts_no_try(till: Till, body: object) -> None:
    assert till.post("auth/pin/", body).status_code == 400
    assert not PinLock.objects.exists()
