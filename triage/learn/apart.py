"""This module carries out a training in a process of its own, and writes down what came of it."""

from collections.abc import Callable
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import override

from triage.learn import sameness
from triage.learn.retrain import retrain
from triage.learn.trainings import FAILED, end
from triage.models import Training


def carry_out(training_id: int, *, clock: Callable[[], datetime]) -> Training:
    """Does one training and writes down what came of it; a failure is written down and raised."""
    training = Training.objects.select_related("launch").get(pk=training_id)
    began = clock()
    try:
        outcome, matching = retrain(training.launch, now=began), sameness.retrain(training.launch, now=began)
    except BaseException as error:
        with override(training.launch.language):
            told = getattr(error, "strerror", None) or type(error).__name__
            reason = _("It could not be finished: %(problem)s.") % {"problem": told}
        end(training, outcome=FAILED, reason=reason, now=clock())
        raise
    training.version = outcome.version
    training.seconds = round((clock() - began).total_seconds(), 1)
    return end(training, outcome=outcome.name, reason=f"{outcome.reason} {matching.reason}", now=clock())
