"""This module decides who may open an account, by invitation or single sign-on, and whose an address is."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.http import HttpRequest

from hypercare.core.models import User


class InvitedOnly(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """No open sign-up: accounts come from invitations."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 - the adapter's interface
        """Never."""
        return False


class InvitedOnlySocial(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Single sign-on may make an account; what it may see still needs a membership."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: object) -> bool:  # noqa: ARG002 - the adapter's interface
        """The provider vouches for the person."""
        return True


def owns_address(user: User) -> bool:
    """Whether the account's address is the person's: given by an administrator, or changed and then confirmed."""
    rows = EmailAddress.objects.filter(user=user, email__iexact=user.email)
    return not rows.exists() or rows.filter(verified=True).exists()
