from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from fynlo.accounts.choices import Permission
from fynlo.accounts.documents import SESSION
from fynlo.accounts.selectors import sessions_of
from fynlo.accounts.services.sessions import end_session
from fynlo.api.accounts.answers import ME, me
from fynlo.api.accounts.serializers import Nothing, SessionQuery
from fynlo.api.operations import Access, operation
from fynlo.api.views import Endpoint


class Logout(Endpoint):
    @operation(Access.SIGNED_IN, body=Nothing, status=204)
    def create(self, request: Request) -> HttpResponse:
        self.body()
        return self.write(end_session, pk=self.actor.session_id)


class Me(Endpoint):
    @operation(Access.SIGNED_IN, answers=ME)
    def list(self, request: Request) -> HttpResponse:
        return self.answer(me(self.actor))


class Sessions(Endpoint):
    @operation(Access.SIGNED_IN, query=SessionQuery, answers=SESSION, pages=True)
    def list(self, request: Request) -> HttpResponse:
        rows = sessions_of(self.actor.restaurant_id, now=self.now)
        if self.query["scope"] == "restaurant":
            self.actor.must(Permission.MANAGE_SESSIONS)
        else:
            rows = rows.filter(user_id=self.actor.user_id)
        return self.page(SESSION, rows, order=("-started_at", "-id"))

    @operation(Access.SIGNED_IN, status=204)
    def destroy(self, request: Request, pk: UUID) -> HttpResponse:
        return self.write(end_session, pk=pk)
