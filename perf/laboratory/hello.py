"""The least that Django does: a view that answers two bytes, and nothing around it.

Served beside Fynlo to be compared with; it has settings of its own.
"""

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

settings.configure(
    ROOT_URLCONF=__name__,
    MIDDLEWARE=[],
    ALLOWED_HOSTS=["*"],
    SECRET_KEY="for nothing that is signed",  # noqa: S106
    LOGGING_CONFIG=None,
)


def hello(request: HttpRequest) -> HttpResponse:
    return HttpResponse(b"ok", headers={"Content-Length": "2"})


urlpatterns = [path("hello/", hello)]
application = get_wsgi_application()
