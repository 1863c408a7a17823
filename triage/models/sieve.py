"""This module holds which launches let the machine set spam and noise aside by itself."""

from django.db import models

from hypercare.core.models import Launch, User


class Sieve(models.Model):
    """A launch that does; without a row the machine only suggests."""

    launch = models.OneToOneField(Launch, models.CASCADE, primary_key=True, related_name="sieve")
    turned_on_at = models.DateTimeField()
    turned_on_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")

    def __str__(self) -> str:
        return f"sieve of launch {self.launch_id}"
