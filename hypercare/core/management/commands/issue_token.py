"""This module is `manage.py issue_token`: a token for an account, printed once as the last word."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from hypercare.core import clock, tokens
from hypercare.core.access import Principal
from hypercare.core.invitations import account_of
from hypercare.core.management.lookup import launch_named
from hypercare.core.models import Launch, User
from hypercare.core.roles import Scope
from hypercare.core.timeline import SYSTEM


class Command(BaseCommand):
    """Issues an API token."""

    help = "Issue an API token for an account; the token is the last word of the output and is shown this once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Names what can be chosen."""
        parser.add_argument("email", help="the account's e-mail, in any case")
        parser.add_argument("--launch", default="", help="slug of the one launch it is for; without it, all of theirs")
        parser.add_argument("--scope", action="append", required=True, choices=Scope.values, dest="scopes")
        parser.add_argument("--expires-days", type=int, default=0, help="days until it ends; 0 is never")
        parser.add_argument("--name", default="", help="what will use it")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Prints the token; raises CommandError with the cure."""
        user = account_of(options["email"])
        if user is None:
            told = _("There is no account %(email)s; make one with manage.py add_member.")
            raise CommandError(told % {"email": options["email"]})
        if options["expires_days"] < 0:
            raise CommandError(_("--expires-days counts from today; write 0 for never, or a number of days."))
        launch = launch_named(options["launch"]) if options["launch"] else None
        self._warn(user, launch)
        now = clock.now()
        token, secret = tokens.issue(
            user,
            launch=launch,
            name=options["name"] or _("from the command line"),
            scopes=options["scopes"],
            expires_at=now + timedelta(days=options["expires_days"]) if options["expires_days"] else None,
            actor=SYSTEM,
            now=now,
        )
        facts = {"email": user.email, "scopes": " ".join(token.scopes)}
        self.stdout.write(_("Token of %(email)s for %(scopes)s, shown this once:") % facts + f" {secret}")

    def _warn(self, user: User, launch: Launch | None) -> None:
        """Says so on stderr when the token will be able to do nothing yet."""
        idle = not Principal(user).role_in(launch) if launch else not (user.is_superuser or user.memberships.exists())
        if idle:
            told = _("%(email)s has no role there yet, so the token can do nothing until they have.")
            self.stderr.write(told % {"email": user.email})
