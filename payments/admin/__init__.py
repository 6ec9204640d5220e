from payments.admin import alarms, books, days, drawers, payments, settings

__all__ = ["alarms", "books", "days", "drawers", "payments", "settings"]
