"""Restaurants whose cache is filled before anybody asks."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fynlo.accounts.choices import Role
from fynlo.accounts.selectors import restaurants_at_work
from fynlo.accounts.services.warming import warm_at_start
from fynlo.cache import background
from fynlo.clock import utc_now
from fynlo.local.ports import wait_until
from fynlo.testing.cast import Member, hire


@pytest.mark.django_db
def test_a_restaurant_is_named_once_however_many_are_signed_in(
    owner: Member, rival_owner: Member
) -> None:
    """In one statement, the newest sign-in first."""
    for member, minutes in ((owner, 30), (rival_owner, 20)):
        member.session.started_at = utc_now() - timedelta(minutes=minutes)
        member.session.save()
    here, there = owner.restaurant.pk, rival_owner.restaurant.pk
    assert restaurants_at_work(now=utc_now(), limit=9) == [there, here]
    for role in (Role.SERVER, Role.KITCHEN):
        hire(owner.restaurant, role)
    with CaptureQueriesContext(connection) as asked:
        assert restaurants_at_work(now=utc_now(), limit=9) == [here, there]
    assert len(asked) == 1
    assert restaurants_at_work(now=utc_now(), limit=1) == [here]


def test_a_process_that_wants_nothing_ahead_tries_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Such as this one: whatever a thread of its own tries here, the database refuses."""
    warm_at_start()
    assert wait_until(lambda: not background._under_way, seconds=20)
    assert caplog.records == []


def test_what_breaks_in_the_background_is_logged_and_may_be_asked_for_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken() -> None:
        raise RuntimeError("the kettle is off")

    for times in (1, 2):
        background.soon("boil", broken)
        assert wait_until(lambda: not background._under_way, seconds=20)
        said = [row for row in caplog.records if "not prepared in the background" in row.message]
        assert len(said) == times
    assert "the kettle is off" in caplog.text
