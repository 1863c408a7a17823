"""This module gives templates what every page shows the same way: icons, words for codes, small charts."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any

from django import template
from django.forms import BoundField
from django.template.defaultfilters import floatformat
from django.templatetags.static import static
from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from hypercare.core.fragments import fragment
from hypercare.core.lapse import lapse
from hypercare.core.milliseconds import in_words
from hypercare.core.models import Launch
from hypercare.core.plain_numbers import plain_number

register = template.Library()

SEVERITY_WORDS = {1: _("Blocker"), 2: _("Critical"), 3: _("Major"), 4: _("Minor"), 5: _("Trivial")}
STATUS_WORDS = {
    "new": _("New"),
    "triaged": _("Triaged"),
    "in_progress": _("In progress"),
    "mitigated": _("Mitigated"),
    "deployed": _("Deployed"),
    "verified": _("Verified"),
    "closed": _("Closed"),
    "declined": _("Declined"),
    "duplicate": _("Duplicate"),
    "received": _("Received"),
    "looking": _("Looking into it"),
    "working": _("Working on a fix"),
    "fixed_please_check": _("Fixed, please check"),
}
CHANNELS = {
    "widget": ("app-window", _("widget")),
    "portal": ("world", _("portal")),
    "email": ("mail", _("e-mail")),
    "chat": ("messages", _("chat")),
    "phone": ("message-circle", _("phone")),
    "survey": ("list-check", _("survey")),
    "ai_answer": ("sparkles", _("AI answer ratings")),
    "stakeholder_note": ("notes", _("stakeholder note")),
    "operations_note": ("tool", _("operations note")),
    "alert": ("bell-ringing", _("alerts")),
    "gateway_rule": ("route", _("gateway rules")),
    "import": ("upload", _("import")),
    "api": ("plug-connected", _("API")),
}
CATEGORY_WORDS = {
    "bug": _("Bug"),
    "performance": _("Performance"),
    "usability": _("Usability"),
    "enhancement": _("Enhancement"),
    "security": _("Security"),
    "data_integrity": _("Data integrity"),
    "integration": _("Integration"),
    "documentation": _("Documentation"),
    "training_gap": _("Training gap"),
    "ai_quality": _("AI quality"),
    "ai_cost": _("AI cost"),
    "access": _("Access"),
    "availability": _("Availability"),
    "compliance": _("Compliance"),
    "question": _("Question"),
    "praise": _("Praise"),
}
SENTIMENT_WORDS = {"negative": _("Negative"), "neutral": _("Neutral"), "positive": _("Positive")}
MOSCOW_WORDS = {
    "must": _("Must have"),
    "should": _("Should have"),
    "could": _("Could have"),
    "wont": _("Won't for now"),
}
RESOLUTION_WORDS = {
    "fixed": _("fixed"),
    "workaround": _("there is a workaround"),
    "configuration": _("settings corrected"),
    "rolled_back": _("rolled back"),
    "known_issue": _("known issue"),
    "explained": _("explained"),
    "not_reproducible": _("cannot be reproduced"),
    "as_designed": _("works as designed"),
    "deferred": _("deferred"),
    "wont_do": _("will not be done"),
    "external": _("lies outside the product"),
    "transient": _("went away by itself"),
}
END_WORDS = {
    "close": _("close it"),
    "settle": _("closes by itself"),
    "keep_open": _("keep it open"),
}
NATURE_WORDS = {
    "genuine": _("Genuine"),
    "noise": _("Noise"),
    "defect": _("Defect"),
    "training_gap": _("Training gap"),
    "cause": _("Cause"),
    "unclear": _("Unclear"),
}
SPAM_WORDS = {"spam": _("Spam"), "noise": _("Noise"), "genuine": _("Genuine")}
AI_FAILURE_WORDS = {
    "incorrect": _("Incorrect"),
    "made_up": _("Made up"),
    "irrelevant": _("Irrelevant"),
    "context_lost": _("Context lost"),
    "repetitive": _("Repetitive"),
    "biased": _("Biased"),
    "unsafe": _("Unsafe"),
    "privacy_leak": _("Privacy leak"),
    "refused_wrongly": _("Refused wrongly"),
    "too_slow": _("Too slow"),
    "too_costly": _("Too costly"),
    "format_broken": _("Format broken"),
    "drift": _("Drift"),
    "none": _("None"),
}
GOVERNANCE_WORDS = {
    "design_standard": _("Design standard"),
    "error_format": _("Error format"),
    "versioning": _("Versioning"),
    "security_policy": _("Security policy"),
    "data_protection": _("Data protection"),
    "documentation": _("Documentation"),
    "sla_quotas": _("SLA and quotas"),
    "none": _("None"),
}
LANGUAGE_WORDS = {
    "ar": _("Arabic"), "da": _("Danish"), "de": _("German"), "el": _("Greek"), "en": _("English"), "es": _("Spanish"),
    "fi": _("Finnish"), "fr": _("French"), "he": _("Hebrew"), "hi": _("Hindi"), "it": _("Italian"), "ja": _("Japanese"),
    "ko": _("Korean"), "nl": _("Dutch"), "no": _("Norwegian"), "pl": _("Polish"), "pt": _("Portuguese"),
    "ru": _("Russian"), "sv": _("Swedish"), "th": _("Thai"), "uk": _("Ukrainian"), "zh": _("Chinese"),
}  # fmt: skip
FIELD_WORDS = {
    "title": _("Title"),
    "category": _("Type"),
    "severity": _("Severity"),
    "sentiment": _("Tone"),
    "component": _("Component"),
    "team": _("Team"),
    "owner": _("Owner"),
    "moscow": _("MoSCoW"),
    "rice_impact": _("Impact"),
    "rice_confidence": _("Confidence"),
    "rice_effort": _("Effort, weeks"),
    "impact_level": _("Width"),
    "urgency": _("Urgency"),
    "business_value": _("Value"),
    "rpn_severity": _("Risk: severity"),
    "rpn_occurrence": _("Risk: occurrence"),
    "rpn_detection": _("Risk: detection"),
    "resolution": _("Proposed end"),
    "spam": _("Spam or noise"),
    "ai_failure": _("How the AI failed"),
    "governance": _("Governance"),
    "language": _("Language"),
    "genuine": _("Genuine or noise"),
    "defect": _("Defect or training gap"),
    "cause": _("Cause or symptom"),
}
# Fields whose value in force stands in a part of the page of its own.
ELSEWHERE_WORDS = {"fix_lane": _("Lane")}
LANE_WORDS = {"hotfix": _("Hotfix"), "sprint": _("Sprint"), "roadmap": _("Roadmap")}
CATEGORY_ICONS = {
    "bug": "bug",
    "availability": "cloud-off",
    "performance": "gauge",
    "data_integrity": "database-exclamation",
    "security": "shield-lock",
    "integration": "plug-connected",
    "usability": "hand-click",
    "accessibility": "accessible",
    "access": "key",
    "ai_quality": "sparkles",
    "ai_cost": "currency-euro",
    "compliance": "shield-check",
    "documentation": "book",
    "training_gap": "school",
    "enhancement": "bulb",
    "question": "help",
    "praise": "heart",
}
REACH_BAR_WIDTH = 200
REACH_BAR_ENDS_AT = 0.25  # of the active people; the tick at 5 % is where severity rises by one
DAY_STEP = 5


@register.simple_tag
@lru_cache(maxsize=500)
def icon(name: str, css: str = "") -> SafeString:
    """One icon of the sprite, silent to screen readers: the words beside it speak."""
    return format_html(
        '<svg class="ti{}" aria-hidden="true"><use href="{}#{}"></use></svg>',
        f" {css}" if css else "",
        static("vendor/icons.svg"),
        name,
    )


@register.simple_tag
def options(choices: Iterable[tuple[str, Any]], chosen: str = "") -> SafeString:
    """The options of a select, with the chosen one marked."""
    marks = {chosen: mark_safe(" selected")}
    return format_html_join(
        "", '<option value="{}"{}>{}</option>', ((value, marks.get(value, ""), word) for value, word in choices)
    )


@dataclass(frozen=True)
class Rail:
    """All that the main navigation shows: the launch's address, the present place, what the person may do, what is over."""

    launch: str
    present: str
    rights: frozenset[str]
    is_closed: bool


