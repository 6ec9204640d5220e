"""The theme of the admin: names, colours and what stands in the sidebar."""

from typing import Any

from django.urls import reverse_lazy


def _page(title: str, icon: str, model: str, **options: str) -> dict[str, Any]:
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{model}_changelist"),
        **options,
    }


SIDEBAR = [
    {
        "items": [
            {"title": "Today", "icon": "today", "link": reverse_lazy("admin:index")},
            _page("Orders", "receipt_long", "pos_order"),
            _page("Receipts", "receipt", "pos_receipt"),
            _page("Kitchen tickets", "skillet", "pos_ticket"),
            {"title": "Performance", "icon": "speed", "link": reverse_lazy("perf-now")},
        ],
    },
    {
        "title": "Money",
        "separator": True,
        "items": [
            _page("Payments", "payments", "payments_payment"),
            _page("Cash drawers", "point_of_sale", "payments_drawersession"),
            _page("Days and Z reports", "event_available", "payments_dayclose"),
            _page("Ledger", "account_balance", "payments_ledgertransaction"),
            _page("Ledger alarms", "notification_important", "payments_ledgeralarm"),
            _page("Fees", "price_change", "payments_feeschedule"),
            _page("Fee alarms", "notifications", "payments_feealarm"),
            _page("Payment settings", "settings", "payments_paymentsettings"),
        ],
    },
    {
        "title": "Menu",
        "separator": True,
        "items": [
            _page("Products", "restaurant_menu", "pos_product"),
            _page("Categories", "category", "pos_category"),
            _page("Modifier groups", "tune", "pos_modifiergroup"),
            _page("Tax rates", "percent", "pos_taxrate"),
            _page("Imports", "upload_file", "pos_menuimport"),
        ],
    },
    {
        "title": "Offline tills",
        "separator": True,
        "items": [
            _page("Pushed work", "cloud_sync", "syncing_syncoperation"),
            _page("Conflicts", "call_split", "syncing_conflict"),
            _page("How far each till is", "devices", "syncing_deviceprogress"),
            _page("Who wins", "rule", "syncing_fieldstrategy"),
        ],
    },
    {
        "title": "House",
        "separator": True,
        "items": [
            _page("Floors and tables", "table_restaurant", "pos_floor"),
            _page("Stations", "countertops", "pos_station"),
            _page("Restaurant", "storefront", "accounts_restaurant"),
        ],
    },
    {
        "title": "People and devices",
        "separator": True,
        "items": [
            _page("Staff", "badge", "accounts_membership"),
            _page("Hours", "schedule", "employees_timeentry"),
            {
                "title": "Rota",
                "icon": "calendar_month",
                "link": reverse_lazy("admin:employees_rota"),
            },
            _page("Clock attempts", "fingerprint", "employees_clockattempt"),
            _page("Sessions", "login", "accounts_session"),
            _page("Devices", "tablet_mac", "accounts_device"),
            _page("Webhooks", "webhook", "syncing_webhookendpoint"),
            _page("Webhook deliveries", "outbox", "syncing_webhookdelivery"),
            _page(
                "Users",
                "group",
                "accounts_user",
                permission="fynlo.accounts.admin_site.is_platform",
            ),
        ],
    },
]

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Fynlo",
    "SITE_HEADER": "Fynlo",
    "SITE_SUBHEADER": "Restaurant office",
    "SITE_SYMBOL": "point_of_sale",
    "SITE_URL": None,
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "8px",
    "DASHBOARD_CALLBACK": "pos.admin.dashboard.today",
    "SIDEBAR": {"navigation": SIDEBAR},
    "COLORS": {
        "primary": {
            "50": "oklch(98.4% .014 180.72)",
            "100": "oklch(95.3% .051 180.801)",
            "200": "oklch(91% .096 180.426)",
            "300": "oklch(85.5% .138 181.071)",
            "400": "oklch(77.7% .152 181.912)",
            "500": "oklch(60% .118 184.704)",
            "600": "oklch(51.1% .096 186.391)",
            "700": "oklch(45% .085 187)",
            "800": "oklch(38.6% .063 188.416)",
            "900": "oklch(33% .055 189)",
            "950": "oklch(27.7% .046 192.524)",
        },
    },
}
