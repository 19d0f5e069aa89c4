"""How fast are the things that everything waits for, beside the least they could cost?

    python -m bench [calendars] [sweep] [policy] [rebuild]

In a database of its own for each, which is thrown away. Medians; compare the ratios, machines differ.
"""

import argparse

from django.conf import settings
from django.db import connection

import bench.portal  # noqa: F401  (sets Django up before the first model is imported)
from bench import calendars, policy, rebuild, sweep
from supportportal import engines

MEASURES = {
    "calendars": calendars.measure,
    "sweep": sweep.measure,
    "policy": policy.measure,
    "rebuild": rebuild.measure,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("measures", nargs="*", choices=[[], *MEASURES], metavar="measure", help=", ".join(MEASURES))
    with engines.in_use(settings.VAR_DIR, settings.EMBEDDED_ENGINES):
        for name in parser.parse_args().measures or MEASURES:
            before = connection.settings_dict["NAME"]
            connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
            try:
                MEASURES[name]()
                print()
            finally:
                connection.creation.destroy_test_db(before, verbosity=0)


if __name__ == "__main__":
    main()