@register.simple_tag
def rail(launch: Launch, present: str, rights: Iterable[str]) -> SafeString:
    """The main navigation of a launch's pages; the portal of a closed launch takes nothing, so no way leads there."""
    shown = Rail(launch.slug, present, frozenset(rights), launch.closed_at is not None)
    return fragment("parts/_rail.html", shown)


@register.simple_tag
def unchanging(template_name: str) -> SafeString:
    """A part of the page that shows nothing but words, rendered once a language."""
    return fragment(template_name, None)


@register.filter
def as_lapse(length: timedelta | None) -> str:
    """A length of time in words; a dash where there is none."""
    return "–" if length is None else lapse(length)


@register.filter
def as_json(value: Any) -> str:
    """Plain values for a data attribute, which a script reads."""
    return json.dumps(value, separators=(",", ":"))


@register.filter
def severity_word(severity: Any) -> Any:
    """`Critical` for 2; nothing for a severity nobody has set."""
    return SEVERITY_WORDS.get(int(severity), "") if severity else ""


@register.filter
def status_word(status: str) -> Any:
    """The word for an issue's status or for what its reporter sees of it."""
    return STATUS_WORDS.get(status, status)


@register.filter
def channel_icon(channel: str) -> str:
    """The icon's name for a channel."""
    return CHANNELS.get(channel, ("message-circle", ""))[0]


@register.filter
def channel_word(channel: str) -> Any:
    """The channel in words."""
    return CHANNELS.get(channel, ("", channel))[1]


