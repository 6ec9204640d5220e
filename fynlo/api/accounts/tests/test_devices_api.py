from datetime import timedelta
from typing import Any

import pytest

from fynlo.accounts.choices import Role
from fynlo.accounts.models import Device, Membership, PairingCode, Restaurant, Session
from fynlo.accounts.services.devices import CODE_LETTERS
from fynlo.api.accounts.tests.calls import (
    Till,
    bearer,
    body_of,
    code_of,
    kinds,
    pair,
    send,
)
from fynlo.clock import as_utc_text, utc_now
from fynlo.testing.cast import Member, hire

IPAD = {"name": "Bar till", "model": "iPad", "app_version": "1.4.0"}
pytestmark = pytest.mark.django_db


def new_code(by: Member, **body: str) -> dict[str, Any]:
    answer: dict[str, Any] = body_of(by.post("devices/pairing-codes/", body))
    return answer


def beat(till: Till, **changes: object) -> Any:
    body = {"app_version": "1.4.0", "queue_depth": 0, "device_time": as_utc_text(utc_now())}
    return till.post("devices/heartbeat/", body | changes)


def test_a_pairing_code_is_shown_as_text_and_as_qr(manager: Member) -> None:
    offer = new_code(manager, kind="kitchen_screen")
    assert len(offer["code"]) == 8
    assert set(offer["code"]) <= set(CODE_LETTERS)
    assert offer["kind"] == "kitchen_screen"
    assert offer["pairing_url"].endswith(f"&code={offer['code']}")
    assert offer["qr_svg"].startswith("<svg")
    stored = PairingCode.objects.get()
    assert offer["code"] not in stored.code_hash
    assert len(stored.code_hash) == 64


def test_a_device_pairs_and_is_given_its_token_once(manager: Member) -> None:
    offer = new_code(manager, kind="kitchen_screen")
    response = send("devices/pair/", {**IPAD, "code": offer["code"]})
    answer = body_of(response)
    assert response.status_code == 201
    assert response["Cache-Control"] == "no-store"
    assert answer["device"]["kind"] == "kitchen_screen"
    assert answer["restaurant"]["id"] == str(manager.restaurant.pk)
    assert len(answer["token"]) == 43
    assert answer["token"] not in Device.objects.get().token_hash
    assert kinds(manager.restaurant) == ["device.paired"]
    listed = manager.get("devices/")
    assert answer["token"].encode() not in listed.content
    assert body_of(manager.get(f"devices/{answer['device']['id']}/")) == answer["device"]


def test_a_code_may_be_typed_in_small_letters_with_a_dash(manager: Member) -> None:
    code = new_code(manager)["code"].lower()
    typed = f"{code[:4]}-{code[4:]}"
    assert send("devices/pair/", {**IPAD, "code": typed}).status_code == 201


def test_a_code_works_once(manager: Member) -> None:
    code = new_code(manager)["code"]
    send("devices/pair/", {**IPAD, "code": code})
    again = send("devices/pair/", {**IPAD, "code": code})
    assert code_of(again) == (422, "pairing_code_refused")
    assert Device.objects.count() == 1


@pytest.mark.parametrize("change", [{"role": "server"}, {"is_active": False}])
def test_a_code_falls_with_the_power_of_who_made_it(
    manager: Member, change: dict[str, Any]
) -> None:
    code = new_code(manager)["code"]
    Membership.objects.filter(pk=manager.membership.pk).update(**change)
    refused = send("devices/pair/", {**IPAD, "code": code})
    assert code_of(refused) == (422, "pairing_code_refused")


def test_a_code_works_for_ten_minutes(manager: Member) -> None:
    code = new_code(manager)["code"]
    PairingCode.objects.update(expires_at=utc_now() - timedelta(seconds=1))
    refused = send("devices/pair/", {**IPAD, "code": code})
    unknown = send("devices/pair/", {**IPAD, "code": "AAAAAAAA"})
    assert code_of(refused) == code_of(unknown) == (422, "pairing_code_refused")
    assert not Device.objects.exists()


def test_the_code_says_until_when_it_is_good(manager: Member) -> None:
    before = utc_now()
    new_code(manager)
    good_for = PairingCode.objects.get().expires_at - before
    assert timedelta(minutes=10) <= good_for < timedelta(minutes=10, seconds=5)


def test_the_code_of_somebody_who_left_pairs_nothing(manager: Member) -> None:
    code = new_code(manager)["code"]
    Membership.objects.filter(pk=manager.membership.pk).update(is_active=False)
    assert send("devices/pair/", {**IPAD, "code": code}).status_code == 422


def test_codes_long_dead_are_swept(manager: Member) -> None:
    new_code(manager)
    PairingCode.objects.update(expires_at=utc_now() - timedelta(days=2))
    new_code(manager)
    assert PairingCode.objects.count() == 1


def test_an_app_that_is_too_old_does_not_pair_and_does_not_use_up_the_code(
    manager: Member,
) -> None:
    code = new_code(manager)["code"]
    old = send("devices/pair/", {**IPAD, "code": code, "app_version": "0.9"})
    assert code_of(old) == (426, "app_too_old")
    assert send("devices/pair/", {**IPAD, "code": code}).status_code == 201


