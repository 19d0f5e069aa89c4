from django.apps import AppConfig


class EntitlementsConfig(AppConfig):
    name = "entitlements"

    def ready(self) -> None:
        from entitlements import access  # noqa: F401  (registers the rules of this app's models)
