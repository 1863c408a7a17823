"""This module does what the story's people learn from an incident: they review it, promise, and write down what to do."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from triage.demo import lookup
from triage.demo.stage import Stage
from triage.demo.story import Event
from triage.knowledge import runbooks
from triage.knowledge.writing import Content, draft, publish
from triage.models import Article, Issue, Review
from triage.review import follow_ups, writing
from triage.warroom import promises

Data = Mapping[str, Any]


def learn(stage: Stage, event: Event, *, now: datetime) -> None:
    """Does one thing in a review or to an article; what is about an issue that triage did not make is left out."""
    _LESSONS[event.what](stage, event.data, now)


def _review(stage: Stage, data: Data, now: datetime) -> None:
    issue = lookup.issue_of(stage, data["issue"])
    if issue is None:
        return
    actor, do = stage.actor(data["who"]), data["do"]
    if do == "begin":
        writing.begin(issue, actor=actor, now=now)
    elif do == "follow_up":
        owner, due_at = stage.people[data["owner"]], now + timedelta(days=data["days"])
        follow_ups.follow_up(issue, what=data["promised"], owner=owner, due_at=due_at, actor=actor, now=now)
    elif do == "keep":
        for one in promises.open_of(stage.launch).filter(about=issue.key, owner=stage.people[data["who"]]):
            promises.end(one, kept=True, actor=actor, now=now)
    elif do == "write":
        review = _of(issue)
        writing.write(review, section=data["section"], text=data["text"], version=0, actor=actor, now=now)
    else:
        writing.publish(_of(issue), actor=actor, now=now)


def _of(issue: Issue) -> Review:
    review = Review.objects.select_related("launch").get(issue=issue)
    review.issue = issue
    return review


def _article(stage: Stage, data: Data, now: datetime) -> None:
    if data["do"] == "write":
        _write(stage, data, now)
        return
    runbook = Article.objects.get(launch=stage.launch, title=_titles(stage)[data["name"]])
    runbooks.tell(
        runbook, issue=runbook.issue, worked=data["do"] == "worked", person=stage.people[data["who"]], now=now
    )


def _write(stage: Stage, data: Data, now: datetime) -> None:
    content = Content(
        **{name: data[name] for name in ("title", "body", "steps", "words")},
        components=tuple(data["components"]),
        categories=tuple(data["categories"]),
    )
    issue = lookup.issue_of(stage, data["from"]) if "from" in data else None
    actor = stage.actor(data["who"])
    made = draft(stage.launch, kind=data["kind"], content=content, issue=issue, actor=actor, now=now)
    publish(made, actor=actor, now=now)


def _titles(stage: Stage) -> dict[str, str]:
    """What the story calls an article, and its title."""
    written = (event.data for event in stage.story.lessons if event.data["do"] == "write" and event.what == "article")
    return {data["name"]: data["title"] for data in written}


_LESSONS: dict[str, Callable[[Stage, Data, datetime], None]] = {"review": _review, "article": _article}
