from django.apps import AppConfig


class SlaConfig(AppConfig):
    name = "sla"

    def ready(self) -> None:
        from sla import access, receivers  # noqa: F401  (register the rules and listen to the cases' logs)
