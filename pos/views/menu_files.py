from uuid import UUID

import orjson
from django.http import HttpResponse, StreamingHttpResponse
from rest_framework.request import Request

from fynlo.accounts.choices import Permission
from fynlo.api.operations import operation
from fynlo.api.views import Endpoint
from fynlo.documents import schema
from pos.choices import ImportState
from pos.documents import IMPORT
from pos.selectors.menu_imports import import_document
from pos.serializers.menu_import import MenuExportQuery, MenuImportInput
from pos.services.import_progress import with_progress
from pos.services.menu_export import csv_lines, export_json
from pos.services.menu_imports import submit_import

_IMPORT = schema(IMPORT)
_RESULT = ("dry_run", "rows", "created", "updated", "unchanged", "changes", "problems")
RESULT = {**_IMPORT, "required": list(_RESULT)}
RESULT["properties"] = {**_IMPORT["properties"], "status_url": {"type": "string"}}


class MenuImports(Endpoint):
    body_limit = 5 * 1024 * 1024

    @operation(Permission.EDIT_MENU, body=MenuImportInput, answers=RESULT, queues=True)
    def create(self, request: Request) -> HttpResponse:
        """Products by sku, all or nothing; what the file does not mention stays as it is.

        200 with the result; 202 with `status_url` when the file is long, and its progress comes
        as events `import.progress` of the stream `menu`. A dry run changes nothing and lists
        every bad row.
        """
        body = self.body()
        return self._write(lambda: self._submitted(body))

    def _submitted(self, body: dict[str, object]) -> HttpResponse:
        found = submit_import(by=self.actor, now=self.now, **body)  # type: ignore[arg-type]
        if found.import_id is None:
            return self.answer(orjson.dumps(found.result))
        location, text = self.location_of(found.import_id), found.document
        response = self.answer(f'{{"status_url":"{location}",{text.removeprefix("{")}', status=202)
        response["Location"] = location
        return response

    @operation(Permission.EDIT_MENU, answers=IMPORT)
    def retrieve(self, request: Request, pk: UUID) -> HttpResponse:
        """How far a long import is. While it runs, `progress` is ahead of the events: it moves
        with the rows, and `version` does not."""
        text = import_document(self.actor.restaurant_id, pk)
        document = orjson.loads(text)
        if document["state"] == ImportState.RUNNING:
            document = with_progress(pk, document)
            text = orjson.dumps(document).decode()
        return self.answer(text, etag=f'"{document["version"]}-{document["progress"]}"')


class MenuExports(Endpoint):
    @operation(
        Permission.EDIT_MENU, query=MenuExportQuery, answers={"type": "object"}, also=("text/csv",)
    )
    def list(self, request: Request) -> HttpResponse | StreamingHttpResponse:
        """What `menu/import/` takes: importing it again changes nothing."""
        if self.query["format"] == "json":
            return self.answer(export_json(self.actor.restaurant_id))
        file = self.query["file"]
        response = StreamingHttpResponse(
            csv_lines(self.actor.restaurant_id, file=file), content_type="text/csv; charset=utf-8"
        )
        response["Content-Disposition"] = f'attachment; filename="{file}.csv"'
        return response
