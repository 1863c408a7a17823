"""This module lets people make, see and revoke their own API tokens; a secret is shown once."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from hypercare.core import clock, tokens
from hypercare.core.access import Principal, visible_launches
from hypercare.core.forms.people import TokenForm
from hypercare.core.problem import not_found
from hypercare.core.roles import Scope


@never_cache
@require_http_methods(["GET", "POST"])
@login_required
def mine(request: HttpRequest) -> HttpResponse:
    """The person's tokens, and a form that makes one."""
    principal = Principal.of(request)
    now = clock.now()
    form = TokenForm(request.POST or None, launches=visible_launches(principal))
    secret = ""
    if form.is_valid():
        data, lifetime = form.cleaned_data, form.lifetime
        _token, secret = tokens.issue(
            principal.user,
            launch=data["launch"],
            name=data["name"],
            scopes=data["scopes"],
            expires_at=now + lifetime if lifetime else None,
            actor=principal.actor,
            now=now,
        )
        form = TokenForm(launches=visible_launches(principal))
    rows = [
        {
            "token": token,
            "scopes": [str(Scope(scope).label) for scope in token.scopes if scope in Scope.values],
            "expired": bool(token.expires_at and token.expires_at <= now),
        }
        for token in principal.user.tokens.select_related("launch").order_by("-pk")[:200]
    ]
    context = {"form": form, "rows": rows, "secret": secret}
    return render(request, "core/tokens.html", context, status=400 if form.is_bound else 200)


@require_POST
@login_required
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Ends one of the person's own tokens."""
    principal = Principal.of(request)
    token = principal.user.tokens.filter(pk=pk).first()
    if token is None:
        raise not_found(_("You have no such token."))
    tokens.revoke(token, actor=principal.actor, now=clock.now())
    messages.success(request, _("“%(name)s” is revoked; whoever still sends it is refused.") % {"name": token.name})
    return redirect("core:tokens")
