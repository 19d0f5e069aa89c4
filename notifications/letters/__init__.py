"""The words of every mail: one function per template makes a `Letter`, which is then set as text and as HTML."""

from collections.abc import Callable

from notifications.enums import Template
from notifications.letters import customers, staff
from notifications.letters.form import Letter
from notifications.letters.matter import Matter

_WRITERS: dict[Template, Callable[[Matter], Letter]] = {
    template: getattr(staff if template.is_for_staff else customers, template.value) for template in Template
}


def write(template: Template, matter: Matter) -> Letter:
    """The letter of this template about this matter."""
    return _WRITERS[template](matter)
