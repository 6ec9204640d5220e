from syncing.admin import webhooks

__all__ = ["webhooks"]
