from django.db import models
from django.db.models import Q

from fynlo.accounts.models import Device, Membership
from fynlo.db import OwnedQuerySet, RestaurantOwned
from payments.choices import DrawerEventKind, DrawerStatus
from payments.models.payments import Payment
from payments.models.refunds import Refund


class DrawerSession(RestaurantOwned):
    """A cash drawer from its opening to its count. Money is minor units of `currency`.

    `counted` is what somebody counted without being told what to expect. `expected` and
    `difference` (counted less expected) are known once it is closed, with the `report` of then.
    `is_late`: nobody's drawer, for cash that was told of when no other was open for it.
    """

    name = models.CharField(max_length=40)
    device = models.ForeignKey(Device, models.PROTECT, null=True, related_name="+")
    is_late = models.BooleanField(default=False)
    status = models.CharField(max_length=8, choices=DrawerStatus.choices, default=DrawerStatus.OPEN)
    business_date = models.DateField()
    currency = models.CharField(max_length=3)
    opening_float = models.BigIntegerField()
    opened_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    opened_at = models.DateTimeField()
    counted = models.BigIntegerField(null=True)
    counted_at = models.DateTimeField(null=True)
    counted_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    expected = models.BigIntegerField(null=True)
    difference = models.BigIntegerField(null=True)
    note = models.CharField(max_length=200, blank=True)
    closed_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)
    approved_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    report = models.JSONField(null=True)

    objects = OwnedQuerySet["DrawerSession"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["restaurant", "name"],
                condition=Q(status=DrawerStatus.OPEN),
                name="drawer_open_once",
            ),
            models.UniqueConstraint(
                fields=["device"],
                condition=Q(status=DrawerStatus.OPEN),
                name="drawer_open_once_per_device",
            ),
            models.CheckConstraint(
                condition=Q(opening_float__gte=0) & (Q(counted=None) | Q(counted__gte=0)),
                name="drawer_amounts_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(
                    status=DrawerStatus.OPEN, expected=None, difference=None, closed_at=None
                )
                | Q(
                    status=DrawerStatus.CLOSED,
                    counted__isnull=False,
                    expected__isnull=False,
                    closed_at__isnull=False,
                    report__isnull=False,
                    difference=models.F("counted") - models.F("expected"),
                ),
                name="drawer_closed_with_a_count",
            ),
        ]
        indexes = [
            models.Index(
                fields=["restaurant"], condition=Q(status=DrawerStatus.OPEN), name="drawer_open"
            ),
            models.Index(fields=["restaurant", "-opened_at", "-id"], name="drawer_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.name} since {self.opened_at:%Y-%m-%d %H:%M}"


class DrawerEvent(RestaurantOwned):
    """Something that happened to a drawer. PostgreSQL refuses to change or delete one.

    `amount` is what it added to the drawer (negative: took), in minor units; all of a drawer's
    amounts together are what has to be in it. `undoes` names the movement that it takes back.
    """

    session = models.ForeignKey(DrawerSession, models.PROTECT, related_name="events")
    kind = models.CharField(max_length=12, choices=DrawerEventKind.choices)
    amount = models.BigIntegerField(default=0)
    counted = models.BigIntegerField(null=True)
    reason = models.CharField(max_length=200, blank=True)
    payment = models.OneToOneField(Payment, models.PROTECT, null=True, related_name="+")
    refund = models.OneToOneField(Refund, models.PROTECT, null=True, related_name="+")
    undoes = models.OneToOneField("self", models.PROTECT, null=True, related_name="+")
    done_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    approved_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    done_at = models.DateTimeField()

    objects = OwnedQuerySet["DrawerEvent"].as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=[DrawerEventKind.OPENED, DrawerEventKind.SALE], amount__gte=0)
                | Q(kind__in=[DrawerEventKind.PAID_IN, DrawerEventKind.TIP], amount__gt=0)
                | Q(kind__in=[DrawerEventKind.REFUND, DrawerEventKind.PAID_OUT], amount__lt=0)
                | Q(kind__in=[DrawerEventKind.NO_SALE, DrawerEventKind.COUNTED], amount=0)
                | Q(kind__in=[DrawerEventKind.UNDONE, DrawerEventKind.CLOSED]),
                name="drawer_event_amount_fits_its_kind",
            ),
            models.CheckConstraint(
                condition=Q(kind=DrawerEventKind.UNDONE, undoes__isnull=False)
                | (~Q(kind=DrawerEventKind.UNDONE) & Q(undoes=None)),
                name="drawer_event_undoes_another",
            ),
            models.CheckConstraint(
                condition=~Q(kind=DrawerEventKind.SALE) | Q(payment__isnull=False),
                name="drawer_sale_has_a_payment",
            ),
        ]
        indexes = [models.Index(fields=["session", "done_at", "id"], name="drawer_event_in_order")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.amount}"
