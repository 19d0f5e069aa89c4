from django.contrib.admin.apps import AdminConfig


class BackOfficeConfig(AdminConfig):
    """Django's admin with the portal's own site as its default."""

    default_site = "accounts.admin_site.BackOffice"
