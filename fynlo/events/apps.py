from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "fynlo.events"
    label = "events"
