#!/usr/bin/env python
"""The portal's commands."""

import os
import signal
import sys

WITHOUT_ENGINES = {"up", "help", "version", "--help", "--version", "check", "collectstatic"}


def main() -> None:
    """Run a command. On a local machine the embedded engines run for as long as somebody needs them."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "supportportal.settings")
    from django.conf import settings
    from django.core.management import execute_from_command_line

    from supportportal import engines

    needed = settings.EMBEDDED_ENGINES if WITHOUT_ENGINES.isdisjoint(sys.argv[1:2] or ["help"]) else ()
    # Whatever a shell makes of them: what it starts with & would hear of no interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        with engines.in_use(settings.VAR_DIR, needed):
            execute_from_command_line(sys.argv)
    except engines.EngineError as error:
        sys.exit(f"{error}")
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        sys.exit(128 + signal.SIGINT)


if __name__ == "__main__":
    main()
