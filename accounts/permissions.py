"""Who may do what, and why: one question for every door.

Each app states the rules of its own objects beside its models with `@rules_for(Model)`; the scoped query of the same
model is `Model.objects.visible_to(actor)`. Rights are read at the moment of asking, whatever the `at` of the verb: a
right that has ended is gone.
"""

from collections.abc import Callable
from typing import Any

from django.db.models import Model

from accounts.models import User
from accounts.standing import Decision, deny

Rule = Callable[[User, str, Any], Decision]

_rules: dict[type[Model], Rule] = {}


def rules_for(model: type[Model]) -> Callable[[Rule], Rule]:
    """Register the rule that answers for objects of `model`, and for the class itself (creating one)."""

    def register(rule: Rule) -> Rule:
        _rules[model] = rule
        return rule

    return register


def may(actor: User, verb: str, target: Any) -> Decision:
    """Whether `actor` may do `verb` to `target` (an object, or its class) now, with the reason.

    Raises LookupError for a model without a rule: a missing rule is a defect, never a silent yes or no.
    """
    model = target if isinstance(target, type) else type(target)
    if model not in _rules:
        raise LookupError(f"No permission rule answers for {model.__name__}.")
    if not actor.is_active:
        return deny("This account is switched off.")
    return _rules[model](actor, verb, target)
