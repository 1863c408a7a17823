"""This module tests that a launch's pages show times in the launch's zone, and that the next request starts clean."""

import pytest
from django.test import Client
from django.utils import timezone

from feedback import intake
from feedback.report import read_report
from hypercare.core.timeline import SYSTEM

pytestmark = pytest.mark.django_db


def test_inbox_shows_the_launchs_time_and_leaves_no_zone_behind(launch, people, now):
    read = read_report({"channel": "api", "title": "Product pages answer 503"}, source="token:1")[0]
    intake.accept(launch, read, actor=SYSTEM, now=now)
    client = Client()
    client.force_login(people["lead"])
    page = client.get("/launches/shop/inbox/").content.decode()
    assert "14:32" in page
    assert "12:32" not in page
    assert timezone.get_current_timezone_name() == "UTC"
