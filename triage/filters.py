"""This module holds the filters of feedback and issues; they live in the URL, on pages and in the API alike."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import django_filters as filters
from django.contrib.postgres.search import SearchQuery
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from feedback.models import Channel, Feedback, ReplyStatus
from hypercare.core import clock
from hypercare.core.models import FieldDefinition, FieldKind, Launch
from hypercare.core.problem import wrong
from hypercare.core.strict_json import MAX_NUMBER_LENGTH, BadJson, parse
from triage.categories import AI_FAILURE_NAMES, CATEGORY_NAMES, GOVERNANCE_NAMES, SENTIMENTS, SPAM_NAMES
from triage.models import ENDED_STATUSES, OPEN_STATUSES, Issue, IssueStatus, Moscow
from triage.times import behind

SEVERITIES = [(str(number), f"SEV{number}") for number in range(1, 6)]


def words_query(text: str) -> SearchQuery:
    """A web-style search (quotes, -minus, or) that finds English stems and plain words of any language."""
    english = SearchQuery(text, config="english", search_type="websearch")
    return english | SearchQuery(text, config="simple", search_type="websearch")


class _ByAddress(filters.FilterSet):
    """Filters by the address as a form leaves it: a control nobody touched sends an empty value, which filters nothing."""

    def __init__(self, data: QueryDict, queryset: QuerySet[Any]) -> None:
        chosen = QueryDict(mutable=True)
        for name, values in data.lists():
            chosen.setlist(name, [value for value in values if value])
        # An address without a filter needs no form to check it.
        super().__init__(chosen if any(chosen.getlist(name) for name in self.base_filters) else None, queryset)

    def is_valid(self) -> bool:
        """Whether every value can be understood; where there is none, nothing is wrong."""
        return not self.is_bound or bool(super().is_valid())


class FeedbackFilter(_ByAddress):
    """Filters of the inbox and of `GET /api/v1/feedback/`; `field.<key>` filters by a launch's own field."""

    q = filters.CharFilter(method="search", max_length=200, label=_("Search"))
    channel = filters.MultipleChoiceFilter(choices=Channel.choices, label=_("Channel"))
    category = filters.MultipleChoiceFilter(choices=CATEGORY_NAMES, label=_("Type"))
    severity = filters.MultipleChoiceFilter(choices=SEVERITIES, label=_("Severity"))
    sentiment = filters.MultipleChoiceFilter(choices=[(name, name) for name in SENTIMENTS], label=_("Tone"))
    spam = filters.MultipleChoiceFilter(choices=SPAM_NAMES, label=_("Spam or noise"))
    set_aside = filters.BooleanFilter(label=_("Set aside"))
    ai_failure = filters.MultipleChoiceFilter(choices=AI_FAILURE_NAMES, label=_("How the AI failed"))
    governance = filters.MultipleChoiceFilter(choices=GOVERNANCE_NAMES, label=_("Governance"))
    language = filters.CharFilter(label=_("Language"))
    component = filters.CharFilter(field_name="component__slug", label=_("Component"))
    team = filters.CharFilter(field_name="team__name", label=_("Team"))
    issue = filters.CharFilter(field_name="issue_key", label=_("Issue"))
    theme = filters.NumberFilter(field_name="theme_report__theme", min_value=1, max_value=2**62, label=_("Theme"))
    reply_status = filters.MultipleChoiceFilter(choices=ReplyStatus.choices, label=_("Reporter sees"))
    triaged = filters.BooleanFilter(field_name="triaged_at", lookup_expr="isnull", exclude=True, label=_("Triaged"))
    received_after = filters.IsoDateTimeFilter(field_name="received_at", lookup_expr="gte", label=_("Received after"))
    received_before = filters.IsoDateTimeFilter(field_name="received_at", lookup_expr="lt", label=_("Received before"))

    class Meta:
        model = Feedback
        fields: list[str] = []

    def search(self, rows: QuerySet[Feedback], name: str, value: str) -> QuerySet[Feedback]:  # noqa: ARG002 - the framework's interface
        """Full text; a key such as HC-12 finds that report."""
        if value.upper().startswith("HC-") and value[3:].isdecimal() and len(value) < 22:
            return rows.filter(pk=int(value[3:]))
        untriaged = Q(triaged_at=None) & Q(title__icontains=value)
        return rows.filter(Q(search=words_query(value)) | untriaged)


