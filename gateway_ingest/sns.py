"""This module runs the errands that Amazon's notification service asks for: fetching certificates, confirming topics.

The door only writes what is wanted; a worker fetches it through the guard for outgoing addresses, outside any
transaction, and tries again later where it fails.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from cryptography.x509.verification import Store
from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from gateway_ingest import dead_letters, sns_certificate, sns_signature
from gateway_ingest.models import SigningCertificate, Source, TopicSubscription
from hypercare.core import outgoing, wake
from hypercare.core.strict_json import JSON
from hypercare.core.timeline import SYSTEM, Entry, record

TASK = "gateway_ingest.sns_errands"
MAX_ATTEMPTS = 8
MAX_WAITING = 50
MAX_TOPICS = 50
_CLAIMED_FOR = timedelta(minutes=2)
_WAIT = timedelta(seconds=20)
_LONGEST_NAME = 300

Wanted = TypeVar("Wanted", SigningCertificate, TopicSubscription)


def certificate(url: str, *, now: datetime) -> str:
    """The certificate of an address that was checked to be the service's; empty while it has to be fetched first."""
    known = SigningCertificate.objects.filter(url=url).first()
    if known is not None and known.handled_at and known.pem:
        return known.pem
    if known is not None and known.handled_at and now - known.handled_at > _WAIT * MAX_ATTEMPTS:
        SigningCertificate.objects.filter(pk=known.pk).update(handled_at=None, attempts=0, not_before=now, outcome="")
    if known is None and SigningCertificate.objects.filter(handled_at=None).count() < MAX_WAITING:
        SigningCertificate.objects.get_or_create(url=url, defaults={"asked_at": now, "not_before": now})
    wake.worker_after_commit(TASK)
    return ""


def ask_to_confirm(source: Source, message: dict[str, JSON], *, now: datetime) -> None:
    """Notes that a topic wants to send here; the same message again changes nothing."""
    if TopicSubscription.objects.filter(source=source, handled_at=None).count() >= MAX_WAITING:
        return
    TopicSubscription.objects.get_or_create(
        source=source,
        message_id=str(message.get("MessageId"))[:100],
        defaults={
            "topic": str(message.get("TopicArn"))[:_LONGEST_NAME],
            "message": sns_signature.signed_part(message),
            "asked_at": now,
            "not_before": now,
        },
    )
    wake.worker_after_commit(TASK)


def run_errands(
    *, clock: Callable[[], datetime], fetch: outgoing.Fetch = outgoing.fetch, trusted: Store | None = None
) -> int:
    """Fetches what is wanted and confirms what is genuine; returns how many were tried."""
    tried, trusted = 0, trusted or sns_certificate.roots()
    while wanted := _claimed(SigningCertificate, now=clock()):
        _fetch_certificate(wanted, fetch, trusted, now=clock())
        tried += 1
    while waiting := _claimed(TopicSubscription, now=clock()):
        _confirm(waiting, fetch, now=clock())
        tried += 1
    return tried


@transaction.atomic
def _claimed(model: type[Wanted], *, now: datetime) -> Wanted | None:
    """One row that is due, held for two minutes, so that no other worker runs the same errand."""
    free = Q(claimed_until=None) | Q(claimed_until__lt=now)
    due = model.objects.select_for_update(skip_locked=True).filter(free, handled_at=None, not_before__lte=now)
    found = due.order_by("pk").first()
    if found is not None:
        model.objects.filter(pk=found.pk).update(claimed_until=now + _CLAIMED_FOR, attempts=F("attempts") + 1)
        found.refresh_from_db()
    return found


