"""What PostgreSQL itself refuses: payroll periods that overlap, and changes to what is settled.

What the clock said, adjustments that were decided, breaks that were replaced and tips that were
credited stay as they are. TRUNCATE is not refused: the suite empties its database with it.
"""

from django.db import migrations

APART = """
ALTER TABLE employees_payrollperiod ADD CONSTRAINT payroll_periods_apart EXCLUDE USING gist (
    employees_uuid_range(restaurant_id, restaurant_id, '[]') WITH &&,
    daterange(starts_on, ends_on, '[]') WITH &&
);
"""
TOGETHER = "ALTER TABLE employees_payrollperiod DROP CONSTRAINT payroll_periods_apart;"
STAYS = """
CREATE FUNCTION employees_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on %: what is settled stays', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER tip_credit_stays BEFORE UPDATE OR DELETE ON employees_tipcredit
    FOR EACH ROW EXECUTE FUNCTION employees_refuse_change();
CREATE TRIGGER decided_adjustment_stays BEFORE UPDATE OR DELETE ON employees_adjustment
    FOR EACH ROW WHEN (OLD.state <> 'PENDING') EXECUTE FUNCTION employees_refuse_change();
CREATE TRIGGER replaced_break_stays BEFORE UPDATE OR DELETE ON employees_break
    FOR EACH ROW WHEN (OLD.replaced_by_id IS NOT NULL) EXECUTE FUNCTION employees_refuse_change();
CREATE TRIGGER clock_in_stays BEFORE UPDATE ON employees_timeentry
    FOR EACH ROW WHEN (
        OLD.clocked_in_at <> NEW.clocked_in_at
        OR (OLD.clocked_out_at IS NOT NULL
            AND OLD.clocked_out_at IS DISTINCT FROM NEW.clocked_out_at)
    ) EXECUTE FUNCTION employees_refuse_change();
"""
MOVES = """
DROP TRIGGER tip_credit_stays ON employees_tipcredit;
DROP TRIGGER decided_adjustment_stays ON employees_adjustment;
DROP TRIGGER replaced_break_stays ON employees_break;
DROP TRIGGER clock_in_stays ON employees_timeentry;
DROP FUNCTION employees_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("employees", "0003_adjustments_and_payroll")]

    operations = [migrations.RunSQL(APART, TOGETHER), migrations.RunSQL(STAYS, MOVES)]
