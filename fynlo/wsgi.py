"""HTTP: Granian serves this application."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fynlo.settings.development")
application = get_wsgi_application()

from fynlo.accounts.services.warming import warm_at_start  # noqa: E402  (needs the app registry)

warm_at_start()
