from pos.admin import floor, kitchen, menu, orders, products, restaurants

__all__ = ["floor", "kitchen", "menu", "orders", "products", "restaurants"]
