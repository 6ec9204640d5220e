"""Nobody works twice at one time: PostgreSQL refuses time entries that overlap, whoever asks.

An exclusion constraint over a uuid needs the extension btree_gist, which not every PostgreSQL
comes with. Ranges need none: a member is the range from their id to their id.
"""

from django.db import migrations

EXCLUDE = """
CREATE TYPE employees_uuid_range AS RANGE (subtype = uuid);
ALTER TABLE employees_timeentry ADD CONSTRAINT time_entry_no_overlap EXCLUDE USING gist (
    employees_uuid_range(member_id, member_id, '[]') WITH &&,
    tstzrange(started_at, ended_at) WITH &&
);
"""
INCLUDE = """
ALTER TABLE employees_timeentry DROP CONSTRAINT time_entry_no_overlap;
DROP TYPE employees_uuid_range;
"""


class Migration(migrations.Migration):
    dependencies = [("employees", "0001_hours")]

    operations = [migrations.RunSQL(EXCLUDE, INCLUDE)]
