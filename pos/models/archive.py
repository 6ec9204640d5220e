from typing import Self
from uuid import UUID

from django.db import models

from fynlo.db import M, OwnedQuerySet, RestaurantOwned


class ArchivableQuerySet(OwnedQuerySet[M]):
    def live(self, restaurant_id: UUID) -> Self:
        """This restaurant's, without what was deleted."""
        return self.for_restaurant(restaurant_id).filter(archived_at=None)


class Archivable(RestaurantOwned):
    """Deleting it archives it: old orders go on naming it, and its own name is free again."""

    archived_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True
