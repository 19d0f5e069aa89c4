"""A case may say which Linux it is about."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0002_handovers"),
    ]

    operations = [
        migrations.AddField(
            model_name="case",
            name="linux_flavor",
            field=models.CharField(
                blank=True,
                choices=[
                    ("linux:redhat", "Red Hat family"),
                    ("linux:suse", "SUSE"),
                    ("linux:debian", "Debian"),
                    ("linux:ubuntu", "Ubuntu"),
                    ("linux:other", "Other Linux"),
                ],
                help_text="Empty for none, or when it is not known.",
                max_length=20,
            ),
        ),
    ]
