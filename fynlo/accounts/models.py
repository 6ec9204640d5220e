from typing import Any, ClassVar, Self

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower

from fynlo.accounts.choices import DeviceKind, Permission, Role, effective
from fynlo.db import OwnedQuerySet, RestaurantOwned, new_id


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person. What they may do is said by their memberships."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False, help_text="May sign in to the admin.")

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_any_case")]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        """What Django and its themes call a person."""
        return self.name


class Restaurant(models.Model):
    """The tenant. `cash_rounding` is the smallest coin in minor units (1: no rounding).

    `address` (lines of text) and `vat_number` stand on receipts.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=120)
    address = models.TextField(max_length=300, blank=True)
    vat_number = models.CharField("VAT number", max_length=20, blank=True)
    currency = models.CharField(max_length=3, default="GBP")
    country = models.CharField(max_length=2, default="GB")
    time_zone = models.CharField(max_length=64, default="Europe/London")
    day_starts_at = models.TimeField(default="05:00")
    service_charge_bps = models.PositiveIntegerField(default=0)
    service_charge_tax_bps = models.PositiveIntegerField(default=0)
    cash_rounding = models.PositiveIntegerField(default=1)
    is_active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(service_charge_bps__lte=10_000),
                name="service_charge_at_most_100",
            ),
            models.CheckConstraint(
                condition=models.Q(cash_rounding__gte=1), name="cash_rounding_positive"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Membership(RestaurantOwned):
    """A person's place in one restaurant. The PIN is hashed as a password is.

    `hourly_wage` is minor units of the restaurant's currency, `contract_minutes` those of a week.
    `granted` and `withheld` are the permissions that differ from the role's.
    """

    user = models.ForeignKey(User, models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role.choices)
    employee_code = models.CharField(max_length=12)
    pin_hash = models.CharField(max_length=255, blank=True)
    pin_must_change = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    job_title = models.CharField(max_length=80, blank=True)
    hourly_wage = models.PositiveBigIntegerField(default=0)
    contract_minutes = models.PositiveIntegerField(default=0)
    granted = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    withheld = ArrayField(models.CharField(max_length=40), default=list, blank=True)

    objects = OwnedQuerySet["Membership"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("restaurant", "user", name="one_membership_per_restaurant"),
            models.UniqueConstraint("restaurant", "employee_code", name="employee_code_unique"),
            models.CheckConstraint(
                condition=~models.Q(employee_code=""), name="employee_code_not_empty"
            ),
            models.CheckConstraint(
                condition=~models.Q(granted__overlap=models.F("withheld")),
                name="permission_granted_or_withheld",
            ),
            models.CheckConstraint(
                condition=models.Q(contract_minutes__lte=7 * 24 * 60), name="contract_fits_a_week"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.get_role_display()})"

    @property
    def permissions(self) -> frozenset[Permission]:
        """None while the PIN must be changed."""
        if self.pin_must_change:
            return frozenset()
        return effective(Role(self.role), granted=self.granted, withheld=self.withheld)


class Device(RestaurantOwned):
    """A paired iPad or kitchen screen. Its token is shown once and kept as SHA-256."""

    kind = models.CharField(max_length=16, choices=DeviceKind.choices, default=DeviceKind.TILL)
    name = models.CharField(max_length=80)
    model = models.CharField(max_length=80, blank=True)
    app_version = models.CharField(max_length=20, blank=True)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    paired_at = models.DateTimeField()
    last_seen_at = models.DateTimeField(null=True)
    clock_skew_ms = models.BigIntegerField(default=0)
    queue_depth = models.PositiveIntegerField(default=0)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = OwnedQuerySet["Device"].as_manager()

    def __str__(self) -> str:
        return self.name


class PairingCode(models.Model):
    """A one-time code that turns an unknown device into this restaurant's.

    Kept as HMAC-SHA-256 under the secret key: the code itself is short enough to be guessed
    from a plain hash.
    """

    code_hash = models.CharField(max_length=64, unique=True)
    restaurant = models.ForeignKey(Restaurant, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=16, choices=DeviceKind.choices)
    created_by = models.ForeignKey(Membership, models.CASCADE, related_name="+")
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.kind} until {self.expires_at}"


class SessionQuerySet(OwnedQuerySet["Session"]):
    def live(self, now: Any) -> Self:
        return self.filter(revoked_at=None, expires_at__gt=now)


class Session(RestaurantOwned):
    """One sign-in, at most one shift long. `refresh_id` names the only refresh token still good."""

    user = models.ForeignKey(User, models.CASCADE, related_name="sessions")
    membership = models.ForeignKey(Membership, models.CASCADE, related_name="sessions")
    device = models.ForeignKey(Device, models.SET_NULL, null=True, related_name="sessions")
    refresh_id = models.UUIDField(default=new_id)
    address = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=200, blank=True)
    started_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    objects = SessionQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["restaurant", "expires_at"],
                name="session_live",
                condition=models.Q(revoked_at=None),
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("started_at")),
                name="session_ends_after_it_starts",
            )
        ]

    def __str__(self) -> str:
        return f"{self.membership_id} since {self.started_at}"


class PinLock(models.Model):
    """Failed PINs of one employee code at one place (a device, or a member without one).

    Codes that do not exist are counted too: an unknown code and a wrong PIN look the same.
    """

    place = models.UUIDField()
    employee_code = models.CharField(max_length=12)
    failures = models.PositiveIntegerField(default=0)
    locked_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint("place", "employee_code", name="one_lock_per_place")]

    def __str__(self) -> str:
        return f"{self.employee_code}: {self.failures}"
