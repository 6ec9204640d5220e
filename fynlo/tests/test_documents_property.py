import json
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from fynlo import rows as tables
from fynlo.documents import Document, Literal, Many, schema
from fynlo.rendering import rendered
from fynlo.testing.rendering import render
from fynlo.testing.rows import Rows, loosen

pytestmark = pytest.mark.django_db


def declared_documents() -> list[Document]:
    """Every document of every installed app that has documents, and the rows of menu files."""
    modules = [f"{app.name}.documents" for app in apps.get_app_configs()]
    modules.append("pos.selectors.menu_files")
    found = [vars(import_module(name)).values() for name in modules if find_spec(name)]
    return [value for values in found for value in values if isinstance(value, Document)]


DOCUMENTS = {document.name: document for document in declared_documents()}


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
def test_postgresql_builds_what_python_builds(document: Document, db: None) -> None:
    """Two rows and all that hangs on them, with whatever their columns can hold.

    The schema that clients are given accepts it too, and what `fynlo.rows` reads is what a queryset
    finds.
    """
    validator = Draft202012Validator(schema(document))

    @settings(
        max_examples=12,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(st.data())
    def check(data: Any) -> None:
        with transaction.atomic():
            rows = Rows(data.draw)
            ids = [rows.tree(document).pk for _ in range(2)]
            stored = document.model._base_manager.filter(pk__in=ids).order_by("pk")
            built = [json.loads(text) for text in document.read(stored)]
            assert built == [render(document, row) for row in stored]
            read = tables.read(document.model, "WHERE id = ANY(%s) ORDER BY id", ids)
            assert [columns(row) for row in read] == [columns(row) for row in stored]
            if all(is_plain(source) for source in document.fields.values()):
                assert built == [json.loads(rendered(document, row, lists(row))) for row in stored]
            assert [list(one) for one in built] == [list(document.fields)] * 2
            for one in built:
                validator.validate(one)
            transaction.set_rollback(True)

    def lists(row: models.Model) -> dict[str, list[models.Model]]:
        return {
            name: list(
                source.document.model._base_manager.filter(**{source.by: row}).order_by(
                    *source.order_by
                )
            )
            for name, source in document.fields.items()
            if isinstance(source, Many)
        }

    loosen()
    check()


def columns(row: models.Model) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def is_plain(source: str | Many | Literal) -> bool:
    """A batch renders no list that is chosen by anything but its owner."""
    if not isinstance(source, Many):
        return True
    nested = source.document.fields.values()
    is_whole = not source.where and not source.value and source.on == "id"
    return is_whole and not any(isinstance(inner, Many) for inner in nested)


def test_documents_are_found_and_have_names_of_their_own() -> None:
    names = [document.name for document in declared_documents()]
    assert {"order", "ticket", "menu", "session"} <= set(names)
    public = [document.name for document in declared_documents() if document.stream]
    assert len(public) == len(set(public))


def test_the_tables_are_loose_in_that_test_alone() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_constraint WHERE conname = 'order_total_adds_up'")
        assert cursor.fetchone()
