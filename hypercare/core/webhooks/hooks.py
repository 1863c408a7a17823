"""This module keeps a launch's webhooks: added, changed, switched, given a new secret, removed; each with who and when."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from hypercare.core import happenings, outgoing
from hypercare.core.access import Principal
from hypercare.core.messages import queue_mail
from hypercare.core.models import Launch, Listener, MessageKind, OutgoingWebhook, User, WebhookDelivery
from hypercare.core.one_line import is_visible, one_line
from hypercare.core.problem import Problem, wrong
from hypercare.core.redaction import redact
from hypercare.core.roles import STEERING, Right
from hypercare.core.sealing import seal
from hypercare.core.strict_json import clean_text
from hypercare.core.timeline import SYSTEM, Actor, Entry, record
from hypercare.core.webhooks.signing import OVERLAP, new_secret

MOST = 20
LONGEST_NAME, LONGEST_URL = 80, 500
# Why a webhook hears nothing.
CHOSEN, GONE, FAILING, OWNER = "chosen", "gone", "failing", "owner"


@dataclass(frozen=True)
class Said:
    """What a person says of a webhook."""

    name: str
    url: str
    events: tuple[str, ...] = ()
    with_people: bool = False


def add(launch: Launch, said: Said, *, by: Principal, now: datetime) -> tuple[OutgoingWebhook, str]:
    """A new webhook and its secret, which is shown this once."""
    kept, secret = _checked(launch, said, by=by), new_secret()
    with transaction.atomic():
        happenings.hold_wishes(launch.pk)  # so that two of one name at once are told so like any two
        if OutgoingWebhook.objects.filter(launch=launch).count() >= MOST:
            raise Problem(409, _("A launch has up to %(most)s webhooks.") % {"most": MOST})
        _check_is_free(launch, kept.name)
        hook = OutgoingWebhook(launch=launch, sealed=seal(secret), created_at=now)
        _write(hook, kept, by=by)
        _note(hook, "webhook.added", {"name": hook.name, "events": hook.events}, actor=by.actor, now=now)
    return hook, secret


def change(hook: OutgoingWebhook, said: Said, *, by: Principal, now: datetime) -> OutgoingWebhook:
    """Another name, address or choice of events; whoever says it owns the webhook from then on."""
    kept = _checked(hook.launch, said, by=by, besides=hook)
    with transaction.atomic():
        hook = locked(hook)
        happenings.hold_wishes(hook.launch_id)
        _check_is_free(hook.launch, kept.name, besides=hook)
        told: dict[str, object] = {"name": hook.name} | _differences(hook, kept)
        _write(hook, kept, by=by)
        _note(hook, "webhook.changed", told, actor=by.actor, now=now)
    return hook


def _differences(hook: OutgoingWebhook, said: Said) -> dict[str, object]:
    """What changes; an address may hold a secret, so of that only that it does."""
    pairs = {
        "called": (hook.name, said.name),
        "events": (hook.events, list(said.events)),
        "with_people": (hook.with_people, said.with_people),
    }
    told: dict[str, object] = {name: {"old": old, "new": new} for name, (old, new) in pairs.items() if old != new}
    return told | ({"address": "changed"} if hook.url != said.url else {})


def switch(hook: OutgoingWebhook, *, on: bool, by: Principal, now: datetime) -> OutgoingWebhook:
    """Switches it on, which forgets how it failed, or off; what waits goes out when it is on again."""
    if on:
        _check_address(hook.url)
    with transaction.atomic():
        hook = locked(hook)
        if hook.is_on == on:
            return hook
        hook.is_on, hook.paused_why = on, "" if on else CHOSEN
        hook.failing_since, hook.owner, hook.owner_name = None, by.user, by.actor.name
        hook.save(update_fields=["is_on", "paused_why", "failing_since", "owner", "owner_name"])
        _note(hook, "webhook.on" if on else "webhook.off", {"name": hook.name}, actor=by.actor, now=now)
    return hook


@transaction.atomic
def rotate(hook: OutgoingWebhook, *, actor: Actor, now: datetime) -> str:
    """A new secret, shown this once; the old one signs beside it for a day."""
    hook, secret = locked(hook), new_secret()
    hook.sealed_before, hook.before_until, hook.sealed = hook.sealed, now + OVERLAP, seal(secret)
    hook.save(update_fields=["sealed", "sealed_before", "before_until"])
    _note(hook, "webhook.rotated", {"name": hook.name}, actor=actor, now=now)
    return secret


@transaction.atomic
def remove(hook: OutgoingWebhook, *, actor: Actor, now: datetime) -> None:
    """Removes it with its log."""
    hook = locked(hook)
    record(hook.launch, [Entry(hook.key, "webhook.removed", {"name": hook.name})], actor=actor, now=now)
    launch = hook.launch
    hook.delete()
    listen(launch)


def stop(hook: OutgoingWebhook, why: str, *, now: datetime) -> None:
    """Ends it by itself, in the caller's transaction, and tells its owner, or the leads where that one is gone."""
    if not OutgoingWebhook.objects.filter(pk=hook.pk, is_on=True).update(is_on=False, paused_why=why):
        return
    hook.is_on, hook.paused_why = False, why
    if why == GONE:
        waiting = WebhookDelivery.objects.filter(webhook=hook, done_at=None, given_up_at=None)
        waiting.update(given_up_at=now, claimed_until=None)
    _note(hook, "webhook.off", {"name": hook.name, "why": why}, actor=SYSTEM, now=now)
    for person in who_is_told(hook.launch, hook.owner):
        _tell(hook, person, now=now)


