from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "fynlo.accounts"
    label = "accounts"
