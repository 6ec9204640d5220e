"""From what a till asks for to lines that can be sold: menu, modifiers and price of the moment."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from fynlo.accounts.actor import Actor
from fynlo.accounts.choices import Permission
from fynlo.accounts.selectors import Profile
from fynlo.db import new_id
from pos.choices import LateFlag, LineState
from pos.errors import ModifiersInvalid, PriceNotYours, ProductUnavailable, VariationInvalid
from pos.models import OrderLine
from pos.selectors.sale import Choice, Wanted
from pos.services.facts import Fact
from pos.services.prices import price_at
from pos.services.stock import Menu
from pos.services.windows import is_on_sale


def fill(
    wanted: Sequence[Wanted],
    *,
    menu: Menu,
    by: Actor,
    profile: Profile,
    now: datetime,
    at: datetime,
    fact: Fact | None = None,
) -> list[OrderLine]:
    """Unsaved lines, positions from 0, at the prices of `at`, or at those that the guest was told
    where it is a `fact`. `menu`: products for sale by id.

    Raises ProductUnavailable, VariationInvalid, ModifiersInvalid or PriceNotYours, each with
    the field at fault.
    """
    return [
        _line(
            place,
            line,
            _product(menu, place, line, at=at, profile=profile, fact=fact),
            by=by,
            profile=profile,
            now=now,
            at=at,
            fact=fact,
        )
        for place, line in enumerate(wanted)
    ]


def _product(
    menu: Menu, place: int, wanted: Wanted, *, at: datetime, profile: Profile, fact: Fact | None
) -> dict[str, Any]:
    field = f"lines.{place}.product"
    if wanted.product not in menu:
        raise ProductUnavailable(field=field)
    product = menu[wanted.product]
    if not product["archived_at"] and is_on_sale(product, at=at, zone=profile.time_zone):
        return product
    if fact is None:
        raise ProductUnavailable(f"{product['name']} is not sold at this time.", field=field)
    fact.note(LateFlag.OFF_MENU)
    return product


def _line(
    place: int,
    wanted: Wanted,
    product: dict[str, Any],
    *,
    by: Actor,
    profile: Profile,
    now: datetime,
    at: datetime,
    fact: Fact | None,
) -> OrderLine:
    variation = _variation(place, wanted, product)
    modifiers = choose_modifiers(wanted.modifiers, product, field=f"lines.{place}.modifiers")
    if wanted.unit_price is not None and not fact and not by.may(Permission.OVERRIDE_PRICE):
        raise PriceNotYours(field=f"lines.{place}.unit_price")
    menu_price = price_at(
        product=product, variation_id=wanted.variation, at=at, zone=profile.time_zone
    )
    unit_price = menu_price if wanted.unit_price is None else wanted.unit_price
    if fact and unit_price != menu_price:
        fact.note(LateFlag.PRICE_CHANGED)
    return OrderLine(
        id=wanted.id or new_id(),
        position=place,
        product_id=wanted.product,
        variation_id=wanted.variation,
        name=product["name"],
        variation_name=variation["name"] if variation else "",
        modifiers=modifiers,
        quantity=wanted.quantity,
        seat=wanted.seat,
        course=product["course"] if wanted.course is None else wanted.course,
        note=wanted.note,
        unit_price=unit_price,
        modifiers_price=price_of_modifiers(modifiers, unit_price=unit_price),
        price_overridden=unit_price != menu_price,
        unit_cost=_cost(product, variation),
        menu_price=None if unit_price == menu_price else menu_price,
        tax_name=product["tax_name"],
        tax_rate_bps=product["tax_rate_bps"],
        tax_inclusive=product["tax_inclusive"],
        state=LineState.NEW,
        added_by_id=by.membership_id,
        added_at=now,
    )


def _variation(place: int, wanted: Wanted, product: dict[str, Any]) -> dict[str, Any] | None:
    if wanted.variation is None and not product["variations"]:
        return None
    for variation in product["variations"]:
        if variation["id"] == str(wanted.variation):
            return dict(variation)
    raise VariationInvalid(field=f"lines.{place}.variation")


def _cost(product: dict[str, Any], variation: dict[str, Any] | None) -> int | None:
    """A size without a cost of its own costs what the product does."""
    own: int | None = variation["cost"] if variation else None
    of_product: int | None = product["cost"]
    return of_product if own is None else own


def price_of_modifiers(modifiers: Sequence[dict[str, Any]], *, unit_price: int) -> int:
    """What they add to one piece, in minor units; a piece never costs less than nothing."""
    extras: int = sum(row["price_delta"] * row["quantity"] for row in modifiers)
    return max(extras, -unit_price)


def choose_modifiers(
    choices: Sequence[Choice], product: dict[str, Any], *, field: str
) -> list[dict[str, Any]]:
    """As a line keeps them. Raises ModifiersInvalid with this `field`."""
    offered = {row["id"]: (group, row) for group in product["groups"] for row in group["modifiers"]}
    counts = Counter[str]()
    chosen = []
    for choice in choices:
        if str(choice.modifier) not in offered:
            raise ModifiersInvalid("This product does not offer that modifier.", field=field)
        group, modifier = offered[str(choice.modifier)]
        if choice.quantity > 1 and not group["allow_quantities"]:
            raise ModifiersInvalid(f"{group['name']}: each may be chosen once.", field=field)
        counts[group["id"]] += choice.quantity
        chosen.append(
            {
                "modifier": modifier["id"],
                "name": modifier["name"],
                "quantity": choice.quantity,
                "price_delta": modifier["price_delta"],
            }
        )
    _check_counts(product["groups"], counts, field)
    if len({row["modifier"] for row in chosen}) < len(chosen):
        raise ModifiersInvalid("Name each modifier once, with a quantity.", field=field)
    return chosen


def _check_counts(groups: list[dict[str, Any]], counts: Counter[str], field: str) -> None:
    for group in groups:
        if not group["min_choices"] <= counts[group["id"]] <= group["max_choices"]:
            raise ModifiersInvalid(
                f"{group['name']}: choose {group['min_choices']} to {group['max_choices']}.",
                field=field,
            )
