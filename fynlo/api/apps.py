from django.apps import AppConfig
from django.core.checks import Tags, register

from fynlo.api import checks


class ApiConfig(AppConfig):
    name = "fynlo.api"
    label = "api"

    def ready(self) -> None:
        for check in checks.ALL:
            register(check, Tags.security, deploy=True)
