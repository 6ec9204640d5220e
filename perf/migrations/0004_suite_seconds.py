from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("perf", "0003_skipped_scenarios")]

    operations = [
        migrations.AddField(
            model_name="benchmarkrun",
            name="suite_seconds",
            field=models.JSONField(default=dict),
        ),
    ]
