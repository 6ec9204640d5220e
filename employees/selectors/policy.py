from uuid import UUID

from django.db.models import QuerySet

from employees.choices import PACK_OF_COUNTRY, RULE_PACKS
from employees.models import LabourPolicy
from fynlo.accounts.selectors import restaurant_profile


def policies(restaurant_id: UUID) -> QuerySet[LabourPolicy]:
    return LabourPolicy.objects.for_restaurant(restaurant_id)


def policy_of(restaurant_id: UUID) -> LabourPolicy:
    """The restaurant's, made with the rules of its country when there is none yet."""
    found = policies(restaurant_id).first()
    if found is not None:
        return found
    country = restaurant_profile(restaurant_id).country
    fresh = LabourPolicy(
        restaurant_id=restaurant_id, rules=RULE_PACKS[PACK_OF_COUNTRY.get(country, "uk")]
    )
    LabourPolicy.objects.bulk_create([fresh], ignore_conflicts=True)
    return policies(restaurant_id).get()


def lock_policy(restaurant_id: UUID) -> LabourPolicy:
    """Locked to the end of the transaction."""
    pk = policy_of(restaurant_id).pk
    return LabourPolicy.objects.lock(restaurant_id, pk)
