"""What the forms of rosters, calendars and plans share: nothing is saved that was not looked at."""

from collections.abc import Iterable
from typing import Any

from django import forms

from accounts.refusal import Refusal
from accounts.versions import Changed, digest
from web.forms import PortalForm


class KeptForm(PortalForm):
    """Something that staff keep."""

    def refuse(self, refusal: Refusal) -> None:
        """Show a refusal next to the field its code begins with, or on top."""
        self.add_error(next((name for name in self.fields if refusal.code.startswith(name)), None), refusal.message)


class SeenForm(KeptForm):
    """A change of what may be kept already; `seen` names how that stood when the form was first shown."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def refuse(self, refusal: Refusal) -> None:
        """After `Changed`, tell what is kept now and let what was typed, which stays, be sent again."""
        if isinstance(refusal, Changed):
            self.replace(seen=refusal.version)
            if refusal.kept is not None and (told := "; ".join(self.otherwise(refusal.kept))):
                refusal.message = f"Somebody changed this meanwhile: {told}. Look at it again."
        super().refuse(refusal)

    def otherwise(self, kept: Any) -> Iterable[str]:
        """What stands in what is kept now and not in this form: "Ends: 18:00"."""
        return ()


class LookedForm(KeptForm):
    """It first shows what it would do; `looked` names what was shown, which alone is saved."""

    looked = forms.CharField(required=False, widget=forms.HiddenInput)

    def remember(self, *shown: object) -> None:
        """Let what is shown now, and nothing else, be saved."""
        self.replace(looked=digest(*shown))

    def was_looked_at(self, *shown: object) -> bool:
        """Whether this is what was shown; otherwise the form says so."""
        if self.cleaned_data["looked"] == digest(*shown):
            return True
        self.add_error(None, "This is not what you looked at. See what it would do now, then save it.")
        return False
