"""This module brings people into a launch by e-mail: a new address gets an account and a link to set a password."""

from datetime import datetime

from allauth.account import app_settings
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from hypercare.core.members import set_member
from hypercare.core.messages import queue_mail
from hypercare.core.models import Launch, Membership, MessageKind, User
from hypercare.core.roles import Role
from hypercare.core.timeline import Actor, Entry, record


@transaction.atomic
def invite(launch: Launch, email: str, *, role: str, actor: Actor, now: datetime, name: str = "") -> Membership:
    """Gives the person of an address a role and tells them once; an unknown address becomes an account."""
    user = account_of(email) or _new_account(email, name=name, now=now)
    membership = set_member(launch, user, role=role, actor=actor, now=now)
    _write(membership, actor=actor, now=now, once_key=f"invitation:{launch.pk}:{user.pk}")
    return membership


@transaction.atomic
def invite_again(membership: Membership, *, actor: Actor, now: datetime) -> None:
    """Sends the invitation once more, with a fresh link; at most one each hour."""
    launch, user = membership.launch, membership.user
    _write(membership, actor=actor, now=now, once_key=f"invitation:{launch.pk}:{user.pk}:{now:%Y%m%d%H}")
    record(launch, [Entry(f"user:{user.pk}", "member.invited")], actor=actor, now=now)


def account_of(email: str) -> User | None:
    """The account of an address in any case."""
    return User.objects.filter(email=email.strip().lower()).first()


def password_link(user: User) -> str:
    """An address that lets its reader set the account's password, once and for three days."""
    key = app_settings.PASSWORD_RESET_TOKEN_GENERATOR().make_token(user)
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(user), "key": key})
    return settings.PUBLIC_URL + path


def _new_account(email: str, *, name: str, now: datetime) -> User:
    try:
        with transaction.atomic():
            # Whoever invites writes in the language they share, until the person chooses another.
            language = translation.get_language() or settings.LANGUAGE_CODE
            return User.objects.create_user(email=email, name=name, language=language, created_at=now)
    except IntegrityError:  # somebody else just made it
        return User.objects.get_by_natural_key(email)


def _write(membership: Membership, *, actor: Actor, now: datetime, once_key: str) -> None:
    """The mail belongs to no launch: its link opens an account, which a launch's lead may not read in the Outbox."""
    user, launch = membership.user, membership.launch
    with translation.override(user.language):
        facts = {"actor": actor.name, "launch": launch.name, "role": Role(membership.role).label}
        subject = _("You are invited to %(launch)s") % facts
        text = "\n\n".join(
            [_("%(actor)s has added you to “%(launch)s” as: %(role)s.") % facts, _what_it_is(), _way_in(user)]
        )
    queue_mail(
        launch=None,
        kind=MessageKind.INVITATION,
        about=f"user:{user.pk}",
        to_address=user.email,
        language=user.language,
        subject=subject,
        text=text + "\n",
        once_key=once_key,
        now=now,
    )


def _what_it_is() -> str:
    return _("Hypercare gathers what people and machines say about the launch, and shows what is being done about it.")


def _way_in(user: User) -> str:
    if user.has_usable_password():
        return _("Sign in and you are there: %(address)s") % {"address": f"{settings.PUBLIC_URL}/"}
    return _(
        "Choose a password within three days, and you are in:\n%(link)s\n\n"
        "Later than that? Ask for a new link at %(again)s with this address, %(email)s."
    ) % {
        "link": password_link(user),
        "again": settings.PUBLIC_URL + reverse("account_reset_password"),
        "email": user.email,
    }
