"""This module keeps promises: an action with an owner and a time is made, kept or dropped, and its owner is reminded."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from hypercare.core import keys
from hypercare.core.access import Principal
from hypercare.core.clock import in_zone
from hypercare.core.launches import check_not_closed
from hypercare.core.messages import queue_mail
from hypercare.core.models import Commitment, Launch, MessageKind, User
from hypercare.core.problem import Problem, wrong
from hypercare.core.roles import Right
from hypercare.core.timeline import SYSTEM, Actor, Entry, record
from triage.one_by_one import one_by_one
from triage.warroom import words
from triage.warroom.listeners import still_here

LONGEST_WHAT, LONGEST_REASON = 500, 500
FURTHEST = timedelta(days=366)
CHASED_EVERY = timedelta(days=1)


def access_promise(principal: Principal, key: str, *, right: Right) -> Commitment:
    """The promise named like CM-4."""
    return keys.named(Commitment.objects.select_related("launch", "owner"), key, "CM", by=principal, right=right)


@transaction.atomic
def promise(
    launch: Launch, *, about: str, what: str, owner: User, due_at: datetime | None, actor: Actor, now: datetime
) -> Commitment:
    """Writes down who does what until when."""
    check_not_closed(launch)
    kept = words.said(what, "what", longest=LONGEST_WHAT)
    if due_at is None or not now - CHASED_EVERY <= due_at <= now + FURTHEST:
        raise wrong("/due_at", _("Say until when, within a year."))
    made = Commitment.objects.create(
        launch=launch, about=about, what=kept, owner=owner, owner_name=Actor.person(owner).name, due_at=due_at,
        made_at=now, made_by_name=actor.name,
    )  # fmt: skip
    record(launch, [Entry(about, "promise.made", {"promise": made.pk})], actor=actor, now=now)
    return made


@transaction.atomic
def end(one: Commitment, *, kept: bool, actor: Actor, now: datetime, reason: str = "") -> Commitment:
    """Ends a promise as kept, or as dropped with a reason; 409 when it is ended already."""
    said = words.said(reason, "reason", longest=LONGEST_REASON, may_lack=kept)
    row = Commitment.objects.select_for_update(of=("self",)).select_related("launch", "owner").get(pk=one.pk)
    check_not_closed(row.launch)
    if row.ended_at:
        raise Problem(409, _("%(key)s is ended already.") % {"key": row.key})
    row.ended_at, row.kept, row.reason = now, kept, said
    row.save(update_fields=["ended_at", "kept", "reason"])
    kind = "promise.kept" if kept else "promise.dropped"
    record(row.launch, [Entry(row.about, kind, {"promise": row.pk})], actor=actor, now=now)
    return row


def open_of(launch: Launch) -> QuerySet[Commitment]:
    """What is promised and not ended, the first due first."""
    return Commitment.objects.filter(launch=launch, ended_at=None).select_related("owner").order_by("due_at", "pk")


def chase_due(*, now: datetime) -> int:
    """Reminds the owners of overdue promises, once when they fall due and then once a day; says how many."""
    unchased = Q(chased_at=None) | Q(chased_at__lte=now - CHASED_EVERY)
    rows = Commitment.objects.filter(unchased, ended_at=None, due_at__lt=now, launch__closed_at=None)
    due = list(rows.order_by("due_at", "pk").values_list("pk", flat=True)[:500])
    one_by_one(due, lambda pk: _chase(pk, now=now))
    return len(due)


@transaction.atomic
def _chase(pk: int, *, now: datetime) -> None:
    rows = Commitment.objects.select_for_update(of=("self",)).select_related("launch", "owner")
    row = rows.filter(Q(chased_at=None) | Q(chased_at__lte=now - CHASED_EVERY), pk=pk, ended_at=None).first()
    if row is None:
        return
    first = row.chased_at is None
    row.chased_at = now
    row.save(update_fields=["chased_at"])
    if first:
        late = Entry(row.about, "promise.late", {"promise": row.pk}, occurred_at=row.due_at, once_key=f"late:{row.key}")
        record(row.launch, [late], actor=SYSTEM, now=now)
    for person in still_here(User.objects.filter(pk=row.owner_id or 0), row.launch):
        _remind(row, person, now=now)


def _remind(row: Commitment, person: User, *, now: datetime) -> None:
    """A mail to the owner, or to who steers the launch once the owner has left it."""
    with override(person.language):
        due = date_format(in_zone(row.due_at, row.launch.zone), "j F H:i")
        said = {"launch": row.launch.name, "what": row.what, "who": row.owner_name}
        promised = _("You promised in %(launch)s: %(what)s") % said
        if person.pk != row.owner_id:
            promised = _("%(who)s promised in %(launch)s and has left: %(what)s") % said
        parts = [
            promised,
            _("It was due on %(due)s and is not ended. Say here what became of it: %(link)s") % {
                "due": due, "link": link_to(row)},
        ]  # fmt: skip
        queue_mail(
            launch=row.launch,
            kind=MessageKind.REMINDER,
            about=row.about,
            to_address=person.email,
            language=person.language,
            subject=_("Overdue: %(what)s") % {"what": row.what},
            text="\n\n".join(parts),
            once_key=f"promise:{row.pk}:{now.timestamp()}:{person.pk}",
            now=now,
        )


def path_to(row: Commitment) -> str:
    """The page where a promise stands."""
    if row.about.startswith("WR-"):
        return reverse("triage:room", args=[row.launch.slug, row.about])
    if row.about.startswith("IS-"):
        return reverse("triage:review", args=[row.launch.slug, row.about])
    return reverse("triage:standup", args=[row.launch.slug])


def link_to(row: Commitment) -> str:
    """Its whole address, for mail."""
    return settings.PUBLIC_URL + path_to(row)


def is_overdue(row: Commitment, *, now: datetime) -> bool:
    """Whether its time has passed and nobody ended it."""
    return row.ended_at is None and row.due_at < now


def kept_in_time() -> Q:
    """Which ended promises were kept before they were due."""
    return Q(kept=True, ended_at__lte=F("due_at"))
