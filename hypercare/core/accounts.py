"""This module decides who may open an account: people who were invited or come through the configured provider."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.http import HttpRequest

from hypercare.core.members import rights_changed
from hypercare.core.models import User


class InvitedOnly(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """No open sign-up: accounts come from invitations."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 - the adapter's interface
        """Never."""
        return False

    def logout(self, request: HttpRequest) -> None:
        """Ends the session, then its open sockets."""
        user = request.user
        super().logout(request)
        if isinstance(user, User):
            rights_changed(user)


class InvitedOnlySocial(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Single sign-on may make an account; what it may see still needs a membership."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: object) -> bool:  # noqa: ARG002 - the adapter's interface
        """The provider vouches for the person."""
        return True

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: dict[str, Any]) -> User:
        """Takes over the name the provider tells."""
        user: User = super().populate_user(request, sociallogin, data)
        user.email = user.email.lower()
        user.name = " ".join(
            str(data.get("name") or f"{data.get('first_name') or ''} {data.get('last_name') or ''}").split()
        )[:120]
        return user


def owns_address(user: User) -> bool:
    """Whether the address is proven: somebody invited it, or a provider or a confirming link vouched for it."""
    return not EmailAddress.objects.filter(user=user, email__iexact=user.email, verified=False).exists()
