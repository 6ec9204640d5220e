from pos.models.floor import Floor, Table
from pos.models.kitchen import Ticket
from pos.models.menu import (
    Category,
    Modifier,
    ModifierGroup,
    Product,
    ProductModifierGroup,
    Station,
    TaxRate,
    TimedPrice,
    Variation,
)
from pos.models.orders import Order, OrderDiscount, OrderLine, OrderNumber

__all__ = [
    "Category",
    "Floor",
    "Modifier",
    "ModifierGroup",
    "Order",
    "OrderDiscount",
    "OrderLine",
    "OrderNumber",
    "Product",
    "ProductModifierGroup",
    "Station",
    "Table",
    "TaxRate",
    "Ticket",
    "TimedPrice",
    "Variation",
]