def _names_a_figure(text: str) -> None:
    if behind.read(text) is None:
        raise ValidationError(_("Use a name as the page of times links it, such as mttr..2026-05-15..2026-05-28."))


class IssueFilter(_ByAddress):
    """Filters of the board and of `GET /api/v1/issues/`."""

    q = filters.CharFilter(method="search", max_length=200, label=_("Search"))
    status = filters.MultipleChoiceFilter(choices=IssueStatus.choices, label=_("Status"))
    open = filters.BooleanFilter(method="only_open", label=_("Open"))
    severity = filters.MultipleChoiceFilter(choices=SEVERITIES, label=_("Severity"))
    category = filters.MultipleChoiceFilter(choices=CATEGORY_NAMES, label=_("Type"))
    moscow = filters.MultipleChoiceFilter(choices=Moscow.choices, label=_("MoSCoW"))
    component = filters.CharFilter(field_name="component__slug", label=_("Component"))
    team = filters.CharFilter(field_name="team__name", label=_("Team"))
    owner = filters.CharFilter(field_name="owner__email", label=_("Owner"))
    label = filters.CharFilter(method="with_label", max_length=40, label=_("Label"))
    snoozed = filters.BooleanFilter(method="only_snoozed", label=_("Snoozed"))
    without = filters.MultipleChoiceFilter(
        method="that_lack",
        choices=[("component", _("Component")), ("team", _("Team")), ("category", _("Type")), ("owner", _("Owner"))],
        label=_("Without"),
    )
    times = filters.CharFilter(method="behind_figure", validators=[_names_a_figure], label=_("Counted as"))

    class Meta:
        model = Issue
        fields: list[str] = []

    def search(self, rows: QuerySet[Issue], name: str, value: str) -> QuerySet[Issue]:  # noqa: ARG002 - the framework's interface
        """Full text over titles; a key such as IS-12 finds that issue."""
        if value.upper().startswith("IS-") and value[3:].isdecimal() and len(value) < 22:
            return rows.filter(pk=int(value[3:]))
        return rows.filter(Q(search=words_query(value)) | Q(title__icontains=value))

    def with_label(self, rows: QuerySet[Issue], name: str, value: str) -> QuerySet[Issue]:
        """Issues that have the label; given more than once, those that have all of them."""
        given = self.data.getlist(name) if isinstance(self.data, QueryDict) else [value]
        wanted = sorted({one.strip().lower() for one in given})
        return rows.none() if any("\x00" in one for one in wanted) else rows.filter(labels__contains=wanted)

    def only_open(self, rows: QuerySet[Issue], name: str, value: bool) -> QuerySet[Issue]:  # noqa: ARG002
        """Open or ended issues."""
        return rows.filter(status__in=OPEN_STATUSES if value else ENDED_STATUSES)

    def only_snoozed(self, rows: QuerySet[Issue], name: str, value: bool) -> QuerySet[Issue]:  # noqa: ARG002
        """Issues that sleep now, or those that do not."""
        sleeping = Q(snoozed_until__gt=Now())
        return rows.filter(sleeping, status__in=OPEN_STATUSES) if value else rows.exclude(sleeping)

    def that_lack(self, rows: QuerySet[Issue], name: str, value: list[str]) -> QuerySet[Issue]:  # noqa: ARG002
        """Issues that have none of it."""
        for lacks in value:
            rows = rows.filter(**({"category": ""} if lacks == "category" else {f"{lacks}__isnull": True}))
        return rows

    def behind_figure(self, rows: QuerySet[Issue], name: str, value: str) -> QuerySet[Issue]:  # noqa: ARG002
        """The issues that a figure of times counts."""
        return behind.matching(rows, value, now=clock.now())


_OF_EVERY_LIST = {"launch", "cursor", "page_size", "format"}


