"""What a way to pay cost on a day is never rewritten; a price is entered before it holds."""

from django.db import migrations

GUARD = """
CREATE TRIGGER feeschedule_stays BEFORE UPDATE OR DELETE ON payments_feeschedule
FOR EACH ROW WHEN (OLD.valid_from <= CURRENT_DATE + 1)
EXECUTE FUNCTION payments_refuse_change();
CREATE TRIGGER feeschedule_is_to_come BEFORE UPDATE ON payments_feeschedule
FOR EACH ROW WHEN (NEW.valid_from <= CURRENT_DATE + 1)
EXECUTE FUNCTION payments_refuse_change();
"""
UNGUARD = """
DROP TRIGGER feeschedule_stays ON payments_feeschedule;
DROP TRIGGER feeschedule_is_to_come ON payments_feeschedule;
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0018_own_webhooks")]

    operations = [
        migrations.RemoveField("feeschedule", "platform_is_refunded"),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
