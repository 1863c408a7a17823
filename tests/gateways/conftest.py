"""This module gives trials of real programs a served product, and the very configuration that its page shows."""

import shlex
from collections import Counter

import pytest
from django.core.management import call_command
from django.db import connection

from gateway_ingest import programs, sources, windows
from gateway_ingest.models import CallKind, Window
from hypercare.core import clock
from hypercare.core.timeline import SYSTEM


class Product:
    """A served product with a source for one program."""

    def __init__(self, launch, url, name):
        self.program = programs.PROGRAMS[name]
        self.url, self.launch = url, launch
        self.source, self.key = sources.create(launch, name=name, program=name, actor=SYSTEM, now=clock.now())
        self.texts = [piece.text for piece in programs.pieces(self.program, url=url, key=self.key)]

    def ship(self, log, place):
        """Runs the shown command on this log instead of the one in the usual place, once and not for ever."""
        (text,) = [text for text in self.texts if "ship_log" in text]
        words = shlex.split(text.replace("\\\n", " ").replace(place, str(log)))
        assert words[:3] == ["python3", "manage.py", "ship_log"]
        call_command(*[word for word in words[2:] if word != "--follow"])

    def windows(self):
        """How many calls the windows count, by route and class of status."""
        windows.fold()
        found = Counter()
        for window in Window.objects.filter(kind__launch=self.launch).select_related("kind"):
            found[f"{window.kind.method} {window.kind.route} {window.kind.status_class}xx"] += window.calls
        return dict(found)

    def components(self):
        """What the program calls the parts that served."""
        return set(CallKind.objects.filter(launch=self.launch).values_list("hint", flat=True))

    def traces(self):
        """The traces of the stored calls."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT trace_id FROM gateway_ingest_call c JOIN gateway_ingest_calldetail d ON d.id = c.detail "
                "WHERE d.source_id = %s",
                [self.source.pk],
            )
            return {row[0].hex for row in cursor.fetchall()}


@pytest.fixture
def product(transactional_db, site, launch):
    """The served product, given a program's name."""
    return lambda name: Product(launch, site.url, name)
