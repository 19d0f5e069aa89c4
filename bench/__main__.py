"""How fast is what everything waits for, beside the least it could cost?

    python -m bench                     open time and the sweep
    python -m bench policy rebuild      a preview of a plan over 100,000 cases, the check of 10,000; any by name
    python -m bench timers [--quick]    a million timers: an empty tick, lateness, and ten thousand due at once

In a database of its own for each, which is thrown away. Medians; compare the ratios, machines differ.
"""

import sys

from django.conf import settings
from django.db import connection

import bench.portal  # noqa: F401  (sets Django up before the first model is imported)
from bench import calendars, policy, rebuild, sweep, timers
from supportportal import engines

BENCHES = {
    "calendars": calendars.measure,
    "sweep": sweep.measure,
    "timers": timers.measure,
    "policy": policy.measure,
    "rebuild": rebuild.measure,
}
USUAL = ["calendars", "sweep"]


def main() -> None:
    names = [word for word in sys.argv[1:] if not word.startswith("--")] or USUAL
    if unknown := set(names) - set(BENCHES):
        raise SystemExit(f"There is no bench {', '.join(sorted(unknown))}: choose of {', '.join(BENCHES)}.")
    with engines.in_use(settings.VAR_DIR, settings.EMBEDDED_ENGINES):
        before = connection.settings_dict["NAME"]
        for name in names:
            connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
            try:
                BENCHES[name]()
                print()
            finally:
                connection.creation.destroy_test_db(before, verbosity=0)


if __name__ == "__main__":
    main()
