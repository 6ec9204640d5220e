from datetime import datetime, timedelta
from typing import Any

import pytest

from employees.tests.calls import punch, refusal, said
from fynlo.accounts.models import Membership
from fynlo.clock import as_utc_text, utc_now
from fynlo.testing.cast import Member

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def noon() -> datetime:
    """Tomorrow's."""
    tomorrow = utc_now() + timedelta(days=1)
    return tomorrow.replace(hour=12, minute=0, second=0, microsecond=0)


def planned(
    manager: Member, member: Member | None, start: datetime, hours: float = 4
) -> dict[str, Any]:
    body = {"starts_at": as_utc_text(start), "ends_at": as_utc_text(start + hours * HOUR)}
    who = str(member.membership.pk) if member else None
    return said(manager.post("shifts/", {**body, "member": who}), 201)


def published(manager: Member, start: datetime) -> dict[str, Any]:
    days = {
        "since": as_utc_text(start - timedelta(days=2)),
        "until": as_utc_text(start + timedelta(days=7)),
    }
    return said(manager.post("shifts/publish/", days))


def seen_by(member: Member) -> list[str]:
    return [row["starts_at"] for row in said(member.get("shifts/published/"))["results"]]


def test_staff_see_what_is_published_and_no_draft(
    manager: Member, server: Member, noon: datetime
) -> None:
    shift = planned(manager, server, noon)
    assert seen_by(server) == []
    assert published(manager, noon)["published"] == 1
    assert seen_by(server) == [as_utc_text(noon)]
    later = {"starts_at": as_utc_text(noon + HOUR), "version": 2}
    said(manager.patch(f"shifts/{shift['id']}/", later))
    assert seen_by(server) == [as_utc_text(noon)]
    assert published(manager, noon)["published"] == 1
    assert seen_by(server) == [as_utc_text(noon + HOUR)]
    assert published(manager, noon)["published"] == 0


def test_a_cancelled_shift_is_gone_when_that_is_published(
    manager: Member, server: Member, noon: datetime
) -> None:
    shift, draft = planned(manager, server, noon), planned(manager, None, noon)
    assert manager.delete(f"shifts/{draft['id']}/").status_code == 204
    assert manager.get(f"shifts/{draft['id']}/").status_code == 404
    published(manager, noon)
    manager.delete(f"shifts/{shift['id']}/")
    assert said(manager.get(f"shifts/{shift['id']}/"))["is_cancelled"] is True
    assert len(seen_by(server)) == 1
    published(manager, noon)
    assert seen_by(server) == []


def test_overlaps_and_too_little_rest_are_told_and_stop_nothing(
    manager: Member, server: Member, cashier: Member, noon: datetime
) -> None:
    planned(manager, server, noon)
    planned(manager, server, noon + 3 * HOUR)
    planned(manager, cashier, noon)
    planned(manager, cashier, noon + 14 * HOUR)
    answer = published(manager, noon)
    assert answer["published"] == 4
    found = {(row["name"], row["kind"], row["minutes"]) for row in answer["conflicts"]}
    assert found == {("Server", "overlap", 60), ("Cashier", "rest", 600)}
    days = f"since={as_utc_text(noon)}&until={as_utc_text(noon + HOUR)}"
    assert len(said(manager.get(f"shifts/conflicts/?{days}"))["results"]) == 2


@pytest.mark.parametrize("hours", [0, -1, 25])
def test_a_shift_that_cannot_be(manager: Member, noon: datetime, hours: int) -> None:
    body = {"starts_at": as_utc_text(noon), "ends_at": as_utc_text(noon + hours * HOUR)}
    assert refusal(manager.post("shifts/", body)) == (422, "times_out_of_order")


def test_a_rival_has_no_shifts_here(
    manager: Member, rival_owner: Member, server: Member, noon: datetime
) -> None:
    body = {"starts_at": as_utc_text(noon), "ends_at": as_utc_text(noon + HOUR)}
    foreign = {**body, "member": str(server.membership.pk)}
    assert refusal(rival_owner.post("shifts/", foreign)) == (422, "unknown_reference")


# Swaps


@pytest.fixture
def shift(manager: Member, server: Member, noon: datetime) -> dict[str, Any]:
    """The server's, published."""
    found = planned(manager, server, noon)
    published(manager, noon)
    return found


