"""This module says what an issue is worth to the business where nobody has said so: by its component."""

from django.utils.translation import gettext as _

from hypercare.core.models import Component
from triage.score.rice import Part

CRITICAL, ORDINARY = 8.0, 5.0


def value_part(component: Component | None) -> Part:
    """0 to 10: more for a critical component."""
    if component is not None and component.critical:
        return Part(CRITICAL, _("%(component)s is critical") % {"component": component.name})
    return Part(ORDINARY, _("nothing says it is worth more or less"))
