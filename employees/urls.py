from django.urls import path
from rest_framework.routers import SimpleRouter

from employees.views import clock_screen
from employees.views.clock import Boards, Timeclock, TimeEntries
from employees.views.payroll import (
    Adjustments,
    EntryAdjustments,
    Payroll,
    Periods,
    WhatIf,
)
from employees.views.policy import BreakTypes, Policies
from employees.views.rota import Shifts, ShiftSwaps, Swaps
from employees.views.staff import Roles, Staff, StaffPermissions

router = SimpleRouter(use_regex_path=False)
router.register("staff/roles", Roles, basename="role")
router.register("staff", Staff, basename="staff-member")
router.register("timeclock", Timeclock, basename="timeclock")
router.register("timeclock", Boards, basename="timeclock-board")
router.register("time-entries", TimeEntries, basename="time-entry")
router.register("break-types", BreakTypes, basename="break-type")
router.register("adjustments", Adjustments, basename="adjustment")
router.register("payroll/periods", Periods, basename="payroll-period")
router.register("payroll", Payroll, basename="payroll")
router.register("overtime/what-if", WhatIf, basename="what-if")
router.register("shifts", Shifts, basename="shift")
router.register("swaps", Swaps, basename="swap")

urlpatterns = [
    path(
        "shifts/<uuid:pk>/swaps/",
        ShiftSwaps.as_view({"post": "create"}, basename="shift-swap", detail=True),
    ),
    path(
        "time-entries/<uuid:pk>/adjustments/",
        EntryAdjustments.as_view({"post": "create"}, basename="entry-adjustment", detail=True),
    ),
    path(
        "labour-policy/",
        Policies.as_view(
            {"get": "list", "patch": "partial_update"}, basename="labour-policy", detail=True
        ),
    ),
    path(
        "staff/<uuid:pk>/permissions/",
        StaffPermissions.as_view(
            {"get": "list", "patch": "partial_update"}, basename="staff-permissions", detail=True
        ),
    ),
    *router.urls,
]

# What people look at, at the root of the site.
pages = [
    path("clock/", clock_screen.pad, name="clock"),
    path("clock/person/", clock_screen.person, name="clock-person"),
    path("clock/punch/", clock_screen.punch, name="clock-punch"),
]
