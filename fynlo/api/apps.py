from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "fynlo.api"
    label = "api"
