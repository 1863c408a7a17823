"""This module is the form of a launch's scoring: nine severities and a formula."""

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from triage.models import ScoringRules
from triage.score.formula import MAX_LENGTH
from triage.score.matrix import LEVELS
from triage.score.rules import matrix_of

_SEVERITIES = [(number, f"SEV{number}") for number in range(1, 6)]


class ScoringForm(forms.Form):
    """The matrix as nine fields named `cell_<impact>_<urgency>`, and the formula."""

    formula = forms.CharField(
        label=_("Formula"),
        required=False,
        max_length=MAX_LENGTH,
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"}),
        help_text=_("Empty: RICE. For example rice * (1 + value / 10) or rpn + 50 * blocks."),
    )

    def __init__(self, data: QueryDict | None, *, rules: ScoringRules) -> None:
        matrix = matrix_of(rules)
        cells = {_cell(impact, urgency): matrix[impact - 1][urgency - 1] for impact in LEVELS for urgency in LEVELS}
        super().__init__(data, initial={"formula": rules.formula} | cells)
        for name in cells:
            _cell_word, impact, urgency = name.split("_")
            label = _("Severity at impact %(impact)s and urgency %(urgency)s") % {"impact": impact, "urgency": urgency}
            self.fields[name] = forms.TypedChoiceField(choices=_SEVERITIES, coerce=int, label=label)

    @property
    def rows(self) -> list[tuple[int, list[forms.BoundField]]]:
        """Impact by impact, its fields by urgency."""
        return [(impact, [self[_cell(impact, urgency)] for urgency in LEVELS]) for impact in LEVELS]

    @property
    def matrix(self) -> list[list[int]]:
        """What was chosen."""
        return [[self.cleaned_data[_cell(impact, urgency)] for urgency in LEVELS] for impact in LEVELS]


def _cell(impact: int, urgency: int) -> str:
    return f"cell_{impact}_{urgency}"
