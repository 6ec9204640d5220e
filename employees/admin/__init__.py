from employees.admin import attempts, entries, staff

__all__ = ["attempts", "entries", "staff"]
