"""This module runs a dead letter through the door again, once what kept it out is put right."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from gateway_ingest.models import DeadLetter, Source
from gateway_ingest.receive import Delivery, receive
from gateway_ingest.receive_deploys import receive_deploy
from gateway_ingest.storing import Answer
from hypercare.core.models import Launch
from hypercare.core.problem import Problem, not_found
from hypercare.core.timeline import Actor, Entry, record

MOST_AT_ONCE = 200


@dataclass
class Replayed:
    """What came of several letters: how many were taken and held what number of alerts or deployments, and why others not."""

    letters: int = 0
    accepted: int = 0
    refused: int = 0
    why: str = ""

    def refuse(self, why: str) -> None:
        """Notes a letter of which nothing was taken."""
        self.refused, self.why = self.refused + 1, self.why or why


def letter_in(launch: Launch, number: int) -> DeadLetter:
    """The launch's dead letter with this number; 404 for another launch's."""
    letter = DeadLetter.objects.select_related("source__launch").filter(source__launch=launch, pk=number).first()
    if letter is None:
        raise not_found(_("There is no such dead letter in this launch."))
    return letter


@transaction.atomic
def replay(letter: DeadLetter, *, actor: Actor, now: datetime) -> Answer:
    """Takes the letter as if it came now; it is handled once any of it was taken, and the rest is a new letter.

    Raises Problem 409 for one that was replayed before or has no body, and whatever the door says of it.
    """
    # A delivery locks its source before it drops the oldest letters, and so does a replay.
    Source.objects.select_for_update(no_key=True).get(pk=letter.source_id)
    letter = DeadLetter.objects.select_for_update(of=("self",)).select_related("source__launch").get(pk=letter.pk)
    if letter.handled_at:
        raise Problem(409, _("This letter was replayed or dismissed before."))
    if why := letter.why_not_replayed:
        raise Problem(409, why)
    # Handled letters are the first to go when a new one needs their place, and the rest of this one may be a new one.
    DeadLetter.objects.filter(pk=letter.pk).update(handled_at=now)
    answer = _taken(letter, now=now)
    if _is_nothing(answer):
        DeadLetter.objects.filter(pk=letter.pk).update(handled_at=None)
        return answer
    entry = Entry(letter.key, "dead_letter.replayed", {"source": letter.source.name, "accepted": answer.accepted})
    record(letter.source.launch, [entry], actor=actor, now=now)
    return answer


def replayable(letters: QuerySet[DeadLetter]) -> QuerySet[DeadLetter]:
    """Those of which enough is kept, as `can_be_replayed` says of one."""
    partly = (
        Q(source__revoked_at__isnull=False)
        | Q(body="")
        | Q(truncated=True)
        | Q(is_json=False)
        | Q(format="otlp")
        | Q(format__startswith="calls/")
    )
    return letters.exclude(partly)


def replay_all(letters: QuerySet[DeadLetter], *, actor: Actor, now: datetime) -> Replayed:
    """Replays letters that wait, at most 200, in the order they came, so that an end follows its beginning; each by itself."""
    found = Replayed()
    for letter in replayable(letters).order_by("received_at", "pk")[:MOST_AT_ONCE]:
        try:
            answer = replay(letter, actor=actor, now=now)
        except Problem as problem:
            found.refuse(problem.detail)
            continue
        if _is_nothing(answer):
            found.refuse(str(answer.rejected[0]["error"]))
        else:
            found.letters, found.accepted = found.letters + 1, found.accepted + answer.accepted
    return found


def _taken(letter: DeadLetter, *, now: datetime) -> Answer:
    """What was posted to one format may be meant for the mapping that was made since."""
    door, _slash, name = letter.format.partition("/")
    if door == "deploys":
        return _tried(lambda: _deploy_taken(letter, name, now=now))
    answer = Answer()
    for format_name in dict.fromkeys((letter.format, "")):
        answer = _tried(partial(_alerts_taken, letter, format_name, now=now))
        if not _is_nothing(answer):
            break
    return answer


def _tried(attempt: Callable[[], Answer]) -> Answer:
    """What an attempt took; one that takes nothing leaves nothing behind, and no second letter."""
    with transaction.atomic():
        answer = attempt()
        if not _is_nothing(answer):
            return answer
        transaction.set_rollback(True)
    return replace(answer, dead_letter="")


def _is_nothing(answer: Answer) -> bool:
    return bool(answer.rejected) and not answer.accepted


def _deploy_taken(letter: DeadLetter, name: str, *, now: datetime) -> Answer:
    headers = {"idempotency-key": f"replay:{letter.pk}"}
    said = receive_deploy(letter.source, letter.body.encode(), encoding="", format_name=name, headers=headers, now=now)
    return Answer(accepted=int(bool(said.deployment) and not said.duplicate), rejected=said.rejected)


def _alerts_taken(letter: DeadLetter, format_name: str, *, now: datetime) -> Answer:
    delivery = Delivery(
        body=letter.body.encode(),
        format_name=format_name,
        idempotency_key=f"replay:{letter.pk}",
        headers=letter.headers,
        replayed=True,
    )
    return receive(letter.source, delivery, now=now)
