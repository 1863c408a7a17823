"""This module authenticates API requests: a Bearer token, or the browser's session with its CSRF token."""

from datetime import timedelta

from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from hypercare.core import clock
from hypercare.core.models import ApiToken, User
from hypercare.core.secrets import digest

_USE_NOTED_EVERY = timedelta(minutes=1)


def token_of(secret: str) -> ApiToken:
    """The live token of a secret; raises AuthenticationFailed with the reason and the cure."""
    now = clock.now()
    token = ApiToken.objects.select_related("user").filter(digest=digest(secret)).first()
    if token is None or not token.user.is_active:
        raise AuthenticationFailed(_("This token is not known. Make one under Settings, Tokens."))
    if token.revoked_at:
        raise AuthenticationFailed(_("This token was revoked. Make a new one under Settings, Tokens."))
    if token.expires_at and token.expires_at <= now:
        raise AuthenticationFailed(
            _("This token expired on %(day)s. Make a new one under Settings, Tokens.")
            % {"day": f"{token.expires_at:%Y-%m-%d}"}
        )
    if token.last_used_at is None or now - token.last_used_at > _USE_NOTED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token


class BearerToken(BaseAuthentication):
    """`Authorization: Bearer <token>`; when the header is there, cookies do not count."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """The token's owner and the token; None without the header."""
        header = request.headers.get("Authorization", "")
        if not header:
            return None
        scheme, _space, secret = header.partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            raise AuthenticationFailed(_("Send the token as Authorization: Bearer <token>."))
        token = token_of(secret.strip())
        return token.user, token

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002 - the framework's interface
        """What a 401 asks for."""
        return 'Bearer realm="hypercare"'


class BrowserSession(SessionAuthentication):
    """The signed-in browser; every change needs its CSRF token."""
