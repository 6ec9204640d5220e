"""What PostgreSQL itself refuses, whoever asks.

At commit: a transaction with fewer than two entries, whose entries do not sum to zero in each
currency, or that names an account of another restaurant. Entries that are added to an old
transaction are checked the same way. At once: every UPDATE and DELETE of what was posted.

TRUNCATE is not refused. It belongs to the owner of the tables, the suite empties its database
with it, and whoever may truncate may also drop the trigger.
"""

from django.db import migrations

BALANCED = """
CREATE FUNCTION payments_refuse_unbalanced() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    posted uuid := to_jsonb(NEW) ->> TG_ARGV[0];
BEGIN
    IF (SELECT count(*) FROM payments_ledgerentry WHERE transaction_id = posted) < 2 THEN
        RAISE EXCEPTION 'ledger transaction % has fewer than two entries', posted
            USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (
        SELECT 1 FROM payments_ledgerentry WHERE transaction_id = posted
        GROUP BY currency HAVING sum(amount) <> 0
    ) THEN
        RAISE EXCEPTION 'ledger transaction % does not balance', posted
            USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (
        SELECT 1 FROM payments_ledgerentry e
        JOIN payments_ledgertransaction t ON t.id = e.transaction_id
        JOIN payments_ledgeraccount a ON a.id = e.account_id
        WHERE e.transaction_id = posted AND a.restaurant_id <> t.restaurant_id
    ) THEN
        RAISE EXCEPTION 'ledger transaction % names an account of another restaurant', posted
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER ledger_transaction_balances AFTER INSERT ON payments_ledgertransaction
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments_refuse_unbalanced('id');
CREATE CONSTRAINT TRIGGER ledger_entry_balances AFTER INSERT ON payments_ledgerentry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    EXECUTE FUNCTION payments_refuse_unbalanced('transaction_id');
"""
NOT_BALANCED = """
DROP TRIGGER ledger_transaction_balances ON payments_ledgertransaction;
DROP TRIGGER ledger_entry_balances ON payments_ledgerentry;
DROP FUNCTION payments_refuse_unbalanced();
"""
APPEND_ONLY = """
CREATE FUNCTION payments_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on %: what was posted stays; post the opposite instead', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER ledger_transaction_stays BEFORE UPDATE OR DELETE ON payments_ledgertransaction
    FOR EACH ROW EXECUTE FUNCTION payments_refuse_change();
CREATE TRIGGER ledger_entry_stays BEFORE UPDATE OR DELETE ON payments_ledgerentry
    FOR EACH ROW EXECUTE FUNCTION payments_refuse_change();
"""
NOT_APPEND_ONLY = """
DROP TRIGGER ledger_transaction_stays ON payments_ledgertransaction;
DROP TRIGGER ledger_entry_stays ON payments_ledgerentry;
DROP FUNCTION payments_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_payments_and_ledger")]

    operations = [
        migrations.RunSQL(BALANCED, NOT_BALANCED),
        migrations.RunSQL(APPEND_ONLY, NOT_APPEND_ONLY),
    ]
