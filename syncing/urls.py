from rest_framework.routers import SimpleRouter

from syncing.views import Sync

router = SimpleRouter(use_regex_path=False)
router.register("sync", Sync, basename="sync")

urlpatterns = router.urls
