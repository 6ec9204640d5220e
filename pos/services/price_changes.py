"""Many prices at once, by a percentage or an amount."""

from collections.abc import Iterable
from dataclasses import dataclass

from fynlo.money import round_to_step, share
from pos.models import Product, Variation


@dataclass(frozen=True, slots=True)
class PriceChange:
    """Basis points of the price, then minor units on top, then to a multiple of `round_to`."""

    bps: int = 0
    amount: int = 0
    round_to: int = 1

    def of(self, price: int) -> int:
        """Less than nothing is possible here; the caller refuses it."""
        return round_to_step(price + share(price, self.bps) + self.amount, self.round_to)


def reprice(
    products: Iterable[Product], variations: Iterable[Variation], change: PriceChange
) -> list[Product]:
    """Write the new prices; the products that changed, with their next version.

    Happy-hour prices stay. Call while holding the menu's lock and the products' rows.
    """
    sizes = [row for row in variations if change.of(row.price) != row.price]
    moved = {row.product_id for row in sizes}
    changed = [row for row in products if row.pk in moved or change.of(row.price) != row.price]
    for size in sizes:
        size.price = change.of(size.price)
    for product in changed:
        product.price = change.of(product.price)
        product.version += 1
    Variation.objects.bulk_update(sizes, ["price"])
    Product.objects.bulk_update(changed, ["price", "version"])
    return changed
