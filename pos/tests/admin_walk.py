"""Somebody walks through all of the admin, and says where it told or changed what is ours.

The addresses come from the site itself: what is registered tomorrow is walked tomorrow.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse

from fynlo.testing.forms import form_of
from pos.tests.admin_scene import Scene

WORD = "Ourword"
# What the forms between the steps of actions ask for.
STEPS = {"confirm": "yes", "post": "yes", "percent": "10", "round_to": "1", "state": "out_of_stock"}
_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^)]*\)")
NOT_TO_WALK = {"logout"}


def routes() -> list[tuple[str, str]]:
    """The name and the route of every address below `/admin/`, as Django writes them."""
    return list(_routes(admin.site.get_urls(), ""))


def _routes(patterns: list[Any], before: str) -> Iterator[tuple[str, str]]:
    for pattern in patterns:
        route = before + str(pattern.pattern).removeprefix("^").removesuffix("$")
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern) and pattern.name not in NOT_TO_WALK:
            yield pattern.name or "", route


def home_of(model: Any) -> str:
    return f"{model._meta.app_label}/{model._meta.model_name}/"


def inlines_of(model: Any) -> list[Any]:
    page = admin.site._registry[model]
    return [inline(model, admin.site) for inline in page.inlines]


def key_to(model: Any, parent: Any) -> str:
    """The name of the foreign key of a row inside a page."""
    return str(next(f.name for f in model._meta.fields if f.related_model is parent))


@dataclass
class Walk:
    """`rival` walks; `ours` is what must stay ours; `us` sees it. `found` are the leaks."""

    rival: Client
    ours: Scene
    us: Client
    theirs: Scene
    found: list[str] = field(default_factory=list)

    @cached_property
    def inside(self) -> list[Any]:
        """The rows inside the pages of our rows."""
        rows = []
        for row in self.ours.rows:
            for inline in inlines_of(type(row)):
                key = inline.fk_name or key_to(inline.model, type(row))
                rows += inline.model._base_manager.filter(**{key: row})
        return rows

    @cached_property
    def _keys(self) -> set[bytes]:
        """Those that occur by chance nowhere."""
        keys = [row.pk for row in [*self.ours.rows, *self.inside]]
        return {str(key).encode() for key in keys if isinstance(key, UUID)}

    def state(self) -> list[Any]:
        """All that is stored of what is ours, and how many rows point at it."""
        rows = [*self.ours.rows, *self.inside]
        stored = [type(row)._base_manager.filter(pk=row.pk).values().first() for row in rows]
        return stored + [self._pointing(row) for row in rows]

    def _pointing(self, row: Any) -> int:
        """A manager who is offered our rows could hang their own on them."""
        return sum(
            relation.related_model._base_manager.filter(**{relation.field.name: row}).count()
            for relation in row._meta.get_fields(include_hidden=True)
            if relation.auto_created and not relation.concrete and not relation.many_to_many
        )

    def fill(self, route: str, row: Any) -> str:
        """Raises KeyError for a parameter that nobody has thought of here."""
        values = {
            "object_id": str(row.pk),
            "id": str(row.pk),
            "content_type_id": str(ContentType.objects.get_for_model(row).pk),
            "app_label": row._meta.app_label,
            "url": "nowhere",
        }
        return "/admin/" + _PARAMETER.sub(lambda found: values[found[1] or found[2]], route)

    def look(self, path: str, data: Any = None, *, post: bool = False, echoed: bool = False) -> Any:
        """`echoed`: the request itself names keys of ours, which the page may repeat."""
        call = self.rival.post if post else self.rival.get
        answer: Any = call(path, data, follow=True)
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        told = WORD.encode() in content or (not echoed and any(k in content for k in self._keys))
        if told or answer.status_code >= 500:
            self.found.append(f"{'POST' if post else 'GET'} {path}: {answer.status_code}")
        return answer

    def objects(self) -> None:
        """Every address that names one of our rows: nothing is there."""
        for row, (name, route) in ((r, route) for r in self.ours.rows for route in routes()):
            named = {found[0] or found[1] for found in _PARAMETER.findall(route)}
            elsewhere = not route.startswith(home_of(row)) and "content_type_id" not in named
            if elsewhere or not named & {"object_id", "id"}:
                continue
            path = self.fill(route, row)
            for post in (False, True):
                answer = self.look(path, STEPS if post else None, post=post, echoed=True)
                if answer.status_code not in (403, 404):
                    self.found.append(f"{name} of {row!r}: {answer.status_code}")

    def lists(self, *models: Any) -> None:
        """Every address of a model or of the site, with every question that a list answers."""
        for row in self.ours.rows:
            if models and type(row) not in models:
                continue
            for _, route in routes():
                if route.startswith(home_of(row)) and "<" not in route:
                    self.look(f"/admin/{route}")
                    self.look(f"/admin/{route}", STEPS, post=True)
                    restaurant = getattr(row, "restaurant_id", row.pk)
                    self.look(f"/admin/{route}?restaurant={restaurant}", echoed=True)
            for query in self._questions(row):
                self.look(f"/admin/{home_of(row)}{query}", echoed=True)

    def _questions(self, row: Any) -> Iterator[str]:
        yield from (f"?q={WORD.lower()}", "?all=", "?p=2", f"?e=1&id={row.pk}", f"?id={row.pk}")
        yield from (f"?o={column}" for column in range(1, 12))
        for column in row._meta.fields:
            value = getattr(row, column.attname)
            if column.is_relation and value is not None:
                yield f"?{column.name}__id__exact={value}"
                yield f"?{column.name}={value}"
        yield from self._offered_to_us(row)
        hierarchy = admin.site._registry[type(row)].date_hierarchy
        if hierarchy:
            day, query = getattr(row, hierarchy), "?"
            for part in ("year", "month", "day"):
                query += f"&{hierarchy}__{part}={getattr(day, part)}"
                yield query

    def _offered_to_us(self, row: Any) -> Iterator[str]:
        """What the filters beside our own list link to."""
        answer: Any = self.us.get(f"/admin/{home_of(row)}")
        if answer.status_code == 200:
            changelist = answer.context["cl"]
            for spec in changelist.filter_specs:
                yield from (
                    c["query_string"] for c in spec.choices(changelist) if "query_string" in c
                )

    def site(self) -> None:
        """What belongs to no model."""
        homes = tuple(home_of(model) for model in admin.site._registry)
        for name, route in routes():
            if not route.startswith(homes) and "<path" not in route and "(?P<url>" not in route:
                self.look(self.fill(route, self.ours.rows[0]), echoed=True)
                assert name
        for query in (f"?s={WORD.lower()}", f"?s={WORD.lower()}&extended=1"):
            self.look(reverse("admin:search") + query)

    def actions(self) -> None:
        """Every action, on our row alone and on all that the list shows."""
        for row in self.ours.rows:
            page = admin.site._registry[type(row)]
            for action in [*(page.actions or ()), "delete_selected"]:
                chosen = {"action": action, ACTION_CHECKBOX_NAME: [str(row.pk)], **STEPS}
                self.look(f"/admin/{home_of(row)}", chosen, post=True, echoed=True)

    def choices(self) -> None:
        """Autocomplete for every relation of every model, and of every row inside its page."""
        inside = chain.from_iterable(inlines_of(model) for model in admin.site._registry)
        for model in {*admin.site._registry, *(inline.model for inline in inside)}:
            for relation in model._meta.get_fields():
                query = {
                    "app_label": model._meta.app_label,
                    "model_name": model._meta.model_name,
                    "field_name": relation.name,
                    "term": "",
                }
                if relation.is_relation:
                    self.look(reverse("admin:autocomplete"), query)

    def forms(self) -> None:
        """The rival's own pages offer nothing of ours, and take nothing of ours."""
        for row in self.theirs.rows:
            for page in (f"/admin/{home_of(row)}add/", f"/admin/{home_of(row)}{row.pk}/change/"):
                answer = self.look(page)
                if answer.status_code == 200 and answer.request["PATH_INFO"] == page:
                    self._smuggle(page, answer)

    def _smuggle(self, page: str, answer: Any) -> None:
        """Our rows where the form has the rival's: in its choices, and as rows inside it."""
        sent = form_of(self.rival, page)
        ours = {type(row): row for row in [*self.inside, *self.ours.rows]}
        forms = [answer.context["adminform"].form]
        for inline in answer.context["inline_admin_formsets"]:
            forms += inline.formset.forms
        for form in forms:
            for bound in form:
                rows = getattr(bound.field, "queryset", None)
                if rows is not None and rows.model in ours:
                    smuggled = {**sent, bound.html_name: ours[rows.model].pk}
                    self.look(page, smuggled, post=True, echoed=True)
