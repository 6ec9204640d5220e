from payments.admin import books, days, drawers, payments, settings

__all__ = ["books", "days", "drawers", "payments", "settings"]
