from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        from notifications import access, receivers  # noqa: F401  (registers the rule and listens)
