"""The price list, and where guests may be charged for a way to pay.

In Great Britain the Payment Surcharges Regulations 2012, 6A, and in the EEA article 62(4) of
directive 2015/2366 forbid to charge consumers for cards and what is built upon them. Whether that
covers credit transfers is for a restaurant's own counsel: an owner confirms it.
"""

from datetime import date

from django.db import migrations

# method, currency, provider's bps, provider's fixed part, Fynlo's bps, least amount
PRICES = [
    ("open_banking", "GBP", 20, 0, 100, 1),
    ("open_banking", "EUR", 20, 0, 100, 1),
    ("card", "", 290, 30, 100, 1),
    ("card", "GBP", 290, 30, 100, 30),
    ("card", "EUR", 290, 30, 100, 50),
    ("apple_pay", "", 290, 30, 100, 1),
    ("apple_pay", "GBP", 290, 30, 100, 30),
    ("apple_pay", "EUR", 290, 30, 100, 50),
    ("cash", "", 0, 0, 0, 1),
]
EEA = (
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK"
).split()
RULES = {"card": "FORBIDDEN", "apple_pay": "FORBIDDEN", "open_banking": "WHEN_CONFIRMED"}


def load(apps, schema_editor):
    schedule = apps.get_model("payments", "FeeSchedule")
    schedule.objects.bulk_create(
        schedule(
            method=method,
            currency=currency,
            valid_from=date(2020, 1, 1),
            provider_bps=provider_bps,
            provider_fixed=fixed,
            platform_bps=platform_bps,
            minimum=minimum,
        )
        for method, currency, provider_bps, fixed, platform_bps, minimum in PRICES
    )
    rule = apps.get_model("payments", "SurchargeRule")
    rule.objects.bulk_create(
        rule(method=method, country=country, rule=text)
        for country in ("GB", *EEA)
        for method, text in RULES.items()
    )


class Migration(migrations.Migration):
    dependencies = [("payments", "0004_fees_and_settings")]

    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
