from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import orjson
import pytest
from django.http import HttpResponse

from fynlo.api.errors import RateLimited
from fynlo.api.idempotency import KEPT_FOR, Claim, run
from fynlo.api.models import StoredResponse
from fynlo.clock import utc_now
from fynlo.db import durable
from fynlo.errors import DependencyDown, DomainError, PermissionMissing, TransitionNotAllowed
from fynlo.events.log import append
from fynlo.events.reading import last_seq
from fynlo.testing.cast import Member
from fynlo.testing.races import at_once, beside, wait_until_blocked
from pos.documents import TAX_RATE
from pos.models import TaxRate

pytestmark = pytest.mark.django_db
VAT = {"name": "Standard rate", "rate_bps": 2000}
KEY = "till-7-0001"


def post(member: Member, body: Any = None, *, key: str = KEY) -> HttpResponse:
    return member.post("tax-rates/", VAT if body is None else body, idempotency_key=key)


def code(response: HttpResponse) -> str:
    return str(orjson.loads(response.content)["code"])


def rates(member: Member) -> int:
    return TaxRate.objects.for_restaurant(member.restaurant.pk).count()


def grow_older(age: timedelta) -> None:
    StoredResponse.objects.update(stored_at=utc_now() - age)


def claim(member: Member, **changes: Any) -> Claim:
    parts = (str(member.actor.user_id), "POST", "/api/v1/tax-rates/", KEY)
    given = {"parts": parts, "fingerprint": "f" * 64, "now": utc_now(), **changes}
    return Claim.of(restaurant_id=member.restaurant.pk, **given)


def write_a_rate(member: Member) -> None:
    """As a service does: the row, then its event."""
    rate = TaxRate.objects.create(restaurant=member.restaurant, name="Reduced", rate_bps=500)
    append(
        kind="tax_rate.created",
        document=TAX_RATE,
        entity_id=rate.pk,
        by=member.actor,
        now=utc_now(),
    )


def test_the_same_request_again_gets_the_stored_answer(owner: Member) -> None:
    first, again = post(owner), post(owner)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again["Location"] == first["Location"]
    assert "Idempotency-Replayed" not in first
    assert again["Idempotency-Replayed"] == "true"
    assert rates(owner) == last_seq(owner.restaurant.pk) == 1


def test_the_order_and_spacing_of_the_body_do_not_make_another_request(owner: Member) -> None:
    post(owner)
    body = b'{ "rate_bps": 2000,   "name": "Standard rate" }'
    assert post(owner, body)["Idempotency-Replayed"] == "true"


def test_another_body_under_the_same_key_is_refused(owner: Member) -> None:
    post(owner)
    refused = post(owner, {**VAT, "rate_bps": 500})
    assert (refused.status_code, code(refused)) == (422, "idempotency_key_reused")
    assert post(owner).status_code == 201
    assert rates(owner) == 1


@pytest.mark.parametrize("key", ["k" * 256, "\x7f"])
def test_a_key_has_at_most_255_printable_characters(owner: Member, key: str) -> None:
    refused = post(owner, key=key)
    assert (refused.status_code, code(refused)) == (400, "idempotency_key_invalid")
    assert rates(owner) == 0


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_a_request_that_still_runs_is_not_run_again(owner: Member) -> None:
    """The first request waits for the event log, which this test holds."""
    other = TaxRate.objects.create(restaurant=owner.restaurant, name="Zero", rate_bps=0)
    with ExitStack() as afterwards, durable():
        append(kind="x.y", document=TAX_RATE, entity_id=other.pk, by=owner.actor, now=utc_now())
        first = afterwards.enter_context(beside(partial(post, owner)))
        wait_until_blocked()
        with beside(partial(post, owner)) as second:
            refused = second.result(20)
    assert (refused.status_code, code(refused)) == (409, "idempotency_in_progress")
    assert refused["Retry-After"] == "1"
    assert first.result().status_code == 201
    assert post(owner)["Idempotency-Replayed"] == "true"
    assert rates(owner) == 2


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_ten_requests_with_one_key_make_one_rate(owner: Member) -> None:
    answers = at_once(*[partial(post, owner)] * 10)
    made = {answer.content for answer in answers if answer.status_code == 201}
    refused = {code(answer) for answer in answers if answer.status_code != 201}
    assert len(made) == 1
    assert refused <= {"idempotency_in_progress"}
    assert rates(owner) == last_seq(owner.restaurant.pk) == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_ten_requests_with_one_id_and_no_key_make_one_rate(owner: Member) -> None:
    body = {**VAT, "id": str(uuid4())}
    answers = at_once(*[partial(owner.post, "tax-rates/", body)] * 10)
    assert sorted(answer.status_code for answer in answers) == [200] * 9 + [201]
    assert len({answer.content for answer in answers}) == 1
    assert rates(owner) == last_seq(owner.restaurant.pk) == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_ten_of_one_name_are_one_rate_and_nine_conflicts(owner: Member) -> None:
    answers = at_once(*[partial(owner.post, "tax-rates/", VAT)] * 10)
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 9
    assert rates(owner) == last_seq(owner.restaurant.pk) == 1


