from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "cases"

    def ready(self) -> None:
        from cases import permissions  # noqa: F401  (registers the rules of this app's models)
