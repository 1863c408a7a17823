"""This module tells people by mail what newly enters a saved view: SEV1 and SEV2 at once, all else at most hourly or daily.

The clock looks at each reader's view again once the board has changed, and only at what changed. An issue is told once,
by a unique row; what a view holds when somebody begins to read it, or when its filters change, is seen and not told.
"""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from hypercare.core.access import Principal
from hypercare.core.messages import queue_mail
from hypercare.core.models import MessageKind, User
from hypercare.core.problem import not_found, wrong
from hypercare.core.roles import Right
from hypercare.core.templatetags.hypercare_ui import status_word
from triage.board.changes import current_version
from triage.filters import IssueFilter
from triage.models import HowOften, Issue, SavedView, SeenInView, ViewReader, Visibility
from triage.one_by_one import one_by_one

AT_ONCE_UP_TO = 2  # the severities that are told without waiting
READERS_A_ROUND = 200
ISSUES_A_LOOK = 200
LISTED = 50
# Not yet with the filters that the view has now.
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
EVERY = {HowOften.HOURLY: timedelta(hours=1), HowOften.DAILY: timedelta(days=1)}


def often_of(user: User, views: Sequence[SavedView]) -> dict[int, str]:
    """How often a person gets mail about each of these views, by the view's number."""
    return dict(ViewReader.objects.filter(user=user, view__in=views).values_list("view_id", "often"))


@transaction.atomic
def begin(view: SavedView, user: User, *, often: str, now: datetime) -> ViewReader:
    """Tells a person from now on, or from now on as often as this; 400 for another word."""
    if often not in HowOften.values:
        detail = _("Use one of %(known)s.") % {"known": ", ".join(HowOften.values)}
        raise wrong("/often", detail)
    fresh = {
        "secret": secrets.token_urlsafe(32), "seen_version": current_version(view.launch_id),
        "looked_at": now, "mailed_at": now,
    }  # fmt: skip
    reader, is_new = ViewReader.objects.update_or_create(
        view=view, user=user, defaults={"often": often}, create_defaults=fresh | {"often": often}
    )
    if is_new:
        _see_all(reader, now=now)
    return reader


def end(view: SavedView, user: User) -> None:
    """Tells a person no more."""
    ViewReader.objects.filter(view=view, user=user).delete()


def reader_behind(secret: str) -> ViewReader:
    """Whom a mail's link names; 404 for anything else."""
    rows = ViewReader.objects.select_related("view__launch", "user")
    reader = rows.filter(secret=secret).first() if "\x00" not in secret else None
    if reader is None:
        raise not_found(_("This link ends no mail. Check that it is whole."))
    return reader


def begin_anew(view: SavedView, *, now: datetime) -> None:
    """What waited by other filters is told to nobody; the next look counts what the view holds then as seen."""
    view.readers.update(looked_at=NEVER)
    SeenInView.objects.filter(reader__view=view, told_at=None).update(told_at=now)


def _see_all(reader: ViewReader, *, now: datetime) -> None:
    ids = _matching(reader.view).values_list("pk", flat=True).iterator(chunk_size=2000)
    seen = (SeenInView(reader=reader, issue_id=pk, entered_at=now, told_at=now) for pk in ids)
    SeenInView.objects.bulk_create(seen, ignore_conflicts=True, batch_size=2000)


def _matching(view: SavedView) -> QuerySet[Issue]:
    """What the view holds as the board shows it: open and awake, unless its filters say otherwise."""
    query = QueryDict(view.query, mutable=True)
    if not {"status", "open"} & set(query):
        query["open"] = "true"
    query.setdefault("snoozed", "false")
    return IssueFilter(query, Issue.objects.filter(launch=view.launch_id)).qs


def tell_due(*, now: datetime) -> None:
    """Looks at the readers who waited longest, and mails what is due to them."""
    due = ViewReader.objects.order_by("looked_at", "pk").values_list("pk", flat=True)[:READERS_A_ROUND]
    one_by_one(list(due), lambda pk: _look(pk, now=now))


