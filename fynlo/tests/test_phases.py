"""A write in phases that is killed between any two of them, and sent again."""

from functools import partial
from typing import Any

import orjson
import pytest
from django.db import connection
from django.http import HttpResponse

from fynlo.api.errors import IdempotencyKeyReused
from fynlo.api.idempotency import Claim
from fynlo.api.models import StoredResponse
from fynlo.api.phases import run_in_phases
from fynlo.clock import utc_now
from fynlo.db import Intent, new_id
from fynlo.errors import PermissionMissing, TransitionNotAllowed
from fynlo.testing.cast import Member
from fynlo.testing.races import at_once
from pos.models import TaxRate

pytestmark = pytest.mark.django_db(transaction=True)


class Killed(BaseException):
    """What no code catches."""


class Purchase:
    """A rate is the intent, its percentage what the outside world says. Notes every phase."""

    def __init__(self, member: Member, *, killed_in: str = "") -> None:
        self.member = member
        self.killed_in = killed_in
        self.phases: list[str] = []

    def _enter(self, phase: str) -> None:
        self.phases.append(phase)
        assert connection.in_atomic_block == (phase != "call")

    def _leave(self, phase: str) -> None:
        if phase == self.killed_in:
            raise Killed

    def prepare(self) -> Intent:
        self._enter("prepare")
        rate = TaxRate.objects.create(restaurant=self.member.restaurant, name="VAT", rate_bps=0)
        self._leave("prepare")
        return Intent(entity=rate.pk, point=rate.pk)

    def call(self, intent: Intent) -> int:
        self._enter("call")
        self._leave("call")
        return 2000

    def finish(self, intent: Intent, outcome: int) -> HttpResponse:
        self._enter("finish")
        TaxRate.objects.filter(pk=intent.entity).update(rate_bps=outcome)
        self._leave("finish")
        response = HttpResponse(orjson.dumps({"id": str(intent.entity)}), status=201)
        response["Location"] = f"/{intent.entity}/"
        return response

    def send(self, *, body: str = "f" * 64) -> HttpResponse:
        claim = Claim.of(
            restaurant_id=self.member.restaurant.pk, parts=("key",), fingerprint=body, now=utc_now()
        )
        return run_in_phases(claim, prepare=self.prepare, call=self.call, finish=self.finish)


def rates(member: Member) -> list[int]:
    rows = TaxRate.objects.for_restaurant(member.restaurant.pk)
    return list(rows.values_list("rate_bps", flat=True))


def test_the_phases_run_in_their_order_each_as_it_should(owner: Member) -> None:
    purchase = Purchase(owner)
    first = purchase.send()
    assert purchase.phases == ["prepare", "call", "finish"]
    assert rates(owner) == [2000]
    again = purchase.send()
    assert (again.status_code, again.content) == (201, first.content)
    assert (again["Location"], again["Idempotency-Replayed"]) == (first["Location"], "true")
    assert len(purchase.phases) == 3


@pytest.mark.parametrize(
    ("killed_in", "left", "phases"),
    [
        ("prepare", [], ["prepare", "call", "finish"]),
        ("call", [0], ["call", "finish"]),
        ("finish", [0], ["call", "finish"]),
    ],
)
def test_a_crash_in_any_phase_goes_on_from_what_was_committed(
    owner: Member, killed_in: str, left: list[int], phases: list[str]
) -> None:
    with pytest.raises(Killed):
        Purchase(owner, killed_in=killed_in).send()
    assert rates(owner) == left
    again = Purchase(owner)
    assert again.send().status_code == 201
    assert again.phases == phases
    assert rates(owner) == [2000]
    assert StoredResponse.objects.get().status == 201


def test_another_body_does_not_go_on_from_the_intent(owner: Member) -> None:
    with pytest.raises(Killed):
        Purchase(owner, killed_in="call").send()
    refused = Purchase(owner).send(body="e" * 64)
    assert refused.status_code == IdempotencyKeyReused.status
    assert rates(owner) == [0]


def test_what_preparing_refuses_is_kept_unless_it_may_heal(owner: Member) -> None:
    def refuse(error: Exception) -> Intent:
        raise error

    for error, stored in ((TransitionNotAllowed(), 0), (PermissionMissing(), 1)):
        purchase = Purchase(owner)
        purchase.prepare = partial(refuse, error)  # type: ignore[method-assign]
        assert purchase.send().status_code == error.status
        assert StoredResponse.objects.count() == stored
        assert not purchase.phases


def test_two_that_go_on_at_once_both_answer_and_one_answer_is_kept(owner: Member) -> None:
    with pytest.raises(Killed):
        Purchase(owner, killed_in="call").send()
    answers = at_once(*(Purchase(owner).send for _ in range(2)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert rates(owner) == [2000]
    assert Purchase(owner).send()["Idempotency-Replayed"] == "true"


def test_an_intent_that_needs_nobody_is_finished_all_the_same(owner: Member) -> None:
    def nothing_left() -> Intent:
        return Intent(entity=new_id(), point=None, is_new=False)

    purchase = Purchase(owner, killed_in="call")
    purchase.prepare = nothing_left  # type: ignore[method-assign]
    with pytest.raises(Killed):
        purchase.send()
    seen: list[Any] = []
    resumed = Purchase(owner)
    resumed.call = lambda intent: seen.append(intent) or 0  # type: ignore[method-assign,func-returns-value]
    resumed.send()
    assert (seen[0].point, seen[0].is_new) == (None, False)
