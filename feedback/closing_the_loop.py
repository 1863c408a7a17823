"""This module is the way back: it tells the people who reported what became of it."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.db.models import prefetch_related_objects
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from feedback import receipts
from feedback.models import MACHINE_CHANNELS, Channel, Feedback, Reply
from hypercare.core.messages import REGRET, Mail, queue_mails, withdraw
from hypercare.core.models import Launch, Message, MessageKind

# Machines have no mailbox, and people of another tool's history did not leave us their address.
SILENT_CHANNELS = MACHINE_CHANNELS | {Channel.IMPORT}

# What each resolution means to the person who reported: a word for the subject, a sentence for the text.
RESOLUTIONS: dict[str, tuple[Promise, Promise]] = {
    "fixed": (gettext_lazy("fixed"), gettext_lazy("We fixed it and checked that it works.")),
    "workaround": (gettext_lazy("there is a way around it"), gettext_lazy("There is a way around it that works for now.")),
    "configuration": (gettext_lazy("put right"), gettext_lazy("A setting was wrong and we put it right.")),
    "rolled_back": (gettext_lazy("put right"), gettext_lazy("We took back the change that caused it.")),
    "known_issue": (gettext_lazy("known"), gettext_lazy("It is a known issue that we keep following.")),
    "explained": (gettext_lazy("answered"), gettext_lazy("We looked into it and explained how it works.")),
    "not_reproducible": (
        gettext_lazy("not found"), gettext_lazy("We tried and could not see it happen. If you see it again, tell us.")
    ),
    "as_designed": (gettext_lazy("works as intended"), gettext_lazy("It works the way it is meant to.")),
    "deferred": (gettext_lazy("kept for later"), gettext_lazy("We have noted it for a later version.")),
    "wont_do": (gettext_lazy("not planned"), gettext_lazy("We looked into it and decided not to change it.")),
    "transient": (
        gettext_lazy("over"), gettext_lazy("It was over by itself after a short while. If it comes back, tell us.")
    ),
    "external": (
        gettext_lazy("passed on"), gettext_lazy("The cause lies with another provider, and we have passed it on to them.")
    ),
}  # fmt: skip
_CLOSED = (gettext_lazy("closed"), gettext_lazy("The work on it has ended."))


def tell_closed(feedback_rows: Iterable[Feedback], *, resolution: str, now: datetime) -> list[Feedback]:
    """Queues one mail for each report of an issue that ended now; ending again later is told again. Gives those it tells."""
    told = _with_address(feedback_rows)
    queue_mails(_closed(row, address, resolution=resolution, now=now) for row, address in told)
    return [row for row, _address in told]


def _with_address(feedback_rows: Iterable[Feedback]) -> list[tuple[Feedback, str]]:
    """The reports whose reporters a mail can reach, each with its address."""
    rows = [row for row in feedback_rows if row.channel not in SILENT_CHANNELS and row.reporter_id]
    prefetch_related_objects(rows, "reporter", "launch")
    return [(row, row.reporter.email) for row in rows if row.reporter and row.reporter.email]


def _mail(
    feedback: Feedback, address: str, kind: MessageKind, *, subject: str, words: list[str], once_key: str, now: datetime,
    wait: timedelta = timedelta(0),
) -> Mail:  # fmt: skip
    """A mail about a report, in the language that is active: the words, where it stands, and why they hear of it."""
    see = _("See it here: %(link)s") % {"link": receipts.link_of(feedback)}
    return Mail(
        launch=feedback.launch,
        kind=kind,
        about=feedback.key,
        to_address=address,
        language=feedback.language,
        subject=subject,
        text="\n\n".join([*words, see, receipts.reason_line(feedback)]),
        once_key=once_key,
        now=now,
        wait=wait,
    )


def _wrote(feedback: Feedback) -> str:
    return _("You wrote: %(title)s") % {"title": feedback.title}


def _closed(feedback: Feedback, address: str, *, resolution: str, now: datetime) -> Mail:
    word, sentence = RESOLUTIONS.get(resolution, _CLOSED)
    with override(feedback.language):
        return _mail(
            feedback,
            address,
            MessageKind.CLOSED,
            subject=_("Your report %(key)s is closed: %(word)s") % {"key": feedback.key, "word": word},
            words=[_wrote(feedback), str(sentence)],
            once_key=f"closed:{feedback.pk}:{now.timestamp()}",
            now=now,
            wait=REGRET,
        )


def tell_fixed(feedback_rows: Iterable[Feedback], *, issue_key: str, words: str, once: str, now: datetime) -> None:
    """Queues one mail to each reporter for each report of an issue whose fix is live and was seen to work."""
    told = _with_address(feedback_rows)
    once = f"{once}:{issue_key}"
    queue_mails(_fixed(row, address, words=words, once=once, now=now) for row, address in told)


def fixed_sentence() -> str:
    """What is said where nobody wrote words of their own, in the language that is active."""
    return _("We fixed it, and what we see since then says that it works. If you still see it, tell us again.")


def _fixed(feedback: Feedback, address: str, *, words: str, once: str, now: datetime) -> Mail:
    with override(feedback.language):
        return _mail(
            feedback,
            address,
            MessageKind.FIXED,
            subject=_("Your report %(key)s: fixed, please check") % {"key": feedback.key},
            words=[_wrote(feedback), words or fixed_sentence()],
            once_key=f"{once}:{feedback.pk}",
            now=now,
        )


def reply(feedback_rows: Iterable[Feedback], *, words: str, once: str, now: datetime) -> None:
    """Answers in a person's words on each report's own page, and by mail where its reporter left an address.

    A person with an address hears the same `once` one time; until then, and until the page shows it, it can be taken back.
    """
    told = [(row, row.reporter.email if row.reporter else "") for row in feedback_rows]
    queue_mails(_replied(row, address, words=words, once=once, now=now) for row, address in told if address)
    written = [
        Reply(
            feedback=row,
            words=words,
            once_key=f"{once}:{row.reporter_id if address else row.key}",
            written_at=now,
            shown_at=now + REGRET,
        )
        for row, address in told
    ]
    Reply.objects.bulk_create(written, batch_size=1000, ignore_conflicts=True)


def _replied(feedback: Feedback, address: str, *, words: str, once: str, now: datetime) -> Mail:
    with override(feedback.language):
        return _mail(
            feedback,
            address,
            MessageKind.REPLY,
            subject=_("About your report %(key)s: %(title)s") % {"key": feedback.key, "title": feedback.title},
            words=[words, _wrote(feedback)],
            once_key=f"{once}:{feedback.reporter_id}",
            now=now,
            wait=REGRET,
        )


def take_back_reply(feedback_ids: Collection[int], *, launch: Launch, told_at: datetime, now: datetime) -> set[int]:
    """Withdraws the replies of that moment to these reports; says which have theirs already, by mail or on their page."""
    written = Reply.objects.filter(feedback__launch=launch, feedback__in=list(feedback_ids), written_at=told_at)
    shown = set(written.filter(shown_at__lte=now).values_list("feedback", flat=True))
    abouts = [f"HC-{pk}" for pk in set(feedback_ids) - shown]
    withdraw(abouts, launch=launch, kind=MessageKind.REPLY, queued_at=told_at)
    gone = Message.objects.filter(launch=launch, kind=MessageKind.REPLY, about__in=abouts, created_at=told_at)
    mailed = {int(about.removeprefix("HC-")) for about in gone.values_list("about", flat=True)}
    written.exclude(feedback__in=mailed | shown).delete()
    return mailed | shown


def mailed_with(feedback_ids: Iterable[int], *, once: str) -> set[int]:
    """Those of these reports whose reporter has a mail of that `once`, about whichever of their reports."""
    rows = Feedback.objects.filter(pk__in=list(feedback_ids), reporter__email__gt="")
    keys = {pk: f"{once}:{person}" for pk, person in rows.values_list("pk", "reporter")}
    queued = set(Message.objects.filter(once_key__in=keys.values()).values_list("once_key", flat=True))
    return {pk for pk, key in keys.items() if key in queued}


def take_back_closed(abouts: Iterable[str], *, launch: Launch, told_at: datetime) -> int:
    """Withdraws what these reports' authors were to be told at that moment; says how many have been told already."""
    return withdraw(abouts, launch=launch, kind=MessageKind.CLOSED, queued_at=told_at)
