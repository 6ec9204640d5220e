"""Whoever changes an order takes back, in the same transaction, that the sums of its day are right.

Both who changes and who sums a day up name it by an advisory lock (shared, and exclusive), so
that a sum never misses a change that is about to commit.
"""

from django.db import migrations

MARK = """
CREATE FUNCTION pos_sales_day_key(restaurant uuid, business_date date) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$
    SELECT hashtextextended('sales day ' || restaurant || ' ' || (business_date - date 'epoch'), 0)
$$;

CREATE FUNCTION pos_change_sales_day(restaurant uuid, day date) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(pos_sales_day_key(restaurant, day));
    UPDATE pos_salesday SET is_current = FALSE
        WHERE restaurant_id = restaurant AND business_date = day AND is_current;
END $$;

CREATE FUNCTION pos_order_changes_its_day() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM pos_change_sales_day(OLD.restaurant_id, OLD.business_date);
    END IF;
    IF TG_OP = 'INSERT' OR (TG_OP = 'UPDATE' AND OLD.business_date <> NEW.business_date) THEN
        PERFORM pos_change_sales_day(NEW.restaurant_id, NEW.business_date);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER order_changes_its_day AFTER INSERT OR UPDATE OR DELETE ON pos_order
    FOR EACH ROW EXECUTE FUNCTION pos_order_changes_its_day();
"""
DO_NOT_MARK = """
DROP TRIGGER order_changes_its_day ON pos_order;
DROP FUNCTION pos_order_changes_its_day();
DROP FUNCTION pos_change_sales_day(uuid, date);
DROP FUNCTION pos_sales_day_key(uuid, date);
"""


class Migration(migrations.Migration):
    dependencies = [("pos", "0012_sales_days")]

    operations = [migrations.RunSQL(MARK, DO_NOT_MARK)]