@transaction.atomic
def _look(reader_id: int, *, now: datetime) -> None:
    rows = ViewReader.objects.select_related("view__launch", "user").select_for_update(skip_locked=True, of=("self",))
    reader = rows.filter(pk=reader_id).first()
    if reader is None:
        return
    if not _may_read(reader):
        reader.delete()
        return
    if reader.looked_at == NEVER:
        reader.seen_version = current_version(reader.view.launch_id)
        _see_all(reader, now=now)
    _note_new(reader, now=now)
    _mail_due(reader, now=now)
    reader.looked_at = now
    reader.save(update_fields=["seen_version", "looked_at", "mailed_at"])


def _may_read(reader: ViewReader) -> bool:
    """Whether the person may still read the launch and still sees the view."""
    view, user = reader.view, reader.user
    is_seen = view.owner_id == user.pk or view.visibility != Visibility.PRIVATE
    return is_seen and user.is_active and Right.READ in Principal(user).rights_in(view.launch)


def _note_new(reader: ViewReader, *, now: datetime) -> None:
    """Remembers what changed since the last look and is in the view now for the first time."""
    version = current_version(reader.view.launch_id)
    if version == reader.seen_version:
        return
    seen = SeenInView.objects.filter(reader=reader, issue=OuterRef("pk"))
    changed = _matching(reader.view).filter(~Exists(seen), board_version__gt=reader.seen_version)
    ids = list(changed.order_by("board_version", "pk").values_list("pk", flat=True)[:ISSUES_A_LOOK])
    SeenInView.objects.bulk_create(
        [SeenInView(reader=reader, issue_id=pk, entered_at=now) for pk in ids], ignore_conflicts=True
    )
    # With more than one look can take, the next one goes on: what is remembered is not found again.
    if len(ids) < ISSUES_A_LOOK:
        reader.seen_version = version


def _mail_due(reader: ViewReader, *, now: datetime) -> None:
    """Tells what is critical at once, and all else when the time of the reader's choice has passed."""
    waiting = SeenInView.objects.filter(reader=reader, told_at=None)
    is_time = reader.mailed_at + EVERY[HowOften(reader.often)] <= now
    rows = list((waiting if is_time else waiting.filter(issue__severity__lte=AT_ONCE_UP_TO)).order_by("pk"))
    if not rows:
        return
    SeenInView.objects.filter(pk__in=[row.pk for row in rows]).update(told_at=now)
    if is_time:
        reader.mailed_at = now
    issues = Issue.objects.filter(pk__in=[row.issue_id for row in rows]).select_related("launch")
    _mail(
        reader, list(issues.order_by("severity", "-priority", "pk")), once_key=f"view:{reader.pk}:{rows[0].pk}", now=now
    )


def stop_link_of(reader: ViewReader) -> str:
    """The full address at which one click ends the mail."""
    return settings.PUBLIC_URL + reverse("triage:view_stop", args=[reader.secret])


def _mail(reader: ViewReader, issues: Sequence[Issue], *, once_key: str, now: datetime) -> None:
    launch, stop = reader.view.launch, stop_link_of(reader)
    board = f"{settings.PUBLIC_URL}{reverse('triage:board', args=[launch.slug])}?{reader.view.query or 'open=true'}"
    with override(reader.user.language):
        words = {"n": len(issues), "view": reader.view.name, "launch": launch.name}
        subject = ngettext(
            "%(n)s new issue in “%(view)s” of %(launch)s", "%(n)s new issues in “%(view)s” of %(launch)s", len(issues)
        )
        lines = [_line(issue) for issue in issues[:LISTED]]
        if len(issues) > LISTED:
            lines.append(_("and %(n)s more") % {"n": len(issues) - LISTED})
        text = "\n\n".join([
            "\n".join(lines),
            _("The view: %(link)s") % {"link": board},
            _("You get this mail because you read this view. One click ends it: %(link)s") % {"link": stop},
        ])  # fmt: skip
        queue_mail(
            launch=launch,
            kind=MessageKind.VIEW,
            about=f"view:{reader.view_id}",
            to_address=reader.user.email,
            language=reader.user.language,
            subject=subject % words,
            text=text,
            headers={"List-Unsubscribe": f"<{stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
            once_key=once_key,
            now=now,
        )


def _line(issue: Issue) -> str:
    link = settings.PUBLIC_URL + reverse("triage:issue", args=[issue.launch.slug, issue.key])
    return f"{issue.key} SEV{issue.severity} {status_word(issue.status)}: {issue.title}\n{link}"
