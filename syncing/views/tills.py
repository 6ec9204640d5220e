from dataclasses import replace

import orjson
from django.http import HttpResponse
from django.utils.decorators import method_decorator
from rest_framework.decorators import action
from rest_framework.request import Request

from fynlo.accounts.choices import Permission
from fynlo.api.operations import operation
from fynlo.api.views import Endpoint
from fynlo.db import durable
from syncing.selectors.checksums import checksums
from syncing.selectors.operations import gaps
from syncing.selectors.pulling import BUCKETS, Place, Pulled, begin, bucket_of, pull
from syncing.selectors.snapshot import ENTITIES
from syncing.selectors.status import status
from syncing.serializers.pull import ChecksumQuery, PullQuery
from syncing.serializers.push import PushInput
from syncing.services.pulling import note_pulled
from syncing.services.pushing import in_their_order, preview, push
from syncing.views import shapes
from syncing.views.compression import compressed

PUSH_LIMIT = 5 * 1024 * 1024


@method_decorator(compressed, name="dispatch")
class Sync(Endpoint):
    """What tills did offline, and what they missed meanwhile."""

    body_limit = PUSH_LIMIT

    @action(detail=False, methods=["post"])
    @operation(Permission.USE_SYNC, body=PushInput, answers=shapes.VERDICTS)
    def push(self, request: Request) -> HttpResponse:
        """Each operation once, however often it is sent, and a verdict for each."""
        given = self.body()
        operations, told_seq = given["operations"], given["device_seq_to"]
        outcomes = push(by=self.actor, now=self.now, operations=operations, told_seq=told_seq)
        missing = gaps(self.actor.device_id) if self.actor.device_id else []
        told = shapes.verdicts(operations, in_their_order(operations, outcomes))
        return self.answer(orjson.dumps({"verdicts": told, "gaps": missing}))

    @action(detail=False, methods=["post"])
    @operation(Permission.USE_SYNC, body=PushInput, answers=shapes.PREVIEW)
    def preview(self, request: Request) -> HttpResponse:
        """What a push would say. Nothing is done."""
        operations = self.body()["operations"]
        outcomes = preview(by=self.actor, now=self.now, operations=operations)
        told = shapes.verdicts(operations, in_their_order(operations, outcomes))
        return self.answer(orjson.dumps({"verdicts": told}))

    @action(detail=False, methods=["get"])
    @operation(Permission.USE_SYNC, query=PullQuery, answers=shapes.PULLED)
    def pull(self, request: Request) -> HttpResponse:
        """Without a cursor a snapshot in pages, then what changed since it began."""
        seen = self._entities()
        if "bucket" in self.query:
            return self._bucket(seen)
        cursor = self.query.get("cursor")
        place = Place.of(cursor) if cursor else begin(self.actor.restaurant_id, seen)
        gone = [name for name in place.entities if name not in seen]
        if gone and place.at:
            return self.answer(shapes.MUST_REFETCH)
        place = replace(place, entities=tuple(name for name in place.entities if name in seen))
        with durable():
            found = pull(self.actor.restaurant_id, place, now=self.now, limit=self.query["limit"])
            if found.place is None:
                return self.answer(shapes.MUST_REFETCH)
            note_pulled(by=self.actor, now=self.now, seq=found.place.seq)
        return self.answer(shapes.pulled_text(found, gone=gone))

    def _bucket(self, seen: list[str]) -> HttpResponse:
        changes = [
            change
            for name in seen
            for change in bucket_of(
                self.actor.restaurant_id, name, self.query["bucket"], now=self.now
            )
        ]
        return self.answer(shapes.pulled_text(Pulled(changes, None, more=False)))

    @action(detail=False, methods=["get"])
    @operation(Permission.USE_SYNC, query=ChecksumQuery, answers=shapes.CHECKSUMS)
    def checksums(self, request: Request) -> HttpResponse:
        """By bucket, so that a till finds what differs and pulls that alone."""
        found = {
            name: checksums(self.actor.restaurant_id, name, now=self.now)
            for name in self._entities()
        }
        return self.answer(orjson.dumps({"buckets": BUCKETS, "entities": found}))

    @action(detail=False, methods=["get"])
    @operation(Permission.MANAGE_DEVICES, answers=shapes.STATUS)
    def status(self, request: Request) -> HttpResponse:
        """How far each device has come, and what of its work is still open."""
        return self.answer(orjson.dumps({"devices": status(self.actor.restaurant_id)}))

    def _entities(self) -> list[str]:
        """Those that were asked for (all when none) and that the caller may see."""
        asked = self.query.get("entities", list(ENTITIES))
        return [name for name in asked if self.actor.may(ENTITIES[name].permission)]
