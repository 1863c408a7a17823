"""This module shows who belongs to a launch, and gives, changes and takes roles."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from hypercare.core import clock
from hypercare.core.forms.people import MemberForm, RoleForm
from hypercare.core.invitations import account_of, invite, invite_again
from hypercare.core.members import remove_member, set_member
from hypercare.core.models import Launch, Membership
from hypercare.core.problem import Problem, not_found
from hypercare.core.roles import STEERING, Right, Role
from hypercare.core.views.place import enter


@require_http_methods(["GET", "POST"])
@login_required
def members(request: HttpRequest, slug: str) -> HttpResponse:
    """The list, and a form that adds one."""
    launch, actor = enter(request, slug, right=Right.MANAGE)
    form = MemberForm(request.POST or None)
    if form.is_valid():
        email, role, name = (form.cleaned_data[field] for field in ("email", "role", "name"))
        account = account_of(email)
        if account and launch.memberships.filter(user=account).exists():
            form.add_error("email", _("%(person)s is here already; change the role in the list.") % {"person": account})
        else:
            invite(launch, email, role=role, name=name, actor=actor, now=clock.now())
            messages.success(request, _("%(email)s is added, and an invitation is on its way.") % {"email": email})
            return redirect("core:members", slug)
    rows = launch.memberships.select_related("user").order_by("user__name", "user__email")
    steering = [row.pk for row in rows if row.role in STEERING]
    context = {
        "nav_active": "settings",
        "tab": "members",
        "form": form,
        "rows": rows,
        "roles": Role.choices,
        "smtp": settings.SMTP_CONFIGURED,
        "last": steering[0] if len(steering) == 1 else None,
    }
    return render(request, "core/settings/members.html", context, status=400 if form.is_bound else 200)


@require_POST
@login_required
def change_role(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Gives a member another role."""
    launch, actor = enter(request, slug, right=Right.MANAGE)
    member = _member(launch, pk)
    form = RoleForm(request.POST)
    if not form.is_valid():
        raise Problem(400, _("Choose one of %(roles)s.") % {"roles": ", ".join(Role.values)})
    set_member(launch, member.user, role=form.cleaned_data["role"], actor=actor, now=clock.now())
    role = Role(form.cleaned_data["role"]).label
    messages.success(request, _("%(person)s is now: %(role)s.") % {"person": member.user, "role": role})
    return redirect("core:members", slug)


@require_POST
@login_required
def remove(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Takes a member out of the launch."""
    launch, actor = enter(request, slug, right=Right.MANAGE)
    member = _member(launch, pk)
    remove_member(member, actor=actor, now=clock.now())
    messages.success(request, _("%(person)s is no longer in this launch.") % {"person": member.user})
    return redirect("core:my_launches") if member.user == request.user else redirect("core:members", slug)


@require_POST
@login_required
def invite_once_more(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Sends somebody who never signed in a fresh link."""
    launch, actor = enter(request, slug, right=Right.MANAGE)
    member = _member(launch, pk)
    invite_again(member, actor=actor, now=clock.now())
    messages.success(request, _("Another invitation to %(email)s is on its way.") % {"email": member.user.email})
    return redirect("core:members", slug)


def _member(launch: Launch, pk: int) -> Membership:
    member = launch.memberships.select_related("user", "launch").filter(pk=pk).first()
    if member is None:
        raise not_found(_("There is no such member in this launch."))
    return member
