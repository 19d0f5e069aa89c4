"""The case that a command's argument names."""

from django.core.management.base import CommandError

from cases.models import Case
from cases.numbers import normalize


def named_case(number: str) -> Case:
    """The case with this number, typed with or without hyphens, and what its clocks rest on.

    Raises CommandError when there is none.
    """
    found = Case.objects.filter(number=normalize(number) or number)
    case = found.select_related("calendar", "plan_version__plan").first()
    if case is None:
        raise CommandError(f"There is no case {number}.")
    return case
