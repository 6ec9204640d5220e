from payments.admin import books, days, drawers, payments

__all__ = ["books", "days", "drawers", "payments"]
