from django.contrib import admin

from fynlo.accounts.admin.base import ReadOnlyAdmin
from fynlo.accounts.admin.display import badge, display
from fynlo.accounts.admin.forms import OwnedForm
from fynlo.accounts.choices import Permission
from fynlo.events.reading import last_seq
from syncing.choices import Verdict
from syncing.models import DeviceProgress
from syncing.selectors.operations import GAPS_SHOWN, gaps, operations


@admin.register(DeviceProgress)
class DeviceProgressAdmin(ReadOnlyAdmin):
    """How far each till has come, and what of its work never arrived."""

    may_view = Permission.MANAGE_DEVICES
    form = OwnedForm
    list_display = (
        "device",
        "never_arrived",
        "waiting",
        "told_seq",
        "pushed_at",
        "behind",
        "pulled_at",
        "clock",
    )
    list_select_related = ("device",)
    search_fields = ("device__name",)
    ordering = ("device__name", "pk")
    readonly_fields = ("never_arrived", "waiting", "behind", "clock")
    fields = (
        ("device", "never_arrived", "waiting"),
        ("told_seq", "pushed_at"),
        ("behind", "pulled_at", "clock"),
    )

    @display(description="Never arrived")
    def never_arrived(self, row: DeviceProgress) -> str:
        missing = gaps(row.device_id)
        if not missing:
            return badge("Nothing is missing", "success")
        told = ", ".join(f"{a}" if a == b else f"{a} to {b}" for a, b in missing)
        more = " and more" if len(missing) == GAPS_SHOWN else ""
        return badge(f"No. {told}{more}", "danger")

    @display(description="Waits for somebody")
    def waiting(self, row: DeviceProgress) -> int:
        waits = [Verdict.QUARANTINED, Verdict.CONFLICT]
        rows = operations(row.restaurant_id).filter(device=row.device_id, verdict__in=waits)
        return rows.count()

    @display(description="Events not pulled")
    def behind(self, row: DeviceProgress) -> int:
        return last_seq(row.restaurant_id) - row.pulled_seq

    @display(description="Clock ahead, s")
    def clock(self, row: DeviceProgress) -> str:
        return f"{row.device.clock_skew_ms / 1000:g}"
