"""This module gives reviews, articles and runbooks the shape machines read."""

from typing import Any

from rest_framework import serializers

from triage.api.room_shapes import PromiseShape
from triage.models import Article, ArticleKind, Review
from triage.review.sections import TITLES


class ReviewShape(serializers.ModelSerializer[Review]):
    """A review as lists show it."""

    issue = serializers.CharField(source="issue.key")
    title = serializers.CharField(source="issue.title")
    severity = serializers.IntegerField(source="issue.severity")
    state = serializers.SerializerMethodField()

    class Meta:
        model = Review
        fields = ("issue", "title", "severity", "state", "begun_at", "begun_by_name", "published_at",
                  "published_by_name")  # fmt: skip

    def get_state(self, review: Review) -> str:
        """`draft` or `published`."""
        return "published" if review.is_published else "draft"


class SectionShape(serializers.Serializer[Any]):
    """One section: its words in Markdown, where they come from, and what the rows say by now where that differs."""

    name = serializers.ChoiceField(choices=list(TITLES))
    title = serializers.CharField()
    text = serializers.CharField(allow_blank=True)
    source = serializers.CharField(allow_blank=True)  # type: ignore[assignment]  # every field has one too
    version = serializers.IntegerField()
    author = serializers.CharField(allow_blank=True)
    written_at = serializers.DateTimeField(allow_null=True)
    newer = serializers.CharField(allow_blank=True)


class WholeReviewShape(ReviewShape):
    """A review with its sections, its actions and all of it in Markdown."""

    sections = SectionShape(many=True)
    actions = PromiseShape(many=True)
    markdown = serializers.CharField()

    class Meta(ReviewShape.Meta):
        fields = (*ReviewShape.Meta.fields, "sections", "actions", "markdown")  # type: ignore[assignment]


class ReviewPageShape(serializers.Serializer[Any]):
    """A page of reviews."""

    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = ReviewShape(many=True)


class DueReviewShape(serializers.Serializer[Any]):
    """A closed critical issue without a published review."""

    issue = serializers.CharField(source="issue.key")
    title = serializers.CharField(source="issue.title")
    due_on = serializers.DateField(source="day")
    is_overdue = serializers.BooleanField()
    is_begun = serializers.BooleanField()


class FollowUpCountsShape(serializers.Serializer[Any]):
    """How many follow-ups wait, and how many too long."""

    open = serializers.IntegerField()
    overdue = serializers.IntegerField()


class DueReviewsShape(serializers.Serializer[Any]):
    """What is due in a launch."""

    due = DueReviewShape(many=True)
    follow_ups = FollowUpCountsShape()


class ReviewOrderShape(serializers.Serializer[Any]):
    """What is done in a review: `section`, `text` and `version` for write and take; `what`, `person`, `due_at` for follow-up."""

    section = serializers.ChoiceField(choices=list(TITLES), required=False)
    text = serializers.CharField(required=False, allow_blank=True, max_length=20_000)
    version = serializers.IntegerField(required=False)
    what = serializers.CharField(required=False)
    person = serializers.CharField(required=False, help_text="E-mail of the owner.")
    due_at = serializers.DateTimeField(required=False)


class ServedShape(serializers.Serializer[Any]):
    """How a runbook served so far."""

    uses = serializers.IntegerField()
    worked = serializers.IntegerField()
    failed = serializers.IntegerField()
    last_used_at = serializers.DateTimeField(allow_null=True)


class ArticleShape(serializers.ModelSerializer[Article]):
    """An article or a runbook."""

    id = serializers.CharField(source="key")
    launch = serializers.CharField(source="launch.slug")
    issue = serializers.CharField(source="issue.key", allow_null=True, default=None)
    components: Any = serializers.SlugRelatedField("slug", many=True, read_only=True)
    categories = serializers.ListField(child=serializers.CharField())
    served = ServedShape()
    stale = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = Article
        fields = ("id", "launch", "kind", "state", "title", "body", "steps", "words", "issue", "components", "categories",
                  "version", "made_at", "made_by_name", "changed_at", "changed_by_name", "confirmed_at", "served",
                  "stale")  # fmt: skip


class ArticlePageShape(serializers.Serializer[Any]):
    """A page of articles and runbooks."""

    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = ArticleShape(many=True)


class NewArticleShape(serializers.Serializer[Any]):
    """A new article or runbook; with `issue` and without `title` it is drafted from the issue."""

    launch = serializers.CharField()
    kind = serializers.ChoiceField(choices=ArticleKind.choices)
    issue = serializers.CharField(required=False)
    title = serializers.CharField(required=False, max_length=200)
    body = serializers.CharField(required=False, allow_blank=True, max_length=20_000)
    steps = serializers.CharField(required=False, allow_blank=True, max_length=10_000)
    words = serializers.CharField(required=False, allow_blank=True, max_length=500)
    components = serializers.ListField(child=serializers.CharField(), required=False)
    categories = serializers.ListField(child=serializers.CharField(), required=False)


class ArticleOrderShape(serializers.Serializer[Any]):
    """What is done to an article: any of its fields for change; `issue` for use, and `worked` too for tell."""

    title = serializers.CharField(required=False, max_length=200)
    body = serializers.CharField(required=False, allow_blank=True, max_length=20_000)
    steps = serializers.CharField(required=False, allow_blank=True, max_length=10_000)
    words = serializers.CharField(required=False, allow_blank=True, max_length=500)
    components = serializers.ListField(child=serializers.CharField(), required=False)
    categories = serializers.ListField(child=serializers.CharField(), required=False)
    version = serializers.IntegerField(required=False)
    issue = serializers.CharField(required=False)
    worked = serializers.BooleanField(required=False)


class SuggestionShape(serializers.Serializer[Any]):
    """A runbook that fits an issue, the best first, with the reasons."""

    id = serializers.CharField(source="runbook.key")
    title = serializers.CharField(source="runbook.title")
    score = serializers.FloatField()
    reasons = serializers.ListField(child=serializers.CharField())
    served = ServedShape(source="record")
    stale = serializers.ListField(child=serializers.CharField())


class SuggestionsShape(serializers.Serializer[Any]):
    """The runbooks for an issue."""

    results = SuggestionShape(many=True)
