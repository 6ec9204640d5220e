from collections.abc import Callable
from uuid import UUID

import orjson
from django.http import HttpResponse
from rest_framework.decorators import action
from rest_framework.request import Request

from fynlo.accounts.choices import Permission
from fynlo.api.operations import operation
from fynlo.api.pages import PageQuery
from fynlo.api.views import Endpoint
from syncing.documents import CONFLICT, FIELD_STRATEGY, SYNC_OPERATION
from syncing.selectors.operations import filtered_operations, unresolved_conflicts
from syncing.selectors.strategies import strategies_in_force, strategy_figures
from syncing.serializers.pull import (
    DismissInput,
    OperationQuery,
    ResolveInput,
    RetryInput,
    StrategyInput,
)
from syncing.services.settling import dismiss, resolve, retry
from syncing.services.strategies import set_strategy
from syncing.views.shapes import STRATEGIES_SHAPE


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
        return self._settle(retry, op_id)

    @action(detail=True, methods=["post"])
    @operation(Permission.MANAGE_DEVICES, body=DismissInput, answers=SYNC_OPERATION)
    def dismiss(self, request: Request, op_id: UUID) -> HttpResponse:
        return self._settle(dismiss, op_id)

    def _settle(self, service: Callable[..., str], op_id: UUID) -> HttpResponse:
        given = self.body()
        version = self.expected_version(given)
        return self.write(service, op_id=op_id, expected_version=version, **given)


class Strategies(Endpoint):
    """Who wins where both have changed the same field."""

    @operation(Permission.MANAGE_DEVICES, answers=STRATEGIES_SHAPE)
    def list(self, request: Request) -> HttpResponse:
        """The rules in force, and how often each decided in the last 30 days."""
        rules = strategies_in_force(self.actor.restaurant_id)
        figures = strategy_figures(self.actor.restaurant_id, now=self.now)
        return self.answer(orjson.dumps({"rules": rules, "figures": figures}))

    @operation(Permission.EDIT_SYNC_RULES, body=StrategyInput, answers=FIELD_STRATEGY)
    def create(self, request: Request) -> HttpResponse:
        """A rule of one's own, in place of the one there was."""
        return self.write(set_strategy, **self.body())


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
