"""This module tells a training gap from a defect: by what the reports ask, and whether anything failed as they were made."""

from django.utils.translation import gettext as _

from triage.nature.facts import ASKING, Facts
from triage.nature.judgement import DEFECT, TRAINING_GAP, Judgement

_CLEAR_SHARE = 0.6
_SEEN_FAILING = 0.3


def judge(facts: Facts) -> Judgement | None:
    """None where no person spoke, or where what they say is mixed."""
    read = sum(facts.categories.values())
    if not read:
        return None
    if facts.saw_errors >= _SEEN_FAILING * facts.people or facts.reached:
        return Judgement(DEFECT, DEFECT, 0.9, _seen(facts))
    if facts.saw_errors or facts.alarming:
        return None
    asked = sum(count for category, count in facts.categories.items() if category in ASKING) - facts.astonished
    if asked < _CLEAR_SHARE * facts.people:
        return None
    reason = _("%(asked)s of %(all)s reports ask how something works, and none brings a failed request with it")
    said = reason % {"asked": asked, "all": facts.people}
    return Judgement(DEFECT, TRAINING_GAP, round(min(0.5 + 0.1 * asked, 0.9) * asked / facts.people, 2), said)


def _seen(facts: Facts) -> str:
    if facts.reached:
        return _("%(reached)s consumers failed in traffic at that time") % {"reached": facts.reached}
    return _("%(seen)s of %(all)s reports bring a failed request with them") % {
        "seen": facts.saw_errors, "all": facts.people}  # fmt: skip
