"""This module tells noise from what is genuine: by who says it, what traffic shows, and what people said of it before."""

from django.utils.translation import gettext as _

from triage.nature.facts import Facts
from triage.nature.judgement import GENUINE, NOISE, Judgement

# So many episodes, of which people called so many noise, speak of the rule and not of a bad day.
_LEAST_EPISODES, _NOISY_SHARE = 3, 0.5
_ENOUGH_PEOPLE = 3


def judge(facts: Facts) -> Judgement | None:
    """None where nothing speaks clearly for either."""
    if facts.reporters and facts.reached:
        reason = _("%(people)s people report it, and %(reached)s consumers failed in traffic")
        return Judgement(GENUINE, GENUINE, 0.95, reason % {"people": facts.reporters, "reached": facts.reached})
    if facts.reached:
        reason = _("%(reached)s consumers failed in traffic") % {"reached": facts.reached}
        return Judgement(GENUINE, GENUINE, 0.85, reason)
    if facts.reporters >= _ENOUGH_PEOPLE:
        reason = _("%(people)s people report it, each on their own") % {"people": facts.reporters}
        return Judgement(GENUINE, GENUINE, 0.85, reason)
    return _noise_of_machines(facts) if not facts.people else _noise_of_people(facts)


def _noise_of_machines(facts: Facts) -> Judgement | None:
    if facts.episodes < _LEAST_EPISODES or facts.noisy_episodes < _NOISY_SHARE * facts.episodes:
        return None
    share = min(facts.noisy_episodes / facts.episodes, 1.0)
    reason = _("%(noise)s of %(all)s times its alerts fired were noise, no person reported it and no consumer failed")
    said = reason % {"noise": facts.noisy_episodes, "all": facts.episodes}
    return Judgement(GENUINE, NOISE, round(0.5 + 0.4 * share, 2), said)


def _noise_of_people(facts: Facts) -> Judgement | None:
    if facts.reporters or facts.machines or facts.saw_errors or facts.alarming or facts.meaningless < facts.people:
        return None
    return Judgement(GENUINE, NOISE, 0.6, _("nobody who gave a name reports it, and its words say nothing definite"))
