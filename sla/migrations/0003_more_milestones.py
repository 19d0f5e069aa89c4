"""More kinds of milestones; and the hours in which the clock of a queue counts, which no plan tells of all of them."""

from django.db import migrations, models

# What runs is of a plan as yet; a clock that ended shows no share of its hours.
FROM_THE_PLAN = """
UPDATE sla_caseclock SET hours = target.hours
FROM sla_milestone milestone, cases_case one, entitlements_plantarget target
WHERE milestone.case_id = sla_caseclock.case_id AND one.id = sla_caseclock.case_id
  AND milestone.started_at = sla_caseclock.started_at AND milestone.kind = sla_caseclock.kind
  AND target.version_id = one.plan_version_id AND target.severity = milestone.severity
"""


class Migration(migrations.Migration):
    dependencies = [("sla", "0002_coverage_gap"), ("cases", "0001_initial"), ("entitlements", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="caseclock",
            name="hours",
            field=models.CharField(
                choices=[
                    ("always", "24 hours, 7 days, 365 days"),
                    ("business", "Local business hours"),
                    ("24_5", "24 hours of each business day"),
                ],
                default="business",
                help_text="In which it is counted.",
                max_length=20,
            ),
            preserve_default=False,
        ),
        migrations.RunSQL(FROM_THE_PLAN, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="caseclock",
            name="kind",
            field=models.CharField(
                choices=[
                    ("first_response", "First response"),
                    ("next_update", "Next update"),
                    ("acknowledgement", "Acknowledgement of the escalation"),
                    ("call_back", "Call-back"),
                ],
                max_length=30,
            ),
        ),
        migrations.AlterField(
            model_name="milestone",
            name="cycle",
            field=models.PositiveSmallIntegerField(help_text="1, and one more for each of its kind (A-14)."),
        ),
        migrations.AlterField(
            model_name="milestone",
            name="kind",
            field=models.CharField(
                choices=[
                    ("first_response", "First response"),
                    ("next_update", "Next update"),
                    ("acknowledgement", "Acknowledgement of the escalation"),
                    ("call_back", "Call-back"),
                ],
                max_length=30,
            ),
        ),
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
                    (
                        "closure_reminder",
                        "closure_reminder",
                    ),
                    ("no_response", "no_response"),
                ],
                max_length=30,
            ),
        ),
    ]
