"""A case follows the sun: by exception, and until its owner accepts it."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="case",
            name="handed_over_at",
            field=models.DateTimeField(help_text="While its owner has not accepted it.", null=True),
        ),
        migrations.AddField(
            model_name="case",
            name="on_sun",
            field=models.BooleanField(default=False, help_text="Follows the sun by a manager's exception (A-12)."),
        ),
        migrations.AddField(
            model_name="case",
            name="outgoing",
            field=models.ForeignKey(
                help_text="Who had it until that handover.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(
                    models.Q(("status", "closed"), _negated=True),
                    models.Q(("severity", 1), ("on_sun", True), _connector="OR"),
                ),
                fields=["id"],
                name="case_on_sun",
            ),
        ),
    ]
