"""This module holds what a launch knows: articles to understand a problem by, runbooks to act by, and how those served."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from hypercare.core.models import Component, Launch, User
from triage.models.issue import Issue


class ArticleKind(models.TextChoices):
    """What an article is for: to understand, or to act by."""

    ARTICLE = "article", _("Article")
    RUNBOOK = "runbook", _("Runbook")


class ArticleState(models.TextChoices):
    """How far an article is."""

    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("Published")
    RETIRED = "retired", _("Retired")


class Article(models.Model):
    """One text in Markdown; a runbook is an article with steps, apart from each other by an empty line."""

    launch = models.ForeignKey(Launch, models.CASCADE, related_name="articles", db_index=False)
    kind = models.CharField(max_length=8, choices=ArticleKind.choices)
    state = models.CharField(max_length=10, choices=ArticleState.choices, default=ArticleState.DRAFT)
    title = models.CharField(max_length=200)
    body = models.TextField(blank=True)
    steps = models.TextField(blank=True)
    words = models.CharField(max_length=500, blank=True)
    issue = models.ForeignKey(Issue, models.SET_NULL, null=True, blank=True, related_name="articles")
    components = models.ManyToManyField(Component, related_name="articles", blank=True)
    categories = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    version = models.PositiveIntegerField(default=1)
    made_at = models.DateTimeField()
    made_by_name = models.CharField(max_length=160)
    changed_at = models.DateTimeField()
    changed_by_name = models.CharField(max_length=160)
    # When somebody last wrote it, or said that it is still true.
    confirmed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=ArticleState.values), name="article_state_known"),
            models.CheckConstraint(condition=models.Q(kind__in=ArticleKind.values), name="article_kind_known"),
            models.CheckConstraint(
                condition=models.Q(kind=ArticleKind.RUNBOOK) | models.Q(steps=""), name="only_runbooks_have_steps"
            ),
        ]
        indexes = [models.Index(fields=["launch", "kind", "-id"], name="articles_newest")]

    def __str__(self) -> str:
        return self.title

    @property
    def key(self) -> str:
        """The name people use, for example KB-4."""
        return f"KB-{self.pk}"

    @property
    def is_runbook(self) -> bool:
        """Whether it has steps to follow."""
        return self.kind == ArticleKind.RUNBOOK


class RunbookUse(models.Model):
    """Somebody worked by a runbook, for an issue or without one; `worked` stays empty until they say."""

    runbook = models.ForeignKey(Article, models.CASCADE, related_name="uses", db_index=False)
    issue = models.ForeignKey(Issue, models.SET_NULL, null=True, blank=True, related_name="runbook_uses")
    user = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    user_name = models.CharField(max_length=160)
    used_at = models.DateTimeField()
    worked = models.BooleanField(null=True, blank=True)
    said_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(worked=None, said_at=None) | models.Q(worked__isnull=False, said_at__isnull=False),
                name="use_told_with_its_time",
            ),
        ]
        indexes = [models.Index(fields=["runbook", "-used_at"], name="uses_of_runbook")]

    def __str__(self) -> str:
        return f"KB-{self.runbook_id} used by {self.user_name}"
