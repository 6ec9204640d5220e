"""What PostgreSQL itself refuses, whoever asks: to delete what money left behind, to change what
an attempt or a refund was asked for, and to change the record of a call that is finished.

Cash that was taken before there were attempts gets its own.
"""

from django.db import migrations

KEPT = ("payment", "paymentattempt", "refund", "providercall", "webhookevent")
ASKED = {
    "paymentattempt": ("payment_id", "number", "method", "provider", "account", "currency"),
    "refund": ("payment_id", "attempt_id", "amount", "currency", "is_late"),
}


def guard() -> str:
    deleted = [
        f"CREATE TRIGGER {table}_is_kept BEFORE DELETE ON payments_{table}"
        " FOR EACH ROW EXECUTE FUNCTION payments_refuse_change();"
        for table in KEPT
    ]
    changed = [
        f"CREATE TRIGGER {table}_was_asked BEFORE UPDATE ON payments_{table} FOR EACH ROW WHEN"
        f" (({', '.join(f'OLD.{name}' for name in names)})"
        f" IS DISTINCT FROM ({', '.join(f'NEW.{name}' for name in names)}))"
        " EXECUTE FUNCTION payments_refuse_change();"
        for table, names in ASKED.items()
    ]
    finished = (
        "CREATE TRIGGER providercall_is_finished BEFORE UPDATE ON payments_providercall"
        " FOR EACH ROW WHEN (OLD.finished_at IS NOT NULL)"
        " EXECUTE FUNCTION payments_refuse_change();"
    )
    return "\n".join([*deleted, *changed, finished])


def unguard() -> str:
    names = [
        *((table, f"{table}_is_kept") for table in KEPT),
        *((table, f"{table}_was_asked") for table in ASKED),
        ("providercall", "providercall_is_finished"),
    ]
    return "\n".join(f"DROP TRIGGER {name} ON payments_{table};" for table, name in names)


CASH = """
INSERT INTO payments_paymentattempt (id, version, fingerprint, number, method, provider,
    provider_id, account, status, provider_status, failure, ending, amount, currency, captured,
    platform_fee, estimated_fee, manual_capture, method_ref, token_hash, redirect_url, created_at,
    ended_at, is_watched, polls, payment_id, restaurant_id)
SELECT gen_random_uuid(), 1, '', 1, method, 'house', '', '', 'SUCCEEDED', '', '', '', total,
    currency, captured, 0, 0, false, '', '', '', taken_at, taken_at, false, 0, id, restaurant_id
FROM payments_payment WHERE method = 'cash' AND status = 'CAPTURED';
UPDATE payments_payment SET captured_at = taken_at WHERE status = 'CAPTURED';
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0006_attempts_refunds_and_webhooks")]

    operations = [
        migrations.RunSQL(CASH, migrations.RunSQL.noop),
        migrations.RunSQL(guard(), unguard()),
    ]
