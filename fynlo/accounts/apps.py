from django.apps import AppConfig
from django.contrib.admin import apps as admin


class AccountsConfig(AppConfig):
    name = "fynlo.accounts"
    label = "accounts"
    verbose_name = "People and devices"
    default = True


class AdminConfig(admin.AdminConfig):
    """Django's admin behind our own door."""

    default = False
    default_site = "fynlo.accounts.admin_site.AdminSite"
