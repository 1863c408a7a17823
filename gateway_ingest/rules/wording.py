"""This module says a rule's figures in words, with their units."""

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gateway_ingest.rules.rule import Against, Measure, Rule
from hypercare.core import milliseconds

MEASURES = {
    Measure.ERROR_SHARE: gettext_lazy("Share of answers 500 and above"),
    Measure.UNAVAILABLE_SHARE: gettext_lazy("Share of answers 503 and 504"),
    Measure.LIMITED_SHARE: gettext_lazy("Share of answers 429"),
    Measure.PROVIDER_ERROR_SHARE: gettext_lazy("Share of calls that the provider failed"),
    Measure.P95_MS: gettext_lazy("95th percentile"),
    Measure.MALFORMED: gettext_lazy("Answers 400 and 422 a minute"),
    Measure.REFUSED: gettext_lazy("Answers 401 and 403 a minute"),
    Measure.CALLS: gettext_lazy("Calls a minute"),
    Measure.TOKENS_A_CALL: gettext_lazy("Tokens a call"),
    Measure.SPENT_SHARE: gettext_lazy("Share of the daily budget that is spent"),
    Measure.FLAGGED: gettext_lazy("Flagged answers"),
    Measure.FORGOT: gettext_lazy("Answers that forgot the context"),
    Measure.RATING_CHANCE: gettext_lazy("Chance that it is rated no lower than before"),
    Measure.SILENCE: gettext_lazy("Silence, in intervals"),
    Measure.SURPRISE: gettext_lazy("Surprise, from 0 to 1"),
    Measure.DAYS_LEFT: gettext_lazy("Days until the target is crossed"),
}
SHARES = frozenset(
    {
        *(Measure.ERROR_SHARE, Measure.UNAVAILABLE_SHARE, Measure.LIMITED_SHARE, Measure.PROVIDER_ERROR_SHARE),
        *(Measure.SPENT_SHARE, Measure.RATING_CHANCE),
    }
)
_UNITS = {
    Measure.REFUSED: gettext_lazy("%(number)s a minute"),
    Measure.MALFORMED: gettext_lazy("%(number)s a minute"),
    Measure.CALLS: gettext_lazy("%(number)s a minute"),
    Measure.FORGOT: gettext_lazy("more than %(number)s in a day"),
    Measure.FLAGGED: gettext_lazy("more than %(number)s in %(minutes)s minutes"),
    Measure.SILENCE: gettext_lazy("%(number)s intervals"),
    Measure.DAYS_LEFT: gettext_lazy("%(number)s days ahead"),
}
RESTS_ON = {
    "weeks": gettext_lazy("this hour in the last four weeks"),
    "days": gettext_lazy("this hour on the days before, and the last hours"),
    "hours": gettext_lazy("the last hours, until a day is known"),
}


def amount(measure: Measure, value: float | None) -> str:
    """A figure with its unit."""
    if value is None:
        return _("unknown")
    if measure in SHARES:
        return f"{number_format(_rounded(100 * value))}%"
    if measure is Measure.P95_MS:
        return milliseconds.in_words(value) if value else _("%(number)s ms") % {"number": 0}
    return number_format(_rounded(value), force_grouping=True)


def limit_words(rule: Rule, limit: float) -> str:
    """A limit as it is set: with its unit, or as how many times the usual or the target."""
    if rule.against is Against.USUAL:
        return _("%(number)s × usual") % {"number": number_format(_rounded(limit))}
    if rule.against is Against.TARGET:
        return _("%(number)s × target") % {"number": number_format(_rounded(limit))}
    if rule.measure in _UNITS:
        number = number_format(_rounded(limit), force_grouping=True)
        return _UNITS[rule.measure] % {"number": number, "minutes": rule.minutes}
    return amount(rule.measure, limit)


def _rounded(value: float) -> float | int:
    """Three figures that count, and no more than there are."""
    rounded = float(f"{value:.3g}")
    return int(rounded) if rounded == int(rounded) else rounded
