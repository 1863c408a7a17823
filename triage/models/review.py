"""This module holds the review of an issue: its sections in people's words and the rows' facts, and how far it is."""

from django.db import models

from hypercare.core.models import Launch, User
from triage.models.issue import Issue


class Review(models.Model):
    """What a team learnt from an issue; a draft until it is published, and again while it is worked on anew."""

    launch = models.ForeignKey(Launch, models.CASCADE, related_name="reviews", db_index=False)
    issue = models.OneToOneField(Issue, models.CASCADE, related_name="review")
    begun_at = models.DateTimeField()
    begun_by_name = models.CharField(max_length=160)
    published_at = models.DateTimeField(null=True, blank=True)
    published_by_name = models.CharField(max_length=160, blank=True)

    class Meta:
        indexes = [models.Index(fields=["launch", "-id"], name="reviews_newest")]

    def __str__(self) -> str:
        return f"review of IS-{self.issue_id}"

    @property
    def is_published(self) -> bool:
        """Whether it stands as it was published."""
        return self.published_at is not None


class Passage(models.Model):
    """A section's words as somebody left them, and what the rows said then; the newest stands, earlier ones stay.

    Without an author's name the words are those of the rows, kept when the review was published.
    """

    review = models.ForeignKey(Review, models.CASCADE, related_name="passages", db_index=False)
    section = models.CharField(max_length=24)
    version = models.PositiveIntegerField()
    text = models.TextField(blank=True)
    facts = models.TextField(blank=True)
    source = models.CharField(max_length=500, blank=True)
    author = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    author_name = models.CharField(max_length=160, blank=True)
    written_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["review", "section", "version"], name="one_passage_per_version")]

    def __str__(self) -> str:
        return f"{self.section} {self.version} of review {self.review_id}"
