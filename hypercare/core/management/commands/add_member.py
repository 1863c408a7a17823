"""This module is `manage.py add_member`: a role in a launch for an address; a new address becomes an account."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from hypercare.core import clock
from hypercare.core.invitations import invite, password_link
from hypercare.core.management.lookup import launch_named
from hypercare.core.problem import Problem
from hypercare.core.roles import Role
from hypercare.core.timeline import SYSTEM


class Command(BaseCommand):
    """Gives a person a role in a launch."""

    help = "Give the account of an e-mail a role in a launch; a new address becomes an account with an invitation."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Names what can be chosen."""
        parser.add_argument("email", help="the account's e-mail, in any case")
        parser.add_argument("--launch", required=True, help="slug of the launch")
        parser.add_argument("--role", required=True, choices=Role.values)
        parser.add_argument("--name", default="", help="the person's name, for a new account")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Says what was done and, for an account without a password, how to set one; raises CommandError."""
        launch = launch_named(options["launch"])
        email = options["email"].strip().lower()
        try:
            validate_email(email)
            invited = invite(launch, email, role=options["role"], name=options["name"], actor=SYSTEM, now=clock.now())
        except ValidationError as error:
            raise CommandError(_("“%(email)s” is no e-mail address.") % {"email": options["email"]}) from error
        except Problem as problem:
            raise CommandError(problem.detail) from problem
        facts = {"email": email, "launch": launch.slug, "role": invited.role}
        self.stdout.write(_("%(email)s is %(role)s in %(launch)s.") % facts)
        if not invited.user.has_usable_password():
            self.stdout.write(_("The invitation is in the Outbox. To set a password, within three days, once:"))
            self.stdout.write(password_link(invited.user))
