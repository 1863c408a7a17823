"""This module is `manage.py record_deployment`: a release went live, said by a pipeline that runs beside the product."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_naive, make_aware
from django.utils.translation import gettext as _

from gateway_ingest.deployments import NewDeployment, name_of, record_deployment
from hypercare.core import clock
from hypercare.core.management.lookup import launch_named
from hypercare.core.problem import Problem
from hypercare.core.timeline import Actor


class Command(BaseCommand):
    """Records a deployment."""

    help = "Records that a release went live and prints its name, for example DP-3."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Names what can be said of it."""
        parser.add_argument("--launch", required=True, metavar="SLUG")
        parser.add_argument("--release", required=True, metavar="VERSION", help="what went live, for example 1.8.2")
        parser.add_argument("--environment", default="production")
        parser.add_argument("--component", default="", metavar="SLUG", help="left out: the whole launch")
        parser.add_argument("--at", default="", metavar="TIME", help="when, for example 2026-05-28T13:09:00Z; now")
        parser.add_argument("--summary", default="")
        parser.add_argument("--external-id", default="", help="the same id again changes nothing")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Records it and prints its name."""
        launch = launch_named(options["launch"])
        moment = parse_datetime(options["at"]) if options["at"] else None
        if options["at"] and moment is None:
            raise CommandError(_("--at must be a time such as 2026-05-28T13:09:00Z."))
        new = NewDeployment(
            version=options["release"][:80],
            environment=options["environment"][:40],
            component=options["component"],
            deployed_at=make_aware(moment) if moment and is_naive(moment) else moment,
            summary=options["summary"],
            external_id=options["external_id"][:200],
        )
        try:
            row, _created = record_deployment(
                launch, new, source="command", actor=Actor("record_deployment"), now=clock.now()
            )
        except Problem as problem:
            raise CommandError(str(problem.detail)) from problem
        self.stdout.write(name_of(row))