def asked(by: Member, shift: dict[str, Any], to: Member) -> dict[str, Any]:
    path = f"shifts/{shift['id']}/swaps/"
    return said(by.post(path, {"to": str(to.membership.pk)}), 201)


def test_a_shift_is_handed_on_when_both_and_a_manager_agree(
    manager: Member, server: Member, cashier: Member, shift: dict[str, Any]
) -> None:
    swap = asked(server, shift, cashier)
    path = f"swaps/{swap['id']}/"
    assert refusal(manager.post(f"{path}approve/")) == (409, "transition_not_allowed")
    assert refusal(server.post(f"{path}accept/")) == (403, "not_your_shift")
    assert said(cashier.post(f"{path}accept/"))["state"] == "ACCEPTED"
    assert said(manager.post(f"{path}approve/"))["state"] == "APPROVED"
    (row,) = said(cashier.get("shifts/published/"))["results"]
    assert row["member"] == str(cashier.membership.pk)


def test_who_may_ask_and_whom(
    manager: Member, server: Member, cashier: Member, kitchen: Member, shift: dict[str, Any]
) -> None:
    path = f"shifts/{shift['id']}/swaps/"
    to_cashier = {"to": str(cashier.membership.pk)}
    assert refusal(cashier.post(path, to_cashier)) == (403, "not_your_shift")
    myself = {"to": str(server.membership.pk)}
    assert refusal(server.post(path, myself)) == (422, "unknown_reference")
    swap = asked(server, shift, cashier)
    assert refusal(server.post(path, to_cashier)) == (409, "swap_under_way")
    assert kitchen.post(f"swaps/{swap['id']}/accept/").status_code == 404
    assert said(server.post(f"swaps/{swap['id']}/cancel/"))["state"] == "CANCELLED"
    asked(server, shift, manager)
    (mine, _) = said(manager.get("swaps/"))["results"]
    said(manager.post(f"swaps/{mine['id']}/accept/"))
    assert refusal(manager.post(f"swaps/{mine['id']}/approve/")) == (403, "not_your_shift")


def test_a_swap_of_what_is_not_so_any_more_is_not_approved(
    manager: Member, server: Member, cashier: Member, shift: dict[str, Any], noon: datetime
) -> None:
    path = f"swaps/{asked(server, shift, cashier)['id']}/"
    said(cashier.post(f"{path}accept/"))
    Membership.objects.filter(pk=cashier.membership.pk).update(is_active=False)
    assert refusal(manager.post(f"{path}approve/")) == (422, "unknown_reference")
    said(manager.patch(f"shifts/{shift['id']}/", {"member": None, "version": 2}))
    published(manager, noon)
    assert refusal(manager.post(f"{path}approve/")) == (409, "shift_changed")
    manager.delete(f"shifts/{shift['id']}/")
    assert refusal(manager.post(f"{path}approve/")) == (409, "shift_changed")
    assert said(manager.post(f"{path}decline/"))["state"] == "DECLINED"


# The clock and the rota


def work_at(manager: Member, member: Member, start: datetime, **policy: Any) -> None:
    if policy:
        version = said(manager.get("labour-policy/"))["version"]
        said(manager.patch("labour-policy/", {**policy, "version": version}))
    planned(manager, member, start)
    published(manager, start)


@pytest.mark.parametrize(("minutes", "flags"), [(10, []), (20, ["early"])])
def test_who_comes_early_is_noted(
    manager: Member, server: Member, minutes: int, flags: list[str]
) -> None:
    work_at(manager, server, utc_now() + minutes * MINUTE)
    assert said(punch(server, "clock-in"), 201)["flags"] == flags


def test_who_comes_early_is_sent_away_where_that_is_the_rule(
    manager: Member, server: Member, cashier: Member
) -> None:
    work_at(manager, server, utc_now() + HOUR, early_mode="refuse")
    assert refusal(punch(server, "clock-in")) == (409, "too_early")
    assert punch(cashier, "clock-in").status_code == 201


def test_the_board_says_who_is_late(manager: Member, server: Member, cashier: Member) -> None:
    for member in (server, cashier):
        work_at(manager, member, utc_now() - 20 * MINUTE)
    punch(cashier, "clock-in")
    rows = said(manager.get("timeclock/board/"))["results"]
    late = {row["name"]: row["minutes_late"] for row in rows}
    assert late == {"Manager": None, "Cashier": None, "Server": 20}
