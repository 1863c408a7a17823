"""This module tests who may download a report's files, and how they are served."""

from datetime import date

import pytest
from django.test import Client

from feedback import receipts
from feedback.files import SafeFile
from feedback.intake import accept
from feedback.models import Attachment
from feedback.report import Report
from hypercare.core.launches import create_launch
from hypercare.core.models import Launch
from hypercare.core.problem import Problem
from hypercare.core.timeline import SYSTEM

PAGE = SafeFile("plan “b”.txt", "text/plain", b"<script>alert(1)</script>")


def store(launch, now, *files):
    accept(launch, Report(channel="portal", source="guest", title="See the file", files=files), actor=SYSTEM, now=now)
    return Attachment.objects.latest("id")


@pytest.fixture
def file(launch, now, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return store(launch, now, PAGE)


def get_as(user, file, slug="shop"):
    client = Client()
    client.force_login(user)
    return client.get(f"/launches/{slug}/attachments/{file.pk}/")


def test_a_member_gets_the_file_as_a_download_that_no_browser_runs(file, people):
    response = get_as(people["stakeholder"], file)
    assert b"".join(response.streaming_content) == PAGE.data
    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert "no-store" in response["Cache-Control"]


def test_the_reporter_gets_the_file_by_the_secret_link(file):
    response = Client().get(f"{receipts.path_of(file.feedback)}attachments/{file.pk}/")
    assert b"".join(response.streaming_content) == PAGE.data
    assert response["Content-Disposition"].startswith("attachment")
    assert response["Referrer-Policy"] == "no-referrer"


def test_the_secret_page_names_the_file_to_download(file):
    page = Client().get(receipts.path_of(file.feedback)).content.decode()
    assert f"attachments/{file.pk}/" in page
    assert "plan “b”.txt" in page


def test_a_secret_link_opens_only_its_own_files(file, launch, now):
    other = store(launch, now, PAGE)
    assert Client().get(f"{receipts.path_of(other.feedback)}attachments/{file.pk}/").status_code == 404


@pytest.mark.parametrize(("role", "status"), [("reporter", 403), ("outsider", 404)])
def test_others_get_no_file(file, people, role, status):
    assert get_as(people[role], file).status_code == status


def test_a_guest_is_asked_to_sign_in(file):
    assert Client().get(f"/launches/shop/attachments/{file.pk}/").status_code == 302


def test_a_file_of_another_launch_is_not_found(file, people, now):
    other = Launch(slug="other", name="Other", go_live_on=date(2026, 5, 20), planned_end_on=date(2026, 6, 8))
    create_launch(other, owner=people["outsider"], now=now)
    assert get_as(people["outsider"], file, slug="other").status_code == 404


def test_a_file_that_is_gone_from_disk_is_not_found(file, people, tmp_path):
    (tmp_path / file.file.name).unlink()
    assert get_as(people["lead"], file).status_code == 404


def test_files_on_disk_belong_to_their_owner_alone_and_say_nothing_by_their_name(file, tmp_path):
    path = tmp_path / file.file.name
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert "plan" not in path.name


def test_a_folder_that_cannot_be_written_stores_nothing_at_all(launch, now, settings, tmp_path):
    blocked = tmp_path / "file-in-the-way"
    blocked.write_text("")
    settings.MEDIA_ROOT = blocked
    with pytest.raises(Problem) as refusal:
        store(launch, now, PAGE)
    assert refusal.value.status == 503
    assert not Attachment.objects.exists()
    assert not launch.feedback.exists()


def test_a_repeated_report_stores_its_file_once(launch, now, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    report = Report(channel="portal", source="guest", title="See the file", external_id="a", files=(PAGE,))
    for _ in range(2):
        accept(launch, report, actor=SYSTEM, now=now)
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1
