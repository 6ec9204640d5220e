from channels.routing import URLRouter  # noqa: F401

websocket_urlpatterns: list[object] = []