def who_is_told(launch: Launch, owner: User | None) -> list[User]:
    """The owner where they steer the launch still, else those who do."""
    steering = User.objects.filter(memberships__launch=launch, memberships__role__in=STEERING, is_active=True)
    own = steering.filter(pk=owner.pk).first() if owner else None
    return [own] if own else list(steering.distinct().order_by("pk"))


def may(hook: OutgoingWebhook, right: Right) -> bool:
    """Whether its owner has a right in the launch now."""
    return bool(hook.owner and hook.owner.is_active and right in Principal(hook.owner).rights_in(hook.launch))


def why_off(hook: OutgoingWebhook) -> str:
    """In words why it hears nothing; empty while it is on."""
    if hook.is_on:
        return ""
    return {
        GONE: _("The receiver answered 410: it is gone for good."),
        FAILING: _("For five days nothing was taken there."),
        OWNER: _("%(owner)s, who chose it last, may no longer manage this launch.") % {"owner": hook.owner_name},
    }.get(hook.paused_why, _("Switched off by a person."))


def listen(launch: Launch) -> None:
    """Waits for what the launch's webhooks that are on have chosen."""
    happenings.hold_wishes(launch.pk)
    chosen = OutgoingWebhook.objects.filter(launch=launch, is_on=True).values_list("events", flat=True)
    happenings.listen(launch, Listener.WEBHOOKS, {event for events in chosen for event in events})


def locked(hook: OutgoingWebhook) -> OutgoingWebhook:
    """The webhook, locked for change."""
    rows = OutgoingWebhook.objects.select_for_update(of=("self",)).select_related("launch", "owner")
    return rows.get(pk=hook.pk)


def _write(hook: OutgoingWebhook, said: Said, *, by: Principal) -> None:
    hook.name, hook.url, hook.events = said.name, said.url, list(said.events)
    hook.with_people, hook.owner, hook.owner_name = said.with_people, by.user, by.actor.name
    hook.save()


def _note(hook: OutgoingWebhook, kind: str, data: dict[str, object], *, actor: Actor, now: datetime) -> None:
    listen(hook.launch)
    record(hook.launch, [Entry(hook.key, kind, data)], actor=actor, now=now)


def _checked(launch: Launch, said: Said, *, by: Principal, besides: OutgoingWebhook | None = None) -> Said:
    name, url = one_line(said.name), said.url.strip()
    if clean_text(said.name) or not is_visible(name) or len(name) > LONGEST_NAME or redact(name).text != name:
        raise wrong("/name", _("Write a name of 1 to %(limit)s characters.") % {"limit": LONGEST_NAME})
    _check_is_free(launch, name, besides=besides)
    unknown = sorted(set(said.events) - set(happenings.EVENTS))
    if unknown:
        raise wrong("/events", _("There is no event “%(name)s”.") % {"name": unknown[0][:40]})
    if said.with_people and Right.AUDIT not in by.rights_in(launch):
        raise wrong("/with_people", _("You may not send names and words of people out of this launch."))
    _check_address(url)
    known = tuple(name for name in happenings.EVENTS if name in said.events)
    return Said(name, url, known, said.with_people)


def _check_is_free(launch: Launch, name: str, *, besides: OutgoingWebhook | None = None) -> None:
    same = OutgoingWebhook.objects.filter(launch=launch, name=name).exclude(pk=besides.pk if besides else 0)
    if same.exists():
        raise wrong("/name", _("There is a webhook of this name already."))


def _check_address(url: str) -> None:
    if len(url) > LONGEST_URL:
        raise wrong("/url", _("Write an address of up to %(limit)s characters.") % {"limit": LONGEST_URL})
    try:
        outgoing.check(url)
    except outgoing.Unreachable as refused:
        raise wrong("/url", str(refused)) from None


def _tell(hook: OutgoingWebhook, person: User, *, now: datetime) -> None:
    with override(person.language):
        link = settings.PUBLIC_URL + reverse("core:webhook", args=[hook.launch.slug, hook.pk])
        said = {"name": hook.name, "launch": hook.launch.name}
        parts = [
            _("The webhook “%(name)s” of %(launch)s was switched off.") % said,
            why_off(hook),
            _("What it missed stands in its log and can be sent again: %(link)s") % {"link": link},
        ]
        queue_mail(
            launch=hook.launch, kind=MessageKind.SWITCHED_OFF, about=hook.key, to_address=person.email,
            language=person.language, subject=_("Webhook “%(name)s” was switched off") % said,
            text="\n\n".join(parts), once_key=f"webhook-off:{hook.pk}:{now.timestamp()}:{person.pk}", now=now,
        )  # fmt: skip
