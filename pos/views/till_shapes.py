"""What the till's templates are given: documents, with what people read beside the numbers."""

from typing import Any
from uuid import UUID

import orjson

from fynlo.accounts.selectors import Profile
from fynlo.money import exponent, for_people, round_to_step
from pos.choices import UNSENT, Availability, LineState
from pos.models import Order
from pos.selectors.menu import whole_menu

Shape = dict[str, Any]
_LINE_LABELS = {state.value: state.label for state in LineState}


def menu_of(restaurant_id: UUID) -> Shape:
    """The cached document that the API serves."""
    menu: Shape = orjson.loads(whole_menu(restaurant_id).body)
    return menu


def sections(menu: Shape) -> list[Shape]:
    """The categories that have products, as the menu orders them."""
    return [
        {**category, "products": found}
        for category in menu["categories"]
        if (found := [_tile(p, menu) for p in menu["products"] if p["category"] == category["id"]])
    ]


def _tile(product: Shape, menu: Shape) -> Shape:
    prices = [variation["price"] for variation in product["variations"]] or [product["price"]]
    more = "from " if len(set(prices)) > 1 else ""
    return {
        **product,
        "price_label": more + for_people(min(prices), menu["currency"]),
        "is_sold_out": product["availability"] == Availability.OUT_OF_STOCK,
        "asks": bool(product["variations"] or product["modifier_groups"]),
    }


def product_of(menu: Shape, pk: UUID) -> Shape | None:
    """One product with its groups of choices written out."""
    found = next((p for p in menu["products"] if p["id"] == str(pk)), None)
    if found is None:
        return None
    groups = {group["id"]: group for group in menu["modifier_groups"]}
    asked = [_group(groups[group_id], menu) for group_id in found["modifier_groups"]]
    sizes = [_priced(variation, "price", menu) for variation in found["variations"]]
    return {**_tile(found, menu), "groups": asked, "sizes": sizes}


def _group(group: Shape, menu: Shape) -> Shape:
    least, most = group["min_choices"], group["max_choices"]
    rule = "optional" if least == 0 else "choose one" if least == 1 else f"choose {least}"
    if most is not None and most > 1:
        rule = f"{rule}, up to {most}"
    choices = [_priced(modifier, "price_delta", menu) for modifier in group["modifiers"]]
    return {**group, "rule": rule, "choices": choices, "is_one": (least, most) == (1, 1)}


def _priced(choice: Shape, field: str, menu: Shape) -> Shape:
    amount = choice[field]
    label = for_people(amount, menu["currency"]) if amount or field == "price" else ""
    return {**choice, "price_label": f"+{label}" if label and field != "price" else label}


def order_of(document: str, profile: Profile) -> Shape:
    """The order, with every amount also as people read it, under `money`."""
    order: Shape = orjson.loads(document)
    amounts = ("subtotal", "service_charge", "discount", "tax_added", "total", "paid", "due")
    for line in order["lines"]:
        line["total_label"] = for_people(line["gross"], order["currency"])
        line["state_label"] = _LINE_LABELS[line["state"]]
        line["is_unsent"] = line["state"] in UNSENT
        line["course_label"] = f"Course {line['course']}" if line["course"] else ""
    return {
        **order,
        "place": place_of(order),
        "money": {name: for_people(order[name], order["currency"]) for name in amounts},
        "unsent": [line["id"] for line in order["lines"] if line["is_unsent"]],
        "has_new": any(line["state"] == LineState.NEW for line in order["lines"]),
        "has_courses": any(_waits_for_its_course(line) for line in order["lines"]),
        "cash_due": round_to_step(order["due"], profile.cash_rounding),
    }


def _waits_for_its_course(line: Shape) -> bool:
    return bool(line["is_unsent"] and (line["course"] or line["state"] == LineState.HELD))


def courses_of(order: Shape) -> list[Shape]:
    """What waits to be sent, course by course; `new` may still be held back."""
    waiting = [line for line in order["lines"] if line["is_unsent"]]
    return [
        {
            "number": number,
            "title": f"Course {number}" if number else "At once",
            "lines": [line for line in waiting if line["course"] == number],
            "has_new": any(
                line["course"] == number and line["state"] == LineState.NEW for line in waiting
            ),
        }
        for number in sorted({line["course"] for line in waiting})
    ]


def seats_of(order: Shape) -> list[int]:
    """Seats that something is for; 0, what all share, is none."""
    live = [line for line in order["lines"] if line["state"] != LineState.VOIDED]
    return sorted({line["seat"] for line in live} - {0})


def discounts_of(order: Shape) -> list[Shape]:
    names = {line["id"]: line["name"] for line in order["lines"]}
    return [
        {
            **discount,
            "label": for_people(discount["amount"], order["currency"]),
            "line_name": names.get(discount["line"], ""),
        }
        for discount in order["discounts"]
    ]


def part_of(order: Order) -> Shape:
    where = f"Table {order.table}" if order.table else order.get_channel_display()
    due = for_people(order.due, order.currency)
    return {"id": str(order.pk), "number": order.number, "place": where, "due_label": due}


def place_of(order: Shape) -> str:
    if order["table_number"]:
        return f"Table {order['table_number']}"
    return str(order["channel"]).replace("_", " ").capitalize()


def notes_for(due: int, currency: str) -> list[tuple[int, str]]:
    """What a guest is likely to hand over: the exact sum, then the next round ones."""
    unit = 10 ** exponent(currency)
    rounder = (unit * step for step in (5, 10, 20, 50))
    likely = sorted({due, *(-(-due // step) * step for step in rounder)})
    return [(amount, for_people(amount, currency)) for amount in likely]
