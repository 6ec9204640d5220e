from django.urls import path
from rest_framework.routers import SimpleRouter

from employees.views.staff import Roles, Staff, StaffPermissions

router = SimpleRouter(use_regex_path=False)
router.register("staff/roles", Roles, basename="role")
router.register("staff", Staff, basename="staff-member")

urlpatterns = [
    path(
        "staff/<uuid:pk>/permissions/",
        StaffPermissions.as_view(
            {"get": "list", "patch": "partial_update"}, basename="staff-permissions", detail=True
        ),
    ),
    *router.urls,
]
