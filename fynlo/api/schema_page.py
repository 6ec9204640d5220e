from typing import Any

from drf_spectacular.views import SpectacularAPIView
from rest_framework.request import Request

from fynlo.api.rates import address_of, spend


class Schema(SpectacularAPIView):  # type: ignore[misc]
    """Anybody may read it, and it takes long to make: counted by address."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        spend("schema", address_of(request._request))
        super().initial(request, *args, **kwargs)