@register.filter
def category_icon(category: str) -> str:
    """The icon's name for a category of feedback."""
    return CATEGORY_ICONS.get(category, "tag")


@register.filter
def category_word(category: str) -> Any:
    """The category in words; `Not sure` where the classifier abstained."""
    return CATEGORY_WORDS.get(category, _("Not sure"))


@register.filter
def resolution_word(resolution: str) -> Any:
    """Why an issue ended, in words."""
    return RESOLUTION_WORDS.get(resolution, resolution)


@register.filter
def field_word(field: str) -> Any:
    """A field's name in words."""
    return (FIELD_WORDS | ELSEWHERE_WORDS).get(field, field)


@register.filter
def value_word(value: str, field: str) -> Any:
    """A decision's value in words, by its field."""
    if field == "severity":
        return f"SEV{value} {severity_word(value)}" if str(value).isdigit() else value
    words: dict[str, dict[str, Any]] = {
        "category": CATEGORY_WORDS,
        "sentiment": SENTIMENT_WORDS,
        "moscow": MOSCOW_WORDS,
        "resolution": END_WORDS,
        "fix_lane": LANE_WORDS,
        "spam": SPAM_WORDS,
        "ai_failure": AI_FAILURE_WORDS,
        "governance": GOVERNANCE_WORDS,
        "language": LANGUAGE_WORDS,
        **dict.fromkeys(("genuine", "defect", "cause"), NATURE_WORDS),
    }
    if field == "cause" and str(value).startswith("IS-"):
        return _("Symptom of %(key)s") % {"key": value}
    if field == "rice_confidence" and _is_number(value):
        return as_percent(float(value))
    if field.startswith("rice_") and _is_number(value):
        return floatformat(value)
    return words.get(field, {}).get(value, value)


def _is_number(value: Any) -> bool:
    return str(value).replace(".", "", 1).isdecimal()


@register.filter
def as_percent(share: float | None) -> str:
    """`84%` for 0.84."""
    return "" if share is None else f"{round(share * 100)}%"


@register.filter
def figure(value: float) -> str:
    """A figure without needless decimals, however small it is."""
    return plain_number(value)


@register.filter
def milliseconds(value: float | None) -> str:
    """`240 ms`, `0.4 ms`, `< 1 ms`; empty for what nobody timed."""
    return "" if value is None else in_words(value)


@register.filter
def item(mapping: dict[Any, Any], key: Any) -> Any:
    """The value of a key that is only known in the template."""
    return mapping.get(key)


@register.filter
def param(query: Any, key: str) -> str:
    """The value of `field.<key>` in the address."""
    return str(query.get(f"field.{key}", ""))


@register.filter
def short_json(value: Any) -> str:
    """A JSON value on one line, at most 400 characters."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 400 else text[:399] + "…"


@register.filter
def percent_of(value: float | None, whole: float | None) -> str:
    """`4.2%`: the part of a whole, with one decimal below 10 %, `<0.1%` below that; empty without a whole."""
    if value is None or not whole:
        return ""
    share = 100 * value / whole
    if 0 < share < 0.1:
        return f"<{number_format(0.1, 1)}%"
    return f"{number_format(share, 1 if 0 < share < 10 else 0)}%"


@register.filter
def reach_bar(value: float | None, whole: float | None) -> str:
    """The width of the reach bar's filled part, in its own units."""
    share = min((value or 0) / whole, REACH_BAR_ENDS_AT) if whole else 0
    width = share / REACH_BAR_ENDS_AT * REACH_BAR_WIDTH
    return f"{max(width, 3.0 if value else 0.0):.1f}"


@register.simple_tag
def day_ticks(day: int | None, days: int | None) -> SafeString:
    """One tick a planned day: past, today, still to come."""
    days = max(days or 1, 1)
    today = min(max(day or 0, 0), days + 1)
    past, end = DAY_STEP * max(today - 1, 0), DAY_STEP * days
    is_running = 1 <= today <= days
    now = format_html('<path class="today" stroke-width="14" d="M{} 7h3"/>', past) if is_running else ""
    return format_html(
        '<svg width="98" height="14" viewBox="0 0 {} 14" preserveAspectRatio="none" aria-hidden="true" '
        'stroke-width="8" stroke-dasharray="3 2"><path class="past" d="M0 7H{}"/>{}'
        '<path class="next" d="M{} 7H{}"/></svg>',
        end - 2,
        past,
        now,
        DAY_STEP * today,
        end,
    )


@register.filter
def styled(field: BoundField) -> SafeString:
    """A form field's control in our look."""
    widget = field.field.widget
    if getattr(widget, "input_type", "") in {"checkbox", "radio"}:
        return field.as_widget(attrs={"class": "form-check-input"})
    css = "form-select" if getattr(widget, "input_type", "") == "select" else "form-control"
    return field.as_widget(attrs={"class": css})


@register.filter
def is_tick_box(field: BoundField) -> bool:
    """Whether the label stands behind the control."""
    return getattr(field.field.widget, "input_type", "") == "checkbox"
