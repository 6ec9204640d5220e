from django.db import migrations, models


def tickets_show_their_orders_table(apps, schema_editor):
    tickets = apps.get_model("pos", "Ticket")
    orders = apps.get_model("pos", "Order")
    table = orders.objects.filter(pk=models.OuterRef("order_id")).values("table_id")[:1]
    tickets.objects.update(table_id=models.Subquery(table))


class Migration(migrations.Migration):

    dependencies = [
        ('pos', '0009_split_and_merged_orders'),
    ]

    operations = [
        migrations.RunPython(tickets_show_their_orders_table, migrations.RunPython.noop),
    ]
