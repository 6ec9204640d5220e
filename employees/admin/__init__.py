from employees.admin import attempts, entries, shifts, staff

__all__ = ["attempts", "entries", "shifts", "staff"]
