"""This module takes a person's orders about an analysis and its fishbone, and goes back to where they show."""

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from hypercare.core import clock
from hypercare.core.access import Principal
from hypercare.core.problem import Problem, not_found
from hypercare.core.roles import Right
from triage.models import Issue, Why
from triage.rootcause import analysis, bones, whys
from triage.rootcause.twigs import WHYS
from triage.views.causes import back, named, row_of
from triage.views.posted import posted


def _begin(issue: Issue, _request: HttpRequest, who: Principal) -> str:
    analysis.begin(issue, actor=who.actor, now=clock.now())
    return ""


def _step(issue: Issue, request: HttpRequest, who: Principal) -> str:
    number = _number(request, "why")
    whys.step(issue, number, steps=-1 if "up" in request.POST else 1, actor=who.actor, now=clock.now())
    return f"#why-{number}"


def _remove(issue: Issue, request: HttpRequest, who: Principal) -> str:
    gone = whys.remove(issue, _number(request, "why"), actor=who.actor, now=clock.now())
    messages.success(request, _gone(gone))
    return "#gone"


def _put_back(issue: Issue, request: HttpRequest, who: Principal) -> str:
    row = whys.put_back(issue, _number(request, "why"), actor=who.actor, now=clock.now())
    return f"#why-{row.pk}"


def _drop_evidence(issue: Issue, request: HttpRequest, who: Principal) -> str:
    number, ref = _number(request, "why"), posted(request, "ref")
    row: Why = row_of(issue, number, WHYS)
    new = whys.WhySaid(evidence=[one for one in row.evidence if one["ref"] != ref])
    whys.change(issue, number, new, actor=who.actor, now=clock.now(), version=row.version)
    return f"#why-{number}"


def _make_root(issue: Issue, request: HttpRequest, who: Principal) -> str:
    whys.make_root_cause(issue, _number(request, "why"), actor=who.actor, now=clock.now())
    return "#short"


def _preset(issue: Issue, request: HttpRequest, who: Principal) -> str:
    bones.add_preset(issue, posted(request, "preset"), actor=who.actor, now=clock.now())
    return ""


def _add_bone(issue: Issue, request: HttpRequest, who: Principal) -> str:
    under = _number(request, "under") if request.POST.get("under") else None
    said = bones.BoneSaid(posted(request, "text"))
    made = bones.add(issue, said, under=under, actor=who.actor, now=clock.now())
    return f"#bone-{under or made.pk}"


def _mark_bone(issue: Issue, request: HttpRequest, who: Principal) -> str:
    number, said = _number(request, "bone"), bones.BoneSaid(standing=posted(request, "standing"))
    bones.change(issue, number, said, actor=who.actor, now=clock.now())
    return f"#bone-{number}"


def _remove_bone(issue: Issue, request: HttpRequest, who: Principal) -> str:
    gone = bones.remove(issue, _number(request, "bone"), actor=who.actor, now=clock.now())
    messages.success(request, _gone(gone))
    return "#gone"


def _put_back_bone(issue: Issue, request: HttpRequest, who: Principal) -> str:
    row = bones.put_back(issue, _number(request, "bone"), actor=who.actor, now=clock.now())
    return f"#bone-{row.pk}"


def _promote(issue: Issue, request: HttpRequest, who: Principal) -> str:
    made = whys.add(issue, whys.WhySaid(), under=None, bone=_number(request, "bone"), actor=who.actor, now=clock.now())
    messages.success(request, _("It is a first why now: %(text)s") % {"text": made.text})
    return f"#bone-{_number(request, 'bone')}"


Order = Callable[[Issue, HttpRequest, Principal], str]
ORDERS: dict[str, Order] = {
    "begin": _begin, "step": _step, "remove": _remove, "put-back": _put_back, "drop-evidence": _drop_evidence,
    "make-root": _make_root,
}  # fmt: skip
ORDERS_OF_FISHBONE: dict[str, Order] = {
    "preset": _preset, "add-bone": _add_bone, "mark-bone": _mark_bone, "remove-bone": _remove_bone,
    "put-back-bone": _put_back_bone, "promote": _promote,
}  # fmt: skip


@require_POST
@login_required
def order(request: HttpRequest, slug: str, key: str, name: str) -> HttpResponse:
    """Does one thing to the analysis and goes back to where it shows; what was wrong is said there."""
    who, issue = named(request, slug, key, right=Right.TRIAGE)
    do = (ORDERS | ORDERS_OF_FISHBONE).get(name)
    if do is None:
        raise not_found(_("There is nothing here."))
    place = ""
    try:
        place = do(issue, request, who)
    except Problem as problem:
        messages.error(request, problem.detail)
    return back(issue, place, page="triage:cause_fishbone" if name in ORDERS_OF_FISHBONE else "triage:cause")


def _number(request: HttpRequest, name: str) -> int:
    text = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def _gone(number: int) -> str:
    said = ngettext("%(n)s row removed; it can be put back.", "%(n)s rows removed; they can be put back.", number)
    return said % {"n": number}
