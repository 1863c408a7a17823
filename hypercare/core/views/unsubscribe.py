"""This module ends the daily report for one reader, from the link in the mail, without a sign-in (RFC 8058)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from hypercare.core import clock, subscriptions


# A mail program posts here by itself, without cookies; the secret in the address is all it has.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, secret: str) -> HttpResponse:
    """GET only asks, for scanners follow links; POST ends the mail, or with `again` brings it back."""
    subscription = subscriptions.subscription_behind(secret)
    if request.method == "POST":
        change = subscriptions.resume if "again" in request.POST else subscriptions.end
        change(subscription, now=clock.now())
        subscription.refresh_from_db()
    return render(
        request,
        "core/unsubscribe.html",
        {
            "subscription": subscription,
            "launch_name": subscription.launch.name,
            "changed": request.method == "POST",
        },
    )
