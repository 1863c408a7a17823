"""This module says in one word what live traffic shows of a fix, how sure that is, and why; it only reckons.

A fix is verified when at most a tenth of the failures is left, or no more than before the trouble, where five or more
would have come had nothing changed. It is not fixed when more than a tenth is left for sure. What counts as a failure is
the issue's symptom: a call that fails, one that is slow, or a rating that says not helpful.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from gateway_ingest.evidence.chance import chance_of_shares
from gateway_ingest.evidence.failures import Rate
from gateway_ingest.evidence.rises import Rise
from triage.models import Word

LEAST_CALLS = 50
LEAST_EXPECTED = 5.0
# A deployment takes a while to reach all machines, and trouble a while to come back.
FAILED_AFTER, VERIFIED_AFTER = 10, 30
REMAINS = 0.1
CERTAIN = 0.01
_QUIETER = 0.5
# Shares that differ by less than this are alike, however many calls say that they differ.
_ALIKE = 1.25
_SUREST = 0.99
_STOPPED_BEFORE, _STILL_REPORTED = 0.7, 0.6
_SHOWN_RISES = 3

NOTHING = Rate()


class Symptom(StrEnum):
    """By what the trouble shows."""

    FAILS = "fails"
    SLOW = "slow"
    BAD_ANSWERS = "bad_answers"


@dataclass(frozen=True)
class _Words:
    """What is said of a symptom: that it is less but there, that it stays, that it is gone, and that nothing showed it."""

    less: Promise
    stays: Promise
    gone: Promise
    unseen: Promise


_SAID = {
    Symptom.FAILS: _Words(
        gettext_lazy("Failures fell from %(before)s to %(after)s of calls, but did not go away (%(counts)s)."),
        gettext_lazy("It still fails: %(before)s of calls before, %(after)s after (%(counts)s)."),
        gettext_lazy(
            "Failures fell from %(before)s to %(after)s of calls (%(counts)s); about %(expected)s would have come."
        ),
        gettext_lazy("Traffic showed no such failure before the fix, so it cannot show that it is gone."),
    ),
    Symptom.SLOW: _Words(
        gettext_lazy("Slow calls fell from %(before)s to %(after)s, but did not go away (%(counts)s)."),
        gettext_lazy("It is still slow: %(before)s of calls before, %(after)s after (%(counts)s)."),
        gettext_lazy("Slow calls fell from %(before)s to %(after)s (%(counts)s); about %(expected)s would have come."),
        gettext_lazy("Traffic showed no slow calls before the fix, so it cannot show that they are gone."),
    ),
    Symptom.BAD_ANSWERS: _Words(
        gettext_lazy("Bad ratings fell from %(before)s to %(after)s, but did not go away (%(counts)s)."),
        gettext_lazy("Answers are still rated bad: %(before)s before, %(after)s after (%(counts)s)."),
        gettext_lazy("Bad ratings fell from %(before)s to %(after)s (%(counts)s); about %(expected)s would have come."),
        gettext_lazy("No answer was rated bad before the fix, so ratings cannot show that it helped."),
    ),
}
# Some calls are always slower than others, and some answers always rated bad; a call that fails is never as it should be.
_AS_EVER = {
    Symptom.SLOW: gettext_lazy(
        "No more calls were slow before the fix than usual (%(usual)s, then %(before)s), so traffic cannot show that it helped."
    ),
    Symptom.BAD_ANSWERS: gettext_lazy(
        "No more answers were rated bad before the fix than usual (%(usual)s, then %(before)s), so ratings cannot show that it"
        " helped."
    ),
}


@dataclass(frozen=True)
class Facts:
    """What was counted around a fix.

    `trouble` is all the time from the first signal to the fix, `during` the part of it that `after` is held against:
    the same hours of earlier days, where it lasted that long.
    """

    trouble: Rate
    during: Rate
    at_same_hours: bool
    just_before: Rate
    normal: Rate
    after: Rate
    earlier_releases: Rate = NOTHING
    release: str = ""
    reports_before: int = 0
    reports_after: int = 0
    rises: Sequence[Rise] = field(default=())
    symptom: Symptom = Symptom.FAILS


@dataclass(frozen=True)
class Judgement:
    """The word, how sure it is where that can be said, and the reasons."""

    word: Word
    confidence: float | None
    reason: str


def judge(facts: Facts) -> Judgement:
    """The word about a fix that is live."""
    if not facts.trouble.failures:
        return Judgement(Word.UNSEEN, None, str(_SAID[facts.symptom].unseen))
    missing = _what_is_missing if facts.symptom == Symptom.FAILS else _missing_otherwise
    found = _as_ever(facts) or _not_fixed(facts) or _verified(facts) or Judgement(Word.TOO_LITTLE, None, missing(facts))
    return Judgement(found.word, found.confidence, " ".join(filter(None, (found.reason, *_remarks(facts)))))


def _as_ever(facts: Facts) -> Judgement | None:
    """That traffic says nothing, where it is as slow or as badly rated since the fix as before, and as ever."""
    said, normal = _AS_EVER.get(facts.symptom), facts.normal
    if (
        said is None
        or normal.calls < LEAST_CALLS
        or not all(_is_alike(normal, one) for one in (facts.during, facts.after))
    ):
        return None
    shares = {"usual": percent(normal.share), "before": percent(facts.during.share)}
    return Judgement(Word.UNSEEN, None, said % shares)


def _is_alike(one: Rate, other: Rate) -> bool:
    """Whether two shares differ by no more than chance alone would make them, or by little."""
    less, more = sorted((one.share, other.share))
    return more <= _ALIKE * less or chance_of_shares(one.failures, one.calls, other.failures, other.calls) >= CERTAIN


def _not_fixed(facts: Facts) -> Judgement | None:
    after, before = facts.after, facts.during.share or facts.trouble.share
    if after.minutes < FAILED_AFTER or after.calls < LEAST_CALLS or _is_gone(facts):
        return None
    chance = chance_of_so_many(after.failures, REMAINS * before * after.calls)
    if chance >= CERTAIN:
        return None
    if after.share < before and chance_of_shares(*_table(facts)) < CERTAIN:
        reason = _SAID[facts.symptom].less
    else:
        reason = _SAID[facts.symptom].stays
    return Judgement(Word.NOT_FIXED, _sure(chance), reason % _shares(facts))


def _verified(facts: Facts) -> Judgement | None:
    after, expected = facts.after, expected_of(facts)
    is_enough = after.minutes >= VERIFIED_AFTER and after.calls >= LEAST_CALLS and expected >= LEAST_EXPECTED
    if not is_enough or is_quieter(facts) or not _is_gone(facts):
        return None
    chance = max(chance_of_shares(*_table(facts)), math.exp(-expected))
    if chance >= CERTAIN:
        return None
    confidence = min(
        _sure(chance), _STOPPED_BEFORE if _had_stopped(facts) else 1, _STILL_REPORTED if facts.reports_after else 1
    )
    said = _SAID[facts.symptom].gone % (_shares(facts) | {"expected": f"{expected:.0f}"})
    if facts.rises:
        worst = max(rise.chance for rise in facts.rises)
        return Judgement(Word.SIDE_EFFECT, _sure(worst), said)
    return Judgement(Word.VERIFIED, confidence, said)


def expected_of(facts: Facts) -> float:
    """How many failures would have come after, had nothing changed."""
    return facts.during.share * facts.after.calls


def is_quieter(facts: Facts) -> bool:
    """Whether so little is called that a failure under load would not show; the same hours are alike by themselves."""
    return not facts.at_same_hours and facts.after.pace < _QUIETER * facts.during.pace


def chance_of_so_many(number: int, expected: float) -> float:
    """How likely so many or more come where so many are expected, by Poisson."""
    if not number:
        return 1.0
    if expected > 500:
        return 0.5 * math.erfc((number - 0.5 - expected) / math.sqrt(2 * expected))
    term = total = math.exp(-expected)
    for step in range(1, number):
        term *= expected / step
        total += term
    return max(1.0 - total, 0.0)


def _is_gone(facts: Facts) -> bool:
    after, before = facts.after, facts.during.share or facts.trouble.share
    if after.share <= REMAINS * before:
        return True
    normal = facts.normal
    is_as_before = chance_of_shares(normal.failures, normal.calls, after.failures, after.calls) >= CERTAIN
    return normal.calls >= LEAST_CALLS and is_as_before and after.share <= before / 2


def _had_stopped(facts: Facts) -> bool:
    before = facts.just_before
    return before.calls >= LEAST_CALLS and before.share <= REMAINS * facts.during.share


def _table(facts: Facts) -> tuple[int, int, int, int]:
    return facts.during.failures, facts.during.calls, facts.after.failures, facts.after.calls


def _sure(chance: float) -> float:
    return round(min(1 - chance, _SUREST), 2)


def _what_is_missing(facts: Facts) -> str:
    after = facts.after
    counts = {"failures": after.failures, "calls": after.calls}
    if not after.calls and facts.earlier_releases.calls:
        said = _("No call of %(release)s has come yet; %(calls)s were of earlier releases.")
        return said % {"release": facts.release, "calls": facts.earlier_releases.calls}
    if after.calls < LEAST_CALLS:
        said = _("%(failures)s of %(calls)s calls failed since then; it takes %(least)s calls.")
        return said % (counts | {"least": LEAST_CALLS})
    if not facts.during.failures:
        return _("At these hours it did not fail before either (%(calls)s calls), so busier hours must come.") % {
            "calls": facts.during.calls}  # fmt: skip
    if after.minutes < VERIFIED_AFTER and _is_gone(facts):
        said = _("Holding so far: %(failures)s of %(calls)s calls failed in %(minutes)s of %(least)s minutes.")
        return said % (counts | {"minutes": f"{after.minutes:.0f}", "least": VERIFIED_AFTER})
    if is_quieter(facts):
        said = _(
            "%(failures)s of %(calls)s calls failed, but only %(pace)s calls a minute came where it were %(before)s before."
        )
        return said % (counts | {"pace": f"{after.pace:.1f}", "before": f"{facts.during.pace:.1f}"})
    said = _("%(failures)s of %(calls)s calls failed; before it were %(before)s, so these are too few to tell.")
    return said % (counts | {"before": percent(facts.during.share)})


def _missing_otherwise(facts: Facts) -> str:
    after = facts.after
    if facts.symptom == Symptom.SLOW:
        said = _("%(failures)s of %(calls)s calls were slow in %(minutes)s minutes; before it were %(before)s.")
        least = _("It takes %(least)s calls and %(needed)s minutes, at hours as busy as those of the trouble.")
    else:
        said = _("%(failures)s of %(calls)s ratings were bad in %(minutes)s minutes; before it were %(before)s.")
        least = _("It takes %(least)s ratings and %(needed)s minutes, at hours as busy as those of the trouble.")
    words = {"failures": after.failures, "calls": after.calls, "minutes": f"{after.minutes:.0f}",
        "before": percent(facts.during.share or facts.trouble.share), "least": LEAST_CALLS, "needed": VERIFIED_AFTER}  # fmt: skip
    return f"{said} {least}" % words


def _remarks(facts: Facts) -> list[str]:
    said = []
    old_p95, new_p95 = facts.trouble.p95_ms, facts.after.p95_ms
    if old_p95 is not None and new_p95 is not None:
        said.append(_("p95 was %(before)s ms and is %(after)s ms.") % {
            "before": f"{old_p95:.0f}", "after": f"{new_p95:.0f}"})  # fmt: skip
    if facts.rises:
        told = "; ".join(
            _("%(place)s rose from %(before)s to %(after)s") % {
                "place": rise.in_words(),
                "before": percent(rise.before_failures / rise.before_calls),
                "after": percent(rise.after_failures / rise.after_calls),
            }
            for rise in facts.rises[:_SHOWN_RISES]
        )  # fmt: skip
        said.append(_("With it came a rise elsewhere: %(told)s.") % {"told": told})
    old = facts.earlier_releases
    if old.calls and facts.after.calls:
        text = _("Calls of earlier releases do not count: %(failures)s of %(calls)s failed there.")
        said.append(text % {"failures": old.failures, "calls": old.calls})
    if facts.during.failures and _had_stopped(facts):
        said.append(_("It had stopped before this deployment already."))
    if facts.reports_after:
        text = ngettext(
            "%(n)s report speaks of a time after it.", "%(n)s reports speak of a time after it.", facts.reports_after
        )
        said.append(text % {"n": facts.reports_after})
    return said


def _shares(facts: Facts) -> dict[str, str]:
    old, new = facts.during, facts.after
    if not old.failures:
        old = facts.trouble
    counts = _("%(old)s of %(old_calls)s, then %(new)s of %(new_calls)s") % {
        "old": old.failures, "old_calls": old.calls, "new": new.failures, "new_calls": new.calls}  # fmt: skip
    return {"before": percent(old.share), "after": percent(new.share), "counts": counts}


def percent(share: float) -> str:
    """A share with as many digits as it needs."""
    return f"{100 * share:.2f}%" if share < 0.1 else f"{100 * share:.1f}%"
