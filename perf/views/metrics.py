"""`/metrics`: for a Prometheus on the inside."""

from functools import lru_cache
from ipaddress import ip_address, ip_network

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from django_prometheus.exports import ExportToDjangoView

from fynlo.api.rates import address_of


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """404 for whoever asks from elsewhere, whether or not a proxy passed it on."""
    if not _is_inside(address_of(request)):
        raise Http404
    answer: HttpResponse = ExportToDjangoView(request)
    return answer


@lru_cache(maxsize=256)
def _is_inside(address: str) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(found in ip_network(network) for network in settings.INTERNAL_NETWORKS)
