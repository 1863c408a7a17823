"""This module says what an issue is worth to the business where nobody has said so: by its component."""

from django.utils.translation import gettext as _

from hypercare.core.models import Component

CRITICAL, ORDINARY = 8.0, 5.0


def value_of(component: Component | None) -> float:
    """0 to 10: more for a critical component."""
    return CRITICAL if component is not None and component.critical else ORDINARY


def why(component: Component | None) -> str:
    """Why it is that, in the reader's language."""
    if component is not None and component.critical:
        return _("%(component)s is critical") % {"component": component.name}
    return _("nothing says it is worth more or less")
