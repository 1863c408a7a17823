"""This module tests articles and runbooks: drafted from issues, written, found, suggested, used and gone stale."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from feedback import known
from hypercare.core.models import TimelineEntry
from hypercare.core.problem import Problem
from hypercare.core.timeline import SYSTEM, Actor
from tests.integration.rows import make_issue
from tests.integration.test_warroom import MINUTE, told
from triage.exit.metrics import METRICS
from triage.knowledge import drafting, runbooks, writing
from triage.knowledge.coverage import coverage_of
from triage.knowledge.reading import Filter, found, rows_of
from triage.knowledge.suggesting import suggested_for
from triage.knowledge.writing import Content
from triage.models import Article, RunbookUse
from triage.rootcause import analysis, whys
from triage.warroom import decided

BASE = "/launches/shop/knowledge"
DAY = timedelta(days=1)


@pytest.fixture
def lead(people):
    return Actor.person(people["lead"])


@pytest.fixture
def issue(launch, now):
    component = launch.components.get(slug="catalog-api")
    return make_issue(launch, now=now, component=component, category="availability", feedback_count=9)


def written(launch, *, now, kind="runbook", **said):
    content = Content(
        **{"title": "Warm the caches", "steps": "One\n\nTwo" if kind == "runbook" else "", "body": "x"} | said
    )
    made = writing.draft(launch, kind=kind, content=content, actor=SYSTEM, now=now)
    return writing.publish(made, actor=SYSTEM, now=now)


# drafting


def test_an_article_is_drafted_from_what_is_known_of_the_issue(issue, lead, now):
    for number, title in enumerate(("Empty product page", "The product page is empty")):
        told(None, issue, at=now + number * MINUTE, title=title)
    known.publish(issue.launch, issue_key=issue.key, title="Pages are empty", workaround="Reload the page",
                  actor=lead, now=now)  # fmt: skip
    made = drafting.draft_from(issue, kind="article", actor=lead, now=now + 5 * MINUTE)
    assert (made.title, made.state, made.issue) == (issue.title, "draft", issue)
    assert "## How people put it\n\n- Empty product page\n- The product page is empty" in made.body
    assert "- Way around it: Reload the page" in made.body
    assert (sorted(made.words.split(", ")), made.categories) == (["empty", "page", "product"], ["availability"])
    assert [one.slug for one in made.components.all()] == ["catalog-api"]


def test_a_runbook_takes_its_steps_from_what_was_done(issue, lead, now):
    decided.decide(issue.launch, about=issue.key, what="Roll back", why="", actor=lead, now=now)
    made = drafting.draft_from(issue, kind="runbook", actor=lead, now=now)
    assert made.steps == "Roll back"


def test_an_analysis_gives_a_draft_its_cause(issue, lead, now):
    whys.add(issue, whys.WhySaid("The pool is full", code="capacity"), under=None, actor=lead, now=now)
    said = analysis.Summary(symptom="Pages are empty", factors=["Nobody watched it"], missed="monitoring")
    analysis.change(issue, said, actor=lead, now=now)
    body = drafting.content_from(issue, kind="article", now=now).body
    causes = "- The pool is full\n- Nobody watched it\n- Cause code: Capacity\n- Why it was missed: Monitoring absent"
    assert body.startswith(f"## Symptom\n\nPages are empty\n\n## Cause\n\n{causes}")


# writing


def test_two_who_write_one_article_hear_of_what_the_other_changed(launch, lead, people, now):
    article = written(launch, now=now)
    noor = Actor.person(people["agent"])
    writing.change(article, content=Content("Warm them", steps="One"), version=1, actor=noor, now=now)
    with pytest.raises(Problem) as refused:
        writing.change(article, content=Content("Hot", steps="Two"), version=1, actor=lead, now=now)
    assert refused.value.detail.startswith("Agent Person changed it meanwhile (Title, Text, Steps).")
    assert refused.value.extra["changes"] == {"fields": ["title", "body", "steps"]}


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"title": ""}, "/title"),
        ({"title": "x", "steps": ""}, "/steps"),
        ({"title": "x", "steps": "1", "categories": ("nothing",)}, "/categories"),
        ({"title": "x", "steps": "1", "components": ("elsewhere",)}, "/components"),
        ({"title": "x", "steps": "1", "body": "x" * 20_001}, "/body"),
    ],
)
def test_what_a_published_runbook_cannot_be_is_refused(launch, lead, now, said, field):
    article = written(launch, now=now)
    with pytest.raises(Problem) as refused:
        writing.change(article, content=Content(**said), version=None, actor=lead, now=now)
    assert [one.pointer for one in refused.value.errors] == [field]


def test_an_article_has_no_steps(launch, lead, now):
    with pytest.raises(Problem):
        writing.draft(launch, kind="article", content=Content("x", steps="One"), actor=lead, now=now)


def test_each_change_stands_on_its_timeline(launch, lead, now):
    article = written(launch, now=now)
    writing.change(article, content=Content("Warm them", steps="One"), version=None, actor=lead, now=now)
    writing.confirm(article, actor=lead, now=now)
    writing.retire(article, actor=lead, now=now)
    kinds = TimelineEntry.objects.filter(subject=article.key).order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == [
        "article.drafted",
        "article.published",
        "article.changed",
        "article.confirmed",
        "article.retired",
    ]


def test_a_closed_launch_is_only_read(launch, people, lead, now):
    article = written(launch, now=now)
    launch.closed_at = now
    launch.save(update_fields=["closed_at"])
    for order in (
        lambda: writing.draft(launch, kind="article", content=Content("x"), actor=lead, now=now),
        lambda: writing.retire(article, actor=lead, now=now),
        lambda: runbooks.use(article, issue=None, person=people["lead"], now=now),
    ):
        with pytest.raises(Problem) as refused:
            order()
        assert refused.value.status == 409


# finding


def test_every_word_comes_up_in_what_is_found(launch, now):
    warm = written(launch, now=now, words="cold start, 503")
    article = written(launch, now=now, kind="article", title="Why pages are empty", categories=("bug",))
    writing.retire(written(launch, now=now, title="Old ways"), actor=SYSTEM, now=now)

    def find(**said):
        return list(found(launch, Filter(**said)).order_by("pk"))

    assert find() == [warm, article]
    assert find(words="503 caches") == [warm]
    assert find(words="503 empty") == []
    assert find(kind="article") == find(category="bug") == [article]
    assert [one.title for one in find(state="retired")] == ["Old ways"]


# suggesting


def test_runbooks_of_the_component_and_the_type_come_first_with_the_reason(launch, issue, now):
    by_type = written(launch, now=now, title="By type", categories=("availability",))
    by_both = written(launch, now=now, title="Both", components=("catalog-api",), categories=("availability",))
    by_component = written(launch, now=now, title="By component", components=("catalog-api",))
    written(launch, now=now, title="Elsewhere", components=("checkout",))
    written(launch, now=now, title="Of nothing")
    suggestions = suggested_for(issue, now=now)
    assert [one.runbook for one in suggestions] == [by_both, by_component, by_type]
    assert suggestions[0].reasons == ("for Product pages", "for the type Availability")


def test_of_two_that_fit_the_one_that_worked_stands_first(launch, issue, people, now):
    failed, worked = (written(launch, now=now, title=name, components=("catalog-api",)) for name in ("F", "W"))
    runbooks.tell(failed, issue=issue, worked=False, person=people["lead"], now=now)
    runbooks.tell(worked, issue=issue, worked=True, person=people["lead"], now=now)
    assert [one.runbook for one in suggested_for(issue, now=now)] == [worked, failed]
    assert suggested_for(issue, now=now)[0].reasons[-1] == "worked 1 of 1 time"


def test_suggesting_asks_as_often_for_one_runbook_as_for_twenty(launch, issue, now):
    def count():
        with CaptureQueriesContext(connection) as captured:
            suggested_for(issue, now=now)
        return len(captured)

    written(launch, now=now, components=("catalog-api",))
    first = count()
    for _number in range(19):
        written(launch, now=now, components=("catalog-api",))
    assert count() == first == 3


# using


def test_a_use_is_counted_once_until_its_end_is_told(launch, issue, people, now):
    runbook = written(launch, now=now)
    for _time in range(2):
        runbooks.use(runbook, issue=issue, person=people["lead"], now=now)
    runbooks.tell(runbook, issue=issue, worked=True, person=people["lead"], now=now + MINUTE)
    runbooks.use(runbook, issue=issue, person=people["lead"], now=now + 2 * MINUTE)
    served = runbooks.records_of(Article.objects.filter(pk=runbook.pk))[runbook.pk]
    assert (served.uses, served.worked, served.failed, served.last_used_at) == (2, 1, 0, now + 2 * MINUTE)
    kinds = TimelineEntry.objects.filter(subject=issue.key).order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["runbook.used", "runbook.told", "runbook.used"]


def test_only_a_published_runbook_is_used(launch, people, now):
    article = written(launch, now=now, kind="article")
    with pytest.raises(Problem) as refused:
        runbooks.use(article, issue=None, person=people["lead"], now=now)
    assert refused.value.status == 409


def test_what_nobody_used_or_confirmed_for_a_month_is_stale(launch, people, now):
    runbook = written(launch, now=now)

    def stale(at):
        return rows_of([runbook], now=at)[0].stale

    assert stale(now + 30 * DAY) == []
    assert stale(now + 31 * DAY) == ["Nobody used or confirmed it for 31 days."]
    runbooks.tell(runbook, issue=None, worked=True, person=people["lead"], now=now + 20 * DAY)
    assert stale(now + 31 * DAY) == []
    runbooks.tell(runbook, issue=None, worked=False, person=people["lead"], now=now + 21 * DAY)
    assert stale(now + 22 * DAY) == ["It did not work the last time."]


# covering


def test_coverage_is_the_share_of_the_largest_problems_with_a_runbook(launch, issue, now):
    metric = METRICS["runbook_coverage"]
    make_issue(launch, now=now, title="Address form", category="usability", feedback_count=3)
    make_issue(launch, now=now, title="Lovely", category="praise", feedback_count=90)
    make_issue(launch, now=now - 15 * DAY, title="Long ago", status="closed", category="bug", feedback_count=50)
    assert metric.measure(launch, now) == 0
    written(launch, now=now, components=("catalog-api",), categories=("availability",))
    assert [bool(runbook) for _issue, runbook in coverage_of(launch, now=now).rows] == [True, False]
    assert metric.read(metric.measure(launch, now)) == "50% have one"
    assert [one.title for one in metric.blockers(launch)] == ["Address form"]


def test_a_runbook_for_another_type_does_not_cover(launch, issue, now):
    written(launch, now=now, components=("catalog-api",), categories=("usability",))
    assert coverage_of(launch, now=now).covered == 0


# pages, files and the API


def test_a_draft_is_made_from_the_issue_page_edited_published_and_used(client, issue, people):
    client.force_login(people["agent"])
    answer = client.post(f"{BASE}/draft/", {"issue": issue.key, "kind": "runbook"})
    made = Article.objects.get()
    assert answer["Location"] == f"{BASE}/{made.key}/edit/"
    post = {"title": "Warm the caches", "steps": "Look\n\nWarm **all**", "body": "# Why\n\n<b>cold</b>", "version": "1",
            "component": "catalog-api", "category": "availability"}  # fmt: skip
    client.post(f"{BASE}/{made.key}/edit/", post)
    client.post(f"{BASE}/{made.key}/publish/")
    page = client.get(f"{BASE}/{made.key}/").content.decode()
    assert "<p>Warm <strong>all</strong></p>" in page
    assert "&lt;b&gt;cold&lt;/b&gt;" in page
    assert "Warm the caches" in client.get(f"/launches/shop/issues/{issue.key}/").content.decode()
    client.post(f"{BASE}/{made.key}/worked/", {"issue": issue.key})
    assert RunbookUse.objects.get().worked is True


def test_words_that_could_not_be_kept_stay_in_the_form(client, launch, people, now):
    article = written(launch, now=now)
    client.force_login(people["agent"])
    writing.change(article, content=Content("Theirs", steps="One"), version=1, actor=SYSTEM, now=now)
    answer = client.post(f"{BASE}/{article.key}/edit/", {"title": "Mine", "steps": "Two", "version": "1"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert 'value="Mine"' in page
    assert "<b>Theirs</b>" in page
    assert 'name="version" value="2"' in page


def test_a_runbook_leaves_as_markdown_and_as_pdf(client, launch, people, now):
    article = written(launch, now=now, steps="Titta på kön\n\n```\nkubectl get pods\n```\n\nVänta")
    client.force_login(people["stakeholder"])
    text = client.get(f"{BASE}/{article.key}.md").content.decode()
    assert "1. Titta på kön\n   \n   ```\n   kubectl get pods\n   ```\n2. Vänta" in text
    assert client.get(f"{BASE}/{article.key}.pdf").content[:5] == b"%PDF-"


def test_the_list_says_when_there_is_nothing_and_when_the_filter_hides_all(client, launch, people, now):
    client.force_login(people["stakeholder"])
    assert "Nothing is written down yet" in client.get(f"{BASE}/").content.decode()
    written(launch, now=now)
    assert "Your filter hides everything" in client.get(f"{BASE}/?q=zebra").content.decode()
    assert "New article" not in client.get(f"{BASE}/").content.decode()


def test_the_list_asks_as_often_for_one_article_as_for_three(client, launch, people, now):
    def count():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(f"{BASE}/").status_code == 200
        return len(captured)

    client.force_login(people["lead"])
    written(launch, now=now, components=("catalog-api",))
    count()
    first = count()
    for _number in range(2):
        written(launch, now=now, components=("catalog-api", "checkout"))
    assert count() == first


def test_the_api_drafts_changes_uses_and_says_what_was_wrong(api, issue):
    given = {"launch": "shop", "kind": "runbook", "issue": issue.key}
    made = api.post("/api/v1/articles/", given, format="json")
    assert (made.status_code, made.json()["title"], made.json()["state"]) == (201, issue.title, "draft")
    base = f"/api/v1/articles/{made.json()['id']}/"
    changed = api.post(f"{base}change/", {"steps": "One", "version": 1}, format="json").json()
    assert (changed["steps"], changed["title"], changed["version"]) == ("One", issue.title, 2)
    assert api.post(f"{base}change/", {"title": "x", "version": 1}, format="json").status_code == 409
    assert api.post(f"{base}publish/", {}, format="json").json()["state"] == "published"
    told_of = api.post(f"{base}tell/", {"issue": issue.key, "worked": False}, format="json").json()
    assert told_of["served"]["failed"] == 1
    fits = api.get(f"/api/v1/issues/{issue.key}/runbooks/").json()["results"]
    assert [one["id"] for one in fits] == [made.json()["id"]]
    assert api.get("/api/v1/articles/?launch=shop&q=503").json()["results"][0]["id"] == made.json()["id"]
    for order, wrong, pointer in (
        ("change", {"title": 7}, "/title"),
        ("change", {"components": "catalog-api"}, "/components"),
        ("change", {"categories": ["x"]}, "/categories"),
        ("tell", {"worked": "yes"}, "/worked"),
    ):
        answer = api.post(f"{base}{order}/", wrong, format="json")
        assert answer["Content-Type"] == "application/problem+json"
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)
