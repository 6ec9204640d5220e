"""What happened to a drawer stays: PostgreSQL refuses to change or delete an entry of its journal,
and to delete a drawer or change one that is closed."""

from django.db import migrations

GUARD = """
CREATE TRIGGER drawer_event_stays BEFORE UPDATE OR DELETE ON payments_drawerevent
    FOR EACH ROW EXECUTE FUNCTION payments_refuse_change();
CREATE TRIGGER drawer_is_kept BEFORE DELETE ON payments_drawersession
    FOR EACH ROW EXECUTE FUNCTION payments_refuse_change();
CREATE TRIGGER drawer_is_closed BEFORE UPDATE ON payments_drawersession
    FOR EACH ROW WHEN (OLD.status = 'CLOSED') EXECUTE FUNCTION payments_refuse_change();
"""
UNGUARD = """
DROP TRIGGER drawer_event_stays ON payments_drawerevent;
DROP TRIGGER drawer_is_kept ON payments_drawersession;
DROP TRIGGER drawer_is_closed ON payments_drawersession;
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0009_drawers")]

    operations = [migrations.RunSQL(GUARD, UNGUARD)]
