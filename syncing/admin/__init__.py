from syncing.admin import conflicts, devices, operations, strategies, webhooks

__all__ = ["conflicts", "devices", "operations", "strategies", "webhooks"]
