"""A manager imports and exports the menu in the admin."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from fynlo.testing.cast import Member
from pos.models import Product
from pos.tests.admin_scene import office
from pos.tests.conftest import Menu
from pos.tests.test_menu_file import ALE
from pos.tests.test_menu_import_api import files

pytestmark = pytest.mark.django_db
PAGE, EXPORT = "/admin/pos/product/import/", "/admin/pos/product/export/"


def uploads(body: dict[str, str]) -> dict[str, Any]:
    return {name: SimpleUploadedFile(f"{name}.csv", text.encode()) for name, text in body.items()}


def look(client: Client, body: dict[str, str], page: str = PAGE) -> Any:
    response = client.post(page, {"look": "", **uploads(body)})
    assert response.status_code == 200
    return response


def confirm(client: Client, looked: Any, page: str = PAGE, *, mark: str = "") -> Any:
    data = {"confirm": "yes", "looked_at": looked.context["looked_at"] + mark}
    return client.post(page, data, follow=True)


def test_a_manager_looks_and_then_imports(manager: Member) -> None:
    client = office(manager)
    looked = look(client, files(ALE))
    assert b"1 new, 0 changed" in looked.content
    assert not Product.objects.exists()
    done = confirm(client, looked)
    assert b"1 products are new" in done.content
    assert Product.objects.get().name == "Ale"


def test_bad_rows_are_listed_and_cannot_be_imported(manager: Member) -> None:
    looked = look(office(manager), files({**ALE, "price": "dear"}))
    assert b"is not an amount" in looked.content
    assert b'name="confirm"' not in looked.content


def test_what_was_looked_at_cannot_be_changed_or_used_elsewhere(
    manager: Member, rival_owner: Member
) -> None:
    looked = look(office(manager), files(ALE))
    confirm(office(manager), looked, mark="x")
    again = look(office(manager), files(ALE))
    assert confirm(office(rival_owner), again).status_code == 200
    assert not Product.objects.exists()


@pytest.mark.parametrize("body", [{}, {"products": "\x00"}, {"products": "no,menu"}])
def test_what_is_no_menu_is_refused(manager: Member, body: dict[str, str]) -> None:
    assert b'name="confirm"' not in look(office(manager), body).content


def test_a_file_in_another_encoding_is_refused(manager: Member) -> None:
    file = SimpleUploadedFile("products.csv", "Café".encode("latin-1"))
    response = office(manager).post(PAGE, {"look": "", "products": file})
    assert b"UTF-8" in response.content


def test_the_files_of_an_export_change_nothing(manager: Member, menu: Menu) -> None:
    client = office(manager)
    taken = {name: exported(client, f"{EXPORT}?file={name}") for name in ("products", "modifiers")}
    assert b"0 new, 0 changed, 3 as they are" in look(client, taken).content


def exported(client: Client, address: str) -> str:
    response: Any = client.get(address)
    return b"".join(response.streaming_content).decode()


def test_the_rival_neither_reads_nor_writes_our_menu(
    manager: Member, rival_owner: Member, menu: Menu, cashier: Member
) -> None:
    client, ours = office(rival_owner), f"?restaurant={manager.restaurant.pk}"
    for page in (PAGE, EXPORT):
        assert client.get(page + ours).status_code == 404
    assert client.post(PAGE + ours, uploads(files(ALE))).status_code == 404
    assert "BUR" not in exported(client, EXPORT)
    assert office(cashier).get(PAGE).status_code == 302
    assert Product.objects.count() == 3
