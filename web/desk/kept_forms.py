"""What the forms of rosters, calendars and plans share: nothing is saved that was not looked at."""

from django import forms

from accounts.refusal import Refusal
from accounts.versions import Changed, digest
from web.forms import PortalForm


class KeptForm(PortalForm):
    """Something that staff keep."""

    def refuse(self, refusal: Refusal) -> None:
        """Show a refusal next to the field its code begins with, or on top.

        After `Changed` the form can be sent again: who does has seen what is kept now.
        """
        if isinstance(refusal, Changed):
            self.replace(seen=refusal.version)
        self.add_error(next((name for name in self.fields if refusal.code.startswith(name)), None), refusal.message)


class SeenForm(KeptForm):
    """A change of what may be kept already; `seen` names how that stood when the form was first shown."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)


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