@pytest.mark.parametrize("role", [Role.CASHIER, Role.SERVER, Role.KITCHEN])
def test_only_managers_have_to_do_with_devices(
    restaurant: Restaurant, role: Role, till: Till
) -> None:
    member = hire(restaurant, role)
    refused = [
        member.post("devices/pairing-codes/", {}),
        member.get("devices/"),
        member.get(f"devices/{till.id}/"),
        member.post(f"devices/{till.id}/revoke/"),
    ]
    assert [code_of(response) for response in refused] == [(403, "permission_missing")] * 4
    assert not PairingCode.objects.filter(used_at=None).exists()
    assert Device.objects.get().revoked_at is None


def test_a_rival_finds_no_device(till: Till, rival_owner: Member) -> None:
    assert body_of(rival_owner.get("devices/"))["results"] == []
    assert rival_owner.get(f"devices/{till.id}/").status_code == 404
    assert rival_owner.post(f"devices/{till.id}/revoke/").status_code == 404
    assert beat(till).status_code == 200


def test_the_fleet_comes_in_pages_newest_first(manager: Member) -> None:
    made = [pair(manager).id for _ in range(3)]
    first = body_of(manager.get("devices/?limit=2"))
    second = body_of(manager.get(f"devices/?limit=2&cursor={first['next']}"))
    seen = [row["id"] for row in first["results"] + second["results"]]
    assert seen == made[::-1]


def test_a_heartbeat_tells_the_fleet_how_the_device_is(till: Till, manager: Member) -> None:
    slow = as_utc_text(utc_now() - timedelta(seconds=90))
    answer = body_of(beat(till, queue_depth=7, app_version="1.5.0", device_time=slow))
    assert (answer["queue_depth"], answer["app_version"]) == (7, "1.5.0")
    assert -92_000 < answer["clock_skew_ms"] <= -90_000
    assert body_of(manager.get("devices/"))["results"] == [answer]


def test_only_a_new_app_version_is_an_event(till: Till, restaurant: Restaurant) -> None:
    beat(till, queue_depth=3)
    assert kinds(restaurant) == ["device.paired"]
    beat(till, app_version="1.5.0")
    assert kinds(restaurant) == ["device.paired", "device.updated"]


def test_an_app_that_is_too_old_is_told_so_and_still_seen(till: Till, manager: Member) -> None:
    refused = beat(till, app_version="0.9.12")
    assert code_of(refused) == (426, "app_too_old")
    assert body_of(manager.get("devices/"))["results"][0]["app_version"] == "0.9.12"


def test_a_revoked_device_is_refused_at_once_and_its_sessions_end(
    till: Till, waiter: Member, manager: Member
) -> None:
    session = body_of(till.enter_pin(waiter))["session"]
    revoked = body_of(manager.post(f"devices/{till.id}/revoke/"))
    assert revoked["revoked_at"] is not None
    assert code_of(beat(till)) == (401, "device_refused")
    assert code_of(till.enter_pin(waiter)) == (401, "device_refused")
    assert Session.objects.get(pk=session).revoked_at is not None
    assert kinds(manager.restaurant)[-2:] == ["session.ended", "device.revoked"]
    assert waiter.get("auth/me/").status_code == 200


def test_revoking_twice_changes_nothing(till: Till, manager: Member) -> None:
    first = manager.post(f"devices/{till.id}/revoke/")
    second = manager.post(f"devices/{till.id}/revoke/")
    assert (second.status_code, second.content) == (200, first.content)
    assert kinds(manager.restaurant).count("device.revoked") == 1


@pytest.mark.django_db(transaction=True)
def test_rest_refuses_the_sessions_of_a_revoked_device(
    till: Till, waiter: Member, manager: Member
) -> None:
    access = body_of(till.enter_pin(waiter))["access"]
    assert send("auth/me/", "", method="GET", authorization=bearer(access)).status_code == 200
    manager.post(f"devices/{till.id}/revoke/")
    refused = send("auth/me/", "", method="GET", authorization=bearer(access))
    assert code_of(refused) == (401, "session_ended")


def test_a_device_is_no_member(till: Till) -> None:
    headers = {"authorization": f"Device {till.token}"}
    assert send("auth/me/", "", method="GET", **headers).status_code == 401
    assert send("devices/", "", method="GET", **headers).status_code == 401


@pytest.mark.parametrize(
    "changes",
    [{"queue_depth": -1}, {"queue_depth": 2**31}, {"queue_depth": "1"}, {"queue_depth": True},
     {"device_time": "now"}, {"device_time": 5}, {"app_version": "new"}, {"app_version": ""},
     {"app_version": "1." + "0" * 30}, {"device_time": "9999-12-31T23:59:59-23:59"}, {"x": 1}],
)  # fmt: skip
def test_a_bad_heartbeat_is_a_problem(till: Till, changes: dict[str, object]) -> None:
    assert beat(till, **changes).status_code == 400


@pytest.mark.parametrize(
    "body",
    [{}, {"code": "A"}, {**IPAD, "code": ""}, {**IPAD, "code": "A" * 21}, {**IPAD, "code": 5},
     {**IPAD, "code": "AAAAAAAA", "name": ""}, {**IPAD, "code": "AAAAAAAA", "name": "x" * 81},
     {**IPAD, "code": "AAAAAAAA", "kind": "till"}],
)  # fmt: skip
def test_a_bad_pairing_is_a_problem(db: None, body: object) -> None:
    assert send("devices/pair/", body).status_code == 400


def test_a_bad_kind_is_a_problem(manager: Member) -> None:
    assert manager.post("devices/pairing-codes/", {"kind": "drone"}).status_code == 400
    assert manager.post("devices/pairing-codes/", {"kind": []}).status_code == 400
