"""WebSocket in production, HTTP and WebSocket on one port under `runserver` (Daphne)."""

import gc
import os

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fynlo.settings.development")
http = get_asgi_application()

from perf.monitors.lifespan import lifespan  # noqa: E402  (needs the app registry)
from perf.monitors.reporter import reporter  # noqa: E402
from syncing.routing import websocket_urlpatterns  # noqa: E402

reporter.start("websocket")

# What was imported stays: a full collection that looks at it again holds up every socket.
gc.collect()
gc.freeze()

application = ProtocolTypeRouter(
    {"http": http, "websocket": URLRouter(websocket_urlpatterns), "lifespan": lifespan}
)
