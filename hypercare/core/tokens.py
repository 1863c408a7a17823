"""This module issues and revokes API tokens; the secret is shown once."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from hypercare.core.members import rights_changed
from hypercare.core.models import ApiToken, Launch, User
from hypercare.core.problem import wrong
from hypercare.core.roles import Scope
from hypercare.core.secrets import digest, hint, new_secret
from hypercare.core.timeline import Actor, Entry, record


@transaction.atomic
def issue(
    user: User,
    *,
    launch: Launch | None,
    name: str,
    scopes: list[str],
    expires_at: datetime | None,
    actor: Actor,
    now: datetime,
) -> tuple[ApiToken, str]:
    """A new token and its secret; raises Problem 400 for an unknown scope."""
    unknown = [scope for scope in scopes if scope not in Scope.values]
    if unknown or not scopes:
        detail = _("Choose at least one of %(known)s.") % {"known": ", ".join(Scope.values)}
        raise wrong("/scopes", detail)
    secret = new_secret("hc")
    token = ApiToken.objects.create(
        user=user,
        launch=launch,
        name=name,
        scopes=sorted(set(scopes)),
        digest=digest(secret),
        hint=hint(secret),
        created_at=now,
        expires_at=expires_at,
    )
    entry = Entry(f"token:{token.pk}", "token.issued", {"name": name, "scopes": token.scopes, "owner": user.pk})
    record(launch, [entry], actor=actor, now=now)
    return token, secret


@transaction.atomic
def revoke(token: ApiToken, *, actor: Actor, now: datetime) -> None:
    """Ends a token at once, and the sockets that were opened with it."""
    if token.revoked_at:
        return
    token.revoked_at = now
    token.save(update_fields=["revoked_at"])
    record(
        token.launch,
        [Entry(f"token:{token.pk}", "token.revoked", {"name": token.name})],
        actor=actor,
        now=now,
    )
    rights_changed(token.user)
