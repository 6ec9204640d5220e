from django.db import models
from django.db.models import F, Q

from pos.choices import TableShape
from pos.models.archive import Archivable, ArchivableQuerySet


class Floor(Archivable):
    name = models.CharField(max_length=60)
    position = models.PositiveSmallIntegerField(default=0)

    objects = ArchivableQuerySet["Floor"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["restaurant", "name"],
                name="floor_name_unique",
                condition=Q(archived_at=None),
            )
        ]

    def __str__(self) -> str:
        return self.name


class Table(Archivable):
    """`x` and `y` are the centre in thousandths of the floor's width and height."""

    floor = models.ForeignKey(Floor, models.PROTECT, related_name="tables")
    number = models.CharField(max_length=12)
    seats = models.PositiveSmallIntegerField(default=2)
    shape = models.CharField(max_length=8, choices=TableShape.choices, default=TableShape.SQUARE)
    x = models.PositiveSmallIntegerField(default=500)
    y = models.PositiveSmallIntegerField(default=500)
    merged_into = models.ForeignKey("self", models.SET_NULL, null=True, blank=True)

    objects = ArchivableQuerySet["Table"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["restaurant", "number"],
                name="table_number_unique",
                condition=Q(archived_at=None),
            ),
            models.CheckConstraint(condition=Q(x__lte=1000, y__lte=1000), name="table_on_floor"),
            models.CheckConstraint(
                condition=Q(merged_into=None) | ~Q(merged_into=F("id")), name="table_not_in_itself"
            ),
        ]

    def __str__(self) -> str:
        return self.number
