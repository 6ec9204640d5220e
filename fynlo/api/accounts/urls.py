from rest_framework.routers import SimpleRouter

from fynlo.api.accounts.views.devices import Devices, Heartbeats, Pairing, PairingCodes
from fynlo.api.accounts.views.passwords import Password, PasswordReset, PasswordResetConfirm
from fynlo.api.accounts.views.sessions import Logout, Me, Sessions
from fynlo.api.accounts.views.sign_in import Login, Pin, Refresh, Switch

router = SimpleRouter(use_regex_path=False)
router.register("auth/login", Login, basename="login")
router.register("auth/pin", Pin, basename="pin")
router.register("auth/refresh", Refresh, basename="refresh")
router.register("auth/logout", Logout, basename="logout")
router.register("auth/me", Me, basename="me")
router.register("auth/sessions", Sessions, basename="session")
router.register("auth/switch", Switch, basename="switch")
router.register("auth/password/change", Password, basename="password-change")
router.register("auth/password/reset", PasswordReset, basename="password-reset")
router.register(
    "auth/password/reset/confirm", PasswordResetConfirm, basename="password-reset-confirm"
)
router.register("devices/pairing-codes", PairingCodes, basename="pairing-code")
router.register("devices/pair", Pairing, basename="pairing")
router.register("devices/heartbeat", Heartbeats, basename="heartbeat")
router.register("devices", Devices, basename="device")

urlpatterns = router.urls
