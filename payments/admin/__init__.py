from payments.admin import alarms, books, days, drawers, fees, payments, settings

__all__ = ["alarms", "books", "days", "drawers", "fees", "payments", "settings"]
