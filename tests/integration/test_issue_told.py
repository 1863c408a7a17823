"""This module tests what an issue's page says: where it may go, what happened to it and to all merged into it."""

import re
from html import unescape

import pytest

from hypercare.core.timeline import Actor
from tests.integration.rows import make_feedback, make_issue
from triage import lifecycle, merging
from triage.models import Match
from triage.notes import add_note
from triage.score import rescore

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(client, people):
    client.force_login(people["lead"])
    return client


@pytest.fixture
def alice(people):
    """Alice, as whoever does it."""
    return Actor.person(people["lead"])


def text_of(markup: str) -> str:
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", markup).split()))


def page_of(client, issue) -> str:
    return client.get(f"/launches/shop/issues/{issue.key}/").content.decode()


def options(page: str) -> list[str]:
    choice = page[page.index('<select class="form-select" id="to"') : page.index('placeholder="Why')]
    return re.findall(r'<option value="([^"]*)"', choice)


def log(page: str) -> list[str]:
    """The timeline without moments, the newest first."""
    lines = re.findall(r"<li>(.*?)</li>", page[page.index('<ol class="body log">') :].split("</ol>", maxsplit=1)[0])
    return [text_of(re.sub(r"<time.*?</time>", "", line)) for line in lines]


@pytest.mark.parametrize(
    ("status", "first"),
    [
        ("new", ["triaged", "in_progress"]),
        ("triaged", ["in_progress", "mitigated"]),
        ("in_progress", ["mitigated", "deployed", "verified", "triaged", "closed:fixed"]),
        ("deployed", ["verified", "in_progress", "mitigated", "closed:fixed"]),
        ("verified", ["closed:fixed"]),
        ("closed", ["in_progress"]),
    ],
)
def test_moves_begin_with_none_and_then_the_likely_next(lead, launch, now, status, first):
    offered = options(page_of(lead, make_issue(launch, now=now, status=status)))
    assert offered[: 1 + len(first)] == ["", *first]


def test_declining_offers_its_resolutions(lead, launch, now):
    offered = options(page_of(lead, make_issue(launch, now=now)))
    assert [value for value in offered if value.startswith("declined")] == [
        "declined:wont_do", "declined:as_designed", "declined:deferred",
    ]  # fmt: skip


def test_every_big_figure_has_its_label(lead, launch, now):
    issue = make_issue(launch, now=now, feedback_count=431, sources={"alert": 430, "widget": 1})
    text = text_of(page_of(lead, issue))
    assert "1 reports from people" in text
    assert "431 signals in all" in text


def test_a_merge_is_told_once_from_the_side_one_reads(lead, launch, now, alice):
    root, other = make_issue(launch, now=now, title="Root"), make_issue(launch, now=now, title="Other")
    lifecycle.move(other.pk, to="triaged", actor=alice, now=now)
    add_note(other, text="Seen", actor=alice, now=now)
    merging.merge(other.pk, into_id=root.pk, actor=alice, now=now)
    assert log(page_of(lead, root)) == [
        f"{other.key} was merged into this Alice Lead",
        f"{other.key} : Note: Seen Alice Lead",
        f"{other.key} : New → Triaged Alice Lead",
    ]
    assert log(page_of(lead, other))[0] == f"Merged into {root.key} Alice Lead"


def test_taking_apart_is_told_from_both_sides(lead, launch, now, alice):
    root, other = make_issue(launch, now=now, title="Root"), make_issue(launch, now=now, title="Other")
    merging.merge(other.pk, into_id=root.pk, actor=alice, now=now)
    merging.unmerge(other.pk, actor=alice, now=now)
    assert log(page_of(lead, root))[0] == f"{other.key} was taken out of this Alice Lead"
    assert log(page_of(lead, other))[0] == f"Taken out of {root.key} Alice Lead"


def test_a_card_of_machines_alone_says_that_nobody_reported(lead, launch, now):
    issue = make_issue(launch, now=now, title="Errors rise")
    row = make_feedback(launch, now=now, channel="alert", issue_key=issue.key)
    Match.objects.create(feedback=row, issue=issue, origin="rule", confidence=1, reason="alert", matched_at=now)
    rescore([issue.pk], now=now)
    card = text_of(lead.get("/launches/shop/board/").content.decode()).split("Errors rise", 1)[1]
    assert card.startswith(" no report yet alerts 1")
