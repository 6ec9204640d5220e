from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection

from fynlo.accounts.models import Device, Restaurant
from fynlo.clock import utc_now
from fynlo.db import check_version, created_before, durable, new_id, transaction_required
from fynlo.errors import IdConflict, NotFound, VersionConflict
from pos.models import TaxRate

WRITTEN_BY = "a" * 64


@transaction_required
def write_nothing() -> str:
    """A service that only wants a transaction around it."""
    return "written"


def rate_of(restaurant: Restaurant, name: str = "Standard rate") -> TaxRate:
    return TaxRate.objects.create(
        restaurant=restaurant, name=name, rate_bps=2000, fingerprint=WRITTEN_BY
    )


@pytest.mark.django_db(transaction=True)
def test_a_durable_transaction_inside_another_is_refused() -> None:
    with durable(), pytest.raises(RuntimeError, match="durable"), durable():
        pass


@pytest.mark.django_db(transaction=True)
def test_a_service_without_a_transaction_is_refused_by_name() -> None:
    with pytest.raises(RuntimeError, match="write_nothing must run inside"):
        write_nothing()
    with durable():
        assert write_nothing() == "written"
    assert write_nothing.__doc__


@pytest.mark.django_db(transaction=True)
def test_an_error_undoes_the_whole_use_case(restaurant: Restaurant) -> None:
    def fail_after_writing() -> None:
        rate_of(restaurant)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), durable():
        fail_after_writing()
    assert not connection.in_atomic_block
    assert not TaxRate.objects.for_restaurant(restaurant.pk).exists()


@pytest.mark.django_db
def test_rows_are_read_by_restaurant(restaurant: Restaurant, rival_restaurant: Restaurant) -> None:
    ours, theirs = rate_of(restaurant), rate_of(rival_restaurant)
    assert list(TaxRate.objects.for_restaurant(restaurant.pk)) == [ours]
    assert TaxRate.objects.one(restaurant.pk, ours.pk) == ours
    for wrong in (theirs.pk, uuid4()):
        with pytest.raises(NotFound):
            TaxRate.objects.one(restaurant.pk, wrong)


@pytest.mark.django_db
def test_a_lock_is_taken_when_it_is_asked_for_and_on_that_row_alone(
    restaurant: Restaurant, django_assert_num_queries: Any
) -> None:
    rate = rate_of(restaurant)
    with django_assert_num_queries(1) as captured:
        assert TaxRate.objects.lock(restaurant.pk, rate.pk) == rate
    assert 'FOR NO KEY UPDATE OF "pos_taxrate"' in captured.captured_queries[0]["sql"]
    with pytest.raises(NotFound):
        TaxRate.objects.lock(uuid4(), rate.pk)


@pytest.mark.django_db
def test_the_same_request_again_is_known_by_id_restaurant_and_body(
    restaurant: Restaurant, rival_restaurant: Restaurant
) -> None:
    rate = rate_of(restaurant)

    def made(pk: UUID, by: Restaurant, fingerprint: str) -> bool:
        return created_before(TaxRate, pk=pk, by=by.pk, fingerprint=fingerprint)

    assert not made(uuid4(), restaurant, WRITTEN_BY)
    assert made(rate.pk, restaurant, WRITTEN_BY)
    for by, fingerprint in ((restaurant, "b" * 64), (rival_restaurant, WRITTEN_BY)):
        with pytest.raises(IdConflict):
            made(rate.pk, by, fingerprint)


@pytest.mark.django_db
def test_an_id_is_checked_among_objects_of_its_own_kind(restaurant: Restaurant) -> None:
    rate = rate_of(restaurant)
    now = utc_now()
    Device.objects.create(pk=rate.pk, restaurant=restaurant, name="Till", paired_at=now)
    assert created_before(TaxRate, pk=rate.pk, by=restaurant.pk, fingerprint=WRITTEN_BY)


def test_a_stale_version_carries_the_document_and_a_fresh_one_never_reads_it() -> None:
    check_version(3, 3, document=lambda: pytest.fail("read in vain"))
    check_version(3, None, document=lambda: pytest.fail("read in vain"))
    with pytest.raises(VersionConflict) as refused:
        check_version(3, 2, document=lambda: '{"version":3}')
    assert refused.value.extra == {"current": '{"version":3}'}


def test_ids_sort_by_the_time_they_were_made() -> None:
    made = [new_id() for _ in range(1000)]
    assert made == sorted(made)
    assert {one.version for one in made} == {7}
