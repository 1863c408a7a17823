"""This module holds the audit log's filter."""

from django import forms
from django.utils.translation import gettext_lazy as _

from hypercare.core.audit import Wanted
from hypercare.core.forms.fields import DayField, LineField, offer
from hypercare.core.timeline import KINDS


class AuditForm(forms.Form):
    """Which entries to show; every part may be empty."""

    kind = forms.ChoiceField(label=_("Kind"), required=False)
    actor = LineField(label=_("Who"), required=False, max_length=160)
    since = DayField(label=_("From"), required=False)
    until = DayField(label=_("To"), required=False)

    def __init__(self, data: object = None) -> None:
        super().__init__(data)  # type: ignore[arg-type]  # a QueryDict
        offer(self, "kind", [("", _("All kinds")), *sorted(KINDS.items(), key=lambda item: str(item[1]))])

    @property
    def wanted(self) -> Wanted:
        """What is asked for; a part that cannot be read asks for nothing."""
        data = getattr(self, "cleaned_data", {})
        return Wanted(data.get("kind") or "", data.get("actor") or "", data.get("since"), data.get("until"))
