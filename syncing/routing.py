from django.urls import path, re_path

from syncing.consumers import Events, Nowhere

websocket_urlpatterns = [
    path("ws/v1/events/", Events.as_asgi()),
    re_path(r"", Nowhere.as_asgi()),
]
