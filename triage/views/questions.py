"""This module asks people what reports are, one after the other, those first whose answers teach the model most."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from feedback.models import Feedback
from hypercare.core import clock
from hypercare.core.access import Principal
from hypercare.core.problem import Problem
from hypercare.core.roles import Right
from hypercare.core.templatetags.hypercare_ui import CATEGORY_WORDS, SENTIMENT_WORDS, SEVERITY_WORDS, field_word
from hypercare.core.views.place import enter
from triage.access import access_feedback
from triage.classify.versions import FIELDS
from triage.learn.questions import answered, questions_of

MOST_SKIPPED = 50
# One key each, none of which the page uses otherwise; the machine's own answer stands first.
_KEYS = "1234567890qweruiopa"


@login_required
@require_GET
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """The next question, or that there is none."""
    launch, _actor = enter(request, slug, right=Right.TRIAGE)
    field, skipped = _field(request.GET.get("field", "")), _skipped(request.GET.get("skip", ""))
    waiting = questions_of(launch, field=field, now=clock.now(), skipped=skipped)
    first = waiting[0] if waiting else None
    context = {
        "nav_active": "inbox",
        "field": field,
        "fields": FIELDS,
        "question": first,
        "left": len(waiting),
        "answers": _answers(field, first.said.value) if first else [],
        "skip": ",".join(map(str, [*skipped, first.report.pk][-MOST_SKIPPED:])) if first else "",
        "skipped": ",".join(map(str, skipped)),
    }
    return render(request, "triage/questions.html", context)


def _answers(field: str, said: str) -> list[tuple[str, str, str]]:
    """Each possible answer with its word and key, the machine's first."""
    words = {
        "category": {name: str(word) for name, word in CATEGORY_WORDS.items()},
        "severity": {str(level): f"SEV{level} {word}" for level, word in SEVERITY_WORDS.items()},
        "sentiment": {name: str(word) for name, word in SENTIMENT_WORDS.items()},
    }[field]
    order = sorted(words, key=lambda value: value != said)
    return [(value, words[value], key) for value, key in zip(order, _KEYS, strict=False)]


@login_required
@require_POST
def answer(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Takes an answer as a person's decision about the report, and asks the next."""
    launch, actor = enter(request, slug, right=Right.TRIAGE)
    row = access_feedback(Principal.of(request), key, right=Right.TRIAGE)
    if row.launch_id != launch.pk:
        raise Problem(404, _("There is no %(key)s here for you.") % {"key": key[:40]})
    field = _field(request.POST.get("field", ""))
    try:
        answered(row, field=field, value=request.POST.get("value", ""), actor=actor, now=clock.now())
        messages.success(request, _set(row, field))
    except Problem as problem:
        messages.error(request, problem.detail)
    query = {"field": field} | (
        {"skip": skip} if (skip := ",".join(map(str, _skipped(request.POST.get("skip", ""))))) else {}
    )
    return redirect(f"{reverse('triage:questions', args=[slug])}?{urlencode(query)}")


def _set(row: Feedback, field: str) -> str:
    """What was done, with the way to where it can be taken back."""
    address = reverse("triage:feedback", args=[row.launch.slug, row.key])
    told = _("%(key)s: %(field)s is set.") % {"key": row.key, "field": field_word(field)}
    return format_html('<a href="{}">{}</a>', address, told)


def _field(text: str) -> str:
    return text if text in FIELDS else FIELDS[0]


def _skipped(text: str) -> list[int]:
    parts = text.split(",")[:MOST_SKIPPED]
    return [int(part) for part in parts if part.isascii() and part.isdecimal() and len(part) < 18]
