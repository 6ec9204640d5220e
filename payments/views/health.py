from uuid import UUID

import orjson
from django.http import HttpRequest, HttpResponse

from fynlo.cache.namespaces import Namespace
from fynlo.cache.reading import remember
from payments.selectors.ledger_checks import CHECKS, ledger_faults

_EVERYBODY = UUID(int=0)
_HEALTH = Namespace("ledger-health", ttl=10)


def ledger(request: HttpRequest) -> HttpResponse:
    """Whether books, payments, drawers, tips and orders agree, as of ten seconds ago at most.

    200 when all do, 503 when any does not; no figures, for anybody may ask.
    """
    text = remember(_HEALTH, _EVERYBODY, "faults", _faulty)
    faulty = set(orjson.loads(text))
    checks = {name: name not in faulty for name in CHECKS}
    answer = {"status": "unbalanced" if faulty else "balanced", "checks": checks}
    return HttpResponse(
        orjson.dumps(answer), status=503 if faulty else 200, content_type="application/json"
    )


def _faulty() -> bytes:
    return orjson.dumps(sorted({fault.check for fault in ledger_faults()}))
