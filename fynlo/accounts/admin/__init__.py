from fynlo.accounts.admin import devices, memberships, users

__all__ = ["devices", "memberships", "users"]
