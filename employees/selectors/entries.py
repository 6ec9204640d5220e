from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from employees.choices import Flag
from employees.documents import BREAK_TYPE, TIME_ENTRY
from employees.models import Break, BreakType, TimeEntry
from fynlo.accounts.actor import Actor
from fynlo.accounts.choices import Permission


def break_types(restaurant_id: UUID) -> QuerySet[BreakType]:
    return BreakType.objects.for_restaurant(restaurant_id).filter(archived_at=None)


def break_types_ever(restaurant_id: UUID) -> QuerySet[BreakType]:
    """With those that were taken away since."""
    return BreakType.objects.for_restaurant(restaurant_id)


def lock_break_type(restaurant_id: UUID, pk: UUID) -> BreakType:
    """Locked to the end of the transaction. Raises NotFound."""
    live = BreakType.objects.filter(archived_at=None)
    return live.select_for_update(no_key=True).one(restaurant_id, pk)


def break_type_document(pk: UUID) -> str:
    return BREAK_TYPE.read(BreakType.objects.filter(pk=pk))[0]


def entries(
    restaurant_id: UUID,
    *,
    member: UUID | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    flag: str | None = None,
    is_open: bool | None = None,
) -> QuerySet[TimeEntry]:
    """Those that began from `since` on and before `until`."""
    wanted = Q()
    if member is not None:
        wanted &= Q(member_id=member)
    if since is not None:
        wanted &= Q(started_at__gte=since)
    if until is not None:
        wanted &= Q(started_at__lt=until)
    if flag is not None:
        wanted &= Q(flags__contains=[flag])
    if is_open is not None:
        wanted &= Q(ended_at__isnull=is_open)
    return TimeEntry.objects.for_restaurant(restaurant_id).filter(wanted)


def entries_in_reach(by: Actor) -> QuerySet[TimeEntry]:
    """One's own; with the permission everybody's."""
    rows = entries(by.restaurant_id)
    return rows if by.may(Permission.VIEW_STAFF) else rows.filter(member_id=by.membership_id)


def open_entry(member_id: UUID) -> TimeEntry | None:
    return TimeEntry.objects.filter(member_id=member_id, ended_at=None).first()


def lock_open_entry(member_id: UUID) -> TimeEntry | None:
    """Locked to the end of the transaction; None when it was closed meanwhile, too."""
    rows = TimeEntry.objects.select_for_update(no_key=True)
    return rows.filter(member_id=member_id, ended_at=None).first()


def unended(member_id: UUID, *, since: datetime, until: datetime) -> QuerySet[TimeEntry]:
    """Those that began in this time and that Fynlo closed, the latest first: nobody has said when
    they ended."""
    rows = TimeEntry.objects.filter(member_id=member_id, clocked_out_at=None)
    rows = rows.filter(ended_at__isnull=False, flags__contains=[Flag.FORGOTTEN.value])
    rows = rows.exclude(flags__contains=[Flag.ADJUSTED.value])
    return rows.filter(started_at__gte=since, started_at__lte=until).order_by("-started_at", "-pk")


def known_hours(
    member_id: UUID, *, at: datetime, contradicted_since: datetime
) -> QuerySet[TimeEntry]:
    """Ended ones that this moment is in, and those of this time that were contradicted before; the
    latest first."""
    rows = TimeEntry.objects.filter(member_id=member_id, started_at__lte=at)
    within = Q(ended_at__gt=at) | Q(started_at=at)
    contradicted = Q(started_at__gte=contradicted_since, flags__contains=[Flag.CONTRADICTED.value])
    rows = rows.filter(ended_at__isnull=False).filter(within | contradicted)
    return rows.order_by("-started_at", "-pk")


def lock_first(rows: QuerySet[TimeEntry]) -> TimeEntry | None:
    """Locked to the end of the transaction."""
    return rows.select_for_update(no_key=True).first()


def was_at_work(member_id: UUID, at: datetime) -> bool:
    """Within hours that have ended, or from the very second on."""
    rows = TimeEntry.objects.filter(member_id=member_id, started_at__lte=at)
    return rows.filter(Q(ended_at__gt=at) | Q(started_at=at)).exists()


def restaurants_at_work() -> list[UUID]:
    """Those where somebody is clocked in."""
    rows = TimeEntry.objects.filter(ended_at=None).values_list("restaurant_id", flat=True)
    return list(rows.order_by("restaurant_id").distinct())


def lock_open_entries(restaurant_id: UUID) -> list[TimeEntry]:
    """Locked to the end of the transaction, in the order of their keys; without those that are
    being worked on."""
    rows = TimeEntry.objects.for_restaurant(restaurant_id).filter(ended_at=None)
    return list(rows.order_by("pk").select_for_update(no_key=True, skip_locked=True))


def lock_entry(restaurant_id: UUID, pk: UUID) -> TimeEntry:
    """Locked to the end of the transaction. Raises NotFound."""
    return TimeEntry.objects.lock(restaurant_id, pk)


def open_break(entry: TimeEntry) -> Break | None:
    """Call while holding the entry's lock."""
    return Break.objects.filter(entry=entry, ended_at=None).first()


def breaks_of(entry_ids: Collection[UUID]) -> QuerySet[Break]:
    """Those that count."""
    rows = Break.objects.filter(entry_id__in=entry_ids, replaced_by=None)
    return rows.order_by("started_at", "pk")


def entry_document(pk: UUID) -> str:
    return TIME_ENTRY.read(TimeEntry.objects.filter(pk=pk))[0]


def entries_around(
    restaurant_id: UUID,
    *,
    since: datetime,
    until: datetime,
    members: Collection[UUID] | None = None,
) -> QuerySet[TimeEntry]:
    """Whatever was going on between two instants, in the order of members and time."""
    rows = TimeEntry.objects.for_restaurant(restaurant_id).filter(started_at__lt=until)
    rows = rows.filter(Q(ended_at=None) | Q(ended_at__gt=since))
    if members is not None:
        rows = rows.filter(member_id__in=members)
    return rows.order_by("member_id", "started_at", "pk")