def _fetch_certificate(wanted: SigningCertificate, fetch: outgoing.Fetch, trusted: Store, *, now: datetime) -> None:
    try:
        answer = fetch(wanted.url)
    except outgoing.Unreachable as error:
        _later(wanted, str(error), now=now)
        return
    pem = answer.body.decode("ascii", "replace")
    if answer.status != 200 or "BEGIN CERTIFICATE" not in pem:
        _later(wanted, _("The address answered %(status)d and no certificate.") % {"status": answer.status}, now=now)
        return
    try:
        sns_certificate.check(pem, wanted.url, fetch=fetch, trusted=trusted, now=now)
    except (outgoing.Unreachable, sns_certificate.Untrusted) as error:
        _later(wanted, str(error), now=now)
        return
    wanted.pem, wanted.handled_at, wanted.outcome = pem, now, ""
    wanted.save(update_fields=["pem", "handled_at", "outcome"])


def _confirm(waiting: TopicSubscription, fetch: outgoing.Fetch, *, now: datetime) -> None:
    pem = certificate(str(waiting.message.get("SigningCertURL")), now=now)
    if not is_welcome(Source.objects.get(pk=waiting.source_id), waiting.topic):
        _give_up(waiting, _("It is none of the topics on this source's page."), now=now)
    elif not pem:
        _later(waiting, _("The certificate that signed it could not be fetched yet."), now=now)
    elif not sns_signature.is_genuine(waiting.message, pem, now=now):
        _give_up(waiting, _("The signature of the subscription is wrong, so it was not confirmed."), now=now)
    else:
        _visit(waiting, fetch, now=now)


def _visit(waiting: TopicSubscription, fetch: outgoing.Fetch, *, now: datetime) -> None:
    try:
        status = fetch(str(waiting.message.get("SubscribeURL"))).status
    except outgoing.Unreachable as error:
        _later(waiting, str(error), now=now)
        return
    if status != 200:
        _later(waiting, _("The address to confirm at answered %(status)d.") % {"status": status}, now=now)
        return
    with transaction.atomic():
        _handled(waiting, "", now=now)
        _bind(waiting)
        entry = Entry(f"source:{waiting.source_id}", "source.subscribed", {"topic": waiting.topic})
        record(waiting.source.launch, [entry], actor=SYSTEM, now=now)


def _bind(waiting: TopicSubscription) -> None:
    """Notes the topic with its source; one that takes signed messages only is bound to the first by itself."""
    source = Source.objects.select_for_update(no_key=True).get(pk=waiting.source_id)
    if waiting.topic not in source.topics and len(source.topics) < MAX_TOPICS and is_welcome(source, waiting.topic):
        source.topics = [*source.topics, waiting.topic]
        source.save(update_fields=["topics"])


def is_welcome(source: Source, topic: str, *, confirms: bool = True) -> bool:
    """Whether a source takes a topic: any while it is not bound, else those on its list, and a first one to be confirmed."""
    if not source.signed_only or topic in source.topics:
        return True
    return confirms and not source.topics


def _later(errand: SigningCertificate | TopicSubscription, why: str, *, now: datetime) -> None:
    """Waits twice as long after each failure; the last one ends it, to be seen among the dead letters."""
    if errand.attempts >= MAX_ATTEMPTS:
        _give_up(errand, why, now=now)
        return
    errand.not_before, errand.claimed_until, errand.outcome = now + _WAIT * 2**errand.attempts, None, why[:300]
    errand.save(update_fields=["not_before", "claimed_until", "outcome"])


@transaction.atomic
def _give_up(errand: SigningCertificate | TopicSubscription, why: str, *, now: datetime) -> None:
    _handled(errand, why, now=now)
    if isinstance(errand, TopicSubscription):
        reason = _("The topic %(topic)s was not subscribed: %(why)s") % {"topic": errand.topic, "why": why}
        dead_letters.keep(errand.source, b"", reason=reason, format_name="cloudwatch", now=now)


def _handled(errand: SigningCertificate | TopicSubscription, outcome: str, *, now: datetime) -> None:
    errand.handled_at, errand.outcome = now, outcome[:300]
    if isinstance(errand, TopicSubscription):
        errand.message = {}  # it holds a token that is of no use any more
        errand.save(update_fields=["handled_at", "outcome", "message"])
    else:
        errand.save(update_fields=["handled_at", "outcome"])
