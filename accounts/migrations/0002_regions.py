"""The guide's three regions with their business hours (C-FTS-02, C-COV-02, A-30)."""

from django.db import migrations

REGIONS = [
    ("americas", "Americas", "North America, Latin America and the Caribbean", "America/New_York"),
    ("emea", "EMEA", "Europe, Middle East and Africa", "Europe/London"),
    ("apj", "APJ", "Asia Pacific and Japan", "Asia/Tokyo"),
]
MONDAY_TO_FRIDAY = {str(weekday): [["08:00", "18:00"]] for weekday in range(5)}


def seed(apps, schema_editor):
    region_model = apps.get_model("accounts", "Region")
    calendar_model = apps.get_model("accounts", "RegionCalendar")
    for code, name, countries, zone in REGIONS:
        region = region_model.objects.create(code=code, name=name, countries_text=countries, anchor_zone=zone)
        calendar_model.objects.create(region=region, weekly=MONDAY_TO_FRIDAY)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
