from uuid import UUID

from django.http import HttpResponse
from rest_framework.decorators import action
from rest_framework.request import Request

from fynlo.accounts.choices import Permission
from fynlo.api.operations import operation
from fynlo.api.pages import PageQuery
from fynlo.api.views import Endpoint
from syncing.documents import CONFLICT, SYNC_OPERATION
from syncing.selectors.operations import filtered_operations, unresolved_conflicts
from syncing.serializers.pull import DismissInput, OperationQuery, ResolveInput, RetryInput
from syncing.services.settling import dismiss, resolve, retry


class Operations(Endpoint):
    """What tills pushed, and the quarantine's desk."""

    lookup_url_kwarg = "op_id"

    @operation(Permission.MANAGE_DEVICES, query=OperationQuery, answers=SYNC_OPERATION, pages=True)
    def list(self, request: Request) -> HttpResponse:
        rows = filtered_operations(self.actor.restaurant_id, **self.filters())
        return self.page(SYNC_OPERATION, rows, order=("-received_at", "-id"))

    @action(detail=True, methods=["post"])
    @operation(Permission.MANAGE_DEVICES, body=RetryInput, answers=SYNC_OPERATION)
    def retry(self, request: Request, op_id: UUID) -> HttpResponse:
        """Again, as it is or as somebody has mended it, with the rest of its group."""
        return self.write(retry, op_id=op_id, **self.body())

    @action(detail=True, methods=["post"])
    @operation(Permission.MANAGE_DEVICES, body=DismissInput, answers=SYNC_OPERATION)
    def dismiss(self, request: Request, op_id: UUID) -> HttpResponse:
        return self.write(dismiss, op_id=op_id, **self.body())


class Conflicts(Endpoint):
    """What two have changed at once, for a person to decide."""

    @operation(Permission.MANAGE_DEVICES, query=PageQuery, answers=CONFLICT, pages=True)
    def list(self, request: Request) -> HttpResponse:
        rows = unresolved_conflicts(self.actor.restaurant_id)
        return self.page(CONFLICT, rows, order=("found_at", "id"))

    @action(detail=True, methods=["post"])
    @operation(Permission.MANAGE_DEVICES, body=ResolveInput, answers=CONFLICT)
    def resolve(self, request: Request, pk: UUID) -> HttpResponse:
        return self.write(resolve, pk=pk, **self.body())