def test_a_refusal_by_a_rule_is_stored(owner: Member) -> None:
    path = orjson.loads(post(owner).content)["id"]

    def change() -> HttpResponse:
        body = {"rate_bps": 1, "version": 9}
        return owner.patch(f"tax-rates/{path}/", body, idempotency_key=KEY)

    first, again = change(), change()
    assert (first.status_code, code(first)) == (412, "version_conflict")
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again["Idempotency-Replayed"] == "true"
    assert again["Content-Type"] == "application/problem+json"


def test_a_conflict_is_not_stored_because_it_may_heal(owner: Member) -> None:
    pk = str(uuid4())
    taken = TaxRate.objects.create(pk=pk, restaurant=owner.restaurant, name="Old", rate_bps=0)
    body = {**VAT, "id": pk}
    assert code(post(owner, body)) == "id_conflict"
    taken.delete()
    healed = post(owner, body)
    assert healed.status_code == 201
    assert "Idempotency-Replayed" not in healed


@pytest.mark.parametrize(
    ("error", "is_kept"),
    [
        (PermissionMissing, True),
        (TransitionNotAllowed, False),
        (RateLimited, False),
        (DependencyDown, False),
    ],
)
def test_what_may_heal_is_asked_again(
    owner: Member, error: type[DomainError], is_kept: bool
) -> None:
    def refuse() -> HttpResponse:
        write_a_rate(owner)
        raise error

    assert run(claim(owner), refuse).status_code == error.status
    assert rates(owner) == last_seq(owner.restaurant.pk) == 0
    again = run(claim(owner), lambda: HttpResponse("done"))
    assert (again.status_code == error.status) is is_kept


def test_a_crash_between_write_and_store_leaves_nothing(owner: Member) -> None:
    """A body that is not UTF-8 cannot be stored, so the write and its event go too."""

    def write() -> HttpResponse:
        write_a_rate(owner)
        return HttpResponse(b"\xff", status=201)

    with pytest.raises(UnicodeDecodeError):
        run(claim(owner), write)
    assert rates(owner) == last_seq(owner.restaurant.pk) == StoredResponse.objects.count() == 0
    assert run(claim(owner), lambda: HttpResponse("done")).content == b"done"


def test_a_key_is_kept_for_72_hours_and_then_is_new(owner: Member) -> None:
    first = post(owner)
    grow_older(KEPT_FOR - timedelta(minutes=1))
    assert post(owner).content == first.content
    grow_older(KEPT_FOR + timedelta(seconds=1))
    fresh = post(owner, {**VAT, "name": "Reduced rate"})
    assert fresh.status_code == 201
    assert "Idempotency-Replayed" not in fresh
    assert post(owner).status_code == 422
    assert rates(owner) == 2


def test_a_key_belongs_to_one_user_restaurant_method_and_path(
    owner: Member, manager: Member, rival_owner: Member
) -> None:
    pk = orjson.loads(post(owner).content)["id"]
    answers = [
        post(rival_owner),
        post(manager, {**VAT, "name": "Reduced rate"}),
        owner.patch(f"tax-rates/{pk}/", VAT, if_match="1", idempotency_key=KEY),
        post(owner, {**VAT, "name": "Zero rate"}, key=KEY + "1"),
    ]
    assert [answer.status_code for answer in answers] == [201, 201, 200, 201]
    assert not any("Idempotency-Replayed" in answer for answer in answers)
