from pos.models.floor import Floor, Table
from pos.models.imports import MenuImport
from pos.models.kitchen import Ticket
from pos.models.menu import (
    AvailabilityWindow,
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
from pos.models.receipts import Receipt, ReceiptChain, ReceiptPrint
from pos.models.sales import ProductSalesOfDay, SalesDay, SalesOfDay, TendersOfDay

__all__ = [
    "AvailabilityWindow",
    "Category",
    "Floor",
    "MenuImport",
    "Modifier",
    "ModifierGroup",
    "Order",
    "OrderDiscount",
    "OrderLine",
    "OrderNumber",
    "Product",
    "ProductModifierGroup",
    "ProductSalesOfDay",
    "Receipt",
    "ReceiptChain",
    "ReceiptPrint",
    "SalesDay",
    "SalesOfDay",
    "Station",
    "Table",
    "TaxRate",
    "TendersOfDay",
    "Ticket",
    "TimedPrice",
    "Variation",
]
