"""How fast are the two things that everything waits for, open time and the sweep, beside the least they could cost?

    python -m bench

In a database of its own, which is thrown away. Medians; compare the ratios, machines differ.
"""

from django.conf import settings
from django.db import connection

import bench.portal  # noqa: F401  (sets Django up before the first model is imported)
from bench import calendars, sweep
from supportportal import engines


def main() -> None:
    with engines.in_use(settings.VAR_DIR, settings.EMBEDDED_ENGINES):
        before = connection.settings_dict["NAME"]
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            calendars.measure()
            print()
            sweep.measure()
        finally:
            connection.creation.destroy_test_db(before, verbosity=0)


if __name__ == "__main__":
    main()
