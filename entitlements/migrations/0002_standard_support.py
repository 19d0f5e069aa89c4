"""Standard Support as the guide's table states it, version 1.0 of 26 March 2024 (C-PKG-*, C-SLA-*)."""

from datetime import date

from django.db import migrations

TARGETS = [
    (1, 30, "always", "call_in", "C-SLA-01"),
    (2, 120, "business", "call_back", "C-SLA-02"),
    (3, 480, "business", "call_back", "C-SLA-03"),
    (4, 480, "business", "call_back", "C-SLA-04"),
]


def seed(apps, schema_editor):
    plan = apps.get_model("entitlements", "SupportPlan").objects.create(code="standard", name="Standard Support")
    version = apps.get_model("entitlements", "PlanVersion").objects.create(
        plan=plan,
        number=1,
        effective_on=date(2024, 3, 26),
        channels=["web", "phone"],
        included=["troubleshooting", "setup_help"],
        excluded=["root_cause_analysis"],
        language="English",
    )
    target_model = apps.get_model("entitlements", "PlanTarget")
    for severity, minutes, hours, contact_mode, clause in TARGETS:
        target_model.objects.create(
            version=version, severity=severity, minutes=minutes, hours=hours, contact_mode=contact_mode, clause=clause
        )


class Migration(migrations.Migration):
    dependencies = [("entitlements", "0001_initial")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
