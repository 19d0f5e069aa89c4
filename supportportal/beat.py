"""Beat that goes on ticking when the clock of its machine is put back."""

from typing import Any

from celery.beat import PersistentScheduler


class SteadyScheduler(PersistentScheduler):
    """Celery's own waits until the clock has reached again what it had shown: for an hour, if it is put back by one."""

    def tick(self, *args: Any, **given: Any) -> float:
        now = self.app.now()
        ahead = [entry for entry in self.schedule.values() if entry.last_run_at and entry.last_run_at > now]
        for entry in ahead:
            entry.last_run_at = now
        if ahead:
            self._heap = None  # in which the next runs are planned by the old clock
        return super().tick(*args, **given)
