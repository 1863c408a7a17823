"""This module holds rounds in which people vote on issues: by points or by dots, what stands to choose, and their ballots."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from hypercare.core.models import Launch, User
from triage.models.issue import Issue


class Method(models.TextChoices):
    """How a vote is given."""

    POINTS = "points", _("100 points")
    DOTS = "dots", _("Dots")


class VotingRound(models.Model):
    """A question to all who may vote: what matters most of these issues. It ends at its time, or when a lead ends it."""

    launch = models.ForeignKey(Launch, models.CASCADE, related_name="voting_rounds", db_index=False)
    question = models.CharField(max_length=200)
    method = models.CharField(max_length=8, choices=Method.choices)
    each = models.PositiveSmallIntegerField()
    is_hidden = models.BooleanField(default=True)
    opened_at = models.DateTimeField()
    opened_by_name = models.CharField(max_length=160)
    closes_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    invited = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(closes_at__gt=models.F("opened_at")), name="round_ends_after_it_opens"
            ),
            models.CheckConstraint(condition=models.Q(each__gte=1), name="round_gives_something_to_each"),
        ]
        indexes = [
            models.Index(fields=["launch", "-id"], name="voting_rounds_newest"),
            models.Index(fields=["closes_at"], name="voting_rounds_open", condition=models.Q(closed_at=None)),
        ]

    def __str__(self) -> str:
        return self.question

    @property
    def key(self) -> str:
        """The name people use, for example VR-4."""
        return f"VR-{self.pk}"


class Candidate(models.Model):
    """An issue that stands to choose; `applied_at` says when its result became its business value."""

    round = models.ForeignKey(VotingRound, models.CASCADE, related_name="candidates", db_index=False)
    issue = models.ForeignKey(Issue, models.CASCADE, related_name="candidacies")
    position = models.PositiveSmallIntegerField()
    applied_at = models.DateTimeField(null=True, blank=True)
    applied_by_name = models.CharField(max_length=160, blank=True)
    applied_value = models.FloatField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["round", "issue"], name="candidate_once_per_round")]
        ordering = ("position",)

    def __str__(self) -> str:
        return f"IS-{self.issue_id} in VR-{self.round_id}"


class Ballot(models.Model):
    """What one person gave to whom, by the issue's number; the last one they gave before the end counts."""

    round = models.ForeignKey(VotingRound, models.CASCADE, related_name="ballots", db_index=False)
    voter = models.ForeignKey(User, models.CASCADE, related_name="+")
    voter_name = models.CharField(max_length=160)
    given = models.JSONField()
    cast_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["round", "voter"], name="one_ballot_per_voter")]

    def __str__(self) -> str:
        return f"ballot of {self.voter_name} in VR-{self.round_id}"
