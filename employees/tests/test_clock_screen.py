"""The clock's page without a browser: who gets what, and what is kept."""

import re

import pytest
from django.test import Client

from employees.models import ClockAttempt, TimeEntry
from employees.tests.calls import PIN, give_pin, said
from fynlo.api.screens.visitors import DEVICE_COOKIE
from fynlo.testing.cast import Member

pytestmark = pytest.mark.django_db


@pytest.fixture
def screen(manager: Member, server: Member) -> Client:
    """Paired, and the server has a PIN."""
    give_pin(server)
    code = said(manager.post("devices/pairing-codes/", {"kind": "till"}), 201)["code"]
    client = Client()
    client.post("/screens/pair/", {"code": code, "name": "Clock"})
    return client


def entered(screen: Client, member: Member, pin: str = PIN) -> str:
    typed = {"employee_code": member.membership.employee_code, "pin": pin}
    return screen.post("/clock/person/", typed).content.decode()


def proof_in(page: str) -> str:
    found = re.search('name="proof" value="([^"]+)"', page)
    assert found
    return found[1]


def press(screen: Client, page: str, punch: str) -> str:
    sent = {"proof": proof_in(page), "punch": punch}
    return screen.post("/clock/punch/", sent).content.decode()


def test_a_browser_that_is_not_paired_is_asked_to_be(db: None) -> None:
    answer = Client().get("/clock/")
    assert (answer.status_code, answer["Location"]) == (302, "/screens/pair/")


def test_in_a_break_and_out(screen: Client, server: Member) -> None:
    page = entered(screen, server)
    assert "Not clocked in" in page
    assert "Clocked in at" in press(screen, page, "clock_in")
    assert "On a break at" in press(screen, entered(screen, server), "break_start")
    assert "Back at work at" in press(screen, entered(screen, server), "break_end")
    assert "Clocked out at" in press(screen, entered(screen, server), "clock_out")
    entry = TimeEntry.objects.get()
    assert (entry.ended_at is not None, entry.breaks.count()) == (True, 1)


def test_a_wrong_pin_is_told_and_kept(screen: Client, server: Member) -> None:
    assert "do not match" in entered(screen, server, pin="9999")
    assert ClockAttempt.objects.get().refusal == "pin_refused"


def test_a_button_pressed_twice_counts_once(screen: Client, server: Member) -> None:
    page = entered(screen, server)
    for _ in range(2):
        assert "Clocked in at" in press(screen, page, "clock_in")
    assert TimeEntry.objects.count() == 1


def test_what_is_refused_says_why(screen: Client, server: Member) -> None:
    page = entered(screen, server)
    assert "You are not clocked in" in press(screen, page, "clock_out")
    assert ClockAttempt.objects.get().refusal == "not_clocked_in"


def test_a_proof_is_of_one_device_and_is_no_guess(
    screen: Client, server: Member, rival_owner: Member
) -> None:
    page = entered(screen, server)
    code = said(rival_owner.post("devices/pairing-codes/", {"kind": "till"}), 201)["code"]
    theirs = Client()
    theirs.post("/screens/pair/", {"code": code, "name": "Theirs"})
    theirs.post("/clock/punch/", {"proof": proof_in(page), "punch": "clock_in"})
    screen.post("/clock/punch/", {"proof": "x", "punch": "clock_in"})
    screen.post("/clock/punch/", {"proof": proof_in(page), "punch": "dance"})
    assert not TimeEntry.objects.exists()


def test_a_revoked_screen_is_no_clock(screen: Client, manager: Member) -> None:
    (device,) = said(manager.get("devices/"))["results"]
    manager.post(f"devices/{device['id']}/revoke/")
    assert screen.cookies[DEVICE_COOKIE].value
    assert screen.get("/clock/").status_code == 302