def refuse_unknown(params: QueryDict, known: type[_ByAddress], *, fields: bool = False) -> None:
    """Raises Problem 400 for a filter nobody knows: a script that misspells one must not get every row."""
    for name in params:
        if name in _OF_EVERY_LIST or name in known.base_filters or (fields and name.startswith("field.")):
            continue
        detail = _("There is no filter “%(name)s”; known are: %(known)s.") % {
            "name": name[:80], "known": ", ".join([*known.base_filters, *(["field.<key>"] if fields else [])])}  # fmt: skip
        raise wrong(f"/{name[:80]}", detail)


def by_custom_fields(rows: QuerySet[Feedback], params: Any, launch: Launch) -> QuerySet[Feedback]:
    """Applies every `field.<key>=<value>` of the query; an unknown key or a value of the wrong kind finds nothing."""
    wanted = {name[6:]: params.getlist(name)[-1] for name in params if name.startswith("field.") and params[name] != ""}
    if not wanted:
        return rows
    kinds = dict(FieldDefinition.objects.filter(launch=launch).values_list("key", "kind"))
    for key, text in wanted.items():
        value = _typed(text, kinds.get(key))
        rows = rows.none() if value is None else rows.filter(fields__contains={key: value})
    return rows


def _typed(text: str, kind: str | None) -> Any:
    if kind is None or "\x00" in text:
        return None
    if kind == FieldKind.BOOLEAN:
        return {"true": True, "false": False}.get(text.lower())
    if kind == FieldKind.NUMBER:
        try:
            number = parse(text.encode("utf-8", "replace"), max_bytes=MAX_NUMBER_LENGTH)
        except BadJson:
            return None
        return number if isinstance(number, int | float) and not isinstance(number, bool) else None
    return text


@dataclass(frozen=True)
class ActiveFilter:
    """One filter of the address in words, and the address without it."""

    name: str
    value: str
    label: str
    word: str
    without: str


def active_filters(query: QueryDict, found: filters.FilterSet, *, fields: dict[str, str]) -> list[ActiveFilter]:
    """The filters of the address one by one; `fields` holds the labels of the launch's own fields by key."""
    chips = []
    for name, values in query.lists():
        known = found.filters.get(name)
        label = known.label if known else fields.get(name.removeprefix("field.")) if name.startswith("field.") else None
        if label is None:
            continue
        words = dict(known.extra.get("choices", ())) if known else {}
        for value in dict.fromkeys(values):
            if value:
                rest = _without(query, name, value)
                word = behind.in_words(value) if name == "times" else words.get(value, value)
                chips.append(ActiveFilter(name, value, str(label), str(word), rest))
    return chips


def filter_text(query: QueryDict, found: filters.FilterSet, *, also: dict[str, str] | None = None) -> str:
    """The filters of the address alone, as an order for all that they match names them."""
    kept = QueryDict(mutable=True)
    for name, values in query.lists():
        if name in found.filters and name not in (also or {}):
            kept.setlist(name, [value for value in values if value])
    kept.update(also or {})
    return kept.urlencode()


def list_query(query: QueryDict, found: filters.FilterSet) -> str:
    """The board's filters for the list that goes on where a column ends, which adds its own status."""
    kept = QueryDict(filter_text(query, found), mutable=True)
    for name in ("status", "open"):
        kept.pop(name, None)
    kept.setdefault("snoozed", "false")
    return kept.urlencode()


def without_control(active: list[ActiveFilter], *, controls: set[str]) -> list[ActiveFilter]:
    """The filters a form keeps by hidden fields: those without a control, or with more values than it can hold."""
    counts = Counter(one.name for one in active)
    return [one for one in active if one.name not in controls or counts[one.name] > 1]


def single_choice(query: QueryDict, name: str) -> str:
    """The value of a filter that is chosen once, for a control that can hold one."""
    values = {value for value in query.getlist(name) if value}
    return values.pop() if len(values) == 1 else ""


def _without(query: QueryDict, name: str, value: str) -> str:
    rest = query.copy()
    rest.setlist(name, [kept for kept in rest.getlist(name) if kept != value])
    rest.pop("cursor", None)
    return f"?{rest.urlencode()}"
