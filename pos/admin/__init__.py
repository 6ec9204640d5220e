from pos.admin import floor, imports, kitchen, menu, orders, products, receipts, restaurants

__all__ = [
    "floor",
    "imports",
    "kitchen",
    "menu",
    "orders",
    "products",
    "receipts",
    "restaurants",
]
