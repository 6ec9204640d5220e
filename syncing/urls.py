from rest_framework.routers import SimpleRouter

from syncing.views.desk import Conflicts, Operations, Strategies
from syncing.views.tills import Sync
from syncing.views.webhooks import WebhookDeliveries, WebhookEndpoints

router = SimpleRouter(use_regex_path=False)
router.register("sync", Sync, basename="sync")
router.register("sync/operations", Operations, basename="sync-operation")
router.register("sync/conflicts", Conflicts, basename="sync-conflict")
router.register("webhook-endpoints", WebhookEndpoints, basename="webhook-endpoint")
router.register("webhook-deliveries", WebhookDeliveries, basename="webhook-delivery")
router.register("sync/strategies", Strategies, basename="sync-strategy")

urlpatterns = router.urls
