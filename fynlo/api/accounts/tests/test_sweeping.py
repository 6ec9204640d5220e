from datetime import timedelta
from uuid import uuid4

import pytest
from celery import current_app
from django.conf import settings
from django.contrib.sessions.models import Session as AdminSession

from fynlo.accounts.models import Membership, PairingCode, PinLock, Session
from fynlo.accounts.tasks import sweep as sweep_accounts
from fynlo.api import idempotency, tasks
from fynlo.api.models import StoredResponse
from fynlo.clock import utc_now
from fynlo.testing.cast import Member, sign_in

pytestmark = pytest.mark.django_db


def session_that_ended(membership: Membership, days_ago: int) -> Session:
    session, end = sign_in(membership).session, utc_now() - timedelta(days=days_ago)
    Session.objects.filter(pk=session.pk).update(
        started_at=end - timedelta(hours=8), expires_at=end
    )
    return session


def test_old_sessions_codes_and_counters_go_and_the_rest_stays(manager: Member) -> None:
    now, maker = utc_now(), manager.membership
    recent = session_that_ended(maker, days_ago=99)
    session_that_ended(maker, days_ago=101)
    manager.post("devices/pairing-codes/", {})
    PairingCode.objects.create(
        code_hash="x",
        restaurant=manager.restaurant,
        kind="till",
        created_by=maker,
        expires_at=now - timedelta(days=2),
    )
    for code, until in {"a": None, "b": now - timedelta(days=2), "c": now}.items():
        PinLock.objects.create(place=uuid4(), employee_code=code, failures=5, locked_until=until)
    for _ in range(2):
        sweep_accounts.delay()
        assert set(Session.objects.values_list("pk", flat=True)) == {
            manager.session.pk,
            recent.pk,
        }
        assert PairingCode.objects.get().code_hash != "x"
        assert PinLock.objects.get().employee_code == "c"


def test_answers_that_are_replayed_no_more_go(
    owner: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "SWEPT_AT_ONCE", 2)
    for number in range(5):
        body = {"name": f"Rate {number}", "rate_bps": number}
        owner.post("tax-rates/", body, idempotency_key=f"key {number}")
    old = StoredResponse.objects.order_by("pk").values("pk")[:3]
    StoredResponse.objects.filter(pk__in=list(old.values_list("pk", flat=True))).update(
        stored_at=utc_now() - timedelta(hours=73)
    )
    AdminSession.objects.create(session_key="old", expire_date=utc_now() - timedelta(days=1))
    for _ in range(2):
        tasks.sweep.delay()
        assert StoredResponse.objects.count() == 2
        assert not AdminSession.objects.exists()


def test_every_task_of_the_timetable_is_there() -> None:
    current_app.loader.import_default_modules()
    planned = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert planned <= set(current_app.tasks)
