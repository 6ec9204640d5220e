"""Receipts are issued once and stay: PostgreSQL refuses every UPDATE and DELETE of one, and of
the count of its prints.

TRUNCATE is not refused, as for the ledger: whoever may truncate may also drop the trigger.
"""

from django.db import migrations

APPEND_ONLY = """
CREATE FUNCTION pos_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on %: what was issued stays; issue a correction instead',
        TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER receipt_stays BEFORE UPDATE OR DELETE ON pos_receipt
    FOR EACH ROW EXECUTE FUNCTION pos_refuse_change();
CREATE TRIGGER receipt_print_stays BEFORE UPDATE OR DELETE ON pos_receiptprint
    FOR EACH ROW EXECUTE FUNCTION pos_refuse_change();
"""
NOT_APPEND_ONLY = """
DROP TRIGGER receipt_stays ON pos_receipt;
DROP TRIGGER receipt_print_stays ON pos_receiptprint;
DROP FUNCTION pos_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("pos", "0007_receipts")]

    operations = [migrations.RunSQL(APPEND_ONLY, NOT_APPEND_ONLY)]
