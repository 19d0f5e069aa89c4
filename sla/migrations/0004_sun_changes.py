"""When others hold Severity 1: rows that cases follow; and the timer of a handover that nobody accepts."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sla", "0003_more_milestones"),
    ]

    operations = [
        migrations.AlterField(
            model_name="timer",
            name="kind",
            field=models.CharField(
                choices=[
                    ("first_response_warning", "first_response_warning"),
                    ("first_response_breach", "first_response_breach"),
                    ("next_update_warning", "next_update_warning"),
                    ("next_update_breach", "next_update_breach"),
                    ("acknowledgement_warning", "acknowledgement_warning"),
                    ("acknowledgement_breach", "acknowledgement_breach"),
                    ("call_back_warning", "call_back_warning"),
                    ("call_back_breach", "call_back_breach"),
                    ("closure_reminder", "closure_reminder"),
                    ("no_response", "no_response"),
                    ("handover_unaccepted", "handover_unaccepted"),
                ],
                max_length=30,
            ),
        ),
        migrations.CreateModel(
            name="SunChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(unique=True)),
                ("from_center", models.CharField(blank=True, max_length=20)),
                ("to_center", models.CharField(blank=True, max_length=20)),
                (
                    "people",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                ("try_at", models.DateTimeField()),
                ("attempts", models.PositiveSmallIntegerField(default=0, help_text="How often it failed.")),
                ("done_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["at"],
                "indexes": [
                    models.Index(condition=models.Q(("done_at", None)), fields=["try_at"], name="sun_changes_due")
                ],
            },
        ),
    ]
