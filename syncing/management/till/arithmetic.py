"""The till's own sums, written apart from the server's so that one can prove the other.

Exact fractions to the end of each step, then one rounding, as the printed rules say.
"""

from collections import defaultdict
from fractions import Fraction
from math import floor
from typing import Any


def half_up(amount: Fraction) -> int:
    return floor(amount + Fraction(1, 2))


def half_even(amount: Fraction) -> int:
    return round(amount)


def spread(total: int, weights: list[int]) -> list[int]:
    """In proportion; pennies left over go to the largest remainders, the first of equals first."""
    if not any(weights):
        return [0] * len(weights)
    exact = [Fraction(total * weight, sum(weights)) for weight in weights]
    parts = [floor(part) for part in exact]
    by_loss = sorted(range(len(weights)), key=lambda i: (parts[i] - exact[i], i))
    for place in by_loss[: total - sum(parts)]:
        parts[place] += 1
    return parts


def total_of(order: dict[str, Any], menu: "MenuPrices") -> int:
    """What the guest owes for this order: from the menu's prices, its discounts and its charge."""
    lines = [line for line in order["lines"] if line["state"] != "VOIDED"]
    nets = []
    for line in lines:
        gross = half_up(menu.unit_price(line) * Fraction(line["quantity"]))
        own = [row for row in order["discounts"] if row["line"] == line["id"]]
        nets.append(gross - taken(gross, own))
    on_order = taken(sum(nets), [row for row in order["discounts"] if row["line"] is None])
    nets = [net - part for net, part in zip(nets, spread(on_order, nets), strict=True)]
    charge = half_up(Fraction(sum(nets) * order["service_charge_bps"], 10_000))
    added = tax_on_top(lines, nets)
    return sum(nets) + charge + added + int(order["tip"]) + int(order["rounding"])


def taken(amount: int, discounts: list[dict[str, Any]]) -> int:
    left = amount
    for row in discounts:
        percent = row["kind"] == "percent"
        part = half_up(Fraction(left * row["value"], 10_000)) if percent else row["value"]
        left -= min(part, left)
    return amount - left


def tax_on_top(lines: list[dict[str, Any]], nets: list[int]) -> int:
    """Only rates that are not inside the price add to the total, rounded once for each rate."""
    buckets: dict[tuple[str, int], int] = defaultdict(int)
    for line, net in zip(lines, nets, strict=True):
        if not line["tax_inclusive"]:
            buckets[line["tax_name"], line["tax_rate_bps"]] += net
    return sum(half_even(Fraction(net * rate, 10_000)) for (_, rate), net in buckets.items())


def tax_of(order: dict[str, Any]) -> int:
    """The tax inside and on top, from the order's own net lines."""
    buckets: dict[tuple[str, int, bool], int] = defaultdict(int)
    for line in order["lines"]:
        key = (line["tax_name"], line["tax_rate_bps"], line["tax_inclusive"])
        buckets[key] += line["total"] - line["order_discount"]
    taxes = 0
    for (_, rate, inclusive), amount in buckets.items():
        whole = 10_000 + rate if inclusive else 10_000
        taxes += half_even(Fraction(amount * rate, whole))
    return taxes


class MenuPrices:
    """Prices as the till read them from `menu/` in the morning."""

    def __init__(self, menu: dict[str, Any]) -> None:
        self.products = {row["id"]: row for row in menu["products"]}
        self.deltas = {
            modifier["id"]: modifier["price_delta"]
            for group in menu["modifier_groups"]
            for modifier in group["modifiers"]
        }

    def unit_price(self, line: dict[str, Any]) -> int:
        """One piece with its modifiers. A timed price is taken from the order itself when the
        product has any: the till's and the server's clocks may stand on either side of it."""
        product = self.products[line["product"]]
        sizes = {row["id"]: row["price"] for row in product["variations"]}
        listed = sizes.get(line["variation"], product["price"])
        price = line["unit_price"] if product["timed_prices"] else listed
        extras = sum(self.deltas[row["modifier"]] * row["quantity"] for row in line["modifiers"])
        return max(0, int(price) + int(extras))
